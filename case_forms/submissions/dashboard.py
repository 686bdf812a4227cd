"""The staff start page: forms to begin, open cases with the most urgent first, drafts, and submissions."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language

from access.models import User, localize
from access.reach import read_reach, read_units_of_regions
from case_forms.cases.adopting import of_an_older_procedure
from case_forms.cases.models import Case, CaseAccess
from case_forms.cases.most_urgent import list_most_urgent
from case_forms.cases.registers.paging import END_OF_TIME, Cursor, read_page
from case_forms.cases.registers.paging import Page as PlacedPage
from case_forms.cases.registers.scope import read_scope
from case_forms.form_builder.definition import Question
from case_forms.form_builder.groups import FormGroup, grouped
from case_forms.form_builder.models import FormVersion
from case_forms.tips.models import Tip
from notifications.directory.models import Contact
from notifications.outbox.models import Notice
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .drafts.ending import get_end
from .languages import language_among
from .models import Draft, Submission
from .urgency import CALLS, URGENCIES, Urgency, get_urgencies, with_urgency

FIRST_KINDS = ("identification", "outreach")
CASES_ON_A_PAGE = 60
MAX_SENT = 20
SENT_ON_A_PAGE = 50
MAX_REFERENCE_LENGTH = 8
ONLY = ("loud", "child", "older")


@dataclass(frozen=True)
class CaseLine:
    """An open case, and what is urgent about it."""

    case: Case
    urgency: Urgency

    @property
    def state(self) -> str:
        return self.urgency.state

    @property
    def notice(self) -> Notice | None:
        return self.urgency.notice

    @property
    def since(self) -> datetime | None:
        return self.urgency.since

    @property
    def contact(self) -> Contact | None:
        return self.urgency.contact

    @property
    def wrong_pins(self) -> int:
        return self.urgency.wrong_pins

    @property
    def needs_attention(self) -> bool:
        return self.state in CALLS

    @property
    def phone(self) -> str:
        """Return the number to call when somebody doesn't answer, "" when nothing is urgent."""
        return self.contact.phone if self.contact and self.needs_attention else ""


@dataclass(frozen=True)
class CaseFilter:
    """A filter of open cases.

    `reference`: the beginning of one; `unit`: its slug; `only`: "" | loud (urgent) | child | older (those of a
    procedure older than the one in force).
    """

    reference: str = ""
    unit: str = ""
    only: str = ""

    @classmethod
    def asked(cls, wanted: Any) -> "CaseFilter":
        """Build the filter from a query string: `q`, a reference as typed, `unit`, `only`. Ignores unknown values."""
        typed = "".join(wanted.get("q", "").split()).upper()[:MAX_REFERENCE_LENGTH]
        only = wanted.get("only", "")
        return cls(typed, wanted.get("unit", "")[:50], only if only in ONLY else "")

    def __bool__(self) -> bool:
        return bool(self.reference or self.unit or self.only)


RELATED = ("municipality", "unit")  # what a case's line says
MAX_NAMED = 1_000  # open cases whose keys are named in a query; more are many, and "more than" so many


class MostUrgentFirst:
    """Of many cases the first ones in the order of their urgency, as a list that a Paginator can count and cut.

    At most MAX_NAMED are counted; `is_more` says that there are more.
    """

    def __init__(self, cases: "QuerySet[Case]", moment: datetime, states: Collection[str]) -> None:
        self.cases, self.moment, self.states = cases, moment, states

    @cached_property
    def _first(self) -> list[UUID]:
        return self[: MAX_NAMED + 1]

    @property
    def is_more(self) -> bool:
        # Many are more than that, unless only those in some states are wanted.
        return len(self.states) == len(URGENCIES) or len(self._first) > MAX_NAMED

    def count(self) -> int:
        return MAX_NAMED if self.is_more else len(self._first)

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, wanted: slice) -> list[UUID]:
        return list_most_urgent(self.cases, self.moment, wanted.stop, self.states)[wanted]


class CasePaginator(Paginator):
    """Pages of cases. `is_more`: there are more than are counted."""

    @property
    def is_more(self) -> bool:
        return isinstance(self.object_list, MostUrgentFirst) and self.object_list.is_more


