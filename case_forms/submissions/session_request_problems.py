"""What is wrong with a request for a session besides its form: details of a person where none belong."""

from collections.abc import Mapping
from typing import Any

from django.utils import translation

from case_forms.form_builder.definition import Form
from case_forms.session_requests.details import iter_details

from .validation.result import AnswerProblem, CheckContext


def list_request_problems(form: Form, answers: Mapping[str, Any], context: CheckContext) -> list[AnswerProblem]:
    """Return them in the service's language; nothing for forms of other kinds."""
    with translation.override(context.service_language or context.language):
        return [AnswerProblem(path, "detail", words) for path, words in iter_details(form, answers)]
