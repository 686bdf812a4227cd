"""Actions about a case: open it, add a form to it, change it."""

from typing import Annotated, Any

from ..case_state import STATUS_ORDER, CaseState
from ..decided_action import Action
from ..events.cases import CaseOpened, StatusChanged
from ..messages import gettext_noop
from .base import RuleAction, World
from .parameters import CONDITION, EXPRESSION, Parameter

CHILD_TRACK = Parameter(
    CONDITION, gettext_noop("whether the case is followed as a child's"), clause=gettext_noop("as a child's: %(value)s")
)


class OpenCase(RuleAction):
    code = "open_case"
    words = gettext_noop("Open a case. A submission that already belongs to one updates that one instead.")
    summary = gettext_noop("Opens a case")

    status: Annotated[
        Any,
        Parameter(
            EXPRESSION,
            gettext_noop("the status of the case"),
            is_needed=True,
            clause=gettext_noop("status: %(value)s"),
            is_indispensable=True,
        ),
    ] = None
    municipality: Annotated[
        Any,
        Parameter(
            EXPRESSION,
            gettext_noop("the municipality where the person is"),
            is_needed=True,
            clause=gettext_noop("municipality: %(value)s"),
            answered_by=("municipalities",),
            is_indispensable=True,
        ),
    ] = None
    child_track: Annotated[Any, CHILD_TRACK] = None

    def causes(self) -> frozenset[str]:
        return frozenset({CaseOpened.code, StatusChanged.code})

    @classmethod
    def change_case(cls, action: Action, case: CaseState | None) -> CaseState | None:
        status, is_child = action.params.get("status"), action.params.get("child_track", False)
        if case is None:
            return CaseState(status, is_child) if status in STATUS_ORDER else None
        return case.change(status=status, is_child=is_child)

    @classmethod
    def carry_out(cls, action: Action, world: World) -> None:
        world.open_case(action)


class AttachCase(RuleAction):
    code = "attach_case"
    words = gettext_noop("Add the form to the case that it names. The sender must be able to see that case.")
    summary = gettext_noop("Adds the form to its case")

    case: Annotated[
        Any,
        Parameter(
            EXPRESSION,
            gettext_noop("the case's reference, as the form's question gave it"),
            is_needed=True,
            answered_by=("case_reference",),
            is_indispensable=True,
        ),
    ] = None

    @classmethod
    def carry_out(cls, action: Action, world: World) -> None:
        world.attach_case(action)


class UpdateCase(RuleAction):
    code = "update_case"
    words = gettext_noop(
        "Change the case. The child track is only ever switched on, and a status is lowered only together with a formal"
        " identification."
    )
    summary = gettext_noop("Changes the status of the case")

    status: Annotated[
        Any,
        Parameter(
            EXPRESSION,
            gettext_noop("the status of the case"),
            clause=gettext_noop("status: %(value)s"),
            is_indispensable=True,
        ),
    ] = None
    child_track: Annotated[Any, CHILD_TRACK] = None
    formal_identification: Annotated[
        Any,
        Parameter(
            EXPRESSION,
            gettext_noop("where the formal identification stands"),
            clause=gettext_noop("formal identification: %(value)s"),
        ),
    ] = None

    def causes(self) -> frozenset[str]:
        return frozenset({StatusChanged.code}) if self.has("status") else frozenset()

    @classmethod
    def change_case(cls, action: Action, case: CaseState | None) -> CaseState | None:
        if case is None:
            return None
        return case.change(
            status=action.params.get("status"),
            is_child=action.params.get("child_track", False),
            is_formal="formal_identification" in action.params,
        )

    @classmethod
    def carry_out(cls, action: Action, world: World) -> None:
        world.update_case(action)