class CasePages:
    """A person's open cases, the most urgent first, then the newest, in pages. Each is on exactly one page.

    Of more than MAX_NAMED as many are counted, and only as many are sorted as a page needs; on the pages beyond, all.
    """

    def __init__(self, user: User, wanted: CaseFilter, moment: datetime) -> None:
        self.moment = moment
        self.wanted = wanted
        self.mine = Case.objects.seen_now_by(user).filter(closed_at__isnull=True)

    @cached_property
    def few(self) -> list[UUID] | None:
        """Return the keys of all of them, where they are at most MAX_NAMED."""
        return _list_few(self.mine)

    @property
    def total(self) -> int:
        """Return how many there are without the filter, at most MAX_NAMED."""
        return MAX_NAMED if self.few is None else len(self.few)

    @cached_property
    def older(self) -> int:
        """Return how many of them follow a procedure older than the one in force, at most one more than MAX_NAMED."""
        # "More than" is said with `total`, which is MAX_NAMED then.
        return of_an_older_procedure(self.mine, self.moment).order_by()[: MAX_NAMED + 1].count()

    @property
    def has_more_older(self) -> bool:
        return self.older > MAX_NAMED

    @cached_property
    def _chosen(self) -> "QuerySet[Case]":
        cases = self.mine
        if self.wanted.reference:
            cases = cases.filter(reference__startswith=self.wanted.reference)
        if self.wanted.unit:
            cases = cases.filter(unit__slug=self.wanted.unit)
        if self.wanted.only == "child":
            cases = cases.filter(child_track=True)
        if self.wanted.only == "older":
            cases = of_an_older_procedure(cases, self.moment)
        return cases

    @cached_property
    def _among(self) -> list[UUID] | None:
        """Where few are open, or chosen, only their notices and deadlines are looked at, and not those of all years."""
        return _list_few(self._chosen) if self.few is None and self.wanted else self.few

    @cached_property
    def paginator(self) -> CasePaginator:
        if self._among is not None:
            return self._all_sorted
        states = CALLS if self.wanted.only == "loud" else URGENCIES
        return CasePaginator(cast(Any, MostUrgentFirst(self._chosen, self.moment, states)), CASES_ON_A_PAGE)

    @cached_property
    def _all_sorted(self) -> CasePaginator:
        sorted_in = with_urgency(self._chosen, self.moment, self._among)
        if self.wanted.only == "loud":
            sorted_in = sorted_in.filter(urgency__in=[URGENCIES.index(state) for state in CALLS])
        # by the key last: without a total order a case could stand on two pages or on none
        ordered: QuerySet[Any] = sorted_in.order_by("urgency", "-opened_at", "pk")
        # Of many, their keys alone: a database that sorts them moves each row about with all that is read of it.
        is_many = self._among is None
        ordered = ordered.values_list("pk", flat=True) if is_many else ordered.select_related(*RELATED)
        found = CasePaginator(ordered, CASES_ON_A_PAGE)
        if not self.wanted and self.few is not None:
            found.count = self.total  # it would count the same rows again, with their urgency
        return found

    def page(self, number: Any) -> "Page[Any]":
        """Return the page with this number, as a query string has it; the nearest one for any other."""
        page = self.paginator.get_page(number)
        if self.paginator.is_more and not page.has_next():
            page = self._all_sorted.get_page(number)
        return page

    def lines(self, page: "Page[Any]") -> list[CaseLine]:
        cases = list(page.object_list)
        if self._among is None:
            found = Case.objects.select_related(*RELATED).in_bulk(cases)
            cases = [found[key] for key in cases if key in found]
        urgencies = get_urgencies(cases, self.moment)
        return [CaseLine(case, urgencies[case.pk]) for case in cases]


def _list_few(cases: "QuerySet[Case]") -> list[UUID] | None:
    """Return the keys of these cases, where they are at most MAX_NAMED."""
    keys = list(cases.order_by().values_list("pk", flat=True)[: MAX_NAMED + 1])
    return keys if len(keys) <= MAX_NAMED else None


def list_newest_sent(user: User) -> tuple[list[Submission], bool]:
    """Return the newest submissions that this person may read, at most MAX_SENT, and whether there are more."""
    seen, is_few = _get_seen_submissions(user)
    if not is_few:
        # Where much is seen the newest are found soonest along their time, which this always true condition says.
        seen = seen.filter(received_at__lte=END_OF_TIME)
    keys = list(seen.order_by("-received_at").values_list("pk", flat=True)[: MAX_SENT + 1])
    found = _for_list(Submission.objects.all()).in_bulk(keys[:MAX_SENT])
    return [found[key] for key in keys[:MAX_SENT]], len(keys) > MAX_SENT


