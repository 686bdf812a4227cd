"""End a drill: nobody is chased for it any more, its links open nothing, its case is closed, and forgotten in time."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.languages import in_each_language
from audit.chain import log_event
from audit.put_aside import for_each_row
from case_forms.cases.closing.actions import end_links
from case_forms.cases.deadlines import end_duties, stop_deadlines
from case_forms.cases.locking import lock_all_of
from case_forms.cases.models import Case, CaseEvent
from case_forms.cases.referring.following import end_with_case
from case_forms.cases.rule_events import CASE_CLOSED
from notifications.outbox.actions import cancel
from notifications.outbox.models import Notice

DRILL_OVER = "drill_over"
OLD = timedelta(days=7)  # one that somebody left open to practise on is over by then
AT_MOST = 50  # in one pass
_WORDS = _("The drill is over: what was open was withdrawn. This case never was a person’s, and is forgotten in time.")


@transaction.atomic
def end_drill(case_id: UUID, at: datetime) -> bool:
    """Withdraw what is open of a drill's case, and close it. False when it is closed already, or is no drill's.

    No second person: nothing of it is about anybody. It is forgotten settings.DRILL_KEEP_DAYS later.
    """
    case = lock_all_of(Case.objects.get(pk=case_id))
    if not case.is_drill or case.closed_at is not None:
        return False
    for notice in Notice.objects.open().filter(case_id=case.pk).defer("brief", "ladder", "link_token"):
        cancel(notice=notice, reason=DRILL_OVER)
    stop_deadlines(case, DRILL_OVER)
    end_duties(case, at)
    end_with_case(case, at)
    end_links(case, at)
    case.closed_at = at
    case.forget_after = timezone.localdate(at) + timedelta(days=settings.DRILL_KEEP_DAYS)
    case.save(update_fields=["closed_at", "forget_after"])
    words = in_each_language(_WORDS)
    detail = {"reason": DRILL_OVER}
    explanation = [{"rule": "drill", "words": words}]
    CaseEvent.objects.create(case=case, kind=CASE_CLOSED, at=at, detail=detail, explanation=explanation)
    log_event("case.closed", target_kind="case", target_id=case.pk, reason=DRILL_OVER)
    return True


def end_old_drills(now: datetime) -> int:
    """End drills that were left open, also by an earlier release. Return how many."""
    old = Case.objects.filter(is_drill=True, closed_at__isnull=True, opened_at__lt=now - OLD)
    keys: list[Any] = list(old.order_by("opened_at").values_list("pk", flat=True)[:AT_MOST])
    return for_each_row("drill.old", keys, lambda key: end_drill(key, now), at=now)
