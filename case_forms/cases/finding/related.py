"""What a case has to do with others, as one person sees it: for the case's page and the page behind it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from access.models import MobileUnit, User
from access.reach import read_reach
from audit import clock

from ..models import Case
from .asking import Coordinator, list_coordinators_of
from .duties import DAY
from .links import LinkLine, list_links
from .models import CaseAccess, CaseMerge, CaseTransfer, IdentityRequest, ProbableMatch, RequestAnswer
from .requests import get_requests_for
from .sides import may_act_for


@dataclass(frozen=True)
class MatchLine:
    """A case that may be about the same person. `other` is None when the reader may not open it.

    Then only `coordinators` of its unit are named, and `request`, what was asked of that unit already.
    """

    match: ProbableMatch
    other: Case | None
    coordinators: list[Coordinator]
    request: IdentityRequest | None

    @property
    def may_ask(self) -> bool:
        """Whether asking makes sense: nothing was asked, or nobody answered in time."""
        return self.request is None or self.request.answer in (RequestAnswer.EXPIRED, RequestAnswer.CLOSED)

    @property
    def is_late(self) -> bool:
        """Whether nobody has answered for a day."""
        asked = self.request
        return asked is not None and not asked.answer and asked.asked_at <= clock.now() - DAY


@dataclass(frozen=True)
class AccessLine:
    """Another unit that may open this case, or whose case this is to the reader."""

    access: CaseAccess
    unit: MobileUnit
    since: datetime
    may_end: bool


@dataclass(frozen=True)
class Related:
    """All of it. `merged`: cases that were merged into this one; `is_own`: the reader acts for the case."""

    is_own: bool
    matches: list[MatchLine]
    links: list[LinkLine]
    merges: list[CaseMerge]
    transfer: CaseTransfer | None
    accesses: list[AccessLine]
    requests: list[IdentityRequest]

    @property
    def is_empty(self) -> bool:
        return not (self.matches or self.links or self.merges or self.transfer or self.accesses or self.requests)


def build_related(case: Case, user: User) -> Related:
    """Build what this person sees of a case that they may open."""
    is_own = may_act_for(case, user)
    waiting = get_requests_for(user).filter(case=case, answer=RequestAnswer.WAITING)
    return Related(
        is_own=is_own,
        matches=_list_matches(case, user) if is_own else [],
        links=list_links(case, user),
        merges=_list_merges(case),
        transfer=case.transfers.filter(answer="").select_related("to_unit", "from_unit").first(),
        accesses=_list_accesses(case, user, is_own=is_own),
        requests=list(waiting.select_related("unit")) if is_own else [],
    )


def _list_matches(case: Case, user: User) -> list[MatchLine]:
    rows = ProbableMatch.objects.filter(case=case, dismissed_at__isnull=True).order_by("found_at", "pk")
    matches = list(rows.select_related("other__unit", "other__merged_into__unit"))
    others = {match.pk: match.other.merged_into or match.other for match in matches}
    visible = Case.objects.visible_to(user).in_bulk([other.pk for other in others.values()])
    hidden = [other for other in others.values() if other.pk not in visible and other.pk != case.pk]
    requests = _read_newest_requests(hidden, case)
    coordinators = list_coordinators_of(other.unit.region_id for other in hidden)
    lines: dict[object, MatchLine] = {}
    for match in matches:
        other = others[match.pk]
        if other.pk == case.pk:
            continue
        if other.pk in visible:
            lines[other.pk] = MatchLine(match, visible[other.pk], [], None)
            continue
        # One line for a unit: how many of its cases fit says something about them.
        known = coordinators.get(other.unit.region_id, [])
        lines.setdefault(("unit", other.unit_id), MatchLine(match, None, known, requests.get(other.pk)))
    return list(lines.values())


def _read_newest_requests(hidden: list[Case], case: Case) -> dict[UUID, IdentityRequest]:
    """Return what this case's unit asked last about each of these cases, by case: one query for all of them."""
    if not hidden:
        return {}
    asked = IdentityRequest.objects.filter(case__in=[other.pk for other in hidden], unit=case.unit_id)
    return {request.case_id: request for request in asked.select_related("case__unit").order_by("asked_at", "pk")}


def _list_merges(case: Case) -> list[CaseMerge]:
    standing = Q(approved_at__isnull=False, undone_at__isnull=True, kept=case)
    waiting = Q(approved_at__isnull=True, dropped_at__isnull=True) & (Q(kept=case) | Q(duplicate=case))
    found = CaseMerge.objects.filter(standing | waiting)
    return list(found.select_related("kept", "duplicate", "proposed_by").order_by("proposed_at"))


def _list_accesses(case: Case, user: User, *, is_own: bool) -> list[AccessLine]:
    units = read_reach(user).units
    current = CaseAccess.objects.current().filter(case=case).select_related("unit").order_by("since")
    return [
        AccessLine(
            access,
            access.unit,
            access.since,
            access.request_id is not None and (is_own or access.unit_id in units),
        )
        for access in current
    ]
