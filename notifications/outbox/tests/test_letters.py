import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone, translation

from audit.models import AuditEntry
from audit.verifying import verify_chain
from notifications.outbox.delivery import drain
from notifications.outbox.letters import letter_for
from notifications.outbox.models import Purpose

from .owing import owe_officer

pytestmark = pytest.mark.django_db
CANARIES = {"name": "Zanafilla", "place": "Rruga Kanarinë 7", "story": "tregim-kanarine"}


def letter(notice):
    return letter_for(notice, notice.contact, now=timezone.now())


def test_the_mail_says_a_code_a_link_and_a_time_and_nothing_else(staffed):
    brief = {"sections": [{"title": {}, "rows": [{"key": "x", "label": {}, "value": CANARIES}]}]}
    drain([str(owe_officer(staffed, brief=brief).pk)])
    (sent,) = mail.outbox
    whole = str(sent.message()) + sent.subject + sent.body
    for hidden in (*CANARIES.values(), "7K2M9Q", "Vlorë", staffed.officer.name, "policia", "polici"):
        assert hidden not in whole
    assert re.search(r"Vatra: njoftim [0-9A-Z]{5}-[0-9A-Z]{3}$", sent.subject)
    assert re.search(r"deri në orën \d\d:\d\d", sent.body)
    assert sent.to == [staffed.officer.email]


def test_the_headers_are_few_and_the_text_is_plain(staffed, settings):
    notice = owe_officer(staffed)
    drain()
    message = mail.outbox[0].message()
    assert message["Message-ID"] == f"<{notice.pk}@{settings.MESSAGE_ID_DOMAIN}>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert message["In-Reply-To"] is None
    assert not [name for name in message if name.startswith("X-")]
    number, _colon, digest = message["Vatra-Chain"].partition(":")
    entry = AuditEntry.objects.get(number=number)
    assert entry.hash.startswith(digest)
    assert len(digest) == 16
    assert verify_chain(noted=message["Vatra-Chain"]).ok


def test_a_reminder_answers_the_first_notice_and_names_its_code(staffed):
    first = owe_officer(staffed)
    chaser = owe_officer(staffed, purpose=Purpose.REMINDER, chases=first)
    made = letter(chaser)
    assert made.headers["In-Reply-To"] == made.headers["References"] == letter(first).id
    assert made.id != letter(first).id
    assert first.code in made.subject


@pytest.mark.parametrize(("language", "mark"), [("sq", "STËRVITJE"), ("en", "DRILL")])
def test_a_drill_is_marked_as_a_drill(staffed, language, mark):
    notice = owe_officer(staffed, is_drill=True)
    notice.language = language
    made = letter(notice)
    assert made.subject.startswith(mark)
    assert mark in made.text


def test_the_language_is_the_contacts_whatever_the_process_speaks(staffed):
    notice = owe_officer(staffed, contact=staffed.coordinator)
    with translation.override("sq"):
        assert "Please answer" in letter(notice).text
    notice.language = "xx"
    assert "përgjigjuni" in letter(notice).text


def test_the_hour_is_albanias(staffed):
    notice = owe_officer(staffed)
    hour = timezone.localtime(notice.answer_by).strftime("%H:%M")
    assert f"deri në orën {hour}" in letter(notice).text


def test_a_time_on_another_day_carries_its_date_and_a_past_one_is_left_out(staffed):
    notice = owe_officer(staffed)
    notice.answer_by = timezone.now() + timedelta(days=2)
    assert timezone.localtime(notice.answer_by).strftime("%d.%m.%Y") in letter(notice).text
    for nothing in (timezone.now() - timedelta(minutes=1), None):
        notice.answer_by = nothing
        assert "sa më parë" in letter(notice).text


@pytest.mark.parametrize("purpose", [Purpose.CALL, Purpose.FALLBACK])
def test_a_call_asks_for_a_call_and_gives_no_number(staffed, purpose):
    first = owe_officer(staffed)
    made = letter(owe_officer(staffed, purpose=purpose, chases=first, contact=staffed.coordinator))
    assert "please call" in made.subject
    assert staffed.officer.phone not in made.text
