"""When there is more to do than can be done: who works, who waits, who is told to come again."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core import signing
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from access.known_callers import SESSION, TOKEN, KnownCallers, get_credentials
from access.sign_in_limits import SALT
from vault.keyring import KeyRingError

from .. import admission, catching_up, liveness
from ..admission import (
    FILES,
    LANES,
    MAX_TURN,
    MIN_TURN,
    NEWCOMERS,
    PHONES,
    PHONES_ASK,
    PHONES_FILES,
    PHONES_URGENT,
    PUBLIC,
    READ_AHEAD_AT_MOST,
    STAFF,
    STRANGERS,
    THREADS_BESIDE,
    TIPS,
    URGENT,
    Admission,
    Counted,
    Slot,
    get_lane,
)
from ..liveness import Pulse

SUBMIT = "/api/field/v1/submissions"
FORMS = "/api/field/v1/sealed-submissions"


class Work:
    """An application whose requests last until they are let go; the order in which they began, by address."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.gate = threading.Event()
        self.bodies: list[bytes] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        self.begun.append(environ["PATH_INFO"])
        self.bodies.append(environ["wsgi.input"].read())
        if not environ["PATH_INFO"].endswith("/quick/"):
            assert self.gate.wait(10)
        start_response("200 OK", [])
        return [b"done"]


class Everybody(KnownCallers):
    """A process that has served whoever comes."""

    def __contains__(self, environ: dict[str, Any]) -> bool:
        return True


class WebProcess:
    """`is_new`: the process began just now, and those who had waited for it come. `knows_all`: whoever comes."""

    def __init__(self, *, slots: int = 3, is_new: bool = False, knows_all: bool = True) -> None:
        self.work, self.pulse = Work(), Pulse()
        self.admission = Admission(self.work, slots=slots, pulse=self.pulse, recognize=self.recognize)
        self.somebodys: list[str] = []  # keys of sessions
        self.admission._catching_up._is_over = not is_new
        if knows_all:
            self.admission._known_callers = Everybody()
            self.admission._find_lane = get_lane  # type: ignore[method-assign]
        self.answers: list[tuple[str, str]] = []
        self.threads: list[threading.Thread] = []

    def recognize(self, environ: dict[str, Any]) -> None:
        session = get_credentials(environ).get(SESSION, "")
        environ |= {SESSION: session if session in self.somebodys else "", TOKEN: False}

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **more: Any) -> tuple[str, dict[str, str], bytes]:
        said: list[Any] = []
        environ = {"PATH_INFO": path, "REQUEST_METHOD": method, "wsgi.input": BytesIO(body), **more}
        if body:
            environ.setdefault("CONTENT_LENGTH", str(len(body)))
        answer = b"".join(self.admission(environ, lambda status, headers: said.extend((status, headers))))
        return said[0], dict(said[1]), answer

    def send(self, path: str, **more: Any) -> None:
        """In a thread of its own; returns when it works, waits or has been answered."""
        before = (len(self.work.begun), self.waiting(), len(self.answers))

        def run() -> None:
            self.answers.append((path, self.ask(path, **more)[0]))

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()
        until(lambda: (len(self.work.begun), self.waiting(), len(self.answers)) != before)

    def waiting(self) -> int:
        return sum(len(queue) for queue in self.admission._waiting.values())

    def finish(self) -> None:
        self.work.gate.set()
        for thread in self.threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in self.threads)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.fixture
def process() -> Iterator[WebProcess]:
    made = WebProcess()
    yield made
    made.finish()


