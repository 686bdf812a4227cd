import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from access.models import MobileUnit
from audit.models import AuditEntry
from audit.verification import verify_chain
from tests.world.notices import BRIEF, notify_officer
from vault.seal import SealBroken

from ..delivery import send_due
from ..messages import build_message
from ..models import Purpose
from ..sender import get_unit_to_call, get_units_with_number, units_read_once

pytestmark = pytest.mark.django_db
CANARIES = {"name": "Zanafilla", "place": "Rruga Kanarinë 7", "story": "tregim-kanarine"}


def letter(notice):
    return build_message(notice, notice.contact, now=timezone.now())


def test_the_mail_says_a_code_a_link_and_a_time_and_nothing_else(staffed):
    brief = {"sections": [{"title": {}, "rows": [{"key": "x", "label": {}, "value": CANARIES}]}]}
    send_due([str(notify_officer(staffed, brief=brief).pk)])
    (sent,) = mail.outbox
    whole = str(sent.message()) + sent.subject + sent.body
    for hidden in (*CANARIES.values(), "7K2M9Q", "Vlorë", staffed.officer.name, "policia", "polici"):
        assert hidden not in whole
    assert re.search(r"Vatra: njoftim [0-9A-Z]{5}-[0-9A-Z]{3}$", sent.subject)
    assert re.search(r"deri në orën \d\d:\d\d", sent.body)
    assert sent.to == [staffed.officer.email]


def test_the_headers_are_few_and_the_text_is_plain(staffed, settings):
    notice = notify_officer(staffed)
    send_due()
    message = mail.outbox[0].message()
    assert message["Message-ID"] == f"<{notice.pk}@{settings.MESSAGE_ID_DOMAIN}>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert message["In-Reply-To"] is None
    assert not [name for name in message if name.startswith("X-")]
    number, _colon, digest = message["Notice-Chain"].partition(":")
    entry = AuditEntry.objects.get(number=number)
    assert entry.hash.startswith(digest)
    assert len(digest) == 16
    assert verify_chain(noted=message["Notice-Chain"]).ok


def test_a_reminder_answers_the_first_notice_and_names_its_code(staffed):
    first = notify_officer(staffed)
    chaser = notify_officer(staffed, purpose=Purpose.REMINDER, chases=first)
    made = letter(chaser)
    assert made.headers["In-Reply-To"] == made.headers["References"] == letter(first).id
    assert made.id != letter(first).id
    assert first.code in made.subject


@pytest.mark.parametrize(("language", "mark"), [("sq", "STËRVITJE"), ("en", "DRILL")])
def test_a_drill_is_marked_as_a_drill(staffed, language, mark):
    notice = notify_officer(staffed, is_drill=True)
    notice.language = language
    made = letter(notice)
    assert made.subject.startswith(mark)
    assert mark in made.text


def test_the_language_is_the_contacts_whatever_the_process_speaks(staffed):
    notice = notify_officer(staffed, contact=staffed.coordinator)
    with translation.override("sq"):
        assert "Please answer" in letter(notice).text
    notice.language = "xx"
    assert "përgjigjuni" in letter(notice).text


def test_the_hour_is_albanias(staffed):
    notice = notify_officer(staffed)
    hour = timezone.localtime(notice.answer_by).strftime("%H:%M")
    assert f"deri në orën {hour}" in letter(notice).text


def test_a_time_on_another_day_carries_its_date_and_a_past_one_is_left_out(staffed):
    notice = notify_officer(staffed)
    notice.answer_by = timezone.now() + timedelta(days=2)
    assert timezone.localtime(notice.answer_by).strftime("%d.%m.%Y") in letter(notice).text
    for nothing in (timezone.now() - timedelta(minutes=1), None):
        notice.answer_by = nothing
        assert "sa më parë" in letter(notice).text


@pytest.mark.parametrize("purpose", [Purpose.CALL, Purpose.FALLBACK])
def test_a_call_asks_for_a_call_and_gives_no_number(staffed, purpose):
    first = notify_officer(staffed)
    made = letter(notify_officer(staffed, purpose=purpose, chases=first, contact=staffed.coordinator))
    assert "please call" in made.subject
    assert staffed.officer.phone not in made.text


# ---- not like phishing ----


@pytest.fixture
def unit(staffed):
    return MobileUnit.objects.create(
        slug="unit-vlore",
        name="Njësia Lëvizëse Vlorë",
        region=staffed.country.vlore.region,
        callback_phone="+355 33 000 111",
    )


