"""Steps that follow an accepted notice: a room above says which there are, takes them, and keeps the link usable.

A referral is one: accompaniment agreed, arrived, ended. Without a registered follower a notice has no steps, and its
link ends as every other's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.functional import Promise

from notifications.outbox.models import Notice


class StepProblem(Exception):
    """A step that wasn't taken. `words` say why; `field`: what to correct, "" when the step can't be taken any more."""

    def __init__(self, words: str, field: str) -> None:
        super().__init__(field or "over")
        self.words = words
        self.field = field


@dataclass(frozen=True)
class SaidStep:
    """A step that was noted, in words. `more`: (label, value) of what was written to it."""

    words: str
    at: datetime
    more: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class StepPanel:
    """A step that the recipient can note now. `choices` with `question`: from a list, where there is one."""

    kind: str
    title: str | Promise
    send: str | Promise
    hint: str | Promise = ""
    question: str | Promise = ""
    choices: tuple[tuple[str, str], ...] = ()
    asks_accompaniment: bool = False
    is_next: bool = False


@dataclass(frozen=True)
class StepsPage:
    """What the recipient's page shows of the steps. `hidden`: kinds of reply that steps stand in the place of.

    `places`: what the service has said of its free places, "" for one that isn't asked; `places_offered`: the number
    that is proposed now that it has taken somebody.
    """

    said: tuple[SaidStep, ...]
    panels: tuple[StepPanel, ...]
    over: str = ""
    hidden: frozenset[str] = frozenset()
    places: str = ""
    places_offered: str = ""


@dataclass(frozen=True)
class Follower:
    """`describe(notice)`: None for a notice without steps. `take(notice, sent)` raises StepProblem.

    `keeps_open(notice, at)`: whether the link works although its time is over. `may_read(notice)`: whether the brief is
    readable; None where the notice's own state decides.
    """

    describe: Callable[[Notice], StepsPage | None]
    take: Callable[[Notice, Mapping[str, str]], None]
    keeps_open: Callable[[Notice, datetime], bool]
    may_read: Callable[[Notice], bool | None]


_followers: list[Follower] = []


def register_follower(follower: Follower) -> None:
    """Let this one follow accepted notices. Only the newest counts."""
    _followers[:] = [follower]


def describe_steps(notice: Notice) -> StepsPage | None:
    return next((follower.describe(notice) for follower in _followers), None)


def take_step(notice: Notice, sent: Mapping[str, str]) -> bool:
    """Take a step as the recipient's page sent it. False where the notice has no steps. Raises StepProblem."""
    if describe_steps(notice) is None:
        return False
    for follower in _followers:
        follower.take(notice, sent)
    return True


def keeps_link_open(notice: Notice, at: datetime) -> bool:
    return any(follower.keeps_open(notice, at) for follower in _followers)


def may_read_by_steps(notice: Notice) -> bool | None:
    return next((follower.may_read(notice) for follower in _followers), None)
