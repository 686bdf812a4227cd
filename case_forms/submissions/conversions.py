"""Conversions of informative sessions: session -> tip -> case, computed from existing rows.

A tip says by which session's card it came, and an identification which tip it was begun from, or names the session
itself. No link is stored for this. Left out: spam, drills, cases that statistics leave out, and those in
which no indicators were found.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db.models import QuerySet
from django.utils import timezone

from case_forms.cases.models import CaseStatus
from case_forms.form_builder.definition import Form
from case_forms.form_builder.models import FormVersion
from case_forms.tips.models import Outcome, Tip
from outreach_pages.cards.codes import parse_code
from outreach_pages.records.conversions import SOON_DAYS, Conversions, register_conversion_counter
from outreach_pages.records.models import SessionQuerySet
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import Submission

TYPE = "session"  # a question whose answer is a session's key
CODE = "session_id"  # the question that asks for the code of a session's card
TOLD = "signals_received"  # the report's question

log = structlog.get_logger(__name__)

Cases = dict[UUID, set[UUID]]  # {session: cases}


@register_conversion_counter
def count_conversions(sessions: SessionQuerySet) -> dict[UUID, Conversions]:
    """Count what sessions led to, in seven queries at most, however many sessions.

    Opens the sessions' reports, and the identifications since the first of their days whose form asks for a session;
    what is read there is only counted.
    """
    known = list(sessions.order_by().values_list("pk", "date", "card_code", "report_submission"))
    if not known:
        return {}
    days = {pk: day for pk, day, _code, _report in known}
    at_session = _count_tips_at_session(sessions, {report: pk for pk, _day, _code, report in known})
    by_card, soon, cases = _by_card(sessions, days)
    names = {code: pk for pk, _day, code, _report in known} | {str(pk): pk for pk in days}
    for pk, opened in _named(names, min(days.values())).items():
        cases[pk] |= opened
    return {pk: Conversions(at_session[pk], by_card[pk], soon[pk], len(cases[pk])) for pk in days}


def _count_tips_at_session(sessions: SessionQuerySet, session_of: Mapping[UUID | None, UUID]) -> Counter[UUID]:
    """Count the tips that the unit was given at the session itself, as the report says."""
    at_session: Counter[UUID] = Counter()
    for report in Submission.objects.filter(pk__in=_column(sessions, "report_submission")).only("answers"):
        # sealed, so the sum can't be left to the database
        number = report.answers.get(TOLD)
        if isinstance(number, int):
            at_session[session_of[report.pk]] = number
    return at_session


def _by_card(sessions: SessionQuerySet, days: Mapping[UUID, date]) -> tuple[Counter[UUID], Counter[UUID], Cases]:
    """Return (tips, those of them within 90 days, cases) of each session."""
    tips = Tip.objects.filter(session_id__in=_column(sessions, "pk")).exclude(outcome=Outcome.SPAM).order_by()
    found = tips.values_list("session_id", "received_at", "identification")
    rows = [(session, at, begun) for session, at, begun in found if session is not None]
    by_card = Counter(session for session, _at, _begun in rows)
    last_days = {pk: day + timedelta(days=SOON_DAYS) for pk, day in days.items()}
    soon = Counter(session for session, at, _begun in rows if timezone.localdate(at) <= last_days[session])
    begun = tips.filter(identification__isnull=False).values("identification")
    opened = dict(_that_opened_a_case().filter(pk__in=begun).values_list("pk", "case"))
    cases: Cases = defaultdict(set)
    for session, _at, identification in rows:
        if identification in opened:
            cases[session].add(opened[identification])
    return by_card, soon, cases


def _named(names: Mapping[str, UUID], since: date) -> Cases:
    """Return cases whose identification names a session, by its card's code or, chosen from a list, by its key."""
    opened = _that_opened_a_case().filter(received_at__gte=timezone.make_aware(datetime.combine(since, time.min)))
    # only submissions whose form asks for a session are opened
    versions = FormVersion.objects.in_bulk(opened.values_list("form_version", flat=True).distinct())
    asking = {pk: keys for pk, version in versions.items() if (keys := _keys_asking(version))}
    cases: Cases = defaultdict(set)
    for submission in opened.filter(form_version__in=asking).only("answers", "case", "form_version"):
        form = versions[submission.form_version_id].parsed_form
        for name in _readable_names(submission, form, asking[submission.form_version_id]):
            if name in names:
                cases[names[name]].add(submission.case_id)  # type: ignore[arg-type]  # these have a case
    return cases


def _readable_names(submission: Submission, form: Form, asking: set[str]) -> list[str]:
    """Return the sessions named; none when the answers don't open, so that the others are still counted."""
    try:
        return list(_names_in(form, submission.answers, asking))
    except (SealBroken, KeyRingError) as error:
        log.error("submission_unreadable", submission=str(submission.pk), code=type(error).__name__)
        return []


def _that_opened_a_case() -> "QuerySet[Submission]":
    found = Submission.objects.current().counted().filter(case__isnull=False).order_by()
    return found.exclude(case__status=CaseStatus.NOT_VICTIM)


def _keys_asking(version: FormVersion) -> set[str]:
    """Return the keys of the questions that ask for a session."""
    asked = (located.question for located in version.parsed_form.iter_questions())
    return {question.key for question in asked if question.type == TYPE or question.key == CODE}


def _names_in(form: Form, answers: Mapping[str, Any], keys: set[str]) -> Iterator[str]:
    for place in form.iter_answer_places(answers):
        if place.question.key in keys and isinstance(place.value, str):
            yield place.value if place.question.type == TYPE else parse_code(place.value)


def _column(sessions: SessionQuerySet, name: str) -> Any:
    return sessions.order_by().exclude(**{name: None}).values(name)
