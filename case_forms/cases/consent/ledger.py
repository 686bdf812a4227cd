"""What the ledger says about one recipient: the newest act that has an answer about it decides.

An answer about an office goes before one about its role, and that before one that names nobody; within one act any
answer that is no "yes" leaves nothing. An answer that names nobody is about every office; as a "yes" not about those
that have to be named (`rules.must_be_named`). A "yes" for an embassy is for the state that it names alone; a "no" that
names no state is for all of them. A form that doesn't open may hold a withdrawal: nothing before it counts.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import groupby

import structlog

from access.languages import LANGUAGES, Texts, get_current_language, in_each_language, localize
from access.models import localize as localize_names
from case_forms.form_builder.sources import listed
from notifications.directory.models import Partner, Role
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..models import Case, from_corrected_form, from_moved_form, said_of
from .models import REFER_TO, ConsentAnswer, ConsentEntry, SharingDecision
from .rules import get_rules, is_of_a_state, must_be_named, which_count

log = structlog.get_logger(__name__)

CONSENT_FORM, ASSENT_AND_CPU, REPRESENTATIVE = "consent_form", "assent_and_cpu", "representative"
CPU = "cpu"


class State(StrEnum):
    """How things stand with one recipient."""

    NONE = "none"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    NOT_ABLE = "not_able"
    EXPIRED = "expired"
    UNREADABLE = "unreadable"


# In which nothing that was sent before may be read any more.
ENDED = frozenset({State.REFUSED, State.WITHDRAWN, State.EXPIRED})
# Of several answers in one act, the first of these decides.
NO_YES = (ConsentAnswer.WITHDRAWN, ConsentAnswer.REFUSED, ConsentAnswer.NOT_ABLE)


@dataclass(frozen=True)
class Recipient:
    """Whom something would be shared with: a role, the office where it is known, and the state of an embassy.

    `state`: a country code; "" where it isn't known, and for every other role.
    """

    role: str
    partner: Partner | None = None
    state: str = field(default="", repr=False)

    @property
    def partner_id(self) -> int | None:
        return self.partner.pk if self.partner else None

    @property
    def names(self) -> Texts:
        """The office's name, else the role's with the state, in each language."""
        if self.partner is not None and not self.state:
            return {language: str(localize_names(self.partner.names, language)) for language in LANGUAGES}
        names = in_each_language(Role(self.role).label if self.role in Role.values else self.role)
        country = next((each["name"] for each in listed("countries") if each["code"] == self.state), None)
        return {code: f"{name} ({localize(country, code)})" for code, name in names.items()} if country else names

    @property
    def name(self) -> str:
        """Its name in the active language."""
        return localize(self.names, get_current_language())


@dataclass(frozen=True)
class Standing:
    """What the ledger says about a recipient. `ways`: how it was consented, as requests call it (`consent_basis`).

    `since`: when the answer was given. `until`: when it ends, if it does.
    """

    state: State
    ways: frozenset[str] = frozenset()
    until: datetime | None = None
    since: datetime | None = None
    entries: tuple[ConsentEntry, ...] = ()
    is_unsafe: bool = False  # a representative consented who may have to do with the exploitation

    def counts(self, *, is_child: bool) -> bool:
        """Say whether it is a consent that counts for such a case."""
        return self.state == State.GIVEN and bool(self.ways & which_count(is_child=is_child))


def lock_ledger(case: Case) -> None:
    """Let nobody else share on this case's ledger, or write to it, until the transaction is over.

    Asked for after whole chases and before the audit chain (`outbox.locking`).
    """
    list(Case.objects.select_for_update(no_key=True).filter(pk=case.pk).values_list("pk", flat=True))


def get_entries(case: Case, purpose: str = REFER_TO) -> list[ConsentEntry]:
    """Return the case's entries about a purpose, and those of forms that don't open, the newest act first."""
    found = ConsentEntry.objects.filter(said_of(case), purpose__in=(purpose, "")).exclude(from_corrected_form())
    found = found.exclude(from_moved_form("recorded_at")).select_related("partner")
    return sort_entries(found.defer("names", "reason"))


def sort_entries(entries: Iterable[ConsentEntry]) -> list[ConsentEntry]:
    """Sort by when it happened, then by when it was recorded, newest first; what was recorded together stays so."""
    return sorted(entries, key=lambda entry: (entry.occurred_at, entry.recorded_at, str(entry.act)), reverse=True)


def find_standing(entries: Sequence[ConsentEntry], to: Recipient, *, at: datetime, is_child: bool) -> Standing:
    """Work out how things stand with this recipient. `entries`: as `get_entries` returns them."""
    for act in _iter_acts(entries):
        # The same form may have been opened later, with its key back: then its answers stand beside the mark.
        readable = [entry for entry in act if entry.answer != ConsentAnswer.UNREADABLE]
        if not readable:
            return Standing(State.UNREADABLE, entries=tuple(act), since=act[0].occurred_at)
        about = _find_about(readable, to)
        if about:
            return _judge(about, at, is_child=is_child)
    return Standing(State.NONE)


def _iter_acts(entries: Sequence[ConsentEntry]) -> Iterator[list[ConsentEntry]]:
    for _act, group in groupby(entries, key=lambda entry: entry.act):
        yield list(group)


def open_state(row: ConsentEntry | SharingDecision) -> str:
    """Return of which state the office of a row is; "" where none was named, or it doesn't open: then none counts."""
    try:
        return row.state or ""
    except (SealBroken, KeyRingError) as error:
        log.error("consent_unreadable", entry=str(row.pk), code=type(error).__name__)
        return ""


