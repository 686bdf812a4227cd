"""Actions that give somebody of the case something to do by a time."""

from typing import Annotated, ClassVar

from pydantic import StrictInt, StrictStr

from case_forms.json_nodes import Texts

from ..decided_action import Action
from ..events.tasks import OF_TASKS
from ..messages import gettext_noop
from .base import RuleAction, World
from .parameters import DEADLINE, FORM, KEY, LADDER, MINUTES, ROLE, TEXTS, Parameter

MAX_KEY = 64
ANSWERED_BY = Parameter(
    FORM,
    gettext_noop("the form that meets it; without one, somebody says that it is done"),
    clause=gettext_noop("done when this form is sent: %(value)s"),
)
TIME = Parameter(
    DEADLINE,
    gettext_noop("the deadline whose marks it has; or else `minutes`"),
    clause=gettext_noop("by the marks of: %(value)s"),
    starts_clock=True,
)
WITHIN = Parameter(
    MINUTES, gettext_noop("within how many minutes; or else `deadline`"), clause=gettext_noop("within %(value)s")
)
STEPS = Parameter(
    LADDER,
    gettext_noop("what happens from then on, while it isn't done"),
    is_needed=True,
    clause=gettext_noop("while it isn't done: %(value)s"),
)


def form_task_key(form: str) -> str:
    """Return the key of the task to send a form."""
    return f"form_{form}"[:MAX_KEY]


def second_worker_key(form: str) -> str:
    """Return the key of the task of a second worker to send a form."""
    return f"second_{form}"[:MAX_KEY]


class CreateTask(RuleAction):
    code = "create_task"
    words = gettext_noop(
        "Create a task. Its owner is notified when it is due, until its form is sent about the case; one without a form"
        " until somebody says on the case's page that it is done."
    )
    summary = gettext_noop("Creates the task: %(label)s")
    one_of: ClassVar[tuple[str, ...]] = ("deadline", "minutes")

    task: Annotated[StrictStr, Parameter(KEY, gettext_noop("the task's key"), is_needed=True)] = ""
    label: Annotated[Texts, Parameter(TEXTS, gettext_noop("what is to be done"), is_needed=True)] = {}
    owner: Annotated[
        StrictStr,
        Parameter(ROLE, gettext_noop("whose task it is"), is_needed=True, clause=gettext_noop("for: %(value)s")),
    ] = ""
    form: Annotated[StrictStr | None, ANSWERED_BY] = None
    deadline: Annotated[StrictStr | None, TIME] = None
    minutes: Annotated[StrictInt | None, WITHIN] = None
    ladder: Annotated[StrictStr, STEPS] = ""
    next_step: Annotated[Texts, Parameter(TEXTS, gettext_noop("how it is done, in words"))] = {}

    def causes(self) -> frozenset[str]:
        return OF_TASKS

    def subject(self) -> dict[str, str]:
        return {"_task": self.task}

    @classmethod
    def carry_out(cls, action: Action, world: World) -> None:
        world.create_task(action)


class AskForForm(RuleAction):
    code = "ask_for_form"
    words = gettext_noop("Ask the unit for a form about the case by a time.")
    summary = gettext_noop("Asks the unit for the form: %(form)s")
    one_of: ClassVar[tuple[str, ...]] = ("deadline", "minutes")

    form: Annotated[StrictStr, Parameter(FORM, gettext_noop("the form"), is_needed=True)] = ""
    deadline: Annotated[StrictStr | None, TIME] = None
    minutes: Annotated[StrictInt | None, WITHIN] = None
    ladder: Annotated[StrictStr, STEPS] = ""

    def causes(self) -> frozenset[str]:
        return OF_TASKS

    def subject(self) -> dict[str, str]:
        return {"_task": form_task_key(self.form)}

    @classmethod
    def carry_out(cls, action: Action, world: World) -> None:
        world.ask_for_form(action)


class RequireSecondWorker(RuleAction):
    code = "require_second_worker"
    words = gettext_noop("Require a form about the case from another worker than the one who sent this.")
    summary = gettext_noop("Requires a second worker: %(form)s")
    one_of: ClassVar[tuple[str, ...]] = ("deadline", "minutes")

    form: Annotated[StrictStr, Parameter(FORM, gettext_noop("the form"), is_needed=True)] = ""
    deadline: Annotated[StrictStr | None, TIME] = None
    minutes: Annotated[StrictInt | None, WITHIN] = None
    ladder: Annotated[StrictStr, STEPS] = ""

    def causes(self) -> frozenset[str]:
        return OF_TASKS

    def subject(self) -> dict[str, str]:
        return {"_task": second_worker_key(self.form)}

    @classmethod
    def carry_out(cls, action: Action, world: World) -> None:
        world.require_second_worker(action)
