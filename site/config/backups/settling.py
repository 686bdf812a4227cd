"""What a restored database must lose before the service starts on it (docs/adr/0179).

1. Cases that were forgotten since are forgotten again: their keys are destroyed.
2. Sessions and tokens end: one that was ended after the backup, because a phone was lost, would be open again.
3. Notes beside the database are let go: the record is shorter than they say.
"""

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from access.models import FieldToken, User
from audit.chain import SYSTEM, log_event
from audit.watch import reset_watch
from case_forms.submissions.case_purge import forget_destroyed_again
from vault import witness

# More than anybody's epoch can have been raised since the backup, so that no older session has the same.
EPOCHS = 1_000_000


def settle(made_at: str) -> dict[str, int]:
    """Settle this process's database. Returns {"forgotten", "sessions", "tokens"}.

    Raises WatchedElsewhere, OSError, KeyRingError, DatabaseError.
    """
    reset_watch(actor=SYSTEM)
    witness.reset()
    with transaction.atomic():
        sessions = Session.objects.all().delete()[0]
        User.objects.update(session_epoch=F("session_epoch") + EPOCHS)
        open_tokens = FieldToken.objects.filter(revoked_at__isnull=True)
        tokens = open_tokens.update(revoked_at=timezone.now())
        log_event("backup.restored", made_at=made_at, sessions=sessions, tokens=tokens)
    return {"forgotten": forget_destroyed_again(), "sessions": sessions, "tokens": tokens}
