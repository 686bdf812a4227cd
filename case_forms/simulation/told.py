"""Stories that were told already, so that they need not be told again.

Each process remembers those that it told last. Those of the shipped scenarios are also laid into the cache that all
processes share and that outlasts them: telling all of them takes half a minute, which the first reader after a restart
would wait for. Only these: what somebody typed into a scenario of their own is sealed, and the cache isn't.
"""

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from django.conf import settings
from django.core.cache import caches

from case_forms.procedures.decide import DecisionFailed, decide
from case_forms.procedures.definition import Procedure, parse_canonical
from case_forms.procedures.events.registry import EVENTS
from case_forms.submissions.consents import is_read_by

from .contents import read_shared_contents
from .fired import get_rule_outcomes
from .timeline import Timeline

MAX_REMEMBERED = 100
SHARED_SECONDS = 30 * 24 * 60 * 60
# What a timeline follows from, besides its story and the procedure: the code, its data, its translations.
ROOMS = ("case_forms", "content", "locale", "notifications", "outreach_pages", "site")
SOURCES = ("*.py", "*.json", "*.mo")


@dataclass(frozen=True)
class Told:
    """A story that was lived through, and the procedure under which: its canonical text."""

    timeline: Timeline = field(repr=False)
    definition: str = field(repr=False)

    @property
    def procedure(self) -> Procedure:
        return parse_canonical(self.definition)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is laid into the shared cache: the procedure once, as text, and nothing that follows from it."""
        decisions = tuple(replace(each, procedure=None) for each in self.timeline.decisions)  # type: ignore[arg-type]
        timeline = replace(self.timeline, procedure=None, rules=(), decisions=decisions)
        return {"timeline": timeline, "definition": self.definition}

    def still_holds(self, procedure: Procedure) -> bool:
        """Tell whether this procedure leads the story the same way: it decides the same, and means the same by it."""
        try:
            return _get_what_matters(procedure, self.timeline) == _get_what_matters(self.procedure, self.timeline)
        except DecisionFailed:
            return False

    def as_told_by(self, procedure: Procedure) -> Timeline:
        """Return the timeline with what this procedure says of its rules: one that didn't apply may read otherwise."""
        decisions = [replace(each, procedure=procedure) for each in self.timeline.decisions]
        return replace(self.timeline, procedure=procedure, rules=tuple(get_rule_outcomes(decisions)))


def _get_what_matters(procedure: Procedure, timeline: Timeline) -> list[Any]:
    """Return what of a procedure this story can tell apart: its decisions, and the parts that they name."""
    decisions = [decide(each.event, procedure, labels=each.labels) for each in timeline.decisions]
    abouts = [procedure.rules_about(each.event.kind, each.event.form) for each in timeline.decisions]
    params = [action.params for decision in decisions for action in decision.actions]
    clocks = [key for key in (*_named(params, "deadline"), *_named(params, "key")) if key in procedure.deadlines]
    # A duty is chased along its own ladder.
    named = [*_named(params, "ladder"), *(procedure.deadlines[key].ladder for key in clocks)]
    ladders = {key: procedure.ladders[key].stored for key in named if key in procedure.ladders}
    return [
        decisions,
        ladders,
        {key: procedure.deadlines[key].stored for key in clocks},
        # What follows later is decided about only where a rule listens: one that is new may change everything.
        [rule.stored for rule in procedure.rules if rule.on in EVENTS and EVENTS[rule.on].is_later],
        {key: calendar.stored for key, calendar in procedure.calendars.items()},
        {key: chain.stored for key, chain in procedure.chains.items()},
        # Whether a case's consents are opened for a form.
        [is_read_by([rule.stored for rule in about]) for about in abouts],
        is_read_by([fact.stored for fact in procedure.facts]),
    ]


def _named(params: Iterable[Mapping[str, Any]], name: str) -> list[str]:
    return sorted({each[name] for each in params if isinstance(each.get(name), str)})


class Memory:
    """What this process has told, the stories used last kept. Invented ones only: nothing of anybody's is in it."""

    def __init__(self) -> None:
        self._by_key: OrderedDict[str, Told] = OrderedDict()
        self._lock = threading.Lock()
        self._salt = ""

    def find(self, key: str, procedure: Procedure, around: Callable[[], str] | None) -> Told | None:
        """Return the story told under this procedure, or under one that leads it the same way.

        `key`: a hash of the story and of what it names. `around`: gives a hash of what else a story reads, for one that
        is shared; None for one that isn't.
        """
        told = self._get(key)
        if told is not None and told.still_holds(procedure):
            return told
        if around is None:
            return None
        told = caches["default"].get(self._build_shared_key(key, around()))
        if not isinstance(told, Told) or not told.still_holds(procedure):
            return None
        self._put(key, told)
        return told

    def remember(self, key: str, told: Told, around: Callable[[], str] | None) -> None:
        self._put(key, told)
        if around is not None:
            caches["default"].set(self._build_shared_key(key, around()), told, SHARED_SECONDS)

    def clear(self) -> None:
        """Forget everything, also what others have shared with this process."""
        with self._lock:
            self._by_key.clear()
            self._salt = secrets.token_hex(8)

    def _get(self, key: str) -> Told | None:
        with self._lock:
            found = self._by_key.get(key)
            if found is not None:
                self._by_key.move_to_end(key)
            return found

    def _put(self, key: str, told: Told) -> None:
        with self._lock:
            self._by_key[key] = told
            while len(self._by_key) > MAX_REMEMBERED:
                self._by_key.popitem(last=False)

    def _build_shared_key(self, key: str, around: str) -> str:
        parts = [key, around, hash_sources(), self._salt]
        return "told-" + hashlib.sha256(" ".join(parts).encode()).hexdigest()


memory = Memory()


@cache
def hash_sources() -> str:
    """Hash the service itself, once in a process: another release may tell the same story another way."""
    digest = hashlib.sha256((settings.ROOT / "requirements.txt").read_bytes())
    for room in ROOMS:
        for pattern in SOURCES:
            for path in sorted((settings.ROOT / room).rglob(pattern)):
                if "tests" not in path.relative_to(settings.ROOT).parts:
                    digest.update(str(path.relative_to(settings.ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def hash_contents() -> str:
    """Hash the rows of the database that any invented story may read, but the procedure and the invented directory."""
    digest = hashlib.sha256()
    for table in read_shared_contents():
        digest.update(f"{table.model._meta.label} {sorted(map(repr, table.rows))}".encode())
    return digest.hexdigest()