def _is_about_state(entry: ConsentEntry, to: Recipient) -> bool:
    if not is_of_a_state(to.role) or (entry.partner is not None and entry.partner.role == to.role):
        return True
    state = open_state(entry)
    return state == to.state != "" if entry.answer == ConsentAnswer.GIVEN else state in ("", to.state) or not to.state


def _find_about(act: Sequence[ConsentEntry], to: Recipient) -> list[ConsentEntry]:
    """Return the answers of an act that are about this recipient, the most precise ones only."""
    of_office = [entry for entry in act if entry.partner_id is not None and entry.partner_id == to.partner_id]
    of_role = [entry for entry in act if entry.partner_id is None and entry.role == to.role]
    of_office, of_role = ([each for each in found if _is_about_state(each, to)] for found in (of_office, of_role))
    nobody_named = [entry for entry in act if entry.partner_id is None and not entry.role]
    if of_office or of_role:
        # Both are about this office: a "no" to either is heard.
        refused = [entry for entry in (*of_office, *of_role) if entry.answer != ConsentAnswer.GIVEN]
        return refused or of_office or of_role
    if must_be_named(to.role):
        return [entry for entry in nobody_named if entry.answer != ConsentAnswer.GIVEN]
    return nobody_named


def _judge(about: list[ConsentEntry], at: datetime, *, is_child: bool) -> Standing:
    since = about[0].occurred_at
    answers = {entry.answer for entry in about}
    for answer in NO_YES:
        if answer in answers:
            return Standing(State(answer.value), since=since, entries=tuple(about))
    until = min((entry.until for entry in about if entry.until is not None), default=None)
    state = State.EXPIRED if until is not None and until <= at else State.GIVEN
    ways, is_unsafe = _find_ways(about, is_child=is_child)
    return Standing(state, ways, until, since, tuple(about), is_unsafe)


def _find_ways(about: Iterable[ConsentEntry], *, is_child: bool) -> tuple[frozenset[str], bool]:
    """Return how it was consented, and whether a representative was left out who may be involved."""
    ways: set[str] = set()
    is_unsafe = False
    for entry in about:
        if entry.kind == "consent":
            ways.add(CONSENT_FORM)
        elif entry.kind == "assent" and entry.representative == CPU:
            ways.add(ASSENT_AND_CPU)
        elif entry.kind == "representative" and (is_child or entry.representative):
            if entry.may_be_involved in get_rules()["may_be_involved"]["never"]:
                is_unsafe = True
            else:
                ways.add(REPRESENTATIVE)
    return frozenset(ways), is_unsafe


# The offices that a request can ask; a rule reads the consents about them as `_case_consent.<office>`.
OFFICES = ("health", "psychologist", "legal_aid", "embassy_desk")


def get_consents_on_record(case: Case, at: datetime) -> dict[str, list[str]]:
    """Return, by office, the ways (`consent_basis`) in which the newest answer about it says yes.

    Of the role as a whole: a consent that names one office alone isn't among them. Of embassies, of any state: for
    which one it was is the gate's question.
    """
    entries = get_entries(case)
    found: dict[str, list[str]] = {}
    for office in OFFICES:
        standings = [
            find_standing(entries, to, at=at, is_child=case.child_track) for to in list_of_role(entries, office)
        ]
        found[office] = sorted({way for each in standings if each.state == State.GIVEN for way in each.ways})
    return found


def list_of_role(entries: Iterable[ConsentEntry], role: str) -> list[Recipient]:
    """Return the role as a whole; where its offices are of another state, once for each state that entries name."""
    if not is_of_a_state(role):
        return [Recipient(role)]
    states = dict.fromkeys(open_state(entry) for entry in entries if entry.role == role)
    return [Recipient(role, state=state) for state in states] or [Recipient(role)]
