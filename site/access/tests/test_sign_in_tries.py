"""Guessing a password is slow, and nobody locks a worker out by guessing."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from ..models import RateCount
from ..rate_limits import Limit, get_network
from ..sign_in_limits import COOKIE

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-pass-phrase"
SAID = "Too many attempts"


@pytest.fixture
def worker(person):
    user = person("worker", username="vlore1", language="en")
    user.set_password(PASSWORD)
    user.save()
    return user


def attempt(client, password, *, address="192.0.2.1", name="vlore1"):
    client.cookies["vatra_language"] = "en"
    return client.post(reverse("account_login"), {"login": name, "password": password}, REMOTE_ADDR=address)


def guess(times, **where):
    for _number in range(times):
        attempt(Client(), "wrong", **where)


def is_in(client):
    return "_auth_user_id" in client.session


def test_after_five_wrong_ones_even_the_right_one_waits_there(worker):
    guess(5)
    client = Client()
    assert SAID in attempt(client, PASSWORD, address="192.0.2.77").content.decode()
    assert not is_in(client)


def test_from_another_network_the_worker_gets_in_meanwhile(worker):
    guess(30)
    client = Client()
    attempt(client, PASSWORD, address="198.51.100.1")
    assert is_in(client)


def test_a_device_that_signed_in_before_is_never_shut_out(worker):
    client = Client()
    attempt(client, PASSWORD)
    assert client.cookies[COOKIE]["httponly"]
    client.post(reverse("account_logout"))
    guess(30)
    attempt(client, PASSWORD)
    assert is_in(client)


def test_another_persons_device_helps_nobody(worker, person):
    other = person("worker", username="berat1")
    other.set_password(PASSWORD)
    other.save()
    client = Client()
    attempt(client, PASSWORD, name="berat1")
    client.post(reverse("account_logout"))
    guess(5)
    attempt(client, PASSWORD)
    assert not is_in(client)


def test_a_cookie_that_is_not_ours_is_none(worker):
    guess(5)
    client = Client()
    client.cookies[COOKIE] = "made:up:0"
    attempt(client, PASSWORD)
    assert not is_in(client)


def test_behind_a_second_factor_the_right_password_is_asked_for_the_code(worker):
    TOTP.activate(worker, generate_totp_secret())
    guess(8)
    answer = attempt(Client(), PASSWORD)
    assert (answer.status_code, answer.url) == (302, reverse("mfa_authenticate"))


def test_a_wrong_password_in_a_pause_says_the_same_with_and_without_a_second_factor(worker):
    guess(5)
    without = attempt(Client(), "wrong")
    TOTP.activate(worker, generate_totp_secret())
    behind = attempt(Client(), "wrong")
    assert SAID in without.content.decode()
    assert SAID in behind.content.decode()


def test_nobodys_name_is_counted_as_somebodys_is(worker):
    guess(5, name="nobody")
    assert SAID in attempt(Client(), "wrong", name="nobody").content.decode()


def test_codes_of_a_second_factor_are_counted_by_place(worker):
    TOTP.activate(worker, generate_totp_secret())
    client = Client()
    attempt(client, PASSWORD)
    said = [
        client.post(reverse("mfa_authenticate"), {"code": f"00000{number}"}, REMOTE_ADDR="192.0.2.1").content.decode()
        for number in range(6)
    ]
    assert [SAID in each for each in said] == [False] * 5 + [True]


def test_what_is_counted_stands_in_the_database_and_names_nobody(worker):
    guess(3)
    cache.clear()
    guess(2)
    client = Client()
    attempt(client, PASSWORD)
    assert not is_in(client)
    kept = str(list(RateCount.objects.values()))
    assert "vlore1" not in kept
    assert "192.0.2" not in kept


# ---- the counter


def test_a_count_goes_down_as_its_window_moves_on():
    from datetime import timedelta

    from django.utils import timezone

    now = timezone.now()
    limit = Limit("test", 2, timedelta(minutes=5), slots=5)
    assert [limit.hit("x", at=now), limit.hit("x", at=now)] == [1, 2]
    assert limit.ends("x", at=now) is not None
    assert limit.used("y", at=now) == 0
    limit.refund("x", at=now)
    assert limit.ends("x", at=now) is None
    assert limit.used("x", at=now + timedelta(minutes=6)) == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.250", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.9", True),
        ("unknown", "unknown", True),
    ],
)
def test_networks_are_folded(one, other, same):
    assert (get_network(one) == get_network(other)) is same