@pytest.mark.parametrize(
    ("path", "lane"),
    [
        (SUBMIT, URGENT),
        ("/field/drafts/8e0a1c3e-0000-4000-8000-000000000000/persons/", URGENT),
        ("/field/forms/initial_identification/start/", URGENT),
        ("/n/secret/reply/", URGENT),
        ("/pyet/", TIPS),
        ("/en/pyet/vlore/", TIPS),
        (FORMS, PHONES_URGENT),
        (f"{FORMS}/8e0a1c3e-0000-4000-8000-000000000000", PHONES_ASK),
        ("/api/field/v1/device-contact", PHONES_ASK),
        ("/api/field/v1/device-pack", PHONES_ASK),
        ("/api/field/v1/sealed-files/8e0a1c3e-0000-4000-8000-000000000000", PHONES_FILES),
        ("/api/field/v1/attachments", FILES),
        ("/api/field/v1/forms", STAFF),
        ("/cms/pages/", STAFF),
        ("/accounts/login/", STAFF),
        ("/", PUBLIC),
        ("/en/help/", PUBLIC),
        ("/api/v2/pages/", PUBLIC),
    ],
)
def test_every_address_has_its_lane(path, lane):
    assert get_lane(path) is lane


def test_what_is_urgent_on_one_phone_passes_what_is_not_on_all_others():
    process = WebProcess(slots=1)
    process.send("/a/")
    for _phone in range(5):
        process.send(FORMS, HTTP_X_URGENT="no")
    process.send(f"{FORMS}?urgent", HTTP_X_URGENT="yes")
    process.send("/cms/")
    process.finish()
    assert process.work.begun[1:] == [f"{FORMS}?urgent", "/cms/", *[FORMS] * 5]


def test_a_phone_that_does_not_say_whether_a_form_is_urgent_is_served_as_if_it_were():
    assert get_lane(FORMS, {}) is PHONES_URGENT
    assert get_lane(FORMS, {"HTTP_X_URGENT": "no"}) is PHONES


def test_what_people_send_by_hand_and_what_phones_send_take_turns_as_they_came():
    process = WebProcess(slots=1)
    process.send("/a/")
    for path in (f"{FORMS}?1", f"{SUBMIT}/2", f"{FORMS}?3", "/n/4/", f"{SUBMIT}/5"):
        process.send(path)
    process.finish()
    assert process.work.begun[1:] == [f"{FORMS}?1", f"{SUBMIT}/2", f"{FORMS}?3", "/n/4/", f"{SUBMIT}/5"]


def test_urgent_forms_of_phones_leave_slots_to_people():
    process = WebProcess(slots=6)
    for number in range(20):
        process.send(f"{FORMS}?{number}")
    process.send(SUBMIT)
    process.send("/n/token/")
    assert process.work.begun[-2:] == [SUBMIT, "/n/token/"]
    assert len(process.work.begun) == PHONES_URGENT.at_once + 2
    process.finish()


def test_as_many_phones_as_a_service_has_wait_for_their_turn_and_none_is_refused():
    process = WebProcess(slots=6)
    for _phone in range(PHONES.places):
        process.send(FORMS, HTTP_X_URGENT="no")
    for _phone in range(PHONES_URGENT.places):
        process.send(FORMS)
    process.finish()
    assert {status for _path, status in process.answers} == {"200 OK"}


@pytest.mark.parametrize("lane", [PHONES, PHONES_URGENT])
def test_a_phone_for_which_there_is_no_place_is_told_when_to_come_and_not_that_the_service_fails(lane):
    process = WebProcess(slots=6)
    more = {"HTTP_X_URGENT": "no" if lane is PHONES else "yes"}
    for _phone in range(lane.at_once + lane.places):
        process.send(FORMS, **more)
    status, headers, body = process.ask(FORMS, "POST", b"{}", **more)
    assert status.startswith("429")
    assert headers["Retry-After"] == str(MIN_TURN)
    assert headers["Content-Type"] == "application/problem+json"
    document = json.loads(body)
    assert (document["type"], document["status"]) == ("urn:vatra:problem:busy", 429)
    process.admission._mean_seconds = 2.0
    _status, headers, _body = process.ask(FORMS, "POST", b"{}", **more)
    assert MIN_TURN < int(headers["Retry-After"]) <= MAX_TURN
    process.admission._mean_seconds = 1_000.0
    assert process.ask(FORMS, "POST", b"{}", **more)[1]["Retry-After"] == str(MAX_TURN)
    process.finish()


