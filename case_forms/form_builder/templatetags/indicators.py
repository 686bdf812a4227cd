"""Template tags for the indicator checklist and its assessment."""

import json
from collections.abc import Mapping
from typing import Any

from django import template
from django.template import Context
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from case_forms.questions.base import text_in
from case_forms.questions.indicator_score import WHY, Score, suggestion
from case_forms.questions.indicators import answer_choices, basis_choices, by_dimension, by_id, catalogue

register = template.Library()

PROFILES: dict[str, "str | Promise"] = {
    "adult_labour": _("An adult, labour"),
    "child_labour": _("A child, labour"),
    "adult_sexual": _("An adult, sexual exploitation"),
    "child_sexual": _("A child, sexual exploitation"),
}
STRENGTHS: dict[str, "str | Promise"] = {
    "S": pgettext_lazy("indicator", "strong"),
    "M": pgettext_lazy("indicator", "medium"),
    "W": pgettext_lazy("indicator", "weak"),
}
REASONS: dict[str, "str | Promise"] = dict(
    zip(
        WHY,
        (
            _("two strong indicators"),
            _("one strong indicator and another one"),
            _("three medium indicators"),
            _("two medium indicators and a weak one"),
        ),
        strict=True,
    )
)


@register.simple_tag
def indicator_groups(value: Any, language: str) -> list[dict[str, Any]]:
    """Return the indicators by dimension.

    {"label", "answered", "total", "indicators": [{"key", "label", "caution", ...}]}.
    """
    given = value if isinstance(value, dict) else {}
    groups = []
    for dimension, indicators in by_dimension():
        rows = [_indicator(indicator, given.get(indicator["id"]), language) for indicator in indicators]
        answered = sum(row["answer"] != "not_asked" for row in rows)
        label = text_in(dimension["label"], language)
        groups.append({"label": label, "answered": answered, "total": len(rows), "indicators": rows})
    return groups


@register.simple_tag
def indicator_answers(language: str) -> list[tuple[str, str]]:
    return answer_choices(language)


@register.simple_tag
def indicator_bases(language: str) -> list[tuple[str, str]]:
    return basis_choices(language)


@register.simple_tag(takes_context=True)
def assessed(context: Context) -> dict[str, Any]:
    """Sum up the checklist that the question is about, as far as `scope` has its answers.

    {"adult", "child": the suggestion for each; "profiles": [{"key", "label", "pattern", "dimensions"}]; "asked",
    "unknown"; "is_insufficient"; "of": the form field of the checklist; "catalogue": JSON for the page's script}
    """
    question = context["question"]
    answers = (context.get("scope") or {}).get(question.of)
    answers = answers if isinstance(answers, dict) else {}
    found = suggestion(answers)
    first = found.scores[0]
    return {
        "adult": found.adult,
        "child": found.child,
        "profiles": [_profile(score, answers, context["language"]) for score in found.scores],
        "asked": first.asked,
        "unknown": first.unknown,
        "is_insufficient": first.is_insufficient,
        "of": context["name"].removesuffix(question.key) + question.of,
        "catalogue": _for_the_script(),
    }


@register.simple_tag
def decision_parts(value: Any) -> dict[str, Any]:
    """Return {"decision", "reason"}, as far as they are there."""
    return value if isinstance(value, dict) else {}


def _profile(score: Score, answers: Mapping[str, Any], language: str) -> dict[str, Any]:
    counted = {dimension.dimension: dimension for dimension in score.dimensions}
    pattern = "whole" if score.pattern else "vulnerability" if score.pattern_by_vulnerability else "none"
    return {
        "key": score.profile,
        "label": PROFILES[score.profile],
        "pattern": pattern,
        "dimensions": [
            {
                "key": dimension["id"],
                "label": text_in(dimension["label"], language),
                "counted": counted[dimension["id"]],
                "reasons": REASONS.items(),
                "indicators": [
                    {
                        "key": indicator["id"],
                        "label": text_in(indicator["label"], language),
                        "strength": STRENGTHS[indicator["strength"][score.profile]],
                        "present": answers.get(indicator["id"], {}).get("answer") == "present",
                    }
                    for indicator in indicators
                    if indicator["strength"][score.profile]
                ],
            }
            for dimension, indicators in by_dimension()
        ],
    }


def _for_the_script() -> str:
    """Return what the page's script needs, as JSON.

    {"profiles", "dimensions": {id: phase}, "strengths": {indicator: a letter for each profile, "-" for none}}.
    """
    profiles = catalogue()["profiles"]
    strengths = {key: "".join(indicator["strength"][p] or "-" for p in profiles) for key, indicator in by_id().items()}
    phases = {dimension["id"]: dimension["phase"] for dimension in catalogue()["dimensions"]}
    written = {"profiles": list(profiles), "dimensions": phases, "strengths": strengths}
    return json.dumps(written, separators=(",", ":"))


def _indicator(indicator: dict[str, Any], given: Any, language: str) -> dict[str, Any]:
    answer = given if isinstance(given, dict) else {}
    return {
        "key": indicator["id"],
        "label": text_in(indicator["label"], language),
        "caution": text_in(indicator["caution"], language) if indicator["caution"] else "",
        "answer": answer.get("answer", "not_asked"),
        "basis": answer.get("basis", ""),
    }
