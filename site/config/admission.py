"""Admission control for the web server: refuse early, and serve urgent requests before all others.

A WSGI layer around Django. `slots` requests work at a time; some more wait for a slot, each lane so many and so long;
everybody else gets 503 with Retry-After at once. A slot that comes free goes to the highest rank that waits, within it
to whoever came first. It works while a database or a cache doesn't (docs/adr/0041).

Phones that store come all at once when a network is back. Each has one request under way, so that there is a place for
each of them to wait; where there is none, they get 429 with the seconds after which it is their turn (docs/adr/0198).

At staff's addresses strangers have lanes of their own, so that a flood of them stops nobody who is signed in: whoever
was served as somebody signed in is known here from then on (`access.known_callers`). Of a stranger no body over
STRANGERS_LARGEST is read: only then the database is asked whose a session or a token is, before the body.

For the first seconds of a process many more may wait, and longer: they had waited for it (`catching_up`).

A request's body is read before its turn, so that a slow sender keeps nobody from working. Database connections belong
to slots, not to the server's many threads: as many are open as requests can be at work.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import parse_cookie

from access.known_callers import KnownCallers, has_credential
from access.sign_in_limits import COOKIE as DEVICE_COOKIE
from access.sign_in_limits import read_devices
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from . import catching_up
from .fixed_pages import give_turn, refuse_request
from .liveness import Pulse

Environ = dict[str, Any]
Body = Iterable[bytes]
MEGABYTE = 1024 * 1024
READ_AHEAD_AT_MOST = 33 * MEGABYTE  # a body as large as any form with files; larger ones are refused by Django
READ_AHEAD_TOGETHER = 160 * MEGABYTE
LARGE_TOGETHER = READ_AHEAD_TOGETHER - 16 * MEGABYTE  # of bodies over SMALL, which nginx passes on as they come
SMALL = catching_up.SMALL
STRANGERS_LARGEST = MEGABYTE  # a draft comes by its own key: without files it has room
FORGETTING = 0.1  # weight of the newest request in the moving average of working time


@dataclass(frozen=True)
class Lane:
    """A class of requests with its limits.

    `spares`: slots left free for higher lanes. `places`, `seconds`: how many wait, and how long. `at_once`: how many of
    this lane work at a time. `bodies`: how many may be sending a body up to SMALL; `large`: how many bytes of larger
    ones may be under way together. `gives_turns`: whoever finds no place is told when to come (429), and not that the
    service can't (503).
    """

    name: str
    rank: int
    spares: int
    places: int
    seconds: float
    bodies: int
    at_once: int = 1000
    large: int = LARGE_TOGETHER
    gives_turns: bool = False


# Identifications, drafts of them, and what a recipient opens and answers.
URGENT = Lane("urgent", 0, spares=0, places=16, seconds=20, bodies=12)
# Tips. Whether one is about danger isn't known before it is read, so all of them come before anybody reads pages.
TIPS = Lane("tips", 1, spares=1, places=6, seconds=10, bodies=4)
STAFF = Lane("staff", 2, spares=2, places=8, seconds=8, bodies=8)
# What gateways report: an answer may be among it, and a flood of forged ones must keep nobody from working.
HOOKS = Lane("hooks", 1, spares=2, places=8, seconds=10, bodies=4, at_once=2)
# Phones that store: a day's work of many units comes within seconds. Of the same rank as what people send by hand, and
# never all slots: neither keeps the other waiting.
PHONES_URGENT = Lane("phones_urgent", 0, spares=0, places=32, seconds=30, bodies=16, at_once=4, gives_turns=True)
# That they are there, what became of a form, what they take along.
PHONES_ASK = Lane("phones_ask", 2, spares=2, places=32, seconds=20, bodies=8, at_once=2, gives_turns=True)
PHONES_FILES = Lane("phones_files", 2, spares=2, places=24, seconds=30, bodies=8, at_once=2, gives_turns=True)
# Finished forms of which the phone says that they aren't urgent. Two at a time: one is read while another is written.
PHONES = Lane("phones", 3, spares=2, places=32, seconds=30, bodies=16, at_once=2, gives_turns=True)
# Files by themselves: one is sanitised, two wait for that, more are refused (`access.limits`).
FILES = Lane("files", 2, spares=2, places=1, seconds=20, bodies=3, at_once=2, large=96 * MEGABYTE)
PUBLIC = Lane("public", 4, spares=2, places=8, seconds=4, bodies=4)
# At staff's addresses: a session or a token that this process doesn't know yet, or that nobody has; then whoever
# brings neither, and all who sign in on a device where nobody has before. A draft may come by its own key from either.
# Together they leave one slot more than the lane of staff itself does.
NEWCOMERS = Lane("newcomers", 2, spares=3, places=32, seconds=15, bodies=8, at_once=2, large=READ_AHEAD_AT_MOST)
STRANGERS = Lane("strangers", 3, spares=3, places=32, seconds=15, bodies=8, at_once=2, large=2 * MEGABYTE)
LANES = (
    URGENT,
    PHONES_URGENT,
    TIPS,
    HOOKS,
    NEWCOMERS,
    STAFF,
    PHONES_ASK,
    PHONES_FILES,
    FILES,
    PHONES,
    STRANGERS,
    PUBLIC,
)
# For whoever waits, sends a body, or is refused. Where they run out, also the urgent wait outside: as many as there are
# places, and some.
THREADS_BESIDE = sum(lane.places for lane in LANES) + catching_up.PLACES + 16
MIN_TURN, MAX_TURN = 5, 60  # seconds after which a phone is told to come

FREE = ("/healthz", "/static/", "/dil/")  # need no slot: liveness, style sheets, the exit
PHONES_FORMS = "/api/field/v1/sealed-submissions"
METRICS = "/metrics"
BESIDE = ("/readyz", METRICS)  # asked by machines, the more so while everything is busy
BY_ADDRESS = (
    ("/api/field/v1/submissions", URGENT),
    (f"{PHONES_FORMS}/", PHONES_ASK),  # what became of one
    (PHONES_FORMS, PHONES_URGENT),
    ("/api/field/v1/sealed-files/", PHONES_FILES),
    ("/api/field/v1/device", PHONES_ASK),
    ("/api/field/v1/attachments", FILES),
    ("/field/drafts/", URGENT),
    ("/field/forms/", URGENT),
    ("/field/sent/", URGENT),
    ("/n/", URGENT),
    ("/hooks/", HOOKS),
    ("/pyet/", TIPS),
    ("/en/pyet/", TIPS),
    ("/field/", STAFF),
    ("/api/field/", STAFF),
    ("/accounts/", STAFF),
    ("/cms/", STAFF),
    ("/sandbox/", STAFF),
)
OF_STAFF = ("/field/", "/api/field/", "/accounts/", "/cms/", "/sandbox/")


def get_lane(path: str, environ: Environ | None = None) -> Lane:
    """Return the lane of an address; a phone's form that isn't said to be anything else counts as urgent."""
    if path.startswith(PHONES_FORMS) and (environ or {}).get("HTTP_X_URGENT") == "no":
        return PHONES
    return next((lane for start, lane in BY_ADDRESS if path.startswith(start)), PUBLIC)


@dataclass
class Slot:
    """The right to work, with the database connections that go with it."""

    connections: dict[str, BaseDatabaseWrapper] = field(default_factory=dict)

    @contextmanager
    def lend_connections(self) -> Iterator[None]:
        """Give the slot's connections to this thread while its request works.

        A connection that the thread brought along is used and stays with it: whoever asks from within a transaction (a
        test, a command) must go on seeing what it wrote.
        """
        brought = {connection.alias for connection in connections.all(initialized_only=True)}
        for alias, connection in self.connections.items():
            if alias not in brought:
                connections[alias] = connection
        try:
            yield
        finally:
            for connection in connections.all(initialized_only=True):
                if connection.alias in brought:
                    continue
                if self.connections.get(connection.alias) is not connection:
                    # Django ties a connection to the thread that opened it; the next request of this slot runs in
                    # another one.
                    connection.inc_thread_sharing()
                    self.connections[connection.alias] = connection
                del connections[connection.alias]


@dataclass
class Waiting:
    """A request that waits for a slot."""

    came: int  # the how manieth to wait
    waited_before: bool  # for the process, so that it takes no place of its lane
    called: threading.Event = field(default_factory=threading.Event)
    slot: Slot | None = None


class Admission:
    """The WSGI layer. Shared by the server's threads.

    `recognize` notes in a request's environment whether its session and its token are somebody's; it may raise
    DatabaseError, KeyRingError, SealBroken.
    """

    def __init__(
        self,
        inner: Callable[..., Body],
        *,
        slots: int,
        pulse: Pulse,
        recognize: Callable[[Environ], None],
        count: Callable[[str, str], None] = lambda _name, _lane: None,
    ) -> None:
        self.inner, self.slots, self.pulse, self.recognize, self.count = inner, slots, pulse, recognize, count
        self._catching_up = catching_up.CatchingUp()
        self._known_callers = KnownCallers()
        self._free = [Slot() for _number in range(slots)]
        self._waiting: dict[Lane, deque[Waiting]] = {lane: deque() for lane in LANES}
        self._running: dict[Lane, int] = dict.fromkeys(LANES, 0)
        self._bodies: dict[Lane, int] = dict.fromkeys(LANES, 0)
        self._large: dict[Lane, int] = dict.fromkeys(LANES, 0)
        self._bytes_ahead = 0
        self._mean_seconds = 0.0
        self._came = 0
        self._lock = threading.Lock()
        self._beside = {path: (threading.BoundedSemaphore(1), Slot()) for path in BESIDE}

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Body:
        """Serve a request in its turn, or refuse it."""
        path = environ["PATH_INFO"]
        if path.startswith(FREE):
            return self.inner(environ, start_response)
        if path in self._beside:
            return self._answer_beside(environ, start_response)
        is_large = path.startswith(OF_STAFF) and _get_size(environ) > STRANGERS_LARGEST
        is_clear = not is_large or self._look_up(environ)
        lane = self._find_lane(path, environ)
        slot = self._let_in(lane, environ) if is_clear else None
        self.count("refused" if slot is None else "served", lane.name)
        if slot is None:
            return self._refuse(lane, environ, start_response)
        began = time.monotonic()
        try:
            with slot.lend_connections():
                return self.inner(environ, start_response)
        finally:
            self._leave(lane, slot, time.monotonic() - began)
            self._known_callers.learn(environ)

    def _find_lane(self, path: str, environ: Environ) -> Lane:
        """Return the lane of an address; at staff's addresses strangers' own for whoever isn't known."""
        lane = get_lane(path, environ)
        # Phones that store have lanes of their own already, and come again by themselves.
        if not path.startswith(OF_STAFF) or (lane.gives_turns and has_credential(environ)):
            return lane
        if environ in self._known_callers or (path.startswith("/accounts/") and _is_known_device(environ)):
            return lane
        # A new process knows nobody: there everybody waits with all others who had waited for it.
        if has_credential(environ) and not path.startswith("/accounts/"):
            return NEWCOMERS if self._catching_up.is_over else lane
        return STRANGERS

    def _look_up(self, environ: Environ) -> bool:
        """Drop the body of a stranger, so that they are answered as without; False where who it is can't be told now.

        Somebody whom this process doesn't know yet is known afterwards.
        """
        if environ not in self._known_callers and has_credential(environ) and not self._recognize(environ):
            return False
        if environ not in self._known_callers:
            environ |= {"CONTENT_LENGTH": "0", "wsgi.input": BytesIO()}
        return True

    def _recognize(self, environ: Environ) -> bool:
        """Find out in a newcomer's turn whose the session and the token are; False where that fails."""
        if (slot := self._enter(NEWCOMERS)) is None:
            return False
        began = time.monotonic()
        for connection in slot.connections.values():  # as Django does at the begin of a request, which this isn't yet
            connection.close_if_unusable_or_obsolete()
        try:
            with slot.lend_connections():
                self.recognize(environ)
        except (DatabaseError, KeyRingError, SealBroken):
            return False
        finally:
            self._leave(NEWCOMERS, slot, time.monotonic() - began)
        self._known_callers.learn(environ)
        return True

    def _let_in(self, lane: Lane, environ: Environ) -> Slot | None:
        """Read the body and return a slot; None for whoever can't be served in time."""
        if lane.gives_turns:  # these come again by themselves, when they are told to
            return self._enter(lane) if self._read_ahead(lane, environ) else None
        with self._catching_up.place(_get_size(environ)) as waited_before:
            if not self._read_ahead(lane, environ, waited_before=waited_before):
                return None
            return self._enter(lane, waited_before=waited_before)

    def _refuse(self, lane: Lane, environ: Environ, start_response: Callable[..., Any]) -> Body:
        if not get_lane(environ["PATH_INFO"], environ).gives_turns:
            return refuse_request(environ, start_response)
        with self._lock:
            seconds = math.ceil(self._expected_wait(lane))
        return give_turn(environ, start_response, min(max(seconds, MIN_TURN), MAX_TURN))

    def _answer_beside(self, environ: Environ, start_response: Callable[..., Any]) -> Body:
        """Answer /readyz and /metrics beside the slots, so that a busy server can still be probed.

        Each one at a time, because anybody may ask.
        """
        asked, slot = self._beside[environ["PATH_INFO"]]
        if environ["PATH_INFO"] == METRICS:
            # What scrapes names the address that it was given as the host, and can't be told another.
            environ["HTTP_HOST"] = urlsplit(settings.PUBLIC_URL).netloc
        if not asked.acquire(timeout=1.0):
            return refuse_request(environ, start_response)
        try:
            with slot.lend_connections():
                return self.inner(environ, start_response)
        finally:
            asked.release()

    # ---- slots

    def _enter(self, lane: Lane, *, waited_before: bool = False) -> Slot | None:
        """Return a slot, at once or after waiting; None for whoever can't be served in time."""
        seconds = catching_up.SECONDS if waited_before else lane.seconds
        with self._lock:
            if self._has_room(lane):  # then nobody waits who could take it: a free slot is handed on at once
                return self._take(lane)
            in_places = sum(not each.waited_before for each in self._waiting[lane])
            if self._expected_wait(lane) > seconds or (in_places >= lane.places and not waited_before):
                return None
            self._came += 1
            waiting = Waiting(self._came, waited_before)
            self._waiting[lane].append(waiting)
        if not waiting.called.wait(seconds):
            with self._lock:
                if waiting.slot is None:
                    # Checked under the lock: the slot may have been handed over just as the wait ran out.
                    self._waiting[lane].remove(waiting)
        return waiting.slot

    def _leave(self, lane: Lane, slot: Slot, seconds: float) -> None:
        with self._lock:
            self._running[lane] -= 1
            self._free.append(slot)
            self._mean_seconds += FORGETTING * (seconds - self._mean_seconds)
            self.pulse.all_busy(False)
            self._call_the_next()

    def _call_the_next(self) -> None:
        """Hand free slots to those who wait: the highest rank first, then whoever came first. Called under the lock."""
        while lane := self._find_the_next():
            waiting = self._waiting[lane].popleft()
            # Taken for the one who waits, before it wakes up: nobody who comes now can overtake.
            waiting.slot = self._take(lane)
            waiting.called.set()

    def _find_the_next(self) -> Lane | None:
        ready = (lane for lane in LANES if self._waiting[lane] and self._has_room(lane))
        return min(ready, key=lambda lane: (lane.rank, self._waiting[lane][0].came), default=None)

    def _take(self, lane: Lane) -> Slot:
        self._running[lane] += 1
        slot = self._free.pop()
        self.pulse.all_busy(not self._free)
        return slot

    def _has_room(self, lane: Lane) -> bool:
        """Whether a request of this lane may start now."""
        # At most slots - 1 are spared, or a server with one slot would never serve the lower lanes.
        return len(self._free) > min(lane.spares, self.slots - 1) and self._running[lane] < lane.at_once

    def _ahead_of(self, lane: Lane) -> int:
        return sum(len(self._waiting[other]) for other in LANES if other.rank <= lane.rank)

    def _expected_wait(self, lane: Lane) -> float:
        """Estimate the seconds until a newcomer's turn, by the mean working time."""
        return self._mean_seconds * (self._ahead_of(lane) + 1) / min(self.slots, lane.at_once)

    # ---- bodies

    def _read_ahead(self, lane: Lane, environ: Environ, *, waited_before: bool = False) -> bool:
        """Read the whole body into memory; False when too many are sending theirs.

        A body without a length, or longer than any of ours, is left to Django, which refuses it.
        """
        size = _get_size(environ)
        if not 0 < size <= READ_AHEAD_AT_MOST:
            return True
        is_small = size <= SMALL
        small, large = is_small, 0 if is_small else size
        with self._lock:
            are_many = is_small and self._bodies[lane] >= lane.bodies and not waited_before
            are_large = self._large[lane] + large > lane.large or sum(self._large.values()) + large > LARGE_TOGETHER
            if are_many or (large and are_large) or self._bytes_ahead + size > READ_AHEAD_TOGETHER:
                return False
            self._bodies[lane] += small
            self._large[lane] += large
            self._bytes_ahead += size
        try:
            environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(size))
        finally:
            with self._lock:
                self._bodies[lane] -= small
                self._large[lane] -= large
                self._bytes_ahead -= size
        return True


def _is_known_device(environ: Environ) -> bool:
    """Whether somebody has signed in on this device before, by the signed cookie that it got then."""
    return bool(read_devices(parse_cookie(environ.get("HTTP_COOKIE", "")).get(DEVICE_COOKIE, "")))


def _get_size(environ: Environ) -> int:
    """Return the bytes of the body that comes; 0 where it has no length."""
    length = environ.get("CONTENT_LENGTH") or ""
    return int(length) if length.isascii() and length.isdigit() else 0


class Counted:
    """The outermost layer: reports every finished request as a sign of life."""

    def __init__(self, inner: Callable[..., Body], pulse: Pulse) -> None:
        self.inner, self.pulse = inner, pulse

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Body:
        try:
            return self.inner(environ, start_response)
        finally:
            self.pulse.finish()
