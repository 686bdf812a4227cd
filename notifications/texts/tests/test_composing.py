"""Messages put together from texts: whatever the values, an SMS is two messages at most, and a subject is one line."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from notifications.inbound.words import read_answer
from notifications.outbox.models import CODE_ALPHABET, Purpose

from ..definitions import MAX_SMS, MAX_SMS_MARK, MAX_SMS_REPLY
from ..filling import clean
from ..gsm import count_sms, find_foreign
from ..in_force import Wording
from ..mails import MailFacts, compose_mail
from ..placeholders import MAX_NAME
from ..values import build_link, get_reply_words
from ..ways import WayFacts, compose_answered, compose_push, compose_sms, compose_voice

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
CODES = st.text(alphabet=CODE_ALPHABET, min_size=8, max_size=8).map(lambda code: f"{code[:5]}-{code[5:]}")
LINKS = st.text(alphabet="abcXYZ019-_", min_size=43, max_size=43).map(build_link)
TIMES = st.none() | st.integers(1, 60 * 24 * 90).map(lambda minutes: NOW + timedelta(minutes=minutes))
PURPOSES = st.sampled_from(Purpose.values)


def word(language: str, trial: dict[str, dict[str, str]] | None = None) -> Wording:
    return Wording(language, NOW, trial=trial)


@given(
    st.sampled_from(["sq", "en"]),
    st.builds(
        WayFacts, PURPOSES, st.lists(CODES, min_size=1, max_size=1500), LINKS, st.booleans(), TIMES, st.booleans()
    ),
)
def test_an_sms_is_two_messages_at_most(language: str, facts: WayFacts) -> None:
    text = compose_sms(facts, word(language), now=NOW)
    size = count_sms(text)
    assert not size.is_wide
    assert size.messages <= 2
    assert facts.link in text.split()


def test_the_parts_of_an_sms_fit_two_messages_by_their_limits() -> None:
    assert MAX_SMS_MARK + 1 + MAX_SMS + 1 + MAX_SMS_REPLY <= 306


@given(st.text(max_size=300), st.text(max_size=60), PURPOSES, TIMES, st.booleans(), st.booleans(), st.integers(1, 9999))
def test_a_mail_holds_together_whatever_somebody_called_a_unit(
    unit: str, phone: str, purpose: str, answer_by: datetime | None, drill: bool, urgent: bool, number: int
) -> None:
    facts: Any = MailFacts(
        purpose=purpose, code="7K2M9-QXZ", link=build_link("x" * 43),
        first_code="4HT6W-B2N", number=number, is_drill=drill, is_urgent=urgent, unit=unit, phone=phone, minutes=30,
        answer_by=answer_by,
    )  # fmt: skip
    subject, text = compose_mail(facts, word("sq"), now=NOW)
    assert subject.isprintable()
    assert len(subject) <= 160
    assert "Vatra: " in subject
    assert ("STËRVITJE" in subject) is drill
    assert facts.link in text.splitlines()


@given(st.text(max_size=300))
def test_a_name_is_one_line_of_what_can_be_seen(name: str) -> None:
    cleaned = clean("unit", name, "Njësia")
    assert len(cleaned) <= MAX_NAME
    assert "\n" not in cleaned
    assert "\u202e" not in cleaned
    assert "@" not in cleaned


@pytest.mark.parametrize("language", ["sq", "en"])
def test_the_words_that_an_sms_asks_for_are_understood(language: str) -> None:
    with translation.override(language):
        words = get_reply_words()
    said = [read_answer(f"7K2M9-QXZ {words[name]}") for name in ("yes", "no", "on_the_way")]
    assert [each.kind for each in said if each is not None] == ["accepted", "declined", "on_the_way"]


@pytest.mark.parametrize("language", ["sq", "en", "xx"])
@pytest.mark.parametrize("what", ["accepted", "on_the_way", "declined", "not_taken"])
def test_what_goes_back_is_one_message_of_gsm_letters(language: str, what: str) -> None:
    text = compose_answered(what, "7K2M9-QXZ", build_link("x" * 43) if what == "accepted" else "", word(language))
    assert not find_foreign(text)
    assert count_sms(text).messages == 1


@pytest.mark.parametrize("language", ["sq", "en", "xx"])
def test_a_screen_says_no_code_and_a_call_no_link(language: str) -> None:
    facts = WayFacts("first", ["7K2M9-QXZ"], build_link("x" * 43))
    assert not any(letter.isdigit() for letter in compose_push(facts, word(language)))
    said = compose_voice(facts, word(language))
    assert "7K2M9-QXZ" in said
    assert "http" not in said


def test_a_text_that_is_only_tried_stands_in_its_place_and_changes_no_other() -> None:
    facts = WayFacts("first", ["7K2M9-QXZ"], build_link("x" * 43))
    trial = {"sms.notice": {"sq": "Provojeni: {code} {link}"}}
    assert compose_sms(facts, word("sq", trial), now=NOW).startswith("Provojeni: 7K2M9-QXZ")
    assert compose_sms(facts, word("en", trial), now=NOW).startswith("Vatra 7K2M9-QXZ: notice")
