"""What is still open in a case: shown before it is closed, decided about, and compared when it is carried out."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from access.models import localize
from audit import clock
from notifications.directory.models import Role
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import NO_CONTACT, NoticeState

from ..finding.models import CaseMerge, CaseTransfer, IdentityRequest, RequestAnswer, TransferAnswer
from ..models import ASKING, DATA_DUTIES, AwaitedDate, Case, Deadline, Referral, RiskLevel
from ..referring.moves import RUNNING

# What is asked about once more before a case is closed.
HIGH_RISK, OVERDUE, POLICE_SILENT = "high_risk", "overdue", "police_silent"
DESPITE = {
    HIGH_RISK: _("The newest assessment says that the risk is high"),
    OVERDUE: _("Duties are overdue"),
    POLICE_SILENT: _("The police have not answered a notice"),
}


@dataclass(frozen=True)
class OpenDuty:
    """A duty that isn't done. `due_at`: its last mark; None where it has none."""

    id: int
    label: str
    owner: str
    due_at: datetime | None


@dataclass(frozen=True)
class OpenChase:
    """A notice that waits for an answer, with everything that followed it. `id`: of the first notice."""

    id: UUID
    code: str
    role: str
    recipient: str
    state: str
    since: datetime
    is_with_nobody: bool
    is_police: bool = False


@dataclass(frozen=True)
class OpenReferral:
    id: UUID
    partner: str
    made_at: datetime
    state: str
    state_label: str


@dataclass(frozen=True)
class OpenBetween:
    """Something between units that waits for an answer. `what`: transfer, request, merge. `unit`: the other one."""

    id: UUID
    what: str
    unit: str
    at: datetime


@dataclass(frozen=True)
class OpenEnds:
    """What closing a case would end. Notices about duties aren't listed: they end with their duty.

    `despite`: what speaks against closing it now, as codes (HIGH_RISK, OVERDUE, POLICE_SILENT).
    """

    duties: Sequence[OpenDuty] = ()
    chases: Sequence[OpenChase] = ()
    referrals: Sequence[OpenReferral] = ()
    dates: int = 0
    between: Sequence[OpenBetween] = ()
    duty_chases: Sequence[UUID] = field(default=(), repr=False)
    despite: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.duties or self.chases or self.referrals or self.dates or self.between)

    @property
    def despite_in_words(self) -> list[str]:
        return [str(DESPITE[code]) for code in self.despite]

    @property
    def fingerprint(self) -> str:
        """A digest that changes when something else is open: what was agreed to must be what ends."""
        rows: list[Any] = [
            sorted(each.id for each in self.duties),
            sorted(str(each.id) for each in self.chases),
            sorted((str(each.id), each.state) for each in self.referrals),
            self.dates,
            # Appended only where there is any: a page that was open over the upgrade still agrees to the same.
            *(sorted(str(each.id) for each in self.between)),
            *self.despite,
        ]
        return hashlib.sha256(repr(rows).encode()).hexdigest()[:24]


def find_open_ends(case: Case) -> OpenEnds:
    """Find what is open in a case, in seven queries. Labels are in the active language."""
    language = get_language() or settings.LANGUAGE_CODE
    duties = [
        OpenDuty(
            row.pk,
            localize(row.label, language),
            str(Role(row.owner).label) if row.owner else "",
            row.marks[-1] if row.marks else None,
        )
        for row in _list_duties(case)
    ]
    referrals = Referral.objects.filter(case=case, state__in=RUNNING).select_related("partner")
    of_duties, chases = _find_chases(case, language)
    now = clock.now()
    despite = {
        HIGH_RISK: case.risk in (RiskLevel.IMMEDIATE, RiskLevel.HIGH),
        OVERDUE: any(duty.due_at is not None and duty.due_at < now for duty in duties),
        POLICE_SILENT: any(chase.is_police for chase in chases),
    }
    return OpenEnds(
        duties=duties,
        chases=chases,
        referrals=[
            OpenReferral(row.pk, localize(row.partner.names, language), row.made_at, row.state, row.get_state_display())
            for row in referrals
        ],
        dates=AwaitedDate.objects.filter(case=case, done_at__isnull=True, ended_at__isnull=True).count(),
        between=list(_iter_between(case)),
        duty_chases=of_duties,
        despite=[code for code, holds in despite.items() if holds],
    )


def _list_duties(case: Case) -> "QuerySet[Deadline]":
    # What asks for an answer between units is listed with what it asks; duties about the person's data don't end.
    return Deadline.objects.unmet().filter(case=case).exclude(key__in=ASKING | DATA_DUTIES).defer("ladder", "next_step")


def _iter_between(case: Case) -> Iterator[OpenBetween]:
    transfers = CaseTransfer.objects.filter(case=case, answer=TransferAnswer.WAITING)
    for transfer in transfers.select_related("to_unit").defer("reason"):
        yield OpenBetween(transfer.pk, "transfer", str(transfer.to_unit), transfer.asked_at)
    requests = IdentityRequest.objects.filter(Q(case=case) | Q(own_case=case), answer=RequestAnswer.WAITING)
    for request in requests.select_related("unit"):
        # Which unit was asked isn't shown to the one that asked; it knows that it has asked.
        yield OpenBetween(request.pk, "request", str(request.unit), request.asked_at)
    merges = CaseMerge.objects.filter(Q(kept=case) | Q(duplicate=case), approved_at=None, dropped_at=None)
    for merge in merges.select_related("kept__unit", "duplicate__unit"):
        other = merge.duplicate if merge.kept_id == case.pk else merge.kept
        yield OpenBetween(merge.pk, "merge", str(other.unit), merge.proposed_at)


def _find_chases(case: Case, language: str) -> tuple[list[UUID], list[OpenChase]]:
    """Return (the chases about duties, all others) that have an open notice; a chase is named by its first notice."""
    members: dict[UUID, list[Notice]] = {}
    rows = Notice.objects.open().filter(case_id=case.pk).select_related("contact__partner", "partner")
    goes_on = Deadline.objects.unmet().filter(case=case, key__in=DATA_DUTIES, chase_id__isnull=False)
    rows = rows.exclude(chase_id__in=goes_on.values("chase_id"))
    for row in rows.defer("brief", "ladder", "link_token").order_by("owed_at", "pk"):
        members.setdefault(row.chase_id or row.pk, []).append(row)
    firsts = Notice.objects.filter(pk__in=members).select_related("contact__partner", "partner")
    of_duties, others = [], []
    for first in firsts.defer("brief", "ladder", "link_token").order_by("owed_at", "pk"):
        if first.purpose == Purpose.DUTY:
            of_duties.append(first.pk)
            continue
        office = first.partner or (first.contact.partner if first.contact else None)
        is_alone = all(each.state == NoticeState.FAILED and each.reason == NO_CONTACT for each in members[first.pk])
        others.append(
            OpenChase(
                first.pk,
                first.code,
                str(Role(first.role).label),
                localize(office.names, language) if office else "",
                first.state,
                first.owed_at,
                is_alone,
                first.role == Role.POLICE,
            )
        )
    return of_duties, others
