"""The service's own mails: what somebody typed elsewhere leads nobody elsewhere, and a broken text stops no alarm."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from access.models import Assignment, StaffRole, User
from approvals.requests import Decision
from notifications.outbox.alarm import ring
from notifications.outbox.models import Heartbeat
from tests.world.notices import notify_officer

from ..in_force import Wording, kept
from ..models import TextVersion
from ..service_mails import (
    ServiceMail,
    word_alarm,
    word_came_back,
    word_change_to_concerned,
    word_change_to_managers,
    word_duty,
    word_phone_added,
    word_swap_asked,
)
from ..suspicious import is_suspicious
from .people import put_in_force

pytestmark = pytest.mark.django_db
PAGE = "https://vatra.example/n/d.x/"


def compose(made: ServiceMail, language: str = "en") -> tuple[str, str]:
    with translation.override(language):
        return made.compose(Wording(language, timezone.now()))


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_name_that_somebody_typed_leads_nobody_elsewhere(name: str, office: str) -> None:
    mails = [
        word_phone_added(phone_name=name),
        word_came_back(person=name, office=office, page=PAGE),
        word_swap_asked(person=name, office=office, page=PAGE),
        word_change_to_concerned(person=name, office=office, what="contact, changed", stage="asked"),
        word_change_to_managers(person=name, office=office, what="contact, changed", page=PAGE, stage="emergency"),
        word_duty(office=office, start_hour="20:00", begins="20:00", ends="", page=PAGE, is_deputy=False),
    ]
    for made in mails:
        subject, text = compose(made)
        assert subject.isprintable()
        assert not is_suspicious(text.replace(PAGE, "").replace("20:00", "").replace(".\n", "\n"))


@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize(
    "name", ["Call 069 12 34 567", "see vatra.al now", "me@evil.example", "Mail to:", "\u202e", ""]
)
def test_instead_of_a_name_that_would_lead_elsewhere_stands_a_plain_word(name: str) -> None:
    assert "The phone “a phone” was added" in compose(word_phone_added(phone_name=name))[1]
    assert compose(word_swap_asked(person=name, office=name, page=PAGE))[1].startswith("Somebody asks you to swap")
    assert "at the office" in compose(word_swap_asked(person="Ana", office=name, page=PAGE))[1]


@pytest.mark.usefixtures("in_english")
def test_two_halves_of_a_telephone_number_are_none() -> None:
    for person, office in (("0", "00"), ("Ana 12", "12 Street"), ("12", "9")):
        assert "went to Somebody" in compose(word_came_back(person=person, office=office, page=PAGE))[1]
    assert "went to Ana (Office 12)" in compose(word_came_back(person="Ana", office="Office 12", page=PAGE))[1]


def test_one_and_more_have_their_own_words() -> None:
    assert "1 rast pret" in compose_alarm(1)
    assert "21 raste presin" in compose_alarm(21)


def compose_alarm(cases: int) -> str:
    return compose(word_alarm(cases=cases, page=PAGE), "sq")[1]


@pytest.fixture
def operator(staffed) -> User:
    user = User.objects.create_user("op", "op@vatra.example", language="sq")
    Assignment.objects.create(user=user, role=StaffRole.OPERATOR)
    notify_officer(staffed, contact=None, role="coordinator")
    mail.outbox.clear()
    return user


def test_the_alarm_says_what_two_people_agreed_to(operator: User, first: User, second: User) -> None:
    texts = {"sq": "Askush nuk u gjet për {amount} rast.", "en": "Nobody was found for {amount} case."}
    put_in_force(first, second, "service.alarm_one", texts)
    mail.outbox.clear()
    assert ring() == 1
    (alarm,) = mail.outbox
    assert alarm.body.startswith("Askush nuk u gjet për 1 rast.\n\nVini tani dikë")


@pytest.mark.parametrize(
    "texts", [{"sq": "{token}", "en": "{token}"}, {"sq": "Lexo te vatra.al"}, ["x"], "x", {"sq": 7}]
)
def test_a_stored_text_that_is_broken_stops_no_alarm(texts: object, operator: User, first: User, second: User) -> None:
    now = timezone.now()
    for key in ("service.alarm_one", "service.subject_alarm_one", "service.alarm_page"):
        TextVersion.objects.create(
            key=key, texts=texts, proposed_by=first, decided_by=second, decided_at=now, proposed_at=now,
            in_force_from=now - timedelta(hours=1), decision=Decision.AGREED,
        )  # fmt: skip
    kept.forget()
    Heartbeat.objects.filter(part="alarm.mailed").delete()
    assert ring() == 1
    (alarm,) = mail.outbox
    assert alarm.subject == "Vatra: për 1 rast nuk ka kë të njoftohet"
    assert alarm.body.startswith("1 rast pret dhe adresari nuk gjen askënd")
    assert "/cms/dutyshift/" in alarm.body