def read_sent(user: User, *, after: Cursor | None, before: Cursor | None) -> PlacedPage:
    """Return a page of all submissions that this person may read, the newest first."""
    rows = _for_list(_get_seen_submissions(user)[0])
    return read_page(rows, field="received_at", size=SENT_ON_A_PAGE, after=after, before=before)


def _for_list(rows: "QuerySet[Submission]") -> "QuerySet[Submission]":
    # The list shows none of what is deferred; sealed columns cost time to open.
    related = rows.select_related("form_version__form", "case", "unit", "submitted_by")
    return related.defer("answers", "explanation", "form_version__form__definition")


def _get_seen_submissions(user: User) -> "tuple[QuerySet[Submission], bool]":
    """Return what `Submission.visible_to` says, and whether the cases that it names are few."""
    scope = read_scope(user)
    units = (*read_reach(user).units, *read_units_of_regions(user))
    if scope.few is not None:
        return Submission.objects.filter(Q(unit__in=units) | scope.condition("case_id")), True
    # Said of each row's case, by its key: of "or exists" PostgreSQL would make a table of all cases that are seen.
    opened = CaseAccess.objects.of(user).values("case")
    seen = Q(case__unit__in=units) | Q(case__region__in=read_reach(user).regions) | Q(case__in=opened)
    return Submission.objects.filter(Q(unit__in=units) | Q(case__merged_into__isnull=True) & seen), False


def forms_to_begin() -> tuple[list[FormVersion], list[FormGroup]]:
    """Return the newest version of each form: those that begin a day's work, and all others by what they are for."""
    versions = list(FormVersion.objects.newest().for_staff())
    first = [version for kind in FIRST_KINDS for version in versions if version.parsed_form.kind == kind]
    return first, grouped(version for version in versions if version not in first)


@dataclass(frozen=True)
class DraftLine:
    """A draft on the start page, with what tells it from another of the same form: nothing of what was answered.

    `part`: the title of the section last worked on; `tip`: the reference of the tip that it was begun from; `case`:
    that of the case it belongs to, when this person may read it. `ends_on`: when it is deleted, once that is near.
    """

    draft: Draft
    part: str
    tip: str = ""
    case: str = ""
    ends_on: date | None = None


def draft_lines(user: User) -> list[DraftLine]:
    """Return the person's own drafts as lines, the last saved first."""
    # the answers are needed here, for the case that they name; only what was set aside stays closed
    drafts = list(open_drafts(user).defer(None).defer("left_over", "besides", "form_version__form__definition"))
    named = {draft.pk: case_named(draft) for draft in drafts}
    cases = set(
        Case.objects.visible_to(user).filter(reference__in=set(named.values())).values_list("reference", flat=True)
    )
    find_cases_begun = dict(
        Tip.objects.visible_to(user)
        .filter(identification__in=[draft.pk for draft in drafts])
        .values_list("identification", "reference")
    )
    # the case's reference only when this person may read the case: a draft may name any
    return [
        DraftLine(
            draft,
            _get_part(draft),
            find_cases_begun.get(draft.pk, ""),
            case=named[draft.pk] if named[draft.pk] in cases else "",
            ends_on=get_end(draft),
        )
        for draft in drafts
    ]


def case_named(draft: Draft) -> str:
    """Return the answer to the form's question for its case; "" when there is none, or it can't be read."""
    asked = draft.form_version.parsed_form.outer_items
    keys = [item.key for item in asked if isinstance(item, Question) and item.type == "case_reference"]
    if not keys:
        return ""
    try:
        answers = draft.answers
    except (SealBroken, KeyRingError):
        return ""
    return next((str(value) for key in keys if (value := answers.get(key))), "")


def _get_part(draft: Draft) -> str:
    form = draft.form_version.parsed_form
    section = form.get_section(draft.section)
    return localize(section.title if section else {}, language_among(form.languages, get_language() or ""))


def open_drafts(user: User) -> QuerySet[Draft]:
    """Return the person's own drafts, the last saved first. `has_newer`: the form has a later version."""
    newest = FormVersion.objects.newest().for_staff().filter(form=OuterRef("form_version__form"))
    drafts = Draft.objects.own(user).open().select_related("form_version__form", "unit")
    return drafts.defer("answers", "left_over", "form_version__form__definition").annotate(
        has_newer=Exists(newest.filter(number__gt=OuterRef("form_version__number")))
    )


def open_cases(user: User, *, now: datetime | None = None) -> list[CaseLine]:
    """Return the first page of the person's open cases."""
    pages = CasePages(user, CaseFilter(), now or timezone.now())
    return pages.lines(pages.page(1))
