"""The rules that a form must meet to be published, each one function. `checker` applies them, part by part.

A rule is applied to one type of part and yields what is wrong with it. `RULES` has the order in which the problems of
one part are reported; parts are taken in document order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from case_forms.questions import registry
from case_forms.questions.base import CleanContext
from notifications.directory.models import Role

from . import lists
from .audience import audience_problems
from .brief_parts import is_read_by
from .definition import (
    Choice,
    Form,
    MatrixRow,
    Node,
    Note,
    Problem,
    Question,
    Repeat,
    Section,
    SendWarning,
    pointer,
    text_names,
)
from .definition.value_checks import KEY
from .expressions import ALWAYS_KNOWN, IN_ROWS, OF_THE_CASE, Expressions, settings_read
from .fact_types import KNOWN
from .properties import OpenSource, choice_problems, exclusive_problems, property_problems
from .references import repeat_node

# A question's key is the name of its form field, and Django's token is posted under this one.
RESERVED = frozenset({"csrfmiddlewaretoken"})
ROLES = frozenset(Role.values)
NOT_FOR_SCHOOLS = _(
    "A school reads only who the pupil is, whom to call, what to watch for and what not to do. Say which of these it"
    " is, or don't share it."
)


@dataclass(frozen=True)
class Surrounding:
    """The place of a part in the form.

    `path`: its JSON pointer; `known`: the keys before it; `within`: the keys of the repeats around it; `earlier`: the
    questions before it in the same section or repeat, by key.
    """

    form: Form
    expressions: Expressions
    broken_lists: Set[str]
    path: str = ""
    known: Set[str] = ALWAYS_KNOWN
    within: tuple[str, ...] = ()
    earlier: Mapping[str, Question] | None = None


@dataclass(frozen=True)
class Rule:
    """One rule. `check` is applied to every part of the type `of`."""

    of: type[Node]
    check: Callable[[Any, Surrounding], Iterator[Problem]]


# ---- the form ----


def languages_are_named_once(form: Form, here: Surrounding) -> Iterator[Problem]:
    if not form.languages or len(set(form.languages)) < len(form.languages):
        yield Problem("/languages", "bad_languages", _("Name each language of the form once."))


def there_is_a_section(form: Form, here: Surrounding) -> Iterator[Problem]:
    if not form.sections:
        yield Problem("/sections", "no_sections", _("A form has at least one section."))


def form_key_is_well_written(form: Form, here: Surrounding) -> Iterator[Problem]:
    yield from key_problems(form.key, "/key")


def own_lists_can_be_used(form: Form, here: Surrounding) -> Iterator[Problem]:
    for key, named in form.lists.items():
        path = f"/lists/{pointer(key)}"
        if not KEY.fullmatch(key) or key in lists.BUILT_IN:
            words = _("A list's key has small letters, digits and _, and is not that of a list we always have.")
            yield Problem(path, "bad_list", words)
        yield from text_problems(named, path, form, "title")
        if not named.choices:
            yield Problem(f"{path}/choices", "no_choices", _("Give at least one choice."))
        yield from choice_problems(named.choices, f"{path}/choices")
        yield from label_problems(named.choices, f"{path}/choices", form)


def public_form_suits_the_public(form: Form, here: Surrounding) -> Iterator[Problem]:
    yield from audience_problems(form)


# ---- any part ----


def texts_are_in_every_language(part: Node, here: Surrounding) -> Iterator[Problem]:
    yield from text_problems(part, here.path, here.form, *text_names(type(part)))


def relevance_can_be_read(part: "Section | Note", here: Surrounding) -> Iterator[Problem]:
    """Check the relevance of a section or note.

    A section depends on what its condition reads; nothing depends on a note.
    """
    node = here.path if isinstance(part, Section) else ""
    yield from here.expressions.problems(
        part.relevant, f"{here.path}/relevant", here.known, within=here.within, node=node
    )


# ---- sections, and what is asked before sending ----


def section_key_is_its_own(section: Section, here: Surrounding) -> Iterator[Problem]:
    # `get_section` and `by_key` return the first part with a key: whichever isn't that one is the duplicate.
    if here.form.get_section(section.key) is not section:
        yield Problem(f"{here.path}/key", "duplicate_key", _("Another section has this key."))
    else:
        yield from key_problems(section.key, f"{here.path}/key")


def warning_key_is_its_own(warning: SendWarning, here: Surrounding) -> Iterator[Problem]:
    first = next(other for other in here.form.warnings if other.key == warning.key)
    if first is not warning:
        yield Problem(f"{here.path}/key", "duplicate_key", _("Another question before sending has this key."))
    else:
        yield from key_problems(warning.key, f"{here.path}/key")


def warning_says_when(warning: SendWarning, here: Surrounding) -> Iterator[Problem]:
    if isinstance(warning.when, bool):
        yield Problem(f"{here.path}/when", "not_an_expression", _("Say when this is asked."))


def warning_condition_can_be_read(warning: SendWarning, here: Surrounding) -> Iterator[Problem]:
    # Asked when everything has been answered and the case is known; nothing else in a form may read the case.
    # What the organisation chose may be read, too: the message says what happens then.
    more = {**OF_THE_CASE, **settings_read(warning.when)}
    yield from here.expressions.problems(warning.when, f"{here.path}/when", here.known | more.keys(), more=more)


def warning_names_a_question(warning: SendWarning, here: Surrounding) -> Iterator[Problem]:
    if warning.has("question") and warning.question not in here.form.answer_keys:
        words = _("Name a question that is outside repeat groups.")
        yield Problem(f"{here.path}/question", "unknown_reference", words)


# ---- items ----


def item_key_is_its_own(item: "Question | Note | Repeat", here: Surrounding) -> Iterator[Problem]:
    path = f"{here.path}/key"
    if here.form.by_key[item.key].item is not item:
        yield Problem(path, "duplicate_key", _("Another question has this key."))
    elif item.key in RESERVED:
        yield Problem(path, "reserved_key", _("This key is reserved."))
    else:
        yield from key_problems(item.key, path)


def repeat_relevance_can_be_read(repeat: Repeat, here: Surrounding) -> Iterator[Problem]:
    yield from here.expressions.problems(
        repeat.relevant, f"{here.path}/relevant", here.known, within=here.within, node=repeat_node(repeat.key)
    )


def repeat_bounds_fit(repeat: Repeat, here: Surrounding) -> Iterator[Problem]:
    if repeat.min > repeat.max:
        yield Problem(f"{here.path}/min", "bad_bounds", _("The smallest number is larger than the largest."))


def repeat_holds_a_question(repeat: Repeat, here: Surrounding) -> Iterator[Problem]:
    if not any(item.is_asked for item in repeat.items):
        yield Problem(f"{here.path}/items", "empty_repeat", _("A repeat group holds at least one question."))


# ---- questions ----


def row_labels_are_in_every_language(question: Question, here: Surrounding) -> Iterator[Problem]:
    yield from label_problems(question.rows, f"{here.path}/rows", here.form)


def conditions_can_be_read(question: Question, here: Surrounding) -> Iterator[Problem]:
    for name in ("relevant", "required", "initial"):
        yield from _of_question(question.value_of(name), name, question, here)


def calculation_gives_the_result(question: Question, here: Surrounding) -> Iterator[Problem]:
    wrong = list(_of_question(question.calculation, "calculation", question, here))
    yield from wrong
    # The type of a calculation that can't be read would only be a second message about the same mistake.
    if not wrong and question.has("calculation"):
        yield from here.expressions.of_result(question, here.path)


def choice_filter_can_be_read(question: Question, here: Surrounding) -> Iterator[Problem]:
    yield from here.expressions.of_filter(question, here.path, here.known, here.within)


def constraint_can_be_read(question: Question, here: Surrounding) -> Iterator[Problem]:
    """Check the constraint, which may read the question itself."""
    constraint, path = question.constraint, f"{here.path}/constraint"
    if constraint is not None:
        yield from text_problems(constraint, path, here.form, "message")
        yield from here.expressions.problems(
            constraint.expr, f"{path}/expr", here.known | {question.key}, within=here.within, node=question.key
        )


def sensitivity_is_said(question: Question, here: Surrounding) -> Iterator[Problem]:
    if not question.has("sensitivity"):
        yield Problem(f"{here.path}/sensitivity", "no_sensitivity", _("Say how sensitive the answer is."))


def sharing_is_with_recipients(question: Question, here: Surrounding) -> Iterator[Problem]:
    """Check that answers are shared with known roles, by conditions that can be read.

    Sharing is decided when the whole form has been answered: its conditions may read all of it.
    """
    anywhere = here.expressions.reachable_from(here.within) | ALWAYS_KNOWN | (IN_ROWS if here.within else frozenset())
    # Who receives an answer is decided by the form itself, not by what some other form said (docs/adr/0103).
    anywhere -= {KNOWN}
    for role, rule in question.shared_with.items():
        path = f"{here.path}/shared_with/{pointer(role)}"
        if role not in ROLES:
            yield Problem(path, "unknown_role", _("There is no recipient with this role."))
        elif not is_read_by(question, role):
            yield Problem(path, "not_for_role", NOT_FOR_SCHOOLS)
        # An organisation's own settings, which live in its procedure, may decide about sharing (docs/adr/0051).
        chosen = settings_read(rule)
        yield from here.expressions.problems(rule, path, anywhere | chosen.keys(), within=here.within, more=chosen)


def type_and_its_properties_fit(question: Question, here: Surrounding) -> Iterator[Problem]:
    if question.type not in registry.names():
        yield Problem(f"{here.path}/type", "unknown_type", _("There is no such type of question."))
        return
    found = [*_choice_problems(question, here), *property_problems(question, here.path)]
    yield from found
    if question.has("default") and not found:
        kind = registry.get(question.type)
        try:
            # A default must pass what an answer must pass. `OpenSource` accepts any value of a list, as the check reads
            # no database.
            kind.clean(question.default, question, CleanContext(sources=OpenSource()))
        except registry.AnswerError as error:
            yield Problem(f"{here.path}/default", "bad_default", error.message)


def belongs_to_an_earlier_question(question: Question, here: Surrounding) -> Iterator[Problem]:
    if not question.has("of"):
        return
    other = (here.earlier or {}).get(question.of)
    if question.type == "indicator_assessment":
        fits = other is not None and other.type == "indicators"
        words = _("Name a question with the indicators that comes earlier in the same section or group.")
    else:
        fits = other is not None and any(choice.value == "other" for choice in other.choices)
        words = _("Name a question with the choice “other” that comes earlier in the same section or group.")
    if not fits:
        yield Problem(f"{here.path}/of", "bad_of", words)


RULES: tuple[Rule, ...] = (
    Rule(Form, languages_are_named_once),
    Rule(Form, there_is_a_section),
    Rule(Form, form_key_is_well_written),
    Rule(Form, texts_are_in_every_language),
    Rule(Form, own_lists_can_be_used),
    Rule(Form, public_form_suits_the_public),
    Rule(Section, section_key_is_its_own),
    Rule(Section, texts_are_in_every_language),
    Rule(Section, relevance_can_be_read),
    Rule(Note, item_key_is_its_own),
    Rule(Note, texts_are_in_every_language),
    Rule(Note, relevance_can_be_read),
    Rule(Repeat, item_key_is_its_own),
    Rule(Repeat, texts_are_in_every_language),
    Rule(Repeat, repeat_relevance_can_be_read),
    Rule(Repeat, repeat_bounds_fit),
    Rule(Repeat, repeat_holds_a_question),
    Rule(Question, item_key_is_its_own),
    Rule(Question, texts_are_in_every_language),
    Rule(Question, row_labels_are_in_every_language),
    Rule(Question, conditions_can_be_read),
    Rule(Question, calculation_gives_the_result),
    Rule(Question, choice_filter_can_be_read),
    Rule(Question, constraint_can_be_read),
    Rule(Question, sensitivity_is_said),
    Rule(Question, sharing_is_with_recipients),
    Rule(Question, type_and_its_properties_fit),
    Rule(Question, belongs_to_an_earlier_question),
    Rule(SendWarning, warning_key_is_its_own),
    Rule(SendWarning, warning_says_when),
    Rule(SendWarning, texts_are_in_every_language),
    Rule(SendWarning, warning_condition_can_be_read),
    Rule(SendWarning, warning_names_a_question),
)


# ---- what rules share ----


def key_problems(key: str, path: str) -> Iterator[Problem]:
    """Find what is wrong with how a key is written."""
    if key.startswith("_"):
        yield Problem(path, "reserved_key", _("A key that begins with _ is reserved."))
    elif not KEY.fullmatch(key):
        yield Problem(path, "bad_key", _("A key has small letters, digits and _, and begins with a letter."))


def text_problems(part: Node, path: str, form: Form, *names: str) -> Iterator[Problem]:
    """Find texts that are there, but not in each of the form's languages."""
    for name in names:
        for language in form.languages:
            if part.has(name) and not part.texts_of(name).get(language, "").strip():
                words = _("The text in this language is missing.")
                yield Problem(f"{path}/{name}/{language}", "missing_translation", words)


