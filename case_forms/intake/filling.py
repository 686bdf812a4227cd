"""A form on the screen: the page that shows one section, its errors and the way through.

The server decides what is relevant; a page also carries what doesn't apply now, hidden, so that the browser can show it
live (static/js/form.js). What was typed is kept as it was typed; checking happens each time a page is made.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from access.models import User, in_language
from case_forms import logic
from case_forms.questions import registry

from .checking import (
    MOST_ROWS,
    Answers,
    CheckContext,
    Checked,
    SectionState,
    form_states,
    is_unanswered,
)
from .entries import Entry, NoteView, QuestionView, RepeatView, RowView, SectionPage, Step
from .naming import named_case

Definition = Mapping[str, Any]
NEW_ROW: Answers = {"": None}  # a row that is there and holds nothing: checking looks at it, storing leaves it out


class NoSuchSection(Exception):
    """The form has no section of this key, or it doesn't apply now."""


def section_of(definition: Definition, section_key: str) -> Mapping[str, Any]:
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
    user: User,
    shown: Collection[str] = (),
    tell_all: bool = False,
    new_row_in: str = "",
) -> SectionPage:
    """The page of one section.

    `shown` names the form fields whose errors are told: those that the person has seen; with `tell_all`, all are told.
    `new_row_in` is the key of a repeat that gets one more, empty row. Raises NoSuchSection.
    """
    section_of(definition, section_key)
    checked = checked_for(definition, answers, context, user)
    state = _state(checked, section_key)
    if not state.relevant:
        raise NoSuchSection
    with_rows = _with_new_rows(state.section, answers, new_row_in)
    rows = state if with_rows == answers else _state(form_states(definition, with_rows, context), section_key)
    errors = _errors_by_name(state, shown, tell_all=tell_all)
    maker = _Maker(state, rows.row_items, checked, answers, context, errors, new_row_in)
    entries = [maker.entry(item) for item in state.section["items"]]
    steps = _steps(checked, answers, section_key, context.language)
    return SectionPage(
        key=section_key,
        title=in_language(state.section["title"], context.language),
        intro=in_language(state.section.get("intro", {}), context.language),
        entries=entries,
        steps=steps,
        number=next(step.number for step in steps if step.key == section_key),
        problems=list(_problems(entries)),
        live=_live(state, checked, context),
    )


def checked_for(definition: Definition, answers: Answers, context: CheckContext, user: User) -> Checked:
    """The whole form as it stands, with the cases it names looked up for this person."""
    checked = form_states(definition, answers, context)
    _case, unknown = named_case(definition, checked.answers, user)
    for problem in unknown:
        key = problem.path.split("/")[2]
        state = next(state for state in checked.sections if key in state.answers)
        state.errors.append(problem)
        checked.errors.append(problem)
    return checked


def _state(checked: Checked, section_key: str) -> SectionState:
    return next(state for state in checked.sections if state.key == section_key)


def _with_new_rows(section: Mapping[str, Any], answers: Answers, new_row_in: str) -> Answers:
    """The answers with the empty rows that this page shows, so that checking says which questions apply in them."""
    shown = dict(answers)
    for item in section["items"]:
        if item["item"] == "repeat":
            rows = _rows_of(answers, item)
            empty = _empty_rows(item, len(rows), new_row_in)
            if empty:
                shown[item["key"]] = rows + [NEW_ROW] * empty
    return shown


def _rows_of(answers: Answers, repeat: Mapping[str, Any]) -> list[Answers]:
    rows = answers.get(repeat["key"]) or []
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _empty_rows(repeat: Mapping[str, Any], have: int, new_row_in: str) -> int:
    wanted = max(repeat.get("min", 0), have + (repeat["key"] == new_row_in))
    return max(min(wanted, repeat.get("max") or MOST_ROWS) - have, 0)


def _steps(checked: Checked, answers: Answers, here: str, language: str) -> list[Step]:
    relevant = [state for state in checked.sections if state.relevant]
    return [
        Step(
            key=state.key,
            title=in_language(state.section["title"], language),
            number=number,
            state="here" if state.key == here else "done" if _is_filled(state, answers) else "open",
        )
        for number, state in enumerate(relevant, start=1)
    ]


def _is_filled(state: SectionState, answers: Answers) -> bool:
    """Somebody answered something here, and nothing is wrong. Defaults that nobody has looked at don't count."""
    return state.is_complete and any(item["key"] in answers for item in state.items)


def name_of(path: str, repeats: Collection[str]) -> str:
    """The form field that a problem's path means: /answers/persons/0/age -> persons-0-age; "" for the whole form."""
    _empty, _answers, *parts = [*path.split("/"), ""]
    parts = [part for part in parts if part]
    return "-".join(parts[:3] if parts and parts[0] in repeats else parts[:1])


