"""Prefilling of an identification from a tip: what is known already, for the worker to check."""

from typing import Any

from case_forms.form_builder.definition import Form, Question
from case_forms.tips.models import Tip
from outreach_pages.records.models import InformativeSession

from ..validation.validate import Answers

# answers with another key in the identification than in the public form
OTHER_KEYS = {"danger_now": "immediate_danger"}


def answers_from(tip: Tip, form: Form) -> Answers:
    """Return answers for a staff form: those of the tip under the same key and type, and where the tip is from.

    What was written freely is not copied: an identification holds what the worker has seen and heard.
    """
    given: Answers = dict(tip.answers)
    theirs = tip.form_version.parsed_form
    ours = {item.key: item for item in form.outer_items if isinstance(item, Question)}
    answers: Answers = {}
    for key, value in given.items():
        target = ours.get(OTHER_KEYS.get(key, key))
        asked = theirs.get_question(key)
        if target and asked and target.type == asked.type and _may_copy(target, value):
            answers[target.key] = value
    session = {"session": str(tip.session_id or ""), "session_id": _get_card(tip)}
    for key, value in {"signal_source": _source(tip), **session}.items():
        if value and key in ours and _fits(ours[key], value):
            answers[key] = value
    return answers


def _source(tip: Tip) -> str:
    return "session_participant" if tip.session_id else "public_form"


def _get_card(tip: Tip) -> str:
    if tip.session_id is None:
        return ""
    found = InformativeSession.objects.filter(pk=tip.session_id).values_list("card_code", flat=True).first()
    return found or ""


def _may_copy(question: Question, value: Any) -> bool:
    # how to contact the person safely is the exception: it is no account of what happened
    is_free_text = question.type in ("text", "long_text") and not question.key.startswith("safe_contact_")
    return not is_free_text and _fits(question, value)


def _fits(question: Question, value: Any) -> bool:
    """Return whether every value chosen is among the question's own choices."""
    if not question.has("choices"):
        return True
    known = {choice.value for choice in question.choices}
    return set(value if isinstance(value, list) else [value]) <= known
