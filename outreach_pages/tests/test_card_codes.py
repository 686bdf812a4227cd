"""Reading a code, and whose card it is."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ..cards import find_open_card
from ..cards.codes import IMPOSSIBLE_CODE, format_code, parse_code
from ..models import InformativeSession
from ..records.models import CARD_ALPHABET
from . import places

CODE = "7K2M9QXB"


@pytest.mark.parametrize("typed", [CODE, "7k2m9qxb", " 7k2m 9qxb ", "7K2M-9QXB", "7K2M–9QXB", "7k2m9oxb", "7K2M90XB"])
def test_a_code_is_read_however_it_is_typed(typed):
    assert parse_code(typed) == CODE


@pytest.mark.parametrize("typed", ["", "7K2M9QX", "7K2M9QXBB", "7K2M9QX/", "ë" * 8, "٣" * 8, "7K2M9QX\x00", "A" * 5000])
def test_what_cannot_be_a_code_is_none(typed):
    assert parse_code(typed) == ""


def test_no_sign_that_a_code_holds_is_read_as_another():
    assert parse_code(CARD_ALPHABET[:8]) == CARD_ALPHABET[:8]
    assert "".join(parse_code(sign * 8)[0] for sign in CARD_ALPHABET) == CARD_ALPHABET


def test_papers_write_a_code_in_two_halves():
    assert format_code(CODE) == "7K2M 9QXB"
    assert parse_code(format_code(CODE)) == CODE


@pytest.fixture
def session(db) -> InformativeSession:
    region = places.region("vlore", "Vlorë", "AL12")
    places.town("vlore-bashki", "Vlorë", region)
    return places.session(places.person("punonjes", unit=places.unit(region)), places.unit(region), card_code=CODE)


def test_a_card_opens_for_whoever_holds_it(session):
    assert find_open_card("7k2m 9qxb") == session


def test_a_card_without_an_end_stays_open(session):
    assert find_open_card(CODE, on=timezone.localdate() + datetime.timedelta(days=3650)) == session


def test_a_card_ends_after_its_last_day(session):
    today = timezone.localdate()
    InformativeSession.objects.update(card_expires_on=today)
    assert find_open_card(CODE) == session
    assert find_open_card(CODE, on=today + datetime.timedelta(days=1)) is None


def test_unknown_ended_cancelled_and_malformed_codes_take_the_same_way(session):
    ended = timezone.localdate() - datetime.timedelta(days=1)
    asked = []
    for typed in ("ZZZZZZZZ", "nothing like a code", CODE):
        InformativeSession.objects.update(card_expires_on=ended)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert find_open_card(typed) is None
        asked.append([query["sql"].replace(parse_code(typed) or IMPOSSIBLE_CODE, "?") for query in queries])
    assert asked[0] == asked[1] == asked[2]
    assert len(asked[0]) == 1
