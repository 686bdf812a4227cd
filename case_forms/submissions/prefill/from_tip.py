"""An identification begun from what the public wrote: what is known already stands in it, for the worker to look at."""

from collections.abc import Mapping
from typing import Any

from case_forms.form_builder.outline import questions
from case_forms.tips.models import Tip
from outreach_pages.records.models import InformativeSession

from ..validation.validate import Answers

# Answers with another key in the identification than in the public form.
OTHER_KEYS = {"danger_now": "immediate_danger"}


def answers_from(tip: Tip, definition: Mapping[str, Any]) -> Answers:
    """Answers for a form of ours: those that the person gave under the same key and type, and where the tip is from.

    What was written freely is not copied: an identification holds what the worker has seen and heard.
    """
    given = dict(tip.answers)
    theirs = {placed.question["key"]: placed.question for placed in questions(dict(tip.form_version.definition))}
    ours = {placed.question["key"]: placed.question for placed in questions(dict(definition)) if not placed.repeats}
    answers: Answers = {}
    for key, value in given.items():
        target = ours.get(OTHER_KEYS.get(key, key))
        if target and key in theirs and target["type"] == theirs[key]["type"] and _may_copy(target, value):
            answers[target["key"]] = value
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


def _may_copy(question: Mapping[str, Any], value: Any) -> bool:
    is_free_text = question["type"] in ("text", "long_text") and not question["key"].startswith("safe_contact_")
    return not is_free_text and _fits(question, value)


def _fits(question: Mapping[str, Any], value: Any) -> bool:
    """Whether every value chosen is among the question's own choices."""
    if "choices" not in question:
        return True
    known = {choice["value"] for choice in question["choices"]}
    return set(value if isinstance(value, list) else [value]) <= known
