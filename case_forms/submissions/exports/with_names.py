"""Ask for a file with names and typed texts, and decide about it as the second person.

A few submissions are one person's own decision, with a reason; of more, another coordinator decides. Few in a month,
not few in a file: else twenty at a time would be all of them.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import User
from audit.chain import get_actor, log_event
from notifications.outbox.queueing import enqueue_bulk

from .actions import TASK, raise_if_too_many
from .models import ALONE_WITHIN, MAX_ALONE, WAITS, AnswerExport, Decision, Reason, expiry
from .selection import Outgoing


@transaction.atomic
def ask_for_names(*, outgoing: Outgoing, format: str, reason: Reason, words: str) -> AnswerExport:
    """Store who asks for which names, and why; a few are written at once, more wait for another coordinator.

    Raises TooMany.
    """
    now = timezone.now()
    # Locked, so that two requests of one moment count each other.
    by = User.objects.select_for_update().get(pk=outgoing.user.pk)
    count = outgoing.submissions().filter(received_at__lte=now).count()
    raise_if_too_many(outgoing, format, count)
    is_alone = count + AnswerExport.objects.taken_alone(by, now - ALONE_WITHIN) <= MAX_ALONE
    export = AnswerExport.objects.create(
        form=outgoing.form,
        by=by,
        filters=outgoing.filters.as_json(),
        format=format,
        labels=outgoing.labels,
        language=outgoing.language,
        total=count,
        created_at=now,
        expires_at=expiry() if is_alone else now + WAITS,
        with_names=True,
        reason=reason,
        words={"reason": words},
        decision=Decision.NONE if is_alone else Decision.WAITING,
    )
    log_event(
        "answers.names_requested",
        actor=get_actor(by),
        target_kind="answerexport",
        target_id=export.pk,
        form=export.form.key,
        format=format,
        submissions=count,
        reason=reason,
        waits=not is_alone,
        columns=outgoing.columns(),
        **export.filters,
    )
    if is_alone:
        transaction.on_commit(lambda: enqueue_bulk(TASK, str(export.pk)))
    return export


@transaction.atomic
def decide_on_names(*, export: AnswerExport, agree: bool, by: User, words: str = "") -> None:
    """Agree or refuse as the second person. Raises ValidationError where somebody has decided, or may not."""
    now = timezone.now()
    locked = AnswerExport.objects.select_for_update(of=("self",)).get(pk=export.pk)
    if not AnswerExport.objects.to_decide(by, now).filter(pk=locked.pk).exists():
        raise ValidationError(_("This has been decided meanwhile. Look again."))
    locked.answer(words)
    if agree:
        locked.expires_at = expiry()
        transaction.on_commit(lambda: enqueue_bulk(TASK, str(locked.pk)))
    locked.decide(Decision.AGREED if agree else Decision.REFUSED, by, now, also=("expires_at",))
    log_event(
        "answers.names_agreed" if agree else "answers.names_refused",
        actor=get_actor(by),
        target_kind="answerexport",
        target_id=locked.pk,
        asked_by=locked.by_id,
        form=locked.form.key,
        submissions=locked.total,
        reason=locked.reason,
    )
