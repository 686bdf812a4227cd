"""The clock of dates that were answered: a rule responds so many days before or after one.

What is stored in clear is the moment, from which the date can be worked out, the rule and the submission. Of a case,
the newest answer to a rule's question counts: an interview that is put off is waited for at its new date only.
"""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid5

from django.utils.translation import gettext_lazy as _

from audit.due import Due
from case_forms.procedures.clocks import ZONE
from case_forms.procedures.definition import Rule

from .locking import lock_case_by_id
from .models import AwaitedDate, Case, CaseEvent
from .rule_events import respond

REACHED = "date_reached"
MORNING = time(8)  # when a day without an hour begins to count


def await_dates(*, case: Case, event: CaseEvent, form: str, answers: "dict[str, object]", now: datetime) -> None:
    """Note when rules of the case's procedure respond to the dates of this form."""
    for rule in case.procedure_version.parsed.rules_about(REACHED, form):
        if rule.date not in answers:
            continue
        # Whatever was awaited for this rule before: there is a newer answer, or none any more.
        AwaitedDate.objects.filter(case=case, rule=rule.key, done_at__isnull=True).delete()
        moment = compute_moment(rule, answers[rule.date], now)
        if moment is not None:
            AwaitedDate.objects.create(case=case, event=event, rule=rule.key, at=moment)


def compute_moment(rule: Rule, answer: object, now: datetime) -> datetime | None:
    """Return when a rule responds to this answer (an ISO date, or date and time); None when it doesn't any more.

    Days are those of Albania's calendar. For a moment before the date that has passed already, it responds at once, as
    long as the date itself is still to come.
    """
    try:
        reached = _read(answer)
    except (TypeError, ValueError):
        return None  # no date: an incomplete one, or none
    # By the local clock: the same hour, so many days away, also across the change of the hour.
    local = reached.astimezone(ZONE)
    moment = datetime.combine(local.date() + timedelta(days=rule.days), local.time(), tzinfo=ZONE).astimezone(UTC)
    if moment >= now:
        return moment
    return now if rule.days < 0 and reached > now else None


def _read(answer: object) -> datetime:
    if not isinstance(answer, str):
        raise TypeError
    if "T" not in answer:
        return datetime.combine(date.fromisoformat(answer), MORNING, tzinfo=ZONE)
    moment = datetime.fromisoformat(answer)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)


def _lock_case(key: int) -> None:
    """Lock its case before the row: whoever closes the case holds it, and then waits for its dates."""
    lock_case_by_id(AwaitedDate.objects.values_list("case_id", flat=True).get(pk=key))


def _reach(awaited: AwaitedDate, now: datetime) -> bool:
    AwaitedDate.objects.filter(pk=awaited.pk).update(done_at=now)
    respond(
        REACHED,
        case=awaited.event.case,
        source=awaited.event,
        occurrence=uuid5(awaited.event_id, f"{awaited.rule} {REACHED}"),
        at=now,
        only=awaited.rule,
    )
    return True


DUE = Due(
    name="case.dates",
    label=_("Responding to a date that a form gave"),
    rows=lambda _now: AwaitedDate.objects.running().select_related("event__case__procedure_version"),
    column="at",
    lock=_lock_case,
    act=_reach,
)
advance = DUE.advance
