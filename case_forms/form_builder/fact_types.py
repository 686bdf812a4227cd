"""The kinds of fact that a case remembers, as the catalogue describes them, and which questions fit them. Pure.

A case fact (`cases.facts`) is what is known about the person of a case: a name, a language, a safe number. A question
says that its answer becomes one (`writes_fact`), or that it begins with one (`filled_from_fact`). These facts have
nothing to do with the `facts` of a procedure, which are its named expressions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from case_forms.questions import registry

from .definition import Choice, Question, Texts

# What conditions read the facts of a case under: {"var": "_known.language"}.
KNOWN = "_known"
# The parts of an identity, by which a person can be found again.
IDENTITY_PARTS = ("name", "birth_date", "age", "phone")
# Types of question whose answers can be remembered: without files, positions, and what means nothing outside its form.
FACT_TYPES = (
    *("text", "long_text", "phone", "email", "integer", "decimal", "date", "approximate_date", "datetime", "time"),
    *("boolean", "yes_no_unknown", "select_one", "select_many", "municipality", "partner"),
)
# Types whose answers are alike enough for one fact; each answer is still checked before it is used.
ALIKE = (frozenset({"text", "long_text"}), frozenset({"integer", "decimal"}))
# What nobody types; a hidden answer is a text (`result` as it reads by default).
COMPUTED = ("calculated", "hidden")
# What a calculation's result can become.
OF_RESULT: Mapping[str, frozenset[str]] = {
    "text": frozenset({"text", "long_text", "select_one"}),
    "integer": frozenset({"integer", "decimal"}),
    "decimal": frozenset({"decimal"}),
    "date": frozenset({"date"}),
    "boolean": frozenset({"boolean"}),
}
SENSITIVITY_ORDER = ("public", "internal", "personal", "special")


@dataclass(frozen=True)
class FactType:
    """One kind of fact.

    `type` with `choices` or `choices_from`: as of a question. `receivers`: the roles that may ever be given it.
    `head_order`: its place in the head of the case page, None when it isn't there. `identity_part`: one of
    IDENTITY_PARTS, or "". `is_lasting`: whether it holds until something else is said; else it is of that moment (where
    the person sleeps tonight), and forms aren't filled from it.
    """

    key: str
    label: Texts
    type: str
    choices: tuple[Choice, ...] = ()
    choices_from: str = ""
    sensitivity: str = "special"
    receivers: frozenset[str] = frozenset()
    head_order: int | None = None
    identity_part: str = ""
    is_lasting: bool = True
    list_name: str = field(default="", repr=False)  # the shared list that the choices came from

    @cached_property
    def question(self) -> Question:
        """A question that would be answered with this fact: what types clean and write out in words."""
        stored = {"key": self.key, "type": self.type, "label": self.label, "sensitivity": self.sensitivity}
        if self.choices:
            return Question(**stored, choices=self.choices)
        return Question(**stored, choices_from=self.choices_from) if self.choices_from else Question(**stored)

    @property
    def values(self) -> frozenset[str] | None:
        """The values to choose from, where they stand in the catalogue; None when they don't."""
        return frozenset(choice.value for choice in self.choices) if self.choices else None


FactCatalogue = Mapping[str, FactType]


def is_type_fitting(question: Question, fact: FactType) -> bool:
    """Return whether an answer to this question has the type of this fact."""
    if question.type in COMPUTED:
        return fact.type in OF_RESULT.get(question.result, ())
    return question.type == fact.type or any({question.type, fact.type} <= alike for alike in ALIKE)


def get_list(question: Question) -> str:
    """Return the built-in list that a question chooses from, "" when its choices stand in it or it has none."""
    if question.type not in registry.names():
        return ""
    return registry.get(question.type).list_of(question)


def get_misfitting_values(question: Question, fact: FactType) -> list[str] | None:
    """Return the question's values that the fact doesn't have, sorted; None when both choose from different lists."""
    if get_list(question) != get_list(fact.question):
        # a computed text is compared with the fact's values when there is one
        return [] if question.type in COMPUTED else None
    if fact.values is None or not question.choices:
        return []
    return sorted({choice.value for choice in question.choices} - fact.values)


def has_common_value(question: Question, fact: FactType) -> bool:
    """Return whether the question can be answered with at least one value of the fact."""
    if get_misfitting_values(question, fact) is None:
        return False
    if fact.values is None or not question.choices:
        return True
    return any(choice.value in fact.values for choice in question.choices)


def is_less_sensitive(sensitivity: str, than: str) -> bool:
    """Return whether one sensitivity protects less than another. One that isn't known counts as the least."""
    return _rank(sensitivity) < _rank(than)


def _rank(sensitivity: str) -> int:
    return SENSITIVITY_ORDER.index(sensitivity) if sensitivity in SENSITIVITY_ORDER else -1
