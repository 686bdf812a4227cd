"""What a person finds on the start page: forms to begin, open cases with the loudest first, drafts, what was sent."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from access.models import User
from case_forms.builder.models import FormVersion
from case_forms.cases.models import Case, Deadline
from notifications.directory.models import Contact
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import AWAITING_ANSWER, UNSENT, NoticeState

from .models import Draft

FIRST_KINDS = ("identification", "outreach")
MOST_CASES = 60
MOST_SENT = 20

# From the loudest to the quietest; the words are in the state badge.
LOUDNESS = ("no_contact", "call", "breach", "late", "escalated", "failed", "waiting", "quiet")
CALLS = ("no_contact", "call", "breach", "late", "escalated")


@dataclass(frozen=True)
class CaseLine:
    """One open case. `state` is one of LOUDNESS; `notice` the one that is loud, `since` when that began, `contact`
    whoever can be called about it."""

    case: Case
    state: str
    notice: Notice | None = None
    since: datetime | None = None
    contact: Contact | None = None

    @property
    def is_loud(self) -> bool:
        return self.state in CALLS

    @property
    def phone(self) -> str:
        """The number to call when somebody doesn't answer."""
        return self.contact.phone if self.contact and self.is_loud else ""


def forms_to_begin() -> tuple[list[FormVersion], list[FormVersion]]:
    """The newest version of each form: those that begin a day's work, identification first, and all others."""
    versions = list(FormVersion.objects.newest().for_staff())
    first = [version for kind in FIRST_KINDS for version in versions if version.definition["kind"] == kind]
    return first, [version for version in versions if version not in first]


def open_drafts(user: User) -> QuerySet[Draft]:
    """The person's own drafts, the last saved first. `has_newer`: the form has a version after the draft's."""
    newest = FormVersion.objects.newest().for_staff().filter(form=OuterRef("form_version__form"))
    drafts = Draft.objects.visible_to(user).open().select_related("form_version__form", "unit")
    return drafts.defer("answers", "left_over").annotate(
        has_newer=Exists(newest.filter(number__gt=OuterRef("form_version__number")))
    )


def open_cases(user: User, *, now: datetime | None = None) -> list[CaseLine]:
    """The person's open cases, the loudest first, then the newest."""
    moment = now or timezone.now()
    cases = list(
        Case.objects.visible_to(user)
        .filter(closed_at__isnull=True)
        .select_related("municipality", "unit")
        .distinct()[:MOST_CASES]
    )
    notices, breached = _notices_of(cases), _breached(cases, moment)
    lines = [_line(case, notices[case.pk], case.pk in breached, moment) for case in cases]
    return sorted(lines, key=lambda line: LOUDNESS.index(line.state))


def _notices_of(cases: Iterable[Case]) -> dict[Any, list[Notice]]:
    found: dict[Any, list[Notice]] = defaultdict(list)
    rows = Notice.objects.shown().filter(case_id__in=[case.pk for case in cases]).select_related("contact__partner")
    for notice in rows.defer("brief", "link_token"):
        found[notice.case_id].append(notice)
    return found


def _breached(cases: Iterable[Case], moment: datetime) -> set[Any]:
    late = Deadline.objects.filter(Q(met_at__isnull=True), case__in=[case.pk for case in cases], breach_at__lte=moment)
    return set(late.values_list("case_id", flat=True))


def _line(case: Case, notices: list[Notice], is_breached: bool, moment: datetime) -> CaseLine:
    chasers: dict[Any, list[Notice]] = defaultdict(list)
    for notice in notices:
        chasers[notice.chases_id].append(notice)
    firsts = chasers.pop(
        None, []
    )  # a reminder, a deputy's notice, a call: the notice they chase is the one that counts
    found = [line for notice in firsts if (line := _of_notice(case, notice, chasers[notice.pk], moment))]
    if is_breached:
        found.append(CaseLine(case, "breach"))
    return min(found, key=lambda line: LOUDNESS.index(line.state), default=CaseLine(case, "quiet"))


def _of_notice(case: Case, notice: Notice, chasers: list[Notice], moment: datetime) -> CaseLine | None:
    """What one notice adds; None when nothing more is owed."""
    is_waiting = notice.state in AWAITING_ANSWER
    if notice.contact_id is None and notice.state in UNSENT:
        instead = next((chaser.contact for chaser in chasers if chaser.contact), None)
        return CaseLine(case, "no_contact", notice, notice.owed_at, instead)
    if is_waiting and any(chaser.purpose == Purpose.CALL for chaser in chasers):
        return CaseLine(case, "call", notice, notice.escalated_at or notice.owed_at, notice.contact)
    if is_waiting and notice.answer_by and notice.answer_by <= moment:
        return CaseLine(case, "late", notice, notice.sent_at or notice.owed_at, notice.contact)
    if notice.state == NoticeState.ESCALATED:
        return CaseLine(case, "escalated", notice, notice.escalated_at, notice.contact)
    if notice.state == NoticeState.FAILED:
        return CaseLine(case, "failed", notice, notice.owed_at)
    if notice.is_open:
        return CaseLine(case, "waiting", notice, notice.owed_at)
    return None
