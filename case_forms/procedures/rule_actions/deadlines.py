"""Actions on the clocks of a case's duties."""

from typing import Annotated

from pydantic import StrictBool, StrictStr

from ..decided_action import Action
from ..events.tasks import OF_TASKS, TaskDone
from ..messages import gettext_noop
from .base import RuleAction, World
from .parameters import DEADLINE, FLAG, Parameter


class StartDeadline(RuleAction):
    code = "deadline"
    words = gettext_noop("Start a deadline: its clock starts when the submission came in.")
    summary = gettext_noop("Starts the deadline: %(key)s")

    key: Annotated[StrictStr, Parameter(DEADLINE, gettext_noop("the deadline"), is_needed=True, starts_clock=True)] = ""
    once: Annotated[
        StrictBool,
        Parameter(
            FLAG,
            gettext_noop("whether it is started only where the case never had it"),
            clause=gettext_noop("not a second time in the same case"),
        ),
    ] = False
    restart: Annotated[
        StrictBool,
        Parameter(
            FLAG,
            gettext_noop(
                "whether a clock of it that runs since a form is counted again from this event; none is begun"
            ),
            clause=gettext_noop("a clock that runs since a form is counted again from then on, once"),
        ),
    ] = False

    def causes(self) -> frozenset[str]:
        return OF_TASKS

    def subject(self) -> dict[str, str]:
        return {"_task": self.key} if self.key else {}

    def started_deadlines(self) -> dict[str, bool]:
        """Return the deadline that it starts; none where it only counts a running one anew."""
        return {} if self.restart else super().started_deadlines()

    @classmethod
    def carry_out(cls, action: Action, world: World) -> None:
        world.start_deadline(action)


class MeetDeadline(RuleAction):
    code = "meet_deadline"
    words = gettext_noop("Meet a deadline: the case's open clocks of it stop.")
    summary = gettext_noop("Meets the deadline: %(key)s")

    key: Annotated[StrictStr, Parameter(DEADLINE, gettext_noop("the deadline"), is_needed=True)] = ""

    def causes(self) -> frozenset[str]:
        return frozenset({TaskDone.code})

    def subject(self) -> dict[str, str]:
        return {"_task": self.key} if self.key else {}

    def met_deadlines(self) -> frozenset[str]:
        return frozenset({self.key} if self.key else ())

    @classmethod
    def carry_out(cls, action: Action, world: World) -> None:
        world.meet_deadline(action)
