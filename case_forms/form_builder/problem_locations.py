"""The location of a problem in a form: the item it lies in, to jump to, and its place in words."""

import itertools
from collections.abc import Iterable
from typing import Any

from case_forms.questions.base import text_in

from .definition import AnyItem, Form, Node, Problem, Section, parse_form


def placed(problems: Iterable[Problem], definition: Any, language: str) -> list[dict[str, str]]:
    """Return the problems for the page: [{"path", "code", "message", "item", "where"}].

    `item`: the key of the innermost section, question, note or group around the problem, "" for the form as a whole;
    `where` names it and what is around it.
    """
    form = parse_form(definition)
    return [
        {
            "path": problem.path,
            "code": problem.code,
            "message": str(problem.message),
            "item": parts[-1].key if parts else "",
            "where": " › ".join(get_name(part, language) for part in parts),
        }
        for problem, parts in ((problem, _around(problem.path, form)) for problem in problems)
    ]


def get_name(part: Node, language: str, key: str = "") -> str:
    """Return what people call a section, question, note, group or list; its key while it has no text."""
    for name in ("label", "title", "text"):
        if words := text_in({code: text for code, text in part.texts_of(name).items() if text}, language):
            return words if len(words) <= 80 else f"{words[:79]}…"
    return key or str(part.value_of("key") or "")


def _around(path: str, form: Form) -> list[Section | AnyItem]:
    """Return the parts with a key around this place, the outermost first."""
    return list(itertools.takewhile(lambda part: part.has("key"), form.parts_at(path)))
