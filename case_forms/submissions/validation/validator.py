"""The single pass over a form that validates answers, in the order documented in `validate` and docs/expressions.md."""

import re
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import localize
from case_forms import expressions
from case_forms.form_builder.definition import AnyItem, AskedItem, Constraint, Form, Question, Repeat
from case_forms.form_builder.fact_types import KNOWN
from case_forms.questions import registry
from case_forms.questions.base import AnswerError, CleanContext, QuestionType, is_unanswered

from .result import AnswerProblem, Answers, CheckContext, Checked, SectionState

KEY = re.compile(r"^[a-z][a-z0-9_]{0,63}$")
MAX_UNKNOWN = 20  # unknown keys that are named one by one: the body decides how many there are
NOTHING = object()  # a key that was not in scope


class Cursor(NamedTuple):
    """The position in the pass: the pointer to the answers looked at, and what their form fields' names begin with."""

    path: str
    name: str
    state: SectionState


class AnswerValidator:
    """Validator of one set of answers.

    `scope` holds what expressions may read: the answers accepted so far, the dates, and in a row the row's answers over
    them. It is one object that grows; leaving a row restores what the row had shadowed.
    """

    def __init__(self, form: Form, answers: Any, context: CheckContext, *, strict: bool) -> None:
        self.form = form
        self.answers = answers
        self.context = context
        self.strict = strict
        self.scope: Answers = scope_at(context)
        self.laid_over: list[Answers] = []  # for each row around: what it shadows of the scope
        self.clean_context = CleanContext(
            context.sources,
            language=context.language,
            today=context.today,
            scope=self.scope,
            attachments=context.attachments,
        )

    def run(self) -> Checked:
        checked = Checked()
        if not isinstance(self.answers, dict):
            checked.errors.append(AnswerProblem("/answers", "wrong_type", _("Answers are an object.")))
            return checked
        checked.errors += self._unknown(self.answers, self.form.answer_keys, "/answers")
        for section in self.form.sections:
            state = SectionState(section, relevant=self._holds(section.relevant))
            place = Cursor("/answers", "", state)
            state.items, state.answers = self._items(section.items, self.answers, place, is_asked=state.relevant)
            checked.sections.append(state)
            checked.answers.update(state.answers)
            checked.errors += state.errors
        return checked

    def _items(
        self, items: tuple[AnyItem, ...], given: Mapping[str, Any], place: Cursor, *, is_asked: bool = True
    ) -> tuple[list[AnyItem], Answers]:
        """Return the relevant items of a section or a row, and the answers accepted in it."""
        relevant_items: list[AnyItem] = []
        accepted: Answers = {}
        for item in items:
            relevant = is_asked and self._holds(item.relevant)
            if relevant:
                relevant_items.append(item)
            if not isinstance(item, AskedItem):
                continue
            key = item.key
            at = Cursor(f"{place.path}/{key}", f"{place.name}{key}", place.state)
            if not relevant:
                self._refuse_irrelevant(given.get(key), at)
                continue
            raw = given.get(key)
            value = self._repeat(item, raw, at) if isinstance(item, Repeat) else self._question(item, raw, at)
            if not is_unanswered(value):
                accepted[key] = value
                # only what was accepted: a later condition never sees an answer that is wrong or irrelevant
                self._learn(key, value)
        return relevant_items, accepted

    # ---- repeats ----

    def _repeat(self, repeat: Repeat, raw: Any, at: Cursor) -> list[Answers]:
        row_items = at.state.row_items.setdefault(at.name, [])
        if not is_unanswered(raw) and not isinstance(raw, list):
            self._wrong(at, "wrong_type", _("A list is needed here."))
            return []
        given = raw or []
        if len(given) > repeat.max:
            self._wrong(at, "too_many", _("At most %(most)s can be given.") % {"most": repeat.max})
            return []
        rows: list[Answers] = []
        for index, row in enumerate(given):
            # a page sends empty rows too; they get an entry in `row_items` all the same, so that its order matches
            if is_unanswered(row) and not self.strict:
                row_items.append([])
                continue
            items, cleaned = self._row(repeat, row, index, at, position=len(rows) + 1)
            row_items.append(items)
            if self.strict or not _holds_nothing(row):
                rows.append(cleaned)
        if len(rows) < repeat.min:
            self._wrong(at, "too_few", _("At least %(least)s are needed.") % {"least": repeat.min})
        return rows

    def _row(self, repeat: Repeat, row: Any, index: int, at: Cursor, *, position: int) -> tuple[list[AnyItem], Answers]:
        """Return one row's relevant items and cleaned answers. Its keys shadow outer ones while it is looked at."""
        place = Cursor(f"{at.path}/{index}", f"{at.name}-{index}-", at.state)
        if not isinstance(row, dict):
            self._wrong(place, "wrong_type", _("An object is needed here."))
            return [], {}
        place.state.errors += self._unknown(row, {item.key for item in repeat.asked_items}, place.path)
        with self._in_row(position):
            return self._items(repeat.items, row, place)

    @contextmanager
    def _in_row(self, position: int) -> Iterator[None]:
        self.laid_over.append({})
        self._learn("_position", position)
        yield
        # one scope that is restored, not a copy for each row: copying makes the time grow with rows times answers
        for key, before in self.laid_over.pop().items():
            if before is NOTHING:
                del self.scope[key]
            else:
                self.scope[key] = before

    def _learn(self, key: str, value: Any) -> None:
        if self.laid_over:
            self.laid_over[-1].setdefault(key, self.scope.get(key, NOTHING))
        self.scope[key] = value

    # ---- questions ----

    def _question(self, question: Question, raw: Any, at: Cursor) -> Any:
        """Return the cleaned value, or None when there is none or it is invalid."""
        kind = registry.get(question.type)
        try:
            value = self._value(question, kind, raw, at)
        except AnswerError as error:
            at.state.errors.append(AnswerProblem(at.path + error.path, error.code, str(error.message)))
            return None
        missing = [""] if is_unanswered(value) else kind.unanswered_parts(value, question)
        if missing and self._holds(question.required):
            words = _("Answer this question.")
            at.state.errors.extend(AnswerProblem(at.path + part, "required", words) for part in missing)
            return None
        if is_unanswered(value):
            return None
        constraint = question.constraint
        if constraint is not None and not self._fits(question.key, constraint, value):
            self._wrong(at, "constraint", localize(constraint.message, self.context.language))
            return None
        return value

    def _value(self, question: Question, kind: QuestionType, raw: Any, at: Cursor) -> Any:
        """Return what was given, cleaned, or else the computed value. Raises AnswerError."""
        if kind.name == "calculated":
            if self.strict and not is_unanswered(raw):
                raise AnswerError("computed", _("This is calculated here; leave it out."))
            return self._worked_out(question, kind, self._evaluated(question.calculation), at)
        if question.is_typed:
            if not is_unanswered(raw):
                return kind.clean(raw, question, self.clean_context)
            return None if self.strict else self._own(question, kind, at)
        if not question.has_own_value:
            if self.strict and not is_unanswered(raw):
                return kind.clean(raw, question, self.clean_context)
            return self._worked_out(question, kind, raw, at)
        own = self._own(question, kind, at)
        if not self.strict or is_unanswered(raw):
            return own
        value = kind.clean(raw, question, self.clean_context)
        if kind.name != "hidden" and value != own:
            raise AnswerError("read_only", _("This is not asked: leave it out, or send what it is set to."))
        return value

    def _own(self, question: Question, kind: QuestionType, at: Cursor) -> Any:
        """Return the default, else the value of `initial`. None when there is none or it is invalid here."""
        raw = question.default
        if is_unanswered(raw) and question.has("initial"):
            raw = self._evaluated(question.initial)
        return self._worked_out(question, kind, raw, at)

    def _worked_out(self, question: Question, kind: QuestionType, raw: Any, at: Cursor) -> Any:
        if is_unanswered(raw):
            return None
        try:
            value = kind.clean(raw, question, self.clean_context)
        except AnswerError:
            return None  # nobody typed it, so nobody could correct it
        at.state.worked_out[at.name] = value
        return value

    def _fits(self, key: str, constraint: Constraint, value: Any) -> bool:
        """Return whether the constraint holds with this value of its question in scope."""
        before = self.scope.get(key, NOTHING)
        self.scope[key] = value
        holds = self._holds(constraint.expr, unsure=False)
        if before is NOTHING:
            del self.scope[key]
        else:
            self.scope[key] = before
        return holds

    # ---- small things ----

    def _wrong(self, at: Cursor, code: str, words: str) -> None:
        at.state.errors.append(AnswerProblem(at.path, code, words))

    def _refuse_irrelevant(self, raw: Any, at: Cursor) -> None:
        if self.strict and not is_unanswered(raw):
            self._wrong(at, "not_relevant", _("This question doesn't apply here; leave it out."))

    def _unknown(self, given: Mapping[str, Any], known: Set[str], path: str) -> Iterator[AnswerProblem]:
        """Yield a problem per unknown key that looks like one; others may be somebody's name and aren't repeated."""
        if not self.strict:
            return
        unknown = [key for key in given if key not in known]
        named = [key for key in unknown[:MAX_UNKNOWN] if KEY.match(key)]
        for key in named:
            yield AnswerProblem(f"{path}/{key}", "unknown_question", _("The form has no such question."))
        if len(named) < len(unknown):
            yield AnswerProblem(path, "unknown_question", _("Some answers belong to no question."))

    def _holds(self, expression: Any, *, unsure: bool = True) -> bool:
        """Return whether an expression is true; `unsure` when it can't be evaluated."""
        if isinstance(expression, bool):
            return expression
        try:
            return expressions.truthy(expressions.evaluate(expression, self.scope))
        except expressions.LogicError:
            return unsure

    def _evaluated(self, expression: Any) -> Any:
        """Return an expression's value; None when it can't be evaluated."""
        try:
            return expressions.evaluate(expression, self.scope)
        except expressions.LogicError:
            return None


def scope_at(context: CheckContext) -> Answers:
    """Return what expressions may read before anything is answered."""
    return {
        "_today": context.today.isoformat(),
        "_occurred_on": context.occurred_on.isoformat(),
        "_now": timezone.localtime(context.now).isoformat(timespec="seconds"),
        KNOWN: dict(context.known),
    }


def _holds_nothing(value: Any, depth: int = 0) -> bool:
    """Return whether nothing is typed in a row, or in a part of it. Deeper parts than forms have count as typed."""
    if isinstance(value, dict) and depth < 4:
        return all(_holds_nothing(part, depth + 1) for part in value.values())
    if isinstance(value, list) and depth < 4:
        return all(_holds_nothing(part, depth + 1) for part in value)
    return is_unanswered(value)
