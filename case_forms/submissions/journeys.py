"""The accompaniments of a case, read from the forms that were sent about them: each form is one journey.

Which form that is, and which of its questions say where, when and with whom, is its shipped definition
(`form_builder/data/forms/accompaniment.json`); a question that an organisation took out is left out here, too. Of a
corrected form only the newest version counts.
"""

from typing import Any

import structlog
from django.utils import timezone

from access.short_lists import ShortList, shorten
from case_forms.cases.journeys import Journey, register_source
from case_forms.cases.models import Case
from case_forms.form_builder.sources import Lists
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .languages import language_among
from .models import Submission
from .readable_answers import build_line
from .validation.result import CheckContext

FORM = "accompaniment"
TO = "to_kind"
SAID = ("institution", "left_at", "arrived_at", "worker_1", "worker_2", "received_by")
MAX_READ = 50  # the newest; the others are counted, and stand among the forms of the case

log = structlog.get_logger(__name__)


def register() -> None:
    """Let the case's page show the journeys."""
    register_source(read_journeys)


def read_journeys(case: Case, language: str) -> ShortList[Journey]:
    """Read the journeys of a case, the newest first. One that can't be opened is there without its words."""
    found = Submission.objects.current().filter(case=case, form_version__form__key=FORM, forgotten_at__isnull=True)
    sources = Lists()
    rows = found.select_related("form_version__form").defer("form_version__form__definition")
    newest = shorten(rows.order_by("-received_at", "pk"), MAX_READ)
    return ShortList([_read_one(submission, language, sources) for submission in newest], newest.total)


def _read_one(submission: Submission, language: str, sources: Lists) -> Journey:
    try:
        return _read(submission, language, sources)
    except (SealBroken, KeyRingError) as error:
        log.error("journey_unreadable", submission=str(submission.pk), code=type(error).__name__)
        return Journey(submission.pk, submission.received_at)


def _read(submission: Submission, language: str, sources: Lists) -> Journey:
    form = submission.form_version.parsed_form
    context = CheckContext(
        sources=sources,
        today=timezone.localdate(submission.received_at),
        occurred_on=timezone.localdate(submission.occurred_at),
        language=language_among(form.languages, language),
    )
    questions = {place.question.key: place.question for place in form.iter_questions()}
    answers: Any = submission.answers or {}
    lines = {
        key: build_line(questions[key], answers[key], context)
        for key in (TO, *SAID)
        if key in questions and answers.get(key) not in (None, "")
    }
    said = tuple((str(lines[key].label), str(lines[key].value)) for key in SAID if key in lines)
    return Journey(submission.pk, submission.received_at, str(lines[TO].value) if TO in lines else "", said)
