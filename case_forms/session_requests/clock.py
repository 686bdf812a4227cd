"""The clock of requests: that nobody answers, the unit is told, then its coordinator, until somebody does.

The notice's own steps go on to the coordinator after a day, and call each day. Of one unit one request is chased at a
time, because the notice leads to the list of all: a flood can't fill an inbox. Where whoever asked withdraws a request
whose session is planned, the unit is told at once and once. How it turns: `cases.owner_clock`.
"""

from datetime import datetime
from typing import Any
from uuid import uuid5

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from access.languages import Texts, in_each_language
from audit.chain import log_event
from case_forms.cases.brief_content import both
from case_forms.cases.deadlines import DAY_MINUTES, LOOK_AGAIN
from case_forms.cases.owner_clock import OwnerClock
from case_forms.procedures.chains import chain_for
from case_forms.procedures.models import ProcedureVersion
from notifications.directory.models import Role
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.subjects import Subject

from .models import SessionRequest

ANSWERED = "request_answered"  # why a notice about a request is withdrawn
WAITS = _("A request for a session waits for an answer")
WITHDRAWN = _("Whoever asked for a planned session has withdrawn the request")


class RequestClock(OwnerClock):
    name = "session_request.clock"
    label = _("Telling the unit that a request for a session waits")
    ended = ANSWERED

    def get_waiting(self) -> QuerySet[SessionRequest]:
        found = SessionRequest.objects.waiting() | SessionRequest.objects.without_asker()
        return found.select_related("unit", "municipality", "session__unit")

    def get_over(self) -> QuerySet[SessionRequest]:
        return SessionRequest.objects.exclude(pk__in=self.get_waiting().order_by().values("pk"))

    def lock(self, key: Any) -> None:
        """Lock nothing: whoever acts on a request locks the row alone."""

    def find_next(self, row: SessionRequest, now: datetime) -> datetime | None:
        return None if row.withdrawn_at else now + LOOK_AGAIN

    def is_covered(self, row: SessionRequest) -> bool:
        """Whether the same people have an open notice about another request: it leads to the same list."""
        if row.withdrawn_at:
            return False
        others = SessionRequest.objects.waiting().filter(unit=row.unit, chase_id__isnull=False).exclude(pk=row.pk)
        if row.unit is None:
            others = others.filter(municipality__region=row.municipality.region_id)
        return Notice.objects.open().filter(chase_id__in=others.values("chase_id")).exists()

    def tell(self, row: SessionRequest, now: datetime) -> Notice:
        unit = row.session.unit if row.session else row.unit
        role = Role.MOBILE_UNIT.value if unit else Role.COORDINATOR.value
        try:
            chain = chain_for(ProcedureVersion.objects.in_force(now).parsed, role)
        except ProcedureVersion.DoesNotExist:
            chain = []
        return Subject(id=row.pk, reference=row.reference, municipality=row.municipality, unit=unit).notify(
            role,
            # The same id for the same time that a chase begins: should two begin it, there is one notice.
            event_id=uuid5(row.pk, f"chase {row.chases + 1}"),
            chain=chain,
            brief=_build_brief(row),
            answer_minutes=DAY_MINUTES,
            purpose=Purpose.DUTY,
            at=now,
        )

    def log_told(self, row: SessionRequest, notice: Notice) -> None:
        log_event(
            "session_request.withdrawal_told" if row.withdrawn_at else "session_request.due",
            target_kind="session_request",
            target_id=row.pk,
            role=notice.role,
            notice=notice.pk,
        )

    def find_stranded(self, now: datetime) -> list[str]:
        """Return the ids of requests that wait and have no next moment. Those above the budget have none, and wait."""
        waiting = SessionRequest.objects.waiting().filter(next_mark_at__isnull=True, above_budget=False)
        return [str(key) for key in waiting.values_list("pk", flat=True)]


def _build_brief(request: SessionRequest) -> dict[str, Any]:
    """Build what is read of it: when and where. Nothing of what was written."""

    def row(key: str, label: str | Promise, value: Texts) -> dict[str, Any]:
        return {"key": f"session_request.{key}", "label": in_each_language(label), "value": value}

    received = localtime(request.received_at)
    rows = [
        row("received", _("Received"), both(lambda: date_format(received, "j F Y, H:i"))),
        row("municipality", _("Municipality"), both(lambda: request.municipality.name)),
    ]
    if request.withdrawn_at and request.session:
        day = request.session.date
        rows += [
            row("planned", _("Planned for"), both(lambda: date_format(day, "j F Y"))),
            row("to_do", _("To do"), in_each_language(_("Cancel the session, or hold it if others still expect you."))),
        ]
    rows.append(
        row(
            "to_read",
            _("To read more"),
            in_each_language(_("Sign in and open “Informative sessions”, “Requests for a session”.")),
        )
    )
    title = WITHDRAWN if request.withdrawn_at else WAITS
    return {"sections": [{"title": in_each_language(title), "rows": rows}]}


clock = RequestClock()
advance, find_stranded = clock.due.advance, clock.find_stranded
