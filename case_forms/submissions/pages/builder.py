"""Builder of the entries of one section's page: questions, notes and groups with their rows."""

from collections.abc import Collection, Mapping
from typing import Any

from access.models import localize
from case_forms import expressions
from case_forms.form_builder.definition import AnyItem, Note, Question, Repeat
from case_forms.form_builder.sources import leading_in
from case_forms.questions import registry

from ..attachments.named_files import AttachedFiles
from ..drafts.filled import FilledAnswer
from ..validation.validate import Answers, CheckContext, Checked, SectionState, is_unanswered, scope_at
from .entries import Entry, NoteView, QuestionView, RepeatView, RowView
from .repeat_rows import get_rows, is_new


class SectionPageBuilder:
    """Builder of a page. `state`: the section as answered; `rows`: the same with its empty rows (`with_rows`)."""

    def __init__(
        self,
        state: SectionState,
        rows: SectionState,
        with_rows: Answers,
        checked: Checked,
        context: CheckContext,
        errors: Mapping[str, list[str]],
        new_row_in: str,
        filled: Mapping[str, FilledAnswer],
    ) -> None:
        self.section = state.section
        self.relevant = {id(item) for item in state.items}
        self.row_items = rows.row_items
        self.worked_out = rows.worked_out
        self.answers = with_rows
        self.scope = get_scope(checked, context)
        self.cleaned = checked.answers
        self.context = context
        self.errors = errors
        self.new_row_in = new_row_in
        self.filled = filled
        self.attachments = context.attachments.by_id if isinstance(context.attachments, AttachedFiles) else {}
        self.questions: list[QuestionView] = []

    def entries(self) -> list[Entry]:
        return self._entries(self.section.items, self.answers, self.cleaned, self.scope, self.relevant, "")

    def blank_row(self, repeat: Repeat, prefix: str) -> list[Entry]:
        """Build a row of a group in which nothing is typed. `prefix`: what its fields' names begin with."""
        return self._entries(repeat.items, {}, {}, {**self.scope, "_position": 1}, None, prefix)

    def _entries(
        self,
        items: tuple[AnyItem, ...],
        given: Answers,
        cleaned: Answers,
        scope: Answers,
        applies: Collection[int] | None,
        prefix: str,
    ) -> list[Entry]:
        """Build the entries of one level. `applies`: ids of the items that apply; None: all, as far as one can say."""
        entries: list[Entry] = []
        for item in items:
            # what doesn't apply is rendered hidden, so that the script can show it while the person types
            relevant = applies is None or id(item) in applies
            name = f"{prefix}{item.key}"
            if isinstance(item, Note):
                text = localize(item.text, self.context.language)
                entries.append(NoteView(name=name, text=text, relevant=relevant))
            elif isinstance(item, Repeat):
                entries.append(self._repeat(item, name, given, cleaned, scope, relevant, len(prefix) > 0))
            elif isinstance(item, Question) and registry.get(item.type).is_shown:
                entries.append(self._question(item, name, given.get(item.key), scope, relevant))
        return entries

    def _question(self, question: Question, name: str, value: Any, scope: Answers, relevant: bool) -> QuestionView:
        context = self.context
        kind = registry.get(question.type)
        choices = kind.choices(question, context.language, context.sources, scope)
        first = leading_in(context.sources, kind.list_of(question))
        view = QuestionView(
            question=question,
            name=name,
            value=self.worked_out.get(name, question.default if is_unanswered(value) else value),
            errors=self.errors.get(name, []) if relevant else [],
            choices=choices,
            language=context.language,
            required=holds(question.required, scope),
            relevant=relevant,
            scope=scope,
            attachments=self.attachments,
            leading=sum(value in first for value, _label in choices),
            known=self.filled.get(name),  # by its field: nothing in a group is filled in
        )
        self.questions.append(view)
        return view

    def _repeat(
        self,
        repeat: Repeat,
        name: str,
        given: Answers,
        cleaned: Answers,
        scope: Answers,
        relevant: bool,
        is_inner: bool,
    ) -> RepeatView:
        rows = get_rows(given, repeat)
        row_items = self.row_items.get(name, [])
        accepted = cleaned.get(repeat.key) or []
        views = []
        for index, row in enumerate(rows):
            here = accepted[index] if index < len(accepted) else {}
            applies = {id(item) for item in row_items[index]} if index < len(row_items) else None
            inside = {**scope, **here, "_position": index + 1}
            entries = self._entries(repeat.items, row, here, inside, applies, f"{name}-{index}-")
            # only the row that the button asked for takes the focus; rows that must be there don't
            is_asked_for = is_new(row) and name == self.new_row_in and index == len(rows) - 1
            views.append(RowView(name=f"{name}-{index}", number=index + 1, entries=entries, is_new=is_asked_for))
        return RepeatView(
            name=name,
            label=localize(repeat.label, self.context.language),
            hint=localize(repeat.hint, self.context.language),
            rows=views,
            errors=self.errors.get(name, []) if relevant else [],
            relevant=relevant,
            can_add=len(views) < repeat.max,
            level=2 if is_inner else 1,
        )


def get_scope(checked: Checked, context: CheckContext) -> Answers:
    """Return what expressions may read once the whole form has been validated."""
    return {**scope_at(context), **checked.answers}


def holds(expression: Any, scope: Answers) -> bool:
    """Return whether a condition is true; one that can't be evaluated counts as true, as in validation."""
    if isinstance(expression, bool):
        return expression
    try:
        return expressions.truthy(expressions.evaluate(expression, scope))
    except expressions.LogicError:
        return True
