"""What the endpoints of tips and of session requests share: the form, what is sent with it, and the receipt code."""

from collections.abc import Mapping
from traceback import extract_tb
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from case_forms.form_builder.answer_schema import answers_schema
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from case_forms.session_requests.details import iter_details
from case_forms.submissions.languages import language_among
from case_forms.submissions.validation.result import Checked
from case_forms.submissions.validation.validate import check_answers
from case_forms.tips import codes
from content.api.writing import FieldProblem, Refused

from .. import rate_limits
from ..entry_points import FormPlace
from ..form_state import FormState, is_too_large, opened, sealed
from ..proof_of_work import new_work
from ..sending import TooSoon
from . import schemas as shapes
from .form import build_lists, build_sections

BACK = "back"  # of a state that is for a receipt code

log = structlog.get_logger(__name__)


def describe_form(version: FormVersion | None, place: FormPlace) -> dict[str, Any]:
    """Return the form with a state to send it with, and a challenge. Raises Refused while none is published."""
    if version is None:
        raise Refused(503, "no-form", _("There is no form just now. Call one of the numbers."))
    form = version.parsed_form
    return {
        "form": version.form.key,
        "version": version.number,
        "title": form.title,
        "intro": form.intro,
        "sections": build_sections(version),
        "lists": build_lists(form),
        "answers_schema": answers_schema(form, Lists()),
        "is_flooded": rate_limits.is_flooded(place.key),
        "wait_seconds": settings.ASKING_WAIT_SECONDS,
        **build_challenge(FormState(place.key, version.pk), rate_limits.sent().used(place.key)),
    }


def build_challenge(sheet: FormState, sent_this_hour: int) -> dict[str, Any]:
    work = new_work(sheet.secret, sent_this_hour=sent_this_hour)
    return {"state": sealed(sheet), "work": work.challenge}


@sensitive_variables()
def open_filled(
    state: str, answers: dict[str, Any], place: FormPlace, language: str
) -> tuple[FormVersion, FormState, Mapping[str, Any]]:
    """Return (version, state, cleaned answers) of a filled form. Raises Refused for whatever is wrong with it."""
    sheet = opened(state, place.key)
    version = FormVersion.objects.filter(pk=sheet.version).select_related("form").first() if sheet else None
    if sheet is None or version is None or sheet.is_old:
        raise Refused(409, "state-lost", _("Ask for the form again, and send the same answers with its state."))
    if is_too_large(FormState(place.key, answers=answers)):
        raise Refused(413, "too-large", _("This is too much for one message. Make it shorter."))
    checked = _check(version, answers, language)
    errors = [FieldProblem(path=each.path, code=each.code, message=str(each.message)) for each in checked.errors]
    errors += [
        FieldProblem(path=path, code="detail", message=words)
        for path, words in iter_details(version.parsed_form, checked.answers)
    ]
    if errors:
        raise Refused(422, "refused", _("This can't be received as it is."), errors)
    return version, sheet, checked.answers


@sensitive_variables()
def _check(version: FormVersion, answers: dict[str, Any], language: str) -> Checked:
    form_of_version, today = version.parsed_form, timezone.localdate()
    return check_answers(
        form_of_version,
        answers,
        sources=Lists(),
        today=today,
        occurred_on=today,
        language=language_among(form_of_version.languages, language),
    )


def refuse_unsent(failure: Exception) -> Refused:
    """Return the refusal for what couldn't be stored, and log where that was: its text may quote what was written."""
    if isinstance(failure, TooSoon):
        return Refused(429, "too-soon", _("Send the solved challenge, or wait a few seconds."))
    last = extract_tb(failure.__traceback__)[-1]
    log.error("signal_not_received", error=type(failure).__name__, at=f"{last.name}:{last.lineno}")
    return not_received()


@sensitive_variables()
def read_code(body: shapes.CodeIn) -> tuple[str, ...]:
    """Return what a typed code may mean, against what a try costs. Raises Refused."""
    meant = codes.read(body.code)
    # What can't be a code costs no try.
    if not meant:
        words = _("This isn't a code. A code is four words.")
        error = FieldProblem(path="/code", code="not_a_code", message=words)
        raise Refused(422, "refused", _("This can't be received as it is."), [error])
    sheet = opened(body.state, BACK)
    if sheet is None or sheet.is_old:
        raise Refused(409, "state-lost", _("Ask for another challenge."))
    verdict = rate_limits.may_try_code(sheet, body.proof)
    if verdict == rate_limits.SPENT:
        raise Refused(409, "state-lost", _("Ask for another challenge."))
    if verdict != rate_limits.GOOD:
        raise Refused(429, "too-soon", _("Send the solved challenge, or wait a few seconds."))
    return meant


def not_found() -> Refused:
    # Said here, in the language that was asked for: a handler of Http404 no longer knows it.
    return Refused(404, "not-found", _("There is nothing here."))


def not_received() -> Refused:
    return Refused(503, "not-received", _("It was NOT sent: something on our side isn't working. Try again, or call."))