def test_whoever_waits_anywhere_has_a_thread_and_the_next_one_too():
    assert sum(lane.places for lane in LANES) + catching_up.PLACES < THREADS_BESIDE


def test_all_who_waited_for_a_new_process_wait_for_their_turn_and_are_served_as_they_came():
    process = WebProcess(slots=1, is_new=True)
    paths = [f"/{number}/" for number in range(60)]
    for path in paths:
        process.send(path)
    process.finish()
    assert process.work.begun == paths
    assert {status for _path, status in process.answers} == {"200 OK"}


def test_who_waited_for_a_new_process_never_goes_before_the_urgent_nor_takes_their_places(monkeypatch):
    monkeypatch.setattr(catching_up, "PLACES", 20)
    process = WebProcess(slots=1, is_new=True)
    readers = ["/a/", *(f"/{number}/" for number in range(20 + PUBLIC.places))]
    urgent = [f"{SUBMIT}/{number}" for number in range(URGENT.places)]
    for path in readers:
        process.send(path)
    assert process.ask("/one-more/")[0].startswith("503")  # a flood is refused as ever
    for path in urgent:
        process.send(path)
    process.finish()
    assert process.work.begun == ["/a/", *urgent, *readers[1:]]
    assert {status for _path, status in process.answers} == {"200 OK"}


def test_small_bodies_of_those_who_waited_are_read_all_at_once_and_large_ones_as_ever():
    process = WebProcess(slots=6, is_new=True)
    gate = threading.Event()

    class Slow(BytesIO):
        def read(self, *_size: int | None) -> bytes:
            assert gate.wait(10)
            return b"x"

    def begin(size: int) -> None:
        more = {"wsgi.input": Slow(), "CONTENT_LENGTH": str(size)}
        process.threads.append(
            threading.Thread(target=lambda: process.answers.append(("", process.ask("/pyet/", **more)[0])))
        )
        process.threads[-1].start()

    for _sender in range(TIPS.bodies + 3):
        begin(catching_up.SMALL)
    until(lambda: process.admission._bodies[TIPS] == TIPS.bodies + 3)
    process.admission._large[URGENT] = admission.LARGE_TOGETHER - catching_up.SMALL
    begin(catching_up.SMALL + 1)
    until(lambda: len(process.answers) == 1)
    assert process.answers[0][1].startswith("503")
    gate.set()
    process.finish()
    assert {status for _path, status in process.answers[1:]} == {"200 OK"}


@pytest.mark.parametrize(
    ("age", "taken", "has_place"),
    [
        (0, 0, True),
        (catching_up.ARRIVING, 0, True),
        (catching_up.ARRIVING + 1, 0, False),
        (catching_up.ARRIVING + 1, 1, True),
        (catching_up.AT_MOST + 1, 1, False),
        (0, catching_up.PLACES, False),
    ],
)
def test_catching_up_lasts_until_nobody_waits_of_those_who_waited_a_minute_at_most(age, taken, has_place):
    clock = [100.0]
    places = catching_up.CatchingUp(lambda: clock[0])
    with ExitStack() as held:
        for _place in range(taken):
            held.enter_context(places.place(0))
        clock[0] += age
        with places.place(0) as found:
            assert found is has_place


def test_catching_up_does_not_begin_again_once_it_is_over():
    clock = [100.0]
    places = catching_up.CatchingUp(lambda: clock[0])
    clock[0] += catching_up.ARRIVING + 1
    with places.place(0) as found:
        assert not found
    clock[0] = 100.0
    with places.place(0) as found:
        assert not found


def test_an_identification_is_served_before_all_who_came_earlier():
    process = WebProcess(slots=1)
    process.send("/a/")
    for path in ("/b/", "/cms/", "/pyet/", SUBMIT, "/n/token/"):
        process.send(path)
    assert process.waiting() == 5
    process.finish()
    assert process.work.begun[1:] == [SUBMIT, "/n/token/", "/pyet/", "/cms/", "/b/"]
    assert {status for _path, status in process.answers} == {"200 OK"}


