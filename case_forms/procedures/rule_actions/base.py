"""What each kind of action declares about itself, and what it works on when it is carried out."""

from abc import abstractmethod
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Protocol

from pydantic import StrictStr

from case_forms.json_nodes import Node

from ..case_state import CaseState
from ..decided_action import Action
from .parameters import LADDER, Parameter


class World(Protocol):
    """What decided actions work on: `cases.actions` has it in the database.

    Each method carries out one action, whose expressions are worked out. They are abstract, so that a world which lacks
    one can't be made: an action that silently does nothing would be believed.
    """

    @abstractmethod
    def open_case(self, action: Action) -> None: ...

    @abstractmethod
    def attach_case(self, action: Action) -> None: ...

    @abstractmethod
    def update_case(self, action: Action) -> None: ...

    @abstractmethod
    def notify(self, action: Action) -> None: ...

    @abstractmethod
    def hold_back(self, action: Action) -> None: ...

    @abstractmethod
    def refer(self, action: Action) -> None: ...

    @abstractmethod
    def start_deadline(self, action: Action) -> None: ...

    @abstractmethod
    def meet_deadline(self, action: Action) -> None: ...

    @abstractmethod
    def create_task(self, action: Action) -> None: ...

    @abstractmethod
    def ask_for_form(self, action: Action) -> None: ...

    @abstractmethod
    def require_second_worker(self, action: Action) -> None: ...

    @abstractmethod
    def set_flag(self, action: Action) -> None: ...

    @abstractmethod
    def clear_flag(self, action: Action) -> None: ...

    @abstractmethod
    def produce_document(self, action: Action) -> None: ...


class Describer(Protocol):
    """The words for describing an action in one language (`procedures.descriptions`)."""

    def translate(self, message: str) -> str: ...

    def describe_value(self, parameter: Parameter, value: Any) -> str: ...


class RuleAction(Node):
    """An action as a rule writes it. A subclass is one kind of action; its properties are its parameters.

    `code` is stored as `do`. `words`: what it does, for the docs and an editor's list. `summary`: the same about one
    action, with `%(name)s` for the parameters that it names. `needs_case`: whether it can only be done about an event
    that has a case. `one_of`: names of parameters of which exactly one is written. Properties are declared in the order
    in which their problems are reported.
    """

    code: ClassVar[str] = ""
    words: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    needs_case: ClassVar[bool] = True
    one_of: ClassVar[tuple[str, ...]] = ()

    do: StrictStr = ""

    @classmethod
    def parameters(cls) -> Mapping[str, Parameter]:
        """Return {name: parameter}, in the order in which they are declared."""
        return _parameters(cls)

    def causes(self) -> frozenset[str]:
        """Return the codes of the events that may follow from what is written here."""
        return frozenset()

    def subject(self) -> dict[str, str]:
        """Return {name: value} of what the later events that it causes offer to expressions, where it is known."""
        return {}

    def started_deadlines(self) -> dict[str, bool]:
        """Return {key: whether somebody is woken when it ends} of the deadlines that are started.

        A deadline of its own has no owner: it only turns red. One beside a ladder is somebody's, and the ladder goes on
        until there is an answer.
        """
        written = self.parameters().items()
        wakes = any(each.kind == LADDER and self.value_of(name) for name, each in written)
        return {self.value_of(name): wakes for name, each in written if each.starts_clock and self.value_of(name)}

    def met_deadlines(self) -> frozenset[str]:
        """Return the keys of the deadlines that it meets."""
        return frozenset()

    @classmethod
    def change_case(cls, action: Action, case: CaseState | None) -> CaseState | None:
        """Return the case as a decided action of this kind leaves it; None without a case."""
        return case

    @classmethod
    def carry_out(cls, action: Action, world: World) -> None:
        """Carry out a decided action of this kind."""
        raise NotImplementedError

    def summarize(self, describer: Describer) -> str:
        """Return in a few words what is done."""
        return describer.translate(self.summary) % self._values(describer)

    def describe(self, describer: Describer) -> str:
        """Return a sentence that says everything that is written."""
        said = self._values(describer)
        clauses = [
            describer.translate(parameter.clause) % {"value": said[name]}
            for name, parameter in self.parameters().items()
            # What is switched off isn't said.
            if parameter.clause and self.has(name) and self.value_of(name) not in (False, None)
        ]
        return "; ".join([self.summarize(describer), *clauses]).removesuffix(".") + "."

    def _values(self, describer: Describer) -> dict[str, str]:
        written = self.parameters().items()
        return {name: describer.describe_value(each, self.value_of(name)) for name, each in written}


class UnknownAction(RuleAction):
    """An entry of a damaged draft that is no action; `stored` holds it unchanged."""


@cache
def _parameters(model: type[RuleAction]) -> Mapping[str, Parameter]:
    return {
        field.alias or own: extra
        for own, field in model.model_fields.items()
        for extra in field.metadata
        if isinstance(extra, Parameter)
    }
