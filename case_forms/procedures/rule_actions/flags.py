"""Actions that mark a case with one of the procedure's flags, for its page and the register."""

from typing import Annotated

from pydantic import StrictStr

from ..decided_action import Action
from ..messages import gettext_noop
from .base import RuleAction, World
from .parameters import MARKER, Parameter


class SetFlag(RuleAction):
    code = "set_flag"
    words = gettext_noop("Set a flag on the case: it stands on its page and in the register until a rule clears it.")
    summary = gettext_noop("Sets the flag: %(flag)s")

    flag: Annotated[StrictStr, Parameter(MARKER, gettext_noop("the flag"), is_needed=True)] = ""

    @classmethod
    def carry_out(cls, action: Action, world: World) -> None:
        world.set_flag(action)


class ClearFlag(RuleAction):
    code = "clear_flag"
    words = gettext_noop("Clear a flag of the case.")
    summary = gettext_noop("Clears the flag: %(flag)s")

    flag: Annotated[StrictStr, Parameter(MARKER, gettext_noop("the flag"), is_needed=True)] = ""

    @classmethod
    def carry_out(cls, action: Action, world: World) -> None:
        world.clear_flag(action)