def test_two_slots_are_never_taken_by_reading(process: WebProcess):
    for path in ("/a/", "/b/", "/cms/"):
        process.send(path)
    assert process.work.begun == ["/a/"]
    for path in (SUBMIT, "/field/drafts/1/x/"):
        process.send(path)
    assert process.work.begun == ["/a/", SUBMIT, "/field/drafts/1/x/"]


def test_whoever_finds_no_place_to_wait_is_refused_at_once_and_told_when_to_come_again(process: WebProcess):
    for number in range(1 + PUBLIC.places):
        process.send(f"/{number}/")
    began = time.monotonic()
    status, headers, page = process.ask("/en/one-more/")
    assert time.monotonic() - began < PUBLIC.seconds / 2  # whoever waits is refused after all of it
    assert (status, headers["Retry-After"]) == ("503 Service Unavailable", "10")
    assert headers["Cache-Control"] == "no-store"
    text = page.decode()
    assert '<html lang="en">' in text
    assert text.index("The site is busy") < text.index('href="tel:129"')
    assert '<html lang="sq">' in process.ask("/one-more/")[2].decode()
    process.send(SUBMIT)
    assert process.work.begun[-1] == SUBMIT


def test_the_api_is_refused_with_a_problem_and_a_sent_page_says_what_becomes_of_it(process: WebProcess):
    for number in range(3 + URGENT.places):
        process.send(f"{SUBMIT}/{number}")
    status, headers, body = process.ask(SUBMIT, "POST", b"{}")
    assert status.startswith("503")
    assert headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["type"] == "urn:vatra:problem:busy"
    page = process.ask("/field/drafts/1/x/", "POST", b"story=secret")[2].decode()
    assert "ringarkoni faqen" in page
    assert "secret" not in page


def test_a_wait_that_can_only_be_in_vain_is_spared(process: WebProcess):
    process.admission._mean_seconds = 60.0
    process.send("/a/")
    assert process.ask("/b/")[0].startswith("503")


def test_whoever_waited_too_long_is_refused_and_leaves_no_trace(process: WebProcess, monkeypatch):
    brief = admission.Lane("brief", 3, spares=2, places=8, seconds=0.05, bodies=1)
    monkeypatch.setattr(admission, "LANES", (*admission.LANES, brief))
    process.admission._find_lane = lambda path, _environ: brief if path == "/brief/" else get_lane(path)
    for counts, empty in ((process.admission._waiting, admission.deque()), (process.admission._running, 0)):
        counts[brief] = empty
    process.send("/a/")
    assert process.ask("/brief/")[0].startswith("503")
    assert process.waiting() == 0


def test_files_queue_at_most_two_and_the_next_is_told_that_it_is_busy():
    process = WebProcess(slots=6)
    for number in range(3):
        process.send(f"/api/field/v1/attachments/{number}")
    assert process.ask("/api/field/v1/attachments")[0].startswith("503")
    process.send(SUBMIT)
    process.send("/cms/quick/")
    assert process.work.begun[-2:] == [SUBMIT, "/cms/quick/"]
    process.finish()


class Drip:
    """A sender who takes its time."""

    def __init__(self) -> None:
        self.comes = threading.Event()

    def read(self, size: int) -> bytes:
        assert self.comes.wait(10)
        return b"x" * size


def test_six_slow_senders_keep_nobody_from_working_or_sending():
    process, drip = WebProcess(), Drip()
    for number in range(6):
        thread = threading.Thread(
            target=process.ask,
            args=(f"/field/drafts/{number}/quick/", "POST"),
            kwargs={"CONTENT_LENGTH": "9000000", "wsgi.input": drip},
        )
        process.threads.append(thread)
        thread.start()
    until(lambda: process.admission._large[URGENT] == 6 * 9_000_000)
    assert process.ask("/quick/")[0] == "200 OK"
    assert process.ask(f"{SUBMIT}/quick/", "POST", b"{}")[0] == "200 OK"
    assert process.work.bodies[-1] == b"{}"
    drip.comes.set()
    process.finish()
    assert process.admission._bytes_ahead == 0
    assert len(process.work.begun) == 8