def label_problems(entries: Sequence[Choice] | Sequence[MatrixRow], path: str, form: Form) -> Iterator[Problem]:
    for position, entry in enumerate(entries):
        yield from text_problems(entry, f"{path}/{position}", form, "label")


def _of_question(expression: Any, name: str, question: Question, here: Surrounding) -> Iterator[Problem]:
    """Find the problems of an expression that decides about the question itself."""
    if question.has(name):
        yield from here.expressions.problems(
            expression, f"{here.path}/{name}", here.known, within=here.within, node=question.key
        )


def _choice_problems(question: Question, here: Surrounding) -> Iterator[Problem]:
    """Find the problems of the choices where they are written: in the question, or once in the form's own list."""
    named = question.from_list or question.choices_from
    unusable = Problem(f"{here.path}/choices_from", "bad_list", _("This shared list can't be used: correct it first."))
    if named in here.broken_lists:
        yield unusable
    # `own_lists_can_be_used` has reported the form's own lists already, once and not for each question.
    if named in here.form.lists or not question.has("choices"):
        return
    path = f"{here.path}/choices"
    found = [*choice_problems(question.choices, path), *exclusive_problems(question, here.path)]
    found += label_problems(question.choices, path, here.form)
    # Paths into the choices of a shared list lead nowhere in this form; the list has a page of its own.
    if found and named.startswith(lists.SHARED):
        yield unusable
    else:
        yield from found