def test_the_mail_says_who_we_are_which_number_to_compare_and_how_the_link_begins(staffed, unit, settings):
    notice = notify_officer(staffed, unit=unit)
    text = letter(notice).text
    assert "Qendrës Psiko-Sociale “Vatra”" in text
    assert "Njësia Lëvizëse Vlorë: +355 33 000 111" in text
    (start,) = re.findall(r"Lidhja fillon me (\S+)", text)
    assert start == f"{settings.PUBLIC_URL}/n/"
    assert re.search(rf"^{re.escape(start)}\S+$", text, re.MULTILINE)
    assert "kartën tuaj të PIN-it" in text
    notice.language = "en"
    assert "Psycho-Social Centre “Vatra”" in letter(notice).text


def test_without_a_number_the_mail_names_the_card_and_gives_none(staffed):
    assert "telefononi numrin në kartën tuaj të PIN-it" in letter(notify_officer(staffed)).text


def test_the_number_is_one_that_stands_on_every_pin_card(staffed, unit):
    assert unit in get_units_with_number()
    assert get_unit_to_call(notify_officer(staffed)) == unit


def test_another_name_turns_no_call_to_another_unit(staffed, unit):
    notice = notify_officer(staffed)
    notice.unit = None
    other = MobileUnit.objects.create(
        slug="later", name="0 first by name", region=unit.region, callback_phone="+355691234560", is_active=True
    )
    assert other.name < unit.name
    assert get_unit_to_call(notice) == unit


def test_what_is_sent_together_asks_once_for_a_regions_unit_and_the_next_time_anew(staffed, unit):
    notice = notify_officer(staffed)
    notice.unit = None
    with CaptureQueriesContext(connection) as asked, units_read_once():
        assert [get_unit_to_call(notice) for _each in range(3)] == [unit] * 3
    assert len(asked) == 1
    MobileUnit.objects.filter(pk=unit.pk).update(callback_phone="")
    with units_read_once():
        assert get_unit_to_call(notice) is None
    assert get_unit_to_call(notice) is None


def test_the_time_to_answer_is_said_in_minutes(staffed):
    notice = notify_officer(staffed)
    assert "brenda 30 minutash, deri në orën" in letter(notice).text
    notice.answer_by = timezone.now() + timedelta(minutes=1)
    assert "brenda 1 minute, deri në orën" in letter(notice).text
    notice.language = "en"
    assert "within 1 minute, by" in letter(notice).text
    notice.answer_by = timezone.now() + timedelta(hours=9)
    assert "within" not in letter(notice).text


def test_an_urgent_mail_begins_with_the_time_to_answer_and_says_nothing_else_of_it(staffed):
    calm, urgent = letter(notify_officer(staffed)), letter(notify_officer(staffed, brief={**BRIEF, "urgent": True}))
    assert urgent.text.splitlines()[0].startswith("Përgjigjuni brenda 30 minutash, deri në orën")
    assert urgent.subject.endswith(", përgjigje brenda 30 min")
    assert calm.text.startswith("I nderuar koleg")
    for word in ("urgjent", "urgent", "rrezik", "danger"):
        assert word not in (urgent.subject + urgent.text).lower()


@pytest.mark.parametrize(
    ("language", "silent", "declined"),
    [
        ("sq", "Ju njoftoheni si zëvendës: personi në shërbim u njoftua para jush dhe nuk është përgjigjur.", "marrë"),
        ("en", "You are notified as the deputy: the person on duty was notified before you and has not", "can't take"),
    ],
)
def test_the_deputy_is_told_that_they_are_and_why(staffed, language, silent, declined):
    first = notify_officer(staffed)
    deputy = notify_officer(staffed, purpose=Purpose.DEPUTY, chases=first, contact=staffed.deputy)
    deputy.language = language
    made = letter(deputy)
    assert silent in made.text
    assert staffed.officer.name not in made.text + made.subject
    assert ("zëvendës" if language == "sq" else "deputy") in made.subject
    deputy.chases.declined_at = timezone.now()
    assert declined in letter(deputy).text


def test_a_brief_that_does_not_open_is_mailed_all_the_same(staffed, monkeypatch):
    notice = notify_officer(staffed)

    def broken(_notice):
        raise SealBroken

    monkeypatch.setattr(type(notice), "brief", property(broken))
    assert notice.code in letter(notice).text
