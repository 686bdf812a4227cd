"""What a person finds on the start page: forms to begin, open cases with the loudest first, drafts, what was sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language

from access.models import User, localize
from case_forms.cases.adopting import of_an_older_procedure
from case_forms.cases.models import Case
from case_forms.form_builder.groups import FormGroup, grouped
from case_forms.form_builder.models import FormVersion
from case_forms.tips.models import Tip
from notifications.directory.models import Contact
from notifications.outbox.models import Notice
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .languages import language_among
from .models import Draft
from .urgency import CALLS, URGENCIES, Urgency, get_urgencies, with_urgency

FIRST_KINDS = ("identification", "outreach")
CASES_ON_A_PAGE = 60
MAX_SENT = 20
LONGEST_REFERENCE = 8
ONLY = ("loud", "child", "older")


@dataclass(frozen=True)
class CaseLine:
    """One open case, and what is urgent about it."""

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
    def is_loud(self) -> bool:
        return self.state in CALLS

    @property
    def phone(self) -> str:
        """The number to call when somebody doesn't answer."""
        return self.contact.phone if self.contact and self.is_loud else ""


@dataclass(frozen=True)
class CaseFilter:
    """Which open cases are wanted. `reference`: the beginning of one; `unit`: its key; `only`: "" | loud | child |
    older (those of a procedure older than the one in force)."""

    reference: str = ""
    unit: str = ""
    only: str = ""

    @classmethod
    def asked(cls, wanted: Any) -> "CaseFilter":
        """From an address: a reference as people type it, `unit` and `only`; what isn't known filters nothing."""
        typed = "".join(wanted.get("q", "").split()).upper()[:LONGEST_REFERENCE]
        only = wanted.get("only", "")
        return cls(typed, wanted.get("unit", "")[:50], only if only in ONLY else "")

    def __bool__(self) -> bool:
        return bool(self.reference or self.unit or self.only)


class CasePages:
    """A person's open cases, the loudest first, then the newest, page by page. Each stands on exactly one page."""

    def __init__(self, user: User, wanted: CaseFilter, moment: datetime) -> None:
        self.moment = moment
        self.wanted = wanted
        self.mine = Case.objects.visible_to(user).filter(closed_at__isnull=True)

    @cached_property
    def total(self) -> int:
        """How many there are without the filter."""
        return self.mine.count()

    @cached_property
    def older(self) -> int:
        """How many of them follow a procedure older than the one in force."""
        return of_an_older_procedure(self.mine, self.moment).count()

    @cached_property
    def paginator(self) -> "Paginator[Case]":
        cases = self.mine
        if self.wanted.reference:
            cases = cases.filter(reference__startswith=self.wanted.reference)
        if self.wanted.unit:
            cases = cases.filter(unit__slug=self.wanted.unit)
        if self.wanted.only == "child":
            cases = cases.filter(child_track=True)
        if self.wanted.only == "older":
            cases = of_an_older_procedure(cases, self.moment)
        sorted_in = with_urgency(cases, self.moment)
        if self.wanted.only == "loud":
            sorted_in = sorted_in.filter(urgency__in=[URGENCIES.index(state) for state in CALLS])
        ordered = sorted_in.select_related("municipality", "unit").order_by("urgency", "-opened_at", "pk")
        return Paginator(ordered, CASES_ON_A_PAGE)

    def page(self, number: Any) -> "Page[Case]":
        """The page with this number as an address has it; the nearest one there is for any other."""
        return self.paginator.get_page(number)

    def lines(self, page: "Page[Case]") -> list[CaseLine]:
        cases = list(page.object_list)
        urgencies = get_urgencies(cases, self.moment)
        return [CaseLine(case, urgencies[case.pk]) for case in cases]


def forms_to_begin() -> tuple[list[FormVersion], list[FormGroup]]:
    """The newest version of each form: those that begin a day's work, identification first, and all others by what
    they are for."""
    versions = list(FormVersion.objects.newest().for_staff())
    first = [version for kind in FIRST_KINDS for version in versions if version.definition["kind"] == kind]
    return first, grouped(version for version in versions if version not in first)


@dataclass(frozen=True)
class DraftLine:
    """One form that isn't sent yet, with what tells it from another of the same kind: nothing of what was answered.

    `part`: the title of the one last worked on; `signal`: the reference of the message that it was begun from; `case`:
    that of the case it belongs to, when this person may read it.
    """

    draft: Draft
    part: str
    tip: str = ""
    case: str = ""


def draft_lines(user: User) -> list[DraftLine]:
    """The person's own drafts, the last saved first."""
    drafts = list(open_drafts(user).defer(None).defer("left_over", "besides"))
    named = {draft.pk: case_named(draft) for draft in drafts}
    cases = set(
        Case.objects.visible_to(user).filter(reference__in=set(named.values())).values_list("reference", flat=True)
    )
    begun_from = dict(
        Tip.objects.visible_to(user)
        .filter(identification__in=[draft.pk for draft in drafts])
        .values_list("identification", "reference")
    )
    return [
        DraftLine(draft, _get_part(draft), begun_from.get(draft.pk, ""), *({named[draft.pk]} & cases))
        for draft in drafts
    ]


def case_named(draft: Draft) -> str:
    """What stands where the form asks for its case; "" when nothing does, or it can't be read."""
    asked = (item for section in draft.form_version.definition["sections"] for item in section["items"])
    keys = [item["key"] for item in asked if item.get("type") == "case_reference"]
    if not keys:
        return ""
    try:
        answers = draft.answers
    except (SealBroken, KeyRingError):
        return ""
    return next((str(value) for key in keys if (value := answers.get(key))), "")


def _get_part(draft: Draft) -> str:
    definition = draft.form_version.definition
    titles = (section["title"] for section in definition["sections"] if section["key"] == draft.section)
    return localize(next(titles, {}), language_among(definition["languages"], get_language() or ""))


def open_drafts(user: User) -> QuerySet[Draft]:
    """The person's own drafts, the last saved first. `has_newer`: the form has a version after the draft's."""
    newest = FormVersion.objects.newest().for_staff().filter(form=OuterRef("form_version__form"))
    drafts = Draft.objects.visible_to(user).open().select_related("form_version__form", "unit")
    return drafts.defer("answers", "left_over").annotate(
        has_newer=Exists(newest.filter(number__gt=OuterRef("form_version__number")))
    )


def open_cases(user: User, *, now: datetime | None = None) -> list[CaseLine]:
    """The first page of the person's open cases."""
    pages = CasePages(user, CaseFilter(), now or timezone.now())
    return pages.lines(pages.page(1))
