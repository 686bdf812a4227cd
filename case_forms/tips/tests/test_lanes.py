import threading
import time

from .. import locking
from ..locking import lane


def through(origin: str, began: list[str], let_go: threading.Event) -> threading.Thread:
    def body() -> None:
        with lane(origin):
            began.append(origin)
            let_go.wait(20)

    hand = threading.Thread(target=body)
    hand.start()
    return hand


def wait_for(began: list[str], count: int) -> None:
    deadline = time.monotonic() + 10
    while len(began) < count and time.monotonic() < deadline:
        time.sleep(0.005)


def test_one_page_has_one_place_however_many_send_through_it() -> None:
    began: list[str] = []
    let_go = threading.Event()
    flood = [through("flooded", began, let_go) for _hand in range(5)]
    wait_for(began, 1)
    other = through("another page", began, let_go)
    wait_for(began, 2)
    time.sleep(0.05)
    assert began == ["flooded", "another page"]
    let_go.set()
    for hand in [*flood, other]:
        hand.join(20)
    assert began.count("flooded") == 5
    assert locking._lanes == {}


def test_who_waits_too_long_is_not_refused() -> None:
    began: list[str] = []
    let_go = threading.Event()
    patience, locking.MAX_WAIT = locking.MAX_WAIT, 0.05
    try:
        hands = [through("flooded", began, let_go) for _hand in range(2)]
        wait_for(began, 2)
        assert began == ["flooded", "flooded"]
    finally:
        locking.MAX_WAIT = patience
        let_go.set()
        for hand in hands:
            hand.join(20)
    assert locking._lanes == {}


def test_a_body_that_fails_leaves_its_lane() -> None:
    try:
        with lane("page"):
            raise ValueError
    except ValueError:
        pass
    assert locking._lanes == {}
