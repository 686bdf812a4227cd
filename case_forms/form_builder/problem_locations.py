"""Where in a form a problem is: the item it lies in, to jump to, and its place in words."""

from collections.abc import Iterable
from typing import Any

from case_forms.questions.base import text_in

from .shapes import Problem

Part = dict[str, Any]


def placed(problems: Iterable[Problem], definition: Any, language: str) -> list[dict[str, str]]:
    """For the page: [{"path", "code", "message", "item", "where"}]. item: the key of the innermost section, question,
    note or group around the problem, "" for the form as a whole; `where` names it and what is around it."""
    return [
        {
            "path": problem.path,
            "code": problem.code,
            "message": str(problem.message),
            "item": parts[-1]["key"] if parts else "",
            "where": " › ".join(get_name(part, language) for part in parts),
        }
        for problem, parts in ((problem, list(_around(problem.path, definition))) for problem in problems)
    ]


def get_name(part: Part, language: str) -> str:
    """What people call a section, question, note or group; its key when it has no words yet."""
    for name in ("label", "title", "text"):
        texts = part.get(name)
        if isinstance(texts, dict) and (words := text_in({k: v for k, v in texts.items() if v}, language)):
            return words if len(words) <= 80 else f"{words[:79]}…"
    return str(part.get("key", ""))


def _around(path: str, definition: Any) -> Iterable[Part]:
    """The parts with a key around this place, the outermost first."""
    here = definition
    steps = path.split("/")[1:]
    for holder, position in zip(steps[::2], steps[1::2], strict=False):
        inside = here.get(holder) if isinstance(here, dict) and holder in ("sections", "items") else None
        if not isinstance(inside, list) or not position.isdigit() or int(position) >= len(inside):
            return
        here = inside[int(position)]
        if not isinstance(here, dict) or not isinstance(here.get("key"), str):
            return
        yield here
