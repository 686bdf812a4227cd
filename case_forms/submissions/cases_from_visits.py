"""Cases begun from outreach visits: an identification names its visit. No link is stored; it is read each time.

What followed from an informative session is only counted (`conversions`): a session is one class, and its page is shown
to others.

Identifications are sealed, so each that the visits' units have sent since the first of them is opened: a few hundred a
year for a unit. Who may read a visit may not be allowed to read the cases from it: of those only the number is shown.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.core.paginator import Page, Paginator

from access.models import User
from case_forms.cases.models import Case
from case_forms.form_builder.models import FormVersion
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .correcting import get_all_versions
from .models import Submission

KIND = "identification"
SOURCE = "source_visit"
ON_A_PAGE = 30

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Source:
    """A visit that identifications may name: the log's id, its unit, and when it was."""

    submission_id: UUID
    unit_id: int
    since: datetime


@dataclass(frozen=True)
class CasesBegun:
    """The cases begun from visits.

    `page`: cases that the reader may open, the last first; `others`: how many more there are; `without_case`:
    identifications that opened none.
    """

    page: "Page[Case]"
    others: int
    without_case: int

    @property
    def is_empty(self) -> bool:
        return not (self.page.paginator.count or self.others or self.without_case)


def find_cases_begun(sources: Sequence[Source], *, user: User, page: Any = 1) -> CasesBegun:
    """Find what came of these visits, in four queries at most, however many. `page`: as it stands in the URL."""
    cases: set[UUID] = set()
    without_case = 0
    for submission in _naming(sources):
        if submission.case_id is None:
            without_case += 1
        else:
            cases.add(submission.case_id)
    visible = Case.objects.visible_to(user).filter(pk__in=cases, is_drill=False).select_related("municipality", "unit")
    shown = Paginator(visible.order_by("-opened_at", "pk"), ON_A_PAGE).get_page(page)
    # only their number: who may read a visit may not be allowed to read each case that came of it
    others = Case.objects.filter(pk__in=cases, is_drill=False).count() - shown.paginator.count if cases else 0
    return CasesBegun(shown, others, without_case)


def _naming(sources: Sequence[Source]) -> Iterator[Submission]:
    """Yield the identifications that name one of these visits."""
    if not sources:
        return
    # an identification may name a visit as it was before it was corrected, and have been sent before that
    since, keys = get_all_versions(source.submission_id for source in sources)
    wanted = {str(key) for key in keys}
    # the answer is sealed, so SQL can only narrow down: an identification from a visit comes from the visit's own unit,
    # and not before the visit
    sent = Submission.objects.current().filter(
        unit__in={source.unit_id for source in sources},
        form_version__form__in=_forms(),
        is_drill=False,
        received_at__gte=min([since, *(source.since for source in sources)]),
    )
    for submission in sent.only("id", "case", "answers").order_by("received_at"):
        if _visit_named(submission) in wanted:
            yield submission


def _forms() -> Iterable[int]:
    return {version.form_id for version in FormVersion.objects.newest() if version.parsed_form.kind == KIND}


def _visit_named(submission: Submission) -> str:
    """Return the visit that an identification names, "" when its answers don't open, so the others are still listed."""
    try:
        return str((submission.answers or {}).get(SOURCE, ""))
    except (SealBroken, KeyRingError) as error:
        log.error("submission_unreadable", submission=str(submission.pk), code=type(error).__name__)
        return ""
