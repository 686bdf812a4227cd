"""What forms say that matters for an erasure: what the person asks about their data, and how proceedings stand.

Which form and which questions these are is data (`cases/rights/data/rights.json`, "erasure"). A form that can't be
opened says nothing here; the log names it.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import structlog
from django.utils import timezone

from case_forms.cases.models import Case, RightsRequest
from case_forms.cases.rights.choices import get_erasure_rules
from case_forms.cases.rights.erasure import AskedInForm, register_forms
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import Submission, SubmissionQuerySet

log = structlog.get_logger(__name__)


def register() -> None:
    """Let requests about a person's data read the forms of their case."""
    register_forms(asked=list_asked, proceedings=read_proceedings)


def list_asked(case: Case) -> list[AskedInForm]:
    """Return what forms say that the person asks and nobody has registered since, the newest form of each kind.

    A form that says that it is dealt with settles those before it.
    """
    rules = get_erasure_rules()["asked_in_form"]
    rows = Submission.objects.current().filter(case=case, form_version__form__key=rules["form"])
    found: dict[str, AskedInForm] = {}
    for submission, answers in _iter_newest_first(rows):
        if answers.get("what") != "request":
            continue
        if answers.get("state") == "settled":
            break
        for code in answers.get("asked_for") or ():
            if kind := rules["kinds"].get(code):
                asked = AskedInForm(kind, _read_day(answers, submission), submission.received_at)
                found.setdefault(kind, asked)
    registered = RightsRequest.objects.filter(case=case, kind__in=found)
    for kind, registered_at, asked_on in registered.values_list("kind", "registered_at", "asked_on"):
        # One that was registered first, and the form sent for the clock afterwards, is the same.
        if kind in found and (registered_at >= found[kind].received_at or asked_on >= found[kind].on):
            del found[kind]
    return list(found.values())


def read_proceedings(case: Case) -> tuple[datetime, str] | None:
    """Return when a form said last how proceedings stand, and what it said; None: none did, or nobody knew."""
    rules = get_erasure_rules()["proceedings"]
    known = {*rules["open"], *rules["over"]}
    for submission, answers in _iter_newest_first(Submission.objects.current().filter(case=case)):
        said = str(answers.get(rules["question"], ""))
        if said in known:
            return submission.occurred_at, said
    return None


def _iter_newest_first(rows: SubmissionQuerySet) -> Iterator[tuple[Submission, Mapping[str, Any]]]:
    for submission in rows.filter(forgotten_at__isnull=True).order_by("-received_at", "pk"):
        try:
            answers: Any = submission.answers
        except (SealBroken, KeyRingError) as error:
            log.error("submission_unreadable", submission=str(submission.pk), code=type(error).__name__)
            continue
        yield submission, answers or {}


def _read_day(answers: Mapping[str, Any], submission: Submission) -> date:
    try:
        return date.fromisoformat(str(answers.get("known_on")))
    except ValueError:
        return timezone.localdate(submission.received_at)
