"""A renderable copy of an unfinished definition: what isn't finished is left out, nothing is invented.

Problems that don't hinder showing (a missing translation, a condition that can't be evaluated) stay. Anything else
leaves out the smallest part that it lies in: an optional property, else the whole question, else the section.
"""

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from access.languages import DEFAULT_LANGUAGE
from case_forms import expressions
from case_forms.form_builder.checker import check_definition
from case_forms.form_builder.definition import Form, Problem, parse_form, shape_problems
from case_forms.form_builder.lists import Shared, part_of_json, resolved

ROUNDS = 10  # leaving something out may reveal another problem
NEEDED = frozenset({"item", "key", "type", "label", "title", "text", "items"})
# of a form: what can be left out of it. Without the rest nothing can be shown
FORM_CAN_DO_WITHOUT = frozenset({"intro", "lists"})
CONDITIONS = frozenset({"relevant", "required", "choice_filter", "initial", "calculation", "constraint", "shared_with"})
HARMLESS = frozenset(
    {
        "missing_translation",
        "no_sensitivity",
        "no_choices",
        "empty_repeat",
        "no_value",
        "bad_key",
        "bad_list",
        "unknown_list",
        "unreachable_required",
        "never_holds",
    }
)


def showable(definition: Any, shared: Shared) -> dict[str, Any] | None:
    """Return what of the definition can be shown, its lists written into its questions; None when nothing can."""
    shown = copy.deepcopy(definition)
    if not _remove_problems(shown, lambda: shape_problems(shown)):
        return None
    shown = resolved(shown, shared)
    if not _remove_problems(shown, lambda: [problem for problem in check_definition(shown) if _hinders(problem)]):
        return None
    shown["languages"] = list(dict.fromkeys(shown["languages"])) or [DEFAULT_LANGUAGE]
    for located in parse_form(shown).iter_questions():
        _finish(part_of_json(shown, located.path))
    return shown


def readable(form: Form) -> dict[str, Any]:
    """Return the form without conditions that are no expressions: the page can't follow them, the report names them."""
    made = form.to_json()
    for path in (*(path for path, _section in form.iter_sections()), *(each.path for each in form.iter_items())):
        part = part_of_json(made, path)
        for name in CONDITIONS & part.keys():
            if not _is_readable(name, part[name]):
                del part[name]
        _keep_calculation(part)
    return made


def _is_readable(name: str, value: Any) -> bool:
    if name == "shared_with":
        return True
    try:
        expressions.references(value["expr"] if name == "constraint" else value)
    except expressions.LogicError:
        return False
    return True


def _hinders(problem: Problem) -> bool:
    steps = problem.path.split("/")
    return steps[1] == "sections" and problem.code not in HARMLESS and not CONDITIONS & set(steps)


def _remove_problems(definition: Any, problems: Callable[[], list[Problem]]) -> bool:
    for _round in range(ROUNDS):
        if not (found := problems()):
            return True
        # nothing could be left out, so another round would find the same
        if not isinstance(definition, dict) or not _left_out(definition, found):
            return False
    return not problems()


def _left_out(definition: dict[str, Any], problems: Iterable[Problem]) -> bool:
    """Remove what these problems lie in. Return False when one concerns the form as a whole."""
    places = {_place(definition, problem.path) for problem in problems}
    if None in places:
        return False
    for place in sorted(filter(None, places), key=_last_first, reverse=True):
        holder = _at(definition, place[:-1])
        step = place[-1]
        if isinstance(holder, list) and isinstance(step, int) and step < len(holder):
            del holder[step]
        elif isinstance(holder, dict):
            holder.pop(str(step), None)
    return True


def _last_first(place: tuple[str | int, ...]) -> tuple[Any, ...]:
    """Return a sort key: later entries and deeper parts first, so that places stay valid while some are removed."""
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in place)


def _place(definition: dict[str, Any], path: str) -> tuple[str | int, ...] | None:
    """Return what to remove for a problem of this path; None when it concerns the form as a whole."""
    # JSON pointer's escapes, in this order: "~01" is "~1" and no slash (RFC 6901)
    steps = [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]
    part: Any = definition
    taken: list[str | int] = []
    while len(steps) > 1 and steps[0] in ("sections", "items") and steps[1].isdigit():
        holder = part.get(steps[0]) if isinstance(part, dict) else None
        if not isinstance(holder, list) or int(steps[1]) >= len(holder):
            break
        part = holder[int(steps[1])]
        taken += [steps[0], int(steps[1])]
        steps = steps[2:]
    name = steps[0] if steps else ""
    if not taken:
        return (name,) if name in FORM_CAN_DO_WITHOUT else None
    can_go = isinstance(part, dict) and name in part and name not in NEEDED
    return (*taken, name) if can_go else tuple(taken)


def _at(definition: Any, place: Iterable[str | int]) -> Any:
    for step in place:
        definition = definition[step]
    return definition


def _finish(question: dict[str, Any]) -> None:
    """Remove choices that have no value yet; let a calculation that isn't written yet give nothing."""
    _keep_calculation(question)
    for name in ("choices", "rows"):
        if name in question:
            question[name] = list(_first_of_each_value(question[name]))


def _keep_calculation(part: dict[str, Any]) -> None:
    if part.get("type") == "calculated":
        part.setdefault("calculation", None)


def _first_of_each_value(choices: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    seen = set()
    for choice in choices:
        value = choice.get("value")
        if value and value not in seen:
            seen.add(value)
            yield choice
