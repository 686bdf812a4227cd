"""Heavy work: so much at once, a few wait, everybody else is refused."""

import threading
import time

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import override_settings

from .. import hashers
from ..limits import Bounded, BoundedForEach, Busy


def test_the_next_waits_for_its_turn_and_the_one_after_is_refused_at_once():
    bounded = Bounded(at_once=1, waiting=1, seconds=5)
    is_taken, may_go, had_turn = threading.Event(), threading.Event(), []

    def take() -> None:
        with bounded.turn():
            is_taken.set()
            assert may_go.wait(5)
            had_turn.append(1)

    threads = [threading.Thread(target=take) for _number in range(2)]
    threads[0].start()
    assert is_taken.wait(5)
    threads[1].start()
    began = time.monotonic()
    while bounded._places.acquire(blocking=False):
        bounded._places.release()
        assert time.monotonic() - began < 5
    with pytest.raises(Busy), bounded.turn():
        pass
    may_go.set()
    for thread in threads:
        thread.join(5)
    assert had_turn == [1, 1]
    with bounded.turn():
        pass


def test_a_turn_that_does_not_come_in_time_is_given_up_and_work_that_fails_frees_its_place():
    bounded = Bounded(at_once=1, waiting=1, seconds=0.05)
    with bounded.turn():
        for _time in range(3):
            with pytest.raises(Busy), bounded.turn():
                pass
    for _time in range(3):
        with pytest.raises(RuntimeError), bounded.turn():
            raise RuntimeError
    with bounded.turn():
        pass


def test_a_turn_goes_to_whoever_waits_longest_and_not_to_somebody_who_has_just_come():
    bounded = Bounded(at_once=1, waiting=2, seconds=20)
    had_turn = []

    def take(who: str) -> None:
        with bounded.turn():
            had_turn.append(who)

    waiting = threading.Thread(target=take, args=["whoever waited"])
    with bounded.turn():
        waiting.start()
        began = time.monotonic()
        while not bounded._turns._line:
            assert time.monotonic() - began < 20
            time.sleep(0.001)
    take("whoever came then")
    waiting.join(20)
    assert had_turn == ["whoever waited", "whoever came then"]


def test_what_one_person_takes_is_taken_from_nobody_else():
    each = BoundedForEach(at_once=1, waiting=0, seconds=0.05)
    with each.turn("ana"):
        with pytest.raises(Busy), each.turn("ana"):
            pass
        with each.turn("besa"):
            pass
        with pytest.raises(Busy), each.turn("ana"):
            pass
    with each.turn("ana"):
        pass
    assert not each._here


def test_passwords_and_pins_are_hashed_as_by_django_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr(hashers, "passwords", Bounded(at_once=1, waiting=0, seconds=0.05))
    ours = hashers.BoundedArgon2()
    encoded = ours.encode("a long password", ours.salt())
    assert Argon2PasswordHasher().verify("a long password", encoded)
    assert ours.verify("a long password", encoded)
    with hashers.passwords.turn(), pytest.raises(Busy):
        ours.verify("a long password", encoded)


@override_settings(PASSWORD_HASHERS=["access.hashers.BoundedArgon2"])
def test_the_setting_names_it():
    from django.contrib.auth.hashers import check_password, get_hashers, make_password

    assert [type(hasher) for hasher in get_hashers()] == [hashers.BoundedArgon2]
    assert check_password("a long password", make_password("a long password"))