def _errors_by_name(state: SectionState, shown: Collection[str], *, tell_all: bool) -> dict[str, list[str]]:
    repeats = {item["key"] for item in state.section["items"] if item["item"] == "repeat"}
    errors: dict[str, list[str]] = {}
    for problem in state.errors:
        name = name_of(problem.path, repeats)
        if tell_all or name in shown:
            errors.setdefault(name, []).append(problem.message)
    return errors


def _problems(entries: list[Entry]) -> Iterator[tuple[str, str, str]]:
    for entry in entries:
        if isinstance(entry, NoteView):
            continue
        yield from ((entry.id, entry.label, message) for message in entry.errors)
        if isinstance(entry, RepeatView):
            for row in entry.rows:
                for view in row.entries:
                    if isinstance(view, QuestionView):
                        label = f"{entry.label} {row.number}: {view.label}"
                        yield from ((view.id, label, message) for message in view.errors)


class _Maker:
    """Makes the entries of one section's page."""

    def __init__(
        self,
        state: SectionState,
        row_items: Mapping[str, list[list[Mapping[str, Any]]]],
        checked: Checked,
        answers: Answers,
        context: CheckContext,
        errors: dict[str, list[str]],
        new_row_in: str,
    ) -> None:
        self.row_items = row_items
        self.scope = scope_of(checked, context)
        self.answers = answers
        self.context = context
        self.errors = errors
        self.new_row_in = new_row_in
        self.relevant = {id(item) for item in state.items}

    def entry(self, item: Mapping[str, Any]) -> Entry:
        relevant = id(item) in self.relevant
        if item["item"] == "repeat":
            return self._repeat(item, relevant)
        return self._single(item, item["key"], self.answers.get(item["key"]), self.scope, relevant)

    def _single(
        self, item: Mapping[str, Any], name: str, value: Any, scope: Answers, relevant: bool
    ) -> QuestionView | NoteView:
        language = self.context.language
        if item["item"] == "note":
            return NoteView(name=name, text=in_language(item["text"], language), relevant=relevant)
        question = dict(item)
        return QuestionView(
            question=question,
            name=name,
            value=question.get("default") if is_unanswered(value) else value,
            errors=self.errors.get(name, []) if relevant else [],
            choices=registry.get(item["type"]).choices(question, language, self.context.sources),
            language=language,
            required=holds(item.get("required", False), scope),
            relevant=relevant,
        )

    def _repeat(self, repeat: Mapping[str, Any], relevant: bool) -> RepeatView:
        key = repeat["key"]
        typed = _rows_of(self.answers, repeat)
        given = typed + [{}] * _empty_rows(repeat, len(typed), self.new_row_in)
        row_items = self.row_items.get(key, [])
        cleaned = self.scope.get(key, [])
        rows = []
        for index, row in enumerate(given):
            applies = {id(item) for item in row_items[index]} if index < len(row_items) else set()
            scope = {**self.scope, **(cleaned[index] if index < len(cleaned) else {})}
            entries = [
                self._single(item, f"{key}-{index}-{item['key']}", row.get(item["key"]), scope, id(item) in applies)
                for item in repeat["items"]
            ]
            rows.append(RowView(index=index, entries=entries))
        return RepeatView(
            name=key,
            label=in_language(repeat["label"], self.context.language),
            hint=in_language(repeat.get("hint", {}), self.context.language),
            rows=rows,
            errors=self.errors.get(key, []) if relevant else [],
            relevant=relevant,
            can_add=len(rows) < (repeat.get("max") or MOST_ROWS),
        )


def scope_of(checked: Checked, context: CheckContext) -> Answers:
    """What expressions may read once the whole form has been looked at."""
    return {
        **checked.answers,
        "_today": context.today.isoformat(),
        "_occurred_on": context.occurred_on.isoformat(),
    }


def holds(expression: Any, scope: Answers) -> bool:
    """Whether a condition is true; one that can't be worked out counts as true, as in checking."""
    if isinstance(expression, bool):
        return expression
    try:
        return logic.truthy(logic.evaluate(expression, scope))
    except logic.LogicError:
        return True


def _live(state: SectionState, checked: Checked, context: CheckContext) -> dict[str, Any]:
    """What form.js needs: this section's conditions and, of the answers given elsewhere, those that they read."""
    rules: list[dict[str, Any]] = []
    read: set[str] = set()
    own: set[str] = set()
    for item in state.section["items"]:
        rules.append(_rule(item, ""))
        own.add(item["key"])
        for inner in item.get("items", []):
            rules.append(_rule(inner, item["key"]))
            own.add(inner["key"])
    for rule in rules:
        for expression in (rule["relevant"], rule["required"]):
            if not isinstance(expression, bool):
                read |= logic.references(expression)
    scope = scope_of(checked, context)
    return {"rules": rules, "scope": {key: scope[key] for key in sorted(read - own) if key in scope}}


def _rule(item: Mapping[str, Any], repeat: str) -> dict[str, Any]:
    return {
        "key": item["key"],
        "repeat": repeat,
        "type": item.get("type", item["item"]),
        "relevant": item.get("relevant", True),
        "required": item.get("required", False),
    }
