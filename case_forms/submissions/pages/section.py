"""A form on the screen: the page that shows one section, its errors and the way through.

The server decides what is relevant; a page also carries what doesn't apply now, hidden, so that the browser can show it
live (static/js/form.js). What was typed is kept as it was typed; checking happens each time a page is made.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from access.models import User, localize

from ..case_reference import named_case
from ..session_reports import report_problems
from ..validation.validate import Answers, CheckContext, Checked, SectionState, form_states
from .builder import Maker, get_scope
from .entries import Entry, SectionPage, Step, walked
from .live_rules import live_rules
from .repeat_rows import with_new_rows

Definition = Mapping[str, Any]


class NoSuchSection(Exception):
    """The form has no section of this key, or it doesn't apply now."""


def get_section(definition: Definition, section_key: str) -> Mapping[str, Any]:
    """Raises NoSuchSection."""
    for section in definition["sections"]:
        if section["key"] == section_key:
            return section
    raise NoSuchSection


def section_page(
    definition: Definition,
    section_key: str,
    answers: Answers,
    context: CheckContext,
    *,
    user: User | None,
    shown: Collection[str] = (),
    tell_all: bool = False,
    new_row_in: str = "",
    file_errors: Mapping[str, str] | None = None,
) -> SectionPage:
    """The page of one section.

    `shown` names the form fields whose errors are told: those that the person has seen; with `tell_all`, all are told.
    `new_row_in` is the name of a group that gets one more, empty row (children, household-0-children). `file_errors`:
    why a file that came with the page wasn't taken, by its field. Raises NoSuchSection.
    """
    get_section(definition, section_key)
    checked = checked_for(definition, answers, context, user)
    state = _state(checked, section_key)
    if not state.relevant:
        raise NoSuchSection
    with_rows = with_new_rows(state.section["items"], answers, new_row_in)
    rows = state if with_rows == answers else _state(form_states(definition, with_rows, context), section_key)
    errors = _errors_by_name(state, shown, tell_all=tell_all)
    for name, message in (file_errors or {}).items():
        errors.setdefault(name, []).insert(0, message)
    maker = Maker(state, rows, with_rows, checked, context, errors, new_row_in)
    entries = maker.entries()
    steps = _steps(checked, answers, section_key, context.language)
    return SectionPage(
        key=section_key,
        title=localize(state.section["title"], context.language),
        intro=localize(state.section.get("intro", {}), context.language),
        entries=entries,
        steps=steps,
        number=next(step.number for step in steps if step.key == section_key),
        takes_files=any(view.question["type"] == "file" for view in maker.questions),
        problems=list(_problems(entries)),
        live=live_rules(state, answers, get_scope(checked, context), context),
    )


def checked_for(definition: Definition, answers: Answers, context: CheckContext, user: User | None) -> Checked:
    """The whole form as it stands, with the cases and sessions it names looked up for this person; without one, any
    may be named."""
    checked = form_states(definition, answers, context)
    if user is None:
        return checked
    _case, unknown = named_case(definition, checked.answers, user)
    for problem in [*unknown, *report_problems(definition, checked.answers, user)]:
        key = problem.path.split("/")[2]
        state = next(state for state in checked.sections if key in state.answers)
        state.errors.append(problem)
        checked.errors.append(problem)
    return checked


def _state(checked: Checked, section_key: str) -> SectionState:
    return next(state for state in checked.sections if state.key == section_key)


def _steps(checked: Checked, answers: Answers, here: str, language: str) -> list[Step]:
    relevant = [state for state in checked.sections if state.relevant]
    return [
        Step(
            key=state.key,
            title=localize(state.section["title"], language),
            number=number,
            state="here" if state.key == here else "done" if _is_filled(state, answers) else "open",
        )
        for number, state in enumerate(relevant, start=1)
    ]


def _is_filled(state: SectionState, answers: Answers) -> bool:
    """Somebody answered something here, and nothing is wrong. Defaults that nobody has looked at don't count."""
    return state.is_complete and any(item["key"] in answers for item in state.items)


def get_name(path: str, items: list[Mapping[str, Any]]) -> str:
    """The form field that a problem's path means: /answers/household/0/age -> household-0-age; "" for the whole form.

    What is wrong inside an answer (/answers/place/lat) is told beside its question.
    """
    steps, names = path.split("/")[2:], list[str]()
    while steps:
        item = next((item for item in items if item.get("key") == steps[0]), None)
        if item is None:
            break
        names.append(steps[0])
        if item["item"] != "repeat":
            break
        names += steps[1:2]
        items, steps = item["items"], steps[2:]
    return "-".join(names)


def _errors_by_name(state: SectionState, shown: Collection[str], *, tell_all: bool) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for problem in state.errors:
        name = get_name(problem.path, state.section["items"])
        told = errors.setdefault(name, []) if tell_all or name in shown else []
        if problem.message not in told:
            told.append(problem.message)
    return errors


def _problems(entries: list[Entry]) -> Iterator[tuple[str, str, str]]:
    for around, view in walked(entries):
        label = f"{around}{view.label}" if around else view.label
        yield from ((view.id, label, message) for message in view.errors)
