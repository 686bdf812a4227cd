"""Actions by which somebody is notified."""

from typing import Annotated, Any

from pydantic import StrictBool, StrictInt, StrictStr

from ..decided_action import Action
from ..events.notices import OF_NOTICES, OF_REFERRALS
from ..messages import gettext_noop
from .base import RuleAction, World
from .parameters import CONDITION, DEADLINE, EXPRESSION, FLAG, LADDER, MINUTES, OFFICE, ROLE, Parameter

STEPS = Parameter(
    LADDER,
    gettext_noop("what happens while nobody answers"),
    is_needed=True,
    clause=gettext_noop("while nobody answers: %(value)s"),
)
CLOCK = Parameter(
    DEADLINE,
    gettext_noop("the clock that starts, and stops when the notice is accepted"),
    clause=gettext_noop("starts the deadline: %(value)s"),
    starts_clock=True,
)
ANSWER = Parameter(
    MINUTES,
    gettext_noop("within how many minutes an answer is expected"),
    clause=gettext_noop("answer within %(value)s"),
)


class Notify(RuleAction):
    code = "notify"
    words = gettext_noop("Notify the office of a role, found along the procedure's chain.")
    summary = gettext_noop("Notifies: %(role)s")
    needs_case = False

    urgent: Annotated[
        Any, Parameter(CONDITION, gettext_noop("whether it is urgent"), clause=gettext_noop("urgent: %(value)s"))
    ] = None
    partner: Annotated[
        Any,
        Parameter(
            OFFICE,
            gettext_noop("the office itself, as a school; without it the office is found by the place"),
            clause=gettext_noop("office: %(value)s"),
            answered_by=("partners", "social_services", "schools"),
            is_indispensable=True,
        ),
    ] = None
    role: Annotated[StrictStr, Parameter(ROLE, gettext_noop("who is notified"), is_needed=True)] = ""
    ladder: Annotated[StrictStr, STEPS] = ""
    deadline: Annotated[StrictStr | None, CLOCK] = None
    answer_minutes: Annotated[StrictInt | None, ANSWER] = None
    document: Annotated[
        StrictBool,
        Parameter(FLAG, gettext_noop("whether a formal document goes with it"), clause=gettext_noop("with a document")),
    ] = False

    def causes(self) -> frozenset[str]:
        return OF_NOTICES

    def subject(self) -> dict[str, str]:
        return {"_role": self.role} if self.role else {}

    @classmethod
    def carry_out(cls, action: Action, world: World) -> None:
        world.notify(action)


class HoldBack(RuleAction):
    code = "hold_back"
    words = gettext_noop(
        "Notify nobody of a role, and say so at the top of the case until it is dealt with: the person was not asked,"
        " or did not agree."
    )
    summary = gettext_noop("Not notified: %(role)s")

    role: Annotated[StrictStr, Parameter(ROLE, gettext_noop("who is not notified"), is_needed=True)] = ""

    @classmethod
    def carry_out(cls, action: Action, world: World) -> None:
        world.hold_back(action)


class Refer(RuleAction):
    code = "refer"
    words = gettext_noop("Refer the person to a protection service. It is notified in no other way.")
    summary = gettext_noop("Notifies: the chosen service")

    partner: Annotated[
        Any,
        Parameter(
            OFFICE,
            gettext_noop("the protection service"),
            is_needed=True,
            clause=gettext_noop("office: %(value)s"),
            answered_by=("partners", "social_services", "schools"),
            is_indispensable=True,
        ),
    ] = None
    services: Annotated[
        Any,
        Parameter(
            EXPRESSION, gettext_noop("what the person is referred for"), clause=gettext_noop("services: %(value)s")
        ),
    ] = None
    ladder: Annotated[StrictStr, STEPS] = ""
    deadline: Annotated[StrictStr | None, CLOCK] = None
    answer_minutes: Annotated[StrictInt | None, ANSWER] = None

    def causes(self) -> frozenset[str]:
        return OF_REFERRALS

    def subject(self) -> dict[str, str]:
        return {"_role": "protection_service"}

    @classmethod
    def carry_out(cls, action: Action, world: World) -> None:
        world.refer(action)
