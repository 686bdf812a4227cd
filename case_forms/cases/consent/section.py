"""The section “Consents” of a case's page: who may know what and until when, what wasn't shared, and the history."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

import structlog

from access.languages import Texts, get_current_language
from access.models import localize
from access.short_lists import ShortList, shorten
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..models import Case, CaseEvent, from_moved_form, said_of
from .coverage import CoverageRow, get_last_day, get_purposes, list_coverage
from .ending import CONSENT_ENDED
from .gate import DESPITE_RESTRICTION, HOW_IN_EMERGENCY, HOW_RESTRICTED_EMERGENCY, VITAL_INTEREST
from .ledger import Recipient, open_state
from .models import ConsentEntry, ConsentPurpose, HowRecorded, SharingDecision

MAX_HISTORY = 50

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class HistoryLine:
    """One answer, as it was recorded. `names` and `reason` are sealed at rest; "" where they can't be read."""

    at: datetime
    what: str
    whom: str
    answer: str
    how: str
    until: date | None
    form: str
    names: str = field(default="", repr=False)
    reason: str = field(default="", repr=False)


@dataclass(frozen=True)
class EmergencyLine:
    """Something that was shared in an emergency, and the reason that the worker wrote."""

    at: datetime
    whom: str
    reason: str = field(repr=False)
    by: str = ""
    is_despite_restriction: bool = False


@dataclass(frozen=True)
class ConsentSection:
    rows: list[CoverageRow]
    purposes: list[tuple[str, str]]
    emergencies: list[EmergencyLine]
    ended: ShortList[tuple[datetime, list[str]]]
    history: ShortList[HistoryLine]
    is_restricted: bool = False

    @property
    def how(self) -> str:
        """What can be done where somebody isn't covered; "" where everybody is."""
        if all(row.is_covered for row in self.rows):
            return ""
        return str(HOW_RESTRICTED_EMERGENCY if self.is_restricted else HOW_IN_EMERGENCY)


def build_section(case: Case, at: datetime) -> ConsentSection:
    """Build the section in the active language."""
    return ConsentSection(
        rows=list_coverage(case, at),
        purposes=get_purposes(case, at),
        emergencies=list(_iter_emergencies(case)),
        ended=_list_ended(case),
        history=_list_history(case),
        is_restricted=case.restricted_at is not None,
    )


def _iter_emergencies(case: Case) -> Iterator[EmergencyLine]:
    found = SharingDecision.objects.filter(said_of(case), basis=VITAL_INTEREST).exclude(from_moved_form("at"))
    found = found.select_related("partner", "by")
    # All of them, however many: each was shared without asking the person.
    for decision in found.order_by("-at"):
        yield EmergencyLine(
            decision.at,
            Recipient(decision.role, decision.partner, open_state(decision)).name,
            _open(decision, "reason"),
            (decision.by.get_full_name() or decision.by.get_username()) if decision.by else "",
            decision.code == DESPITE_RESTRICTION,
        )


def _list_ended(case: Case) -> ShortList[tuple[datetime, list[str]]]:
    events = shorten(CaseEvent.objects.filter(case=case, kind=CONSENT_ENDED).order_by("-at", "-pk"), MAX_HISTORY)
    return ShortList(list(_iter_ended(events)), events.total)


def _iter_ended(events: Iterable[CaseEvent]) -> Iterator[tuple[datetime, list[str]]]:
    language = get_current_language()
    for event in events:
        try:
            said: list[dict[str, Texts]] = event.explanation or []
        except (SealBroken, KeyRingError):
            said = []
        yield event.at, [localize(line["words"], language) for line in said]


def _list_history(case: Case) -> ShortList[HistoryLine]:
    found = ConsentEntry.objects.filter(said_of(case)).exclude(from_moved_form("recorded_at")).select_related("partner")
    entries = shorten(found.order_by("-occurred_at", "-recorded_at"), MAX_HISTORY)
    return ShortList(list(_iter_history(entries)), entries.total)


def _iter_history(entries: Iterable[ConsentEntry]) -> Iterator[HistoryLine]:
    purposes = dict(ConsentPurpose.choices)
    ways = dict(HowRecorded.choices)
    for entry in entries:
        names = _open(entry, "names")
        yield HistoryLine(
            at=entry.occurred_at,
            what=str(purposes.get(entry.purpose, "")),
            whom=_name_recipient(entry),
            answer=str(entry.get_answer_display()),
            how=str(ways.get(entry.how_recorded, "")),
            until=get_last_day(entry.until),
            form=str(entry.submission_id or ""),
            names=", ".join(names.values()) if isinstance(names, dict) else "",
            reason=str(_open(entry, "reason") or ""),
        )


def _name_recipient(entry: ConsentEntry) -> str:
    return Recipient(entry.role, entry.partner, open_state(entry)).name if entry.partner or entry.role else ""


def describe_entry(entry: ConsentEntry) -> str:
    """Return one entry of the ledger in words: for what or for whom, and what was answered."""
    whom = _name_recipient(entry)
    what = str(dict(ConsentPurpose.choices).get(entry.purpose, ""))
    return f"{', '.join(part for part in (what, whom) if part)}: {entry.get_answer_display()}"


def _open(row: ConsentEntry | SharingDecision, column: str) -> str:
    try:
        return getattr(row, column) or ""
    except (SealBroken, KeyRingError) as error:
        # One that doesn't open hides nothing else of the page.
        log.error("consent_unreadable", entry=str(row.pk), code=type(error).__name__)
        return ""
