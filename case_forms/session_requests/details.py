"""No detail of a person in the free texts of a request, as none in the record of a session.

A question whose answer is about a person by its sensitivity (the contact) may hold one; the others may not.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from case_forms.form_builder.audience import is_session_request
from case_forms.form_builder.definition import Form
from outreach_pages.records.no_names import find_details

TEXTS = ("text", "long_text", "other_specify")
MAY_HOLD_DETAILS = ("personal", "special")


def iter_details(form: Form, answers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (path of the answer, what to do) for each free text of a request that holds a number, address or profile.

    Nothing for forms of other kinds.
    """
    if not is_session_request(form):
        return
    for place in form.iter_answer_places(answers):
        question = place.question
        if question.type not in TEXTS or question.sensitivity in MAY_HOLD_DETAILS or not isinstance(place.value, str):
            continue
        if find_details(place.value):
            yield (
                place.path,
                _(
                    "Remove telephone numbers, addresses and profiles here. Your own contact has its place at the end"
                    " of the form."
                ),
            )
