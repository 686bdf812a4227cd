"""A form as a phone that stores takes it along: every section blank, its rules, its words for what is wrong.

The HTML is what the online page shows (templates/submissions/entry.html), and the rules are those of its script, so
that a form filled without a network looks, asks and refuses as the page does. The server decides again.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext

from access.models import User, localize
from case_forms import expressions
from case_forms.form_builder.definition import AnyItem, Form, Question, Repeat, SendWarning
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from case_forms.questions import registry
from case_forms.submissions.confirmations import get_facts, get_settings
from case_forms.submissions.languages import language_among
from case_forms.submissions.pages.builder import SectionPageBuilder
from case_forms.submissions.pages.entries import Entry
from case_forms.submissions.pages.live_rules import item_rules, read_by
from case_forms.submissions.pages.repeat_rows import with_new_rows
from case_forms.submissions.validation.validate import CheckContext, Checked, SectionState, form_states
from outreach_pages.records.labels import SessionState

from .answer_words import words_for_wrong_answers

# Stands where the phone writes its own day: the form may be opened days after it was taken along.
SOME_DAY = date(2077, 7, 7)
TODAY = "today"
ROW, INNER_ROW = "__0__", "__1__"
NUMBER, INNER_NUMBER = "__n0__", "__n1__"


class PhoneLists(Lists):
    """The lists of one person, where a planned session can be reported as one that was held.

    Its record lies on the phone then and goes before its report; the server decides when both are there.
    """

    def attributes(self, name: str, value: str) -> Mapping[str, str]:
        found = super().attributes(name, value)
        is_planned = name == "sessions" and found.get("state") == SessionState.PLANNED
        return {**found, "state": SessionState.HELD.value} if is_planned else found


def build_package(version: FormVersion, user: User, language: str) -> dict[str, Any]:
    """Build the package of a form version for one person, in a language of the service.

    Returns {"key", "version", "sha256", "title", "language", "sections": [{"key", "title", "intro", "may_require",
    "relevant", "html", "rules"}], "rows": {repeat: HTML of one blank row}, "messages", "warnings", "facts",
    "takes_files", "lists_sha256"}. Lists hold what this person may choose today.
    """
    form = version.parsed_form
    today = timezone.localdate()
    spoken = language_among(form.languages, "", language)
    context = CheckContext(
        PhoneLists(user), today=today, occurred_on=today, language=spoken, service_language=language, now=timezone.now()
    )
    with translation.override(language):
        package = {
            "key": version.form.key,
            "version": version.number,
            "sha256": version.sha256,
            "title": localize(version.definition["title"], spoken),
            "language": spoken,
            **_build_contents(form, context),
            "messages": _messages(),
            "warnings": [_warning(form, warning, spoken) for warning in form.warnings],
            "facts": {**get_facts(None), **get_settings(form, None)},
            "takes_files": any(_is_file(located.item) for located in form.iter_questions()),
        }
    return {**package, "lists_sha256": _digest(package)}


def _build_contents(form: Form, context: CheckContext) -> dict[str, Any]:
    checked = form_states(form, {}, context)
    read = set(_read_anywhere(form))
    sections, rows = [], dict[str, str]()
    for state in checked.sections:
        builder = _get_builder(form, state, checked, context)
        rules = item_rules(state.section.items, read, replace(context, today=SOME_DAY))
        sections.append(
            {
                "key": state.key,
                "title": localize(state.section.title, context.language),
                "intro": localize(state.section.intro, context.language),
                "relevant": state.section.relevant,
                "html": draw_entries(builder.entries()),
                "may_require": any(view.question.required for view in builder.questions),
                "rules": _with_words(rules, state.section.items, context),
            }
        )
        rows |= dict(_draw_rows(builder, state.section.items, "", 0))
    return {"sections": sections, "rows": rows}


def _is_file(item: AnyItem) -> bool:
    return isinstance(item, Question) and item.type == "file"


def _get_builder(form: Form, state: SectionState, checked: Checked, context: CheckContext) -> SectionPageBuilder:
    with_rows = with_new_rows(state.section.items, {})
    rows = state if not with_rows else _state_of(form_states(form, with_rows, context), state.key)
    return SectionPageBuilder(state, rows, with_rows, checked, context, {}, "", {})


def _state_of(checked: Checked, key: str) -> SectionState:
    return next(state for state in checked.sections if state.key == key)


def draw_entries(entries: Iterable[Entry]) -> str:
    return "".join(render_to_string("submissions/entry.html", {"entry": entry}) for entry in entries)


def _draw_rows(
    builder: SectionPageBuilder, items: Iterable[AnyItem], prefix: str, depth: int
) -> Iterator[tuple[str, str]]:
    """Yield (name of a repeat, HTML of a blank row of it); the places for its numbers are marked."""
    index, number = ((ROW, NUMBER), (INNER_ROW, INNER_NUMBER))[min(depth, 1)]
    for item in items:
        if not isinstance(item, Repeat):
            continue
        name = f"{prefix}{item.key}"
        entries = builder.blank_row(item, f"{name}-{index}-")
        row = {"name": f"{name}-{index}", "id": f"q-{name}-{index}", "number": number, "entries": entries}
        label = localize(item.label, builder.context.language)
        yield name, render_to_string("submissions/repeat_row.html", {"row": row, "repeat": {"label": label}})
        yield from _draw_rows(builder, item.items, f"{name}-{index}-", depth + 1)


def _with_words(rules: list[dict[str, Any]], items: Iterable[AnyItem], context: CheckContext) -> list[dict[str, Any]]:
    """Add to each rule the server's words for what can be wrong with an answer to it, and a group's bounds."""
    by_key = {item.key: item for item in items}
    return [_worded(rule, by_key[rule["key"]], context) for rule in rules]


def _worded(rule: dict[str, Any], item: AnyItem, context: CheckContext) -> dict[str, Any]:
    if isinstance(item, Repeat):
        few = gettext("At least %(least)s are needed.") % {"least": item.min}
        many = gettext("At most %(most)s can be given.") % {"most": item.max}
        inside = _with_words(rule["items"], item.items, context)
        return {**rule, "items": inside, "min": item.min, "max": item.max, "wrong": {"too_few": few, "too_many": many}}
    if not isinstance(item, Question):
        return rule
    worded = _on_the_phones_day(rule)
    kind = registry.get(item.type)
    if item.is_typed:
        worded["wrong"] = words_for_wrong_answers(item, context, SOME_DAY)
    if item.constraint is not None:
        worded["constraint_words"] = localize(item.constraint.message, context.language)
    if item.type == "matrix":
        worded["rows"] = [row.value for row in item.rows]
    if item.type == "file":
        worded["accept"] = list(item.accept) if item.has("accept") else ["image", "pdf"]
    # for the list of answers to check: what a choice is called, wherever it is drawn
    worded["value_kind"] = kind.kind_of(item)
    return worded


def _on_the_phones_day(rule: dict[str, Any]) -> dict[str, Any]:
    return {name: TODAY if value == SOME_DAY.isoformat() else value for name, value in rule.items()}


def _warning(form: Form, warning: SendWarning, language: str) -> dict[str, Any]:
    located = form.by_key.get(warning.question) if warning.question else None
    leads = located is not None and not located.repeats
    return {
        "key": warning.key,
        "when": warning.when,
        "message": localize(warning.message, language),
        "section": located.section.key if located is not None and leads else "",
        "question": warning.question if leads else "",
    }


def _read_anywhere(form: Form) -> Iterator[str]:
    """Yield the key of every question that a section, a question or a warning reads, wherever it stands."""
    for _path, section in form.iter_sections():
        yield from read_by(section.items)
        if not isinstance(section.relevant, bool):
            yield from expressions.references(section.relevant)
    for warning in form.warnings:
        yield from expressions.references(warning.when)


def _messages() -> dict[str, str]:
    return {
        "required": gettext("Answer this question."),
        "nothing": gettext("nothing yet"),
        "yes": gettext("Yes"),
        "no": gettext("No"),
    }


def _digest(package: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(package, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