def test_large_bodies_under_way_leave_memory_for_small_ones(process: WebProcess):
    process.admission._large[STAFF] = process.admission._bytes_ahead = admission.LARGE_TOGETHER
    large = {"CONTENT_LENGTH": str(catching_up.SMALL + 1)}
    assert process.ask(f"{SUBMIT}/quick/", "POST", **large)[0].startswith("503")
    assert process.ask(f"{SUBMIT}/quick/", "POST", b"{}")[0] == "200 OK"


def test_more_than_can_be_kept_in_memory_is_refused_and_what_has_no_length_is_left_to_its_reader(process: WebProcess):
    process.admission._bytes_ahead = admission.READ_AHEAD_TOGETHER
    assert process.ask(SUBMIT, "POST", b"{}")[0].startswith("503")
    for length in ("", "x", "-1", str(READ_AHEAD_AT_MOST + 1)):
        stream = BytesIO(b"")
        environ = {"CONTENT_LENGTH": length, "wsgi.input": stream}
        assert process.admission._read_ahead(URGENT, environ)
        assert environ["wsgi.input"] is stream


def test_what_fails_gives_its_slot_back():
    def fail(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        raise RuntimeError

    failing = Admission(fail, slots=1, pulse=Pulse(), recognize=lambda environ: None)
    for _time in range(3):
        with pytest.raises(RuntimeError):
            failing({"PATH_INFO": SUBMIT, "REQUEST_METHOD": "GET"}, lambda *told: None)
    assert len(failing._free) == 1


def test_being_alive_the_way_out_and_readiness_need_no_slot(process: WebProcess):
    for number in range(3 + URGENT.places):
        process.send(f"{SUBMIT}/{number}")
    for path in ("/healthz/quick/", "/dil/quick/", "/static/quick/"):
        assert process.ask(path)[0] == "200 OK"
    process.send("/readyz")
    assert process.work.begun[-1] == "/readyz"
    assert process.ask("/readyz")[0].startswith("503")


def test_one_server_with_one_slot_still_serves_every_lane():
    process = WebProcess(slots=1)
    for path in ("/quick/", "/cms/quick/", "/pyet/quick/", "/n/quick/"):
        assert process.ask(path)[0] == "200 OK"


# ---- strangers at staff's addresses


def signed_in_by(session: str) -> dict[str, str]:
    return {"HTTP_COOKIE": f"vatra_csrf=1; {settings.SESSION_COOKIE_NAME}={session}"}


def find_lane(
    path: str, environ: dict[str, Any], *, is_new: bool = False, known: tuple[str, ...] = ()
) -> admission.Lane:
    process = WebProcess(is_new=is_new, knows_all=False)
    for session in known:
        process.admission._known_callers.learn(signed_in_by(session) | {SESSION: session})
    return process.admission._find_lane(path, environ)


@pytest.mark.parametrize(
    ("path", "environ", "lane"),
    [
        ("/field/", {}, STRANGERS),
        ("/cms/", signed_in_by("made-up"), NEWCOMERS),
        (SUBMIT, {"HTTP_AUTHORIZATION": "Bearer made-up"}, NEWCOMERS),
        (SUBMIT, {}, STRANGERS),
        ("/accounts/login/", {}, STRANGERS),
        ("/accounts/login/", signed_in_by("made-up"), STRANGERS),
        ("/accounts/login/", {"HTTP_COOKIE": "vatra_device=made-up"}, STRANGERS),
        ("/field/", {"HTTP_COOKIE": "\x00;=;vatra_device"}, STRANGERS),
        (FORMS, {"HTTP_AUTHORIZATION": "Bearer x"}, PHONES_URGENT),
        (FORMS, {}, STRANGERS),
        ("/n/token/", {}, URGENT),
        ("/pyet/", {}, TIPS),
        ("/", {}, PUBLIC),
    ],
)
def test_whom_the_process_does_not_know_is_a_stranger_at_staffs_addresses(path, environ, lane):
    assert find_lane(path, environ, known=("hers",)) is lane


@pytest.mark.parametrize("path", ["/field/", "/accounts/email/", "/field/drafts/1/x/"])
def test_who_was_served_as_somebody_signed_in_is_known_from_then_on(path):
    assert find_lane(path, signed_in_by("hers"), known=("hers",)) is get_lane(path)


def test_a_device_on_which_somebody_signed_in_before_signs_in_beside_strangers():
    cookie = signing.dumps({"1": "key"}, salt=SALT)
    assert find_lane("/accounts/login/", {"HTTP_COOKIE": f"vatra_device={cookie}"}) is STAFF


def test_a_new_process_knows_nobody_and_lets_those_who_waited_for_it_wait_together():
    assert find_lane("/field/", signed_in_by("hers"), is_new=True) is STAFF
    assert find_lane("/field/", {}, is_new=True) is STRANGERS
    assert find_lane("/accounts/login/", signed_in_by("made-up"), is_new=True) is STRANGERS


def test_a_flood_of_strangers_stops_nobody_who_is_signed_in():
    process = WebProcess(slots=6, knows_all=False)
    process.admission._known_callers.learn(signed_in_by("hers") | {SESSION: "hers"})
    for _connection in range(25):
        process.send("/accounts/login/", method="POST", body=b"password=x")
        process.send("/field/", **signed_in_by("made-up"))
        process.send("/cms/")
    assert len(process.work.begun) == 3
    for path in ("/field/quick/", "/cms/quick/", "/accounts/quick/", f"{SUBMIT}/quick/"):
        assert process.ask(path, **signed_in_by("hers"))[0] == "200 OK"
    assert process.ask("/n/token/quick/")[0] == "200 OK"
    assert {status[:3] for _path, status in process.answers} == {"503"}
    process.finish()


def test_strangers_send_two_megabytes_together_and_small_bodies_beside_them():
    process, drip = WebProcess(slots=6, knows_all=False), Drip()
    large: dict[str, Any] = {"CONTENT_LENGTH": str(1_000_000), "wsgi.input": drip}
    for _sender in range(2):
        ask = threading.Thread(target=process.ask, args=("/field/drafts/1/quick/", "POST"), kwargs=large)
        process.threads.append(ask)
        ask.start()
    until(lambda: process.admission._large[STRANGERS] == 2_000_000)
    assert process.ask("/field/drafts/2/quick/", "POST", **large)[0].startswith("503")
    assert process.ask("/accounts/quick/", "POST", b"password=x")[0] == "200 OK"
    drip.comes.set()
    process.finish()
    assert process.admission._large[STRANGERS] == 0
    assert process.ask("/field/drafts/2/quick/", "POST", **large)[0] == "200 OK"


@pytest.mark.parametrize("shown", [{}, {"HTTP_COOKIE": "vatra_session=made-up"}, {"HTTP_AUTHORIZATION": "Bearer x"}])
@pytest.mark.parametrize("is_new", [False, True])
@pytest.mark.parametrize("size", [1_100_000, READ_AHEAD_AT_MOST + 1])
@pytest.mark.parametrize("path", ["/field/drafts/1/quick/", f"{SUBMIT}/quick/", "/cms/quick/", f"{FORMS}/quick/"])
def test_of_a_stranger_with_more_than_a_megabyte_nothing_is_read(
    path: str, size: int, is_new: bool, shown: dict[str, str]
) -> None:
    process = WebProcess(slots=6, knows_all=False, is_new=is_new)
    never_comes = Drip()
    large: dict[str, Any] = {"CONTENT_LENGTH": str(size), "wsgi.input": never_comes}
    assert process.ask(path, "POST", **large, **shown)[0] == "200 OK"
    assert process.work.bodies == [b""]


@pytest.mark.parametrize("path", ["/field/drafts/1/quick/", f"{SUBMIT}/quick/", "/cms/quick/"])
def test_a_large_body_of_somebody_whom_a_process_does_not_know_yet_is_read(path: str) -> None:
    process = WebProcess(slots=6, knows_all=False)
    process.somebodys = ["hers"]
    for _time in range(2):
        assert process.ask(path, "POST", b"x" * 1_100_000, **signed_in_by("hers"))[0] == "200 OK"
        process.somebodys = []  # known by now: nobody is asked
    assert [len(body) for body in process.work.bodies] == [1_100_000] * 2


@pytest.mark.parametrize("error", [OperationalError, KeyRingError])
def test_while_the_database_fails_a_large_body_of_an_unknown_session_is_refused_unread(error: type[Exception]) -> None:
    def fail(environ: dict[str, Any]) -> None:
        raise error

    process = WebProcess(slots=6, knows_all=False)
    process.admission.recognize = fail
    large: dict[str, Any] = {"CONTENT_LENGTH": str(1_100_000), "wsgi.input": Drip()}
    assert process.ask("/field/quick/", "POST", **large, **signed_in_by("hers"))[0].startswith("503")
    assert len(process.admission._free) == 6
    assert process.ask("/field/quick/", "POST", b"x", **signed_in_by("hers"))[0] == "200 OK"


def test_what_a_request_turned_out_to_be_is_learned_and_forgotten_again():
    callers = KnownCallers(most=2)
    token = {"HTTP_AUTHORIZATION": "Bearer his"}
    callers.learn(signed_in_by("hers"))  # nobody looked
    assert signed_in_by("hers") not in callers
    callers.learn({SESSION: "hers"})  # signed in just now: the cookie is in the answer
    callers.learn(token | {TOKEN: True})
    assert signed_in_by("hers") in callers
    assert token in callers
    assert signed_in_by("Bearer her") not in callers
    callers.learn(signed_in_by("hers") | {SESSION: ""})
    callers.learn(token | {TOKEN: False})
    assert signed_in_by("hers") not in callers
    assert token not in callers
    for session in ("a", "b", "c"):
        callers.learn({SESSION: session})
    assert [signed_in_by(each) in callers for each in "abc"] == [False, True, True]


# ---- connections


@contextmanager
def in_a_thread(deed: Callable[[], None]) -> Iterator[None]:
    thread = threading.Thread(target=deed)
    thread.start()
    yield
    thread.join()


@pytest.mark.django_db
def test_a_connection_that_the_thread_brought_along_stays_with_it():
    mine = connections["default"]
    slot = Slot()
    with slot.lend_connections():
        assert connections["default"] is mine
    assert connections["default"] is mine
    assert slot.connections == {}


@pytest.mark.django_db(transaction=True)
def test_connections_belong_to_slots_so_few_are_open_however_many_threads_there_are():
    slot, seen, left = Slot(), [], []

    def use() -> None:
        with slot.lend_connections():
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT 1")
            seen.append(connections["default"])
        left.extend(connections.all(initialized_only=True))

    for _thread in range(5):
        with in_a_thread(use):
            pass
    assert len({id(connection) for connection in seen}) == 1
    assert left == []
    assert isinstance(slot.connections["default"], BaseDatabaseWrapper)
    slot.connections["default"].close()


# ---- signs of life


def test_every_answer_counts_and_is_told_when_the_beat_is_late(monkeypatch):
    pulse, told = Pulse(), []
    pulse.descriptor = 1
    monkeypatch.setattr(pulse, "beat", lambda: told.append(pulse.finished))
    counted = Counted(lambda environ, start: [b""], pulse)
    counted({}, None)
    assert (pulse.finished, told) == (1, [1])
    pulse._told_at = time.monotonic()
    counted({}, None)
    assert (pulse.finished, told) == (2, [1])


def test_all_slots_taken_for_minutes_without_an_end_is_no_life(monkeypatch):
    process = WebProcess(slots=1)
    process.send(SUBMIT)
    assert not process.pulse.is_wedged()
    monkeypatch.setattr(liveness, "WEDGED_SECONDS", -1.0)
    assert process.pulse.is_wedged()
    process.finish()
    assert not process.pulse.is_wedged()
