"""What decided actions work on where there is no case: nothing but what a subclass allows."""

from typing import NoReturn

from case_forms.procedures.decide import Action
from case_forms.procedures.rule_actions.base import World

from .state import CannotApply


def refuse(action: Action) -> NoReturn:
    """Raise CannotApply: this needs a case."""
    raise CannotApply(action.rule, "no_case")


class WorldWithoutCase(World):
    """Refuses whatever needs a case; the checker does so before a procedure is published."""

    def open_case(self, action: Action) -> None:
        refuse(action)

    def attach_case(self, action: Action) -> None:
        refuse(action)

    def update_case(self, action: Action) -> None:
        refuse(action)

    def notify(self, action: Action) -> None:
        refuse(action)

    def hold_back(self, action: Action) -> None:
        refuse(action)

    def refer(self, action: Action) -> None:
        refuse(action)

    def start_deadline(self, action: Action) -> None:
        refuse(action)

    def meet_deadline(self, action: Action) -> None:
        refuse(action)

    def create_task(self, action: Action) -> None:
        refuse(action)

    def ask_for_form(self, action: Action) -> None:
        refuse(action)

    def require_second_worker(self, action: Action) -> None:
        refuse(action)

    def set_flag(self, action: Action) -> None:
        refuse(action)

    def clear_flag(self, action: Action) -> None:
        refuse(action)

    def produce_document(self, action: Action) -> None:
        refuse(action)
