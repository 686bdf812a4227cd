"""Who may know what of a case, for people: each recipient that the ledger names, and the offices that a form offers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from access.languages import get_current_language
from access.models import localize
from case_forms.form_builder.definition import Form
from notifications.directory.models import Partner, Role

from ..models import Case, from_corrected_form, from_moved_form, said_of
from .gate import Verdict, may_share
from .ledger import OFFICES, Recipient, get_entries, list_of_role, open_state
from .models import ConsentEntry, ConsentPurpose, SharingDecision
from .rules import get_rules


@dataclass(frozen=True)
class CoverageRow:
    """One recipient and how things stand. `why` in words, "" where it is covered; `form`: the submission that says so.

    `key` names the recipient in an address: "role:health", "office:12"; "entry:<id>" for one of another state, because
    no address may say which.
    """

    key: str
    name: str
    verdict: Verdict
    why: str
    until: date | None
    since: datetime | None
    form: str
    can_withdraw: bool

    @property
    def is_covered(self) -> bool:
        return self.verdict.is_allowed


def list_coverage(case: Case, at: datetime) -> list[CoverageRow]:
    """List every recipient that the case's ledger names or is about, those who may be told first."""
    entries = get_entries(case)
    keys = {to: key for key, to in reversed([*_iter_recipients(entries)])}
    rows = [_build_row(case, key, to, at, entries) for to, key in keys.items()]
    return sorted(rows, key=lambda row: (not row.is_covered, row.name))


def _iter_recipients(entries: Iterable[ConsentEntry]) -> Iterator[tuple[str, Recipient]]:
    """Yield (key, recipient) for each that an entry names or is about, the newest entries first."""
    for entry in entries:
        if entry.partner is not None:
            yield f"office:{entry.partner.pk}", Recipient(entry.partner.role, entry.partner)
        elif entry.role and (state := open_state(entry)):
            yield f"entry:{entry.pk}", Recipient(entry.role, state=state)
        elif entry.role:
            yield f"role:{entry.role}", Recipient(entry.role)
        elif entry.purpose:
            yield from ((f"role:{role}", Recipient(role)) for role in OFFICES)


def _build_row(case: Case, key: str, to: Recipient, at: datetime, written: Sequence[ConsentEntry]) -> CoverageRow:
    verdict = may_share(case, to, at=at, entries=written)
    standing = verdict.standing
    entries = standing.entries if standing else ()
    form = next((str(entry.submission_id) for entry in entries if entry.submission_id), "")
    return CoverageRow(
        key=key,
        name=to.name,
        verdict=verdict,
        why=localize(verdict.why, get_current_language()) if verdict.why else "",
        until=get_last_day(standing.until) if standing else None,
        since=standing.since if standing else None,
        form=form,
        can_withdraw=standing is not None and standing.state == "given",
    )


def get_last_day(until: datetime | None) -> date | None:
    """Return the last day on which a consent holds that ends at this moment."""
    return timezone.localdate(until - timedelta(seconds=1)) if until else None


def find_recipient(case: Case, key: str, at: datetime) -> CoverageRow | None:
    """Return the row that a form names, of those that the case's ledger has; None for any other."""
    entries = get_entries(case)
    to = dict(_iter_recipients(entries)).get(key)
    return _build_row(case, key, to, at, entries) if to else None


def get_recipient(case: Case, key: str) -> Recipient | None:
    """Return the recipient that a key names, of those that the case's ledger has; None for any other."""
    return dict(_iter_recipients(get_entries(case))).get(key)


# ---- forms that ask for something ----


def asks_for_consent(form: Form) -> bool:
    """Say whether a form names the basis of what it shares, so that its choices are held against the ledger."""
    return form.get_question(get_rules()["vital_interest"]["question"]) is not None


def find_uncovered(case: Case, values: Iterable[str], at: datetime) -> Mapping[str, Verdict]:
    """Return, of these choices of a form (roles, keys of offices), those that aren't covered, and why."""
    wanted = {str(value) for value in values}
    written = get_entries(case)
    # Which state's embassy is meant isn't asked yet: one that the person has named is enough to be offered.
    asked = [(value, to) for value in wanted if value in Role.values for to in list_of_role(written, value)]
    partners = Partner.objects.filter(slug__in=wanted - set(Role.values), is_active=True)
    asked += [(partner.slug, Recipient(partner.role, partner)) for partner in partners]
    verdicts = [(value, may_share(case, to, at=at, entries=written)) for value, to in asked]
    covered = {value for value, verdict in verdicts if verdict.is_allowed}
    return {value: verdict for value, verdict in reversed(verdicts) if value not in covered}


def find_unreferred(case: Case) -> set[UUID]:
    """Return the ids of the forms of a case that would have referred and were not allowed to, any of them."""
    decided = SharingDecision.objects.filter(said_of(case), role=Role.PROTECTION_SERVICE, submission_id__isnull=False)
    decided = decided.exclude(from_moved_form("at"))
    rows = list(decided.values_list("submission_id", "is_allowed"))
    return {key for key, _is_allowed in rows if key} - {key for key, is_allowed in rows if key and is_allowed}


def get_purposes(case: Case, at: datetime) -> list[tuple[str, str]]:
    """Return (purpose, answer) in words of what isn't about a recipient: the interview, storing, a photograph."""
    newest: dict[str, ConsentEntry] = {}
    found = ConsentEntry.objects.filter(said_of(case)).exclude(purpose__in=("", ConsentPurpose.REFER_TO))
    found = found.exclude(from_corrected_form()).exclude(from_moved_form("recorded_at"))
    for entry in found.defer("names", "reason").order_by("occurred_at", "recorded_at"):
        newest[entry.purpose] = entry
    labels = dict(ConsentPurpose.choices)
    return [(str(labels.get(key, key)), str(entry.get_answer_display())) for key, entry in newest.items()]
