"""The clock of requests that nobody has answered: the unit is told, then its coordinator, until somebody answers.

As the clocks of duties (`cases.deadline_clock`, `session_rules.clock`): each row in a transaction of its own, begun by
a conditional UPDATE of its next moment. The notice's own steps go on to the coordinator after a day, and call each day.
Of one unit one request is chased at a time, because the notice leads to the list of all: a flood can't fill an inbox.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

from django.conf import settings
from django.db import transaction
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from access.languages import Texts, in_each_language
from audit.chain import log_event
from audit.put_aside import for_each_row, get_put_aside_keys
from case_forms.cases.brief_content import both
from case_forms.cases.deadlines import DAY_MINUTES, LOOK_AGAIN, is_being_chased, withdraw_chase
from case_forms.procedures.chains import chain_for
from case_forms.procedures.models import ProcedureVersion
from notifications.directory.chain import resolve_chain
from notifications.directory.models import Role
from notifications.escalation.passes import Clock, register_clock
from notifications.outbox.actions import create_notice
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.requests import NoticeRequest

from .models import SessionRequest

CLOCK = "session_request.clock"  # the name of the clock, and the kind under which a row is put aside
ANSWERED = "request_answered"  # why a notice about a request is withdrawn
MAX_REQUESTS = 200  # in one pass


def get_first_mark(received_at: datetime) -> datetime:
    """Return when a request that came at this time has waited too long."""
    return received_at + timedelta(days=settings.SESSION_REQUEST_ANSWER_DAYS)


def advance(now: datetime) -> int:
    """Look at every request that has waited too long. Return for how many somebody was told here."""
    _withdraw_of_answered()
    due = SessionRequest.objects.waiting().filter(next_mark_at__lte=now)
    keys = due.exclude(pk__in=get_put_aside_keys(CLOCK, now)).order_by("next_mark_at").values_list("pk", flat=True)
    return for_each_row(CLOCK, list(keys[:MAX_REQUESTS]), lambda key: _take_mark(key, now), at=now)


def _withdraw_of_answered() -> None:
    """Withdraw what is still open about requests that are answered: the process that answered may have died before."""
    asked = Notice.objects.open().filter(purpose=Purpose.DUTY).order_by().values("chase_id")
    over = SessionRequest.objects.filter(next_mark_at__isnull=True, chase_id__in=asked)
    for request in over.order_by("pk")[:MAX_REQUESTS]:
        withdraw_chase(request, ANSWERED)


def _take_mark(key: Any, now: datetime) -> bool:
    with transaction.atomic():
        due = SessionRequest.objects.waiting().filter(pk=key, next_mark_at__lte=now)
        request = due.select_related("unit", "municipality").first()
        if request is None:
            return False
        # As it was read: whoever comes second changes nothing.
        same = SessionRequest.objects.waiting().filter(pk=key, next_mark_at=request.next_mark_at)
        if not same.update(next_mark_at=now + LOOK_AGAIN) or is_being_chased(request) or _is_another_chased(request):
            return False
        notice = _tell(request, now)
        SessionRequest.objects.filter(pk=key).update(chase_id=notice.pk, chases=request.chases + 1)
        log_event(
            "session_request.due",
            target_kind="session_request",
            target_id=request.pk,
            role=notice.role,
            notice=notice.pk,
        )
        return True


def _is_another_chased(request: SessionRequest) -> bool:
    """Tell whether the same people have an open notice about another request."""
    others = SessionRequest.objects.waiting().filter(unit=request.unit, chase_id__isnull=False).exclude(pk=request.pk)
    if request.unit is None:
        others = others.filter(municipality__region=request.municipality.region_id)
    return Notice.objects.open().filter(chase_id__in=others.values("chase_id")).exists()


def _tell(request: SessionRequest, now: datetime) -> Notice:
    role = Role.MOBILE_UNIT.value if request.unit else Role.COORDINATOR.value
    try:
        chain = chain_for(ProcedureVersion.objects.in_force(now).parsed, role)
    except ProcedureVersion.DoesNotExist:
        chain = []
    found = resolve_chain(role=role, municipality=request.municipality, at=now, unit=request.unit, chain=chain)
    return create_notice(
        NoticeRequest(
            # The same id for the same time that a chase begins: should two begin it, there is one notice.
            event_id=uuid5(request.pk, f"chase {request.chases + 1}"),
            case_id=request.pk,
            case_reference=request.reference,
            role=role,
            contact=found.contact,
            partner=found.partner,
            municipality=request.municipality,
            unit=request.unit,
            chain=chain,
            brief=_build_brief(request),
            answer_minutes=DAY_MINUTES,
            purpose=Purpose.DUTY,
            at=now,
        )
    )


def _build_brief(request: SessionRequest) -> dict[str, Any]:
    """Build what is read of it: when and where. Nothing of what was written."""

    def row(key: str, label: str | Promise, value: Texts) -> dict[str, Any]:
        return {"key": f"session_request.{key}", "label": in_each_language(label), "value": value}

    received = localtime(request.received_at)
    rows = [
        row("received", _("Received"), both(lambda: date_format(received, "j F Y, H:i"))),
        row("municipality", _("Municipality"), both(lambda: request.municipality.name)),
        row(
            "to_read",
            _("To read more"),
            in_each_language(_("Sign in and open “Informative sessions”, “Requests for a session”.")),
        ),
    ]
    return {"sections": [{"title": in_each_language(_("A request for a session waits for an answer")), "rows": rows}]}


def find_stranded(now: datetime) -> list[str]:
    """Return the ids of requests that wait and have no next moment. Those above the budget have none, and wait."""
    waiting = SessionRequest.objects.waiting().filter(next_mark_at__isnull=True, above_budget=False)
    return [str(key) for key in waiting.values_list("pk", flat=True)]


def register() -> None:
    """Let the sweeper turn this clock."""
    register_clock(Clock(CLOCK, advance, find_stranded))
