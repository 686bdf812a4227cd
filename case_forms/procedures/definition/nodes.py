"""The parts of a procedure as typed, immutable nodes, made once by `parse.parse_procedure`.

As in a form (ADR 85): what isn't stored reads as its default, `stored` and `to_json()` give back what was stored, and a
damaged draft parses, too: a property of the wrong type reads as its default, an entry that is no part is an empty one,
so that positions and JSON pointers still count. What is wrong is for `procedures.rules` to say.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Annotated, Any, TypeVar

from pydantic import (
    BeforeValidator,
    SerializeAsAny,
    StrictBool,
    StrictInt,
    StrictStr,
    model_serializer,
    model_validator,
)

from case_forms.json_nodes import Node, Texts
from notifications.directory.links import DEFAULT_CHAIN

from ..rule_actions.base import RuleAction, UnknownAction
from ..rule_actions.registry import get_action

Kept = TypeVar("Kept")
MARKS = ("amber_minutes", "red_minutes", "breach_minutes")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FOR_EVERY_ROLE = "default"  # the key of the chain for all roles that have none of their own


class SettingChoice(Node):
    """One of the choices that a setting offers."""

    value: StrictStr = ""
    label: Texts = {}


class Setting(Node):
    """What the organisation chooses, where law and SOP leave it open (docs/adr/0051)."""

    label: Texts = {}
    choices: tuple[SettingChoice, ...] = ()
    default: StrictStr = ""
    value: StrictStr | None = None
    basis: StrictStr = ""
    confidence: StrictStr = ""
    for_lawyer: StrictBool = False

    @property
    def chosen(self) -> str:
        """The value that holds: the organisation's, else the one proposed."""
        return self.value or self.default


class Fact(Node):
    """A value worked out from the answers and the facts before it. Its name is what expressions read."""

    key: StrictStr = ""
    value: Any = None
    label: Texts = {}


class Calendar(Node):
    """The working time of an office: by weekday the hours it is open, and when it is closed all day.

    `hours`: {"monday": [["08:00", "16:00"]]}; `closed`: ISO dates.
    """

    label: Texts = {}
    hours: dict[StrictStr, tuple[tuple[StrictStr, StrictStr], ...]] = {}
    public_holidays: StrictBool = False
    closed: tuple[StrictStr, ...] = ()


class Deadline(Node):
    """A duty with its marks, in minutes after its clock starts. None: it has no such mark.

    `calendar`: the key of the calendar in whose working time the minutes are counted; None: they simply pass.
    `owner`: the role whose duty it is, which is notified at the marks and along `ladder` (a key among the procedure's
    ladders) until it is met. `form`: the key of the form that meets it; where rules meet it, they decide when.
    `next_step`: what is to be done, in words.
    """

    label: Texts = {}
    amber_minutes: StrictInt | None = None
    red_minutes: StrictInt | None = None
    breach_minutes: StrictInt | None = None
    calendar: StrictStr | None = None
    owner: StrictStr = ""
    ladder: StrictStr = ""
    form: StrictStr = ""
    next_step: Texts = {}
    basis: StrictStr = ""
    confidence: StrictStr = ""

    @property
    def is_chased(self) -> bool:
        """Whether somebody is notified when it is due: it has an owner and steps."""
        return bool(self.owner and self.ladder)

    @property
    def minutes(self) -> dict[str, int]:
        """{"amber_minutes": ...} of the marks that it has, in their order."""
        return {mark: getattr(self, mark) for mark in MARKS if getattr(self, mark) is not None}


class Flag(Node):
    """Something that a case can be marked with, as "needs an interpreter"."""

    label: Texts = {}


class LadderStep(Node):
    """What is done when nobody has answered by then: remind, ask the deputy, or ask a coordinator to call."""

    after_minutes: StrictInt = 0
    do: StrictStr = ""
    repeat_minutes: StrictInt | None = None


class ListNode(Node):
    """A part that is stored as a list: its one property holds the entries."""

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, came: Any) -> Any:
        if not isinstance(came, list):
            raise ValueError("not a list")
        return {next(iter(cls.model_fields)): came}


class Ladder(ListNode):
    """The steps taken while nobody answers, in order of time."""

    steps: tuple[LadderStep, ...] = ()

    @property
    def stored_steps(self) -> list[dict[str, Any]]:
        """The steps as they are stored, shared by all readers."""
        return [step.stored for step in self.steps]

    @model_serializer
    def _as_list(self) -> list[Any]:
        return [step.to_json() for step in self.steps]


class Chain(ListNode):
    """The links along which somebody is looked for, the nearest first."""

    links: tuple[StrictStr, ...] = ()

    @model_serializer
    def _as_list(self) -> list[str]:
        return list(self.links)


def _read_action(came: Any) -> RuleAction:
    kind = get_action(came)
    if kind is UnknownAction:
        raise ValueError("no action")
    return kind.model_validate(came)


class Rule(Node):
    """What happens when an event of a kind comes in, about these forms (none: about any), under a condition.

    `date`, `days`: of a rule about a date (`date_reached`), the key of the question that gives it, and how many days
    after it (negative: before).
    """

    key: StrictStr = ""
    title: Texts = {}
    on: StrictStr = ""
    forms: tuple[StrictStr, ...] = ()
    date: StrictStr = ""
    days: StrictInt = 0
    when: Any = True
    words: Texts = {}
    then: tuple[SerializeAsAny[Annotated[RuleAction, BeforeValidator(_read_action)]], ...] = ()

    def listens_to(self, event: str, form: str) -> bool:
        """Return whether the rule is about this kind of event and this form, whatever was answered."""
        return self.on == event and (not self.forms or form in self.forms)


class Procedure(Node):
    """A procedure. What is looked up in it is computed once and shared by all readers."""

    format: StrictInt = 1
    key: StrictStr = ""
    title: Texts = {}
    basis: Texts = {}
    settings: dict[StrictStr, Setting] = {}
    facts: tuple[Fact, ...] = ()
    calendars: dict[StrictStr, Calendar] = {}
    deadlines: dict[StrictStr, Deadline] = {}
    ladders: dict[StrictStr, Ladder] = {}
    chains: dict[StrictStr, Chain] = {}
    flags: dict[StrictStr, Flag] = {}
    rules: tuple[Rule, ...] = ()

    @cached_property
    def rules_by_event(self) -> Mapping[str, tuple[Rule, ...]]:
        """The rules that listen to each kind of event, in their order."""
        found: dict[str, list[Rule]] = {}
        for rule in self.rules:
            found.setdefault(rule.on, []).append(rule)
        return {event: tuple(rules) for event, rules in found.items()}

    def rules_about(self, event: str, form: str) -> list[Rule]:
        """Return the rules about this kind of event and this form, in their order."""
        return [rule for rule in self.rules_by_event.get(event, ()) if not rule.forms or form in rule.forms]

    def keep(self, name: str, make: Callable[[], Kept]) -> Kept:
        """Return what was made of this procedure before under this name, else what `make` returns: it never changes."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    @cached_property
    def _kept(self) -> dict[str, Any]:
        return {}

    @cached_property
    def met_by_rules(self) -> frozenset[str]:
        """The keys of the deadlines that some rule meets."""
        return frozenset(key for rule in self.rules for action in rule.then for key in action.met_deadlines())

    def get_links(self, role: str) -> list[str]:
        """Return the links along which somebody of this role is looked for, the nearest first.

        A procedure published before there were chains has the usual one.
        """
        for key in (role, FOR_EVERY_ROLE):
            if key in self.chains and self.chains[key].links:
                return list(self.chains[key].links)
        return list(DEFAULT_CHAIN)
