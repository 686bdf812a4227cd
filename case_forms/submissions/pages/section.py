"""The page of one section of a form, with its errors and the steps through the form.

The server decides what is relevant; a page also carries what doesn't apply now, hidden, so that the browser can show it
live (static/js/form.js). What was typed is stored as it was typed; it is validated each time a page is built.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from access.models import User, localize
from case_forms.form_builder.definition import AnyItem, Form, Repeat, Section

from ..case_reference import named_case
from ..drafts.filled import FilledAnswer
from ..session_reports import report_problems
from ..session_request_problems import list_request_problems
from ..validation.validate import Answers, CheckContext, Checked, SectionState, form_states
from .builder import SectionPageBuilder, get_scope
from .entries import Entry, SectionPage, Step, iter_entries
from .live_rules import live_rules
from .repeat_rows import with_new_rows


class NoSuchSection(Exception):
    """The form has no section of this key, or it doesn't apply now."""


def get_section(form: Form, section_key: str) -> Section:
    """Return the form's section of this key. Raises NoSuchSection."""
    section = form.get_section(section_key)
    if section is None:
        raise NoSuchSection
    return section


def section_page(
    form: Form,
    section_key: str,
    answers: Answers,
    context: CheckContext,
    *,
    user: User | None,
    shown: Collection[str] = (),
    show_all: bool = False,
    new_row_in: str = "",
    file_errors: Mapping[str, str] | None = None,
    filled: Mapping[str, FilledAnswer] | None = None,
) -> SectionPage:
    """Build the page of one section.

    `shown` names the form fields whose errors are shown: those that the person has seen; with `show_all`, all are.
    `new_row_in` is the name of a group that gets one more, empty row (children, household-0-children). `file_errors`:
    why a file that came with the page wasn't accepted, by its field. `filled`: by question, answers that come from what
    is known about the person. Raises NoSuchSection.
    """
    get_section(form, section_key)
    checked = checked_for(form, answers, context, user)
    state = _state(checked, section_key)
    if not state.relevant:
        raise NoSuchSection
    with_rows = with_new_rows(state.section.items, answers, new_row_in)
    # validated a second time only when there are empty rows; errors come from the first time, without them
    rows = state if with_rows == answers else _state(form_states(form, with_rows, context), section_key)
    errors = _errors_by_name(state, shown, show_all=show_all)
    for name, message in (file_errors or {}).items():
        errors.setdefault(name, []).insert(0, message)
    maker = SectionPageBuilder(state, rows, with_rows, checked, context, errors, new_row_in, filled or {})
    entries = maker.entries()
    steps = _steps(checked, answers, section_key, context.language)
    return SectionPage(
        key=section_key,
        title=localize(state.section.title, context.language),
        intro=localize(state.section.intro, context.language),
        entries=entries,
        steps=steps,
        number=next(step.number for step in steps if step.key == section_key),
        takes_files=any(view.question.type == "file" for view in maker.questions),
        problems=list(_problems(entries)),
        live=live_rules(state, answers, get_scope(checked, context), context),
    )


def checked_for(form: Form, answers: Answers, context: CheckContext, user: User | None) -> Checked:
    """Validate the whole form, with the cases and sessions it names looked up for this person.

    Without a person, any case or session may be named.
    """
    checked = form_states(form, answers, context)
    problems = list_request_problems(form, checked.answers, context)
    if user is not None:
        _case, unknown = named_case(form, checked.answers, user)
        problems += [*unknown, *report_problems(form, checked.answers, user)]
    for problem in problems:
        key = problem.path.split("/")[2]  # /answers/<key>/...
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
            title=localize(state.section.title, language),
            number=number,
            state="here" if state.key == here else "done" if _is_filled(state, answers) else "open",
        )
        for number, state in enumerate(relevant, start=1)
    ]


def _is_filled(state: SectionState, answers: Answers) -> bool:
    """Return whether somebody answered something here, and nothing is wrong. Unseen defaults don't count."""
    return state.is_complete and any(item.key in answers for item in state.items)


def get_name(path: str, items: Iterable[AnyItem]) -> str:
    """Return a problem's form field: /answers/household/0/age -> household-0-age; "" for the whole form.

    What is wrong inside an answer (/answers/place/lat) is shown beside its question.
    """
    steps, names = path.split("/")[2:], list[str]()
    while steps:
        item = next((item for item in items if item.key == steps[0]), None)
        if item is None:
            break
        names.append(steps[0])
        if not isinstance(item, Repeat):
            break
        names += steps[1:2]
        items, steps = item.items, steps[2:]
    return "-".join(names)


def _errors_by_name(state: SectionState, shown: Collection[str], *, show_all: bool) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for problem in state.errors:
        name = get_name(problem.path, state.section.items)
        page_errors = errors.setdefault(name, []) if show_all or name in shown else []
        if problem.message not in page_errors:
            page_errors.append(problem.message)
    return errors


def _problems(entries: list[Entry]) -> Iterator[tuple[str, str, str]]:
    for around, view in iter_entries(entries):
        label = f"{around}{view.label}" if around else view.label
        yield from ((view.id, label, message) for message in view.errors)
