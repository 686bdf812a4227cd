"""Problems, warnings and findings of a procedure with the part that each is about, for the page."""

from collections.abc import Iterable
from typing import Any, TypedDict

from django.utils.translation import gettext as _

from access.models import localize
from case_forms.form_builder.definition.problems import Problem
from case_forms.procedures.actions import publishing_problems
from case_forms.procedures.deadline_warnings import find_warnings
from case_forms.procedures.definition import Procedure, parse_procedure

from .checks import Finding

MAX_REPORTED = 10
# group -> what the anchors of its parts begin with (reading.GROUPS)
STEMS = {
    "rules": "rule",
    "deadlines": "deadline",
    "ladders": "ladder",
    "facts": "fact",
    "settings": "setting",
    "chains": "chain",
    "calendars": "calendar",
}


class Placed(TypedDict):
    """A problem for the page. `part`: the pointer of the part it lies in; `anchor`: its id; `where` names it."""

    path: str
    part: str
    anchor: str
    where: str
    code: str
    message: str
    is_blocking: bool


def place_problems(
    key: str, definition: Any, language: str, problems: Iterable[Problem] | None = None, *, deep: bool = True
) -> list[Placed]:
    """Return what keeps a definition from being published, then what only deserves a warning.

    `problems`: other ones than those of publishing. `deep`: as of `publishing_problems`.
    """
    procedure = parse_procedure(definition)
    found = publishing_problems(key, definition, deep=deep) if problems is None else problems
    placed = [_place(procedure, each, language, is_blocking=True) for each in found]
    warnings = find_warnings(procedure) if problems is None else []
    return placed + [_place(procedure, each, language, is_blocking=False) for each in warnings]


def place_findings(findings: Iterable[Finding], procedure: Procedure, language: str = "") -> list[Placed]:
    """Return the findings of checks as problems of the rules that they name."""
    return [
        _place(procedure, Problem(each.get_path(procedure), "finding", each.words), language, each.is_blocking)
        for each in findings
    ]


def _place(procedure: Procedure, problem: Problem, language: str, is_blocking: bool) -> Placed:
    part, anchor, where = _get_part(procedure, problem.path, language)
    return {
        "path": problem.path,
        "part": part,
        "anchor": anchor,
        "where": where,
        "code": problem.code,
        "message": str(problem.message),
        "is_blocking": is_blocking,
    }


def _get_part(procedure: Procedure, path: str, language: str) -> tuple[str, str, str]:
    """Return (pointer, anchor, name) of the part that a pointer leads into; the procedure itself for all others."""
    group, _slash, rest = path.removeprefix("/").partition("/")
    step = rest.split("/")[0]
    name = step.replace("~1", "/").replace("~0", "~")
    node = _get_node(getattr(procedure, group), name) if group in STEMS and step else None
    if node is None:
        return "", group if group in STEMS else "procedure", _("the procedure")
    key = getattr(node, "key", name) or name
    texts = getattr(node, "title", None) or getattr(node, "label", None)
    where = (localize(texts, language) if texts and language else localize(texts) if texts else "") or key
    return f"/{group}/{step}", f"{STEMS[group]}-{key}", where


def _get_node(holder: Any, name: str) -> Any:
    if isinstance(holder, dict):
        return holder.get(name)
    return holder[int(name)] if name.isascii() and name.isdecimal() and int(name[:6]) < len(holder) else None
