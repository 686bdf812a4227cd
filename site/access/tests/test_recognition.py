"""Whose a session or a token is, before a request's body is read."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone

from ..known_callers import SESSION, TOKEN
from ..models import FieldToken, StaffSession, User
from ..sessions.actions import ROW_KEY
from ..sessions.recognition import recognize

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(person) -> User:
    return person("worker", username="ana")


def look_up(**shown: str) -> dict[str, Any]:
    environ: dict[str, Any] = dict(shown)
    recognize(environ)
    return {kind: environ.get(kind) for kind in (SESSION, TOKEN)}


def by_cookie(key: str) -> Any:
    return look_up(HTTP_COOKIE=f"{settings.SESSION_COOKIE_NAME}={key}")[SESSION]


def test_a_session_is_somebodys_until_it_is_ended_and_while_it_is_locked(worker, django_assert_num_queries):
    client = Client()
    client.force_login(worker)
    key = client.session.session_key
    with django_assert_num_queries(2):
        assert by_cookie(key) == key
    StaffSession.objects.update(is_locked=True)
    assert by_cookie(key) == key
    StaffSession.objects.update(ended_at=timezone.now(), ended_why="by_owner")
    assert by_cookie(key) == ""


@pytest.mark.parametrize("key", ["abcdefgh1234", "short", '"abcdefgh\\000"', "ëëëëëëëëëë", "a b", "' OR 1=1"])
def test_a_session_that_nobody_has_is_nobodys(key):
    assert not by_cookie(key)


@pytest.mark.parametrize("values", [{}, {SESSION_KEY: "1"}, {ROW_KEY: "x", SESSION_KEY: "y"}])
def test_a_session_in_which_nobody_signed_in_is_nobodys(values):
    store = SessionStore()
    store.update(values)
    store.save()
    assert by_cookie(store.session_key) == ""


def test_a_token_is_somebodys_while_it_is_valid(worker):
    token = FieldToken.issue(worker)
    assert look_up(HTTP_AUTHORIZATION=f"Bearer {token}") == {SESSION: None, TOKEN: True}
    assert look_up(HTTP_AUTHORIZATION="Bearer made-up") == {SESSION: None, TOKEN: False}
    assert look_up(HTTP_AUTHORIZATION="Basic x") == {SESSION: None, TOKEN: None}
    FieldToken.objects.update(revoked_at=timezone.now())
    assert look_up(HTTP_AUTHORIZATION=f"bearer {token} ")[TOKEN] is False
