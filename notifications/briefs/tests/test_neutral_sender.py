"""What leaves for whom tells who writes: every text of every role is read for the organisation's name and its field."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from access.models import MobileUnit
from notifications.channels.push import build_payload
from notifications.directory.models import Agreement, Contact, Role
from notifications.directory.own_duty.calendar import build_feed
from notifications.directory.senders import choose_sender, choose_sender_to
from notifications.directory.ways.mailing import send_to_contact
from notifications.directory.ways.models import ContactWay, WayKind
from notifications.outbox.actions import build_link
from notifications.outbox.messages import build_message
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.sender import get_sender
from notifications.outbox.ways.words import build_way_message
from notifications.texts.in_force import StoredText, Wording, get_shipped, kept
from notifications.texts.registry import TEXTS
from notifications.texts.senders import NAMED, NEUTRAL, SenderSet, find_telling
from notifications.texts.service_mails import word_phone_added

from .. import documents
from ..composing import BriefRow, compose
from ..pin_card import render_card
from .conftest import PIN, get_path

pytestmark = pytest.mark.django_db
LANGUAGES = ("sq", "en")
# Who may read the organisation's name without an agreement: our own people, and offices notified by their duty.
MAY_BE_NAMED = {Role.POLICE, Role.RESPONSIBLE_AUTHORITY, Role.CPU, Role.COORDINATOR, Role.MOBILE_UNIT}
NEUTRAL_ROLES = [role for role in Role if role not in MAY_BE_NAMED]
# Shipped texts that tell, which only our own people get: mails to coordinators, and the paper of our own units.
ONLY_TO_OUR_OWN = {"document.title_mobile_unit"}


def is_to_our_own(key: str) -> bool:
    """Tell whether a text stands in mails to our own people only: not to contacts."""
    to_contacts = (
        "duty",
        "deputy",
        "page_sent",
        "swap",
        "leave",
        "roster",
        "own_page",
        "no_page",
        "concerned",
        "phone_a",
    )
    return key.startswith("service.") and not any(
        part in key for part in (*to_contacts, "phone_not", "change_what", "hello")
    )


def make_brief() -> list[BriefRow]:
    unit = MobileUnit.objects.get()
    row = {"shared_with": dict.fromkeys(Role.values, True), "section": {"sq": "Nxënësi", "en": "The pupil"}}
    return [
        BriefRow("pupil", {"sq": "Nxënësi", "en": "Pupil"}, {"sq": "M. P.", "en": "M. P."}, **row, part="person"),
        BriefRow("case.unit", {"sq": "Dërgon", "en": "From"}, {"sq": unit.name, "en": unit.name}, **row, part="call"),
    ]


@pytest.fixture
def send(make_contact: Callable[..., Contact], make_notice: Callable[..., Notice]) -> Callable[..., Notice]:
    """Notify the office of a role. The unit that sends it is called as the true ones are."""
    MobileUnit.objects.update(name="Njësia Lëvizëse Provë")

    def make(role: str, *, contact: Contact | None = None, **given: object) -> Notice:
        contact = contact or make_contact(role)
        brief = compose(role, make_brief())
        return make_notice(contact=contact, brief=brief, role=role, needs_document=True, **given)

    return make


def iter_texts(notice: Notice) -> Iterator[tuple[str, str]]:
    """Yield (what, text) of every message of a notice, by each way and for each purpose."""
    contact, now = notice.contact, timezone.now()
    assert contact is not None
    for purpose in Purpose.values:
        notice.purpose = purpose
        if purpose == Purpose.DIGEST:
            continue  # to coordinators
        letter = build_message(notice, contact, now=now)
        shown = letter.text.replace(build_link(notice), "").replace(settings.PUBLIC_URL, "")  # the host stays: docs
        yield f"mail {purpose}", f"{letter.subject}\n{shown}\n{' '.join(letter.headers)}\n{letter.sender}"
        for kind in (WayKind.SMS, WayKind.PUSH, WayKind.VOICE):
            way = ContactWay(contact=contact, channel=kind, address="+355690000000")
            sent = build_way_message(notice, way, reference="r" * 32, now=now)
            yield f"{kind} {purpose}", f"{sent.subject}\n{sent.text.replace(sent.link, '')}"
            if kind == WayKind.PUSH:
                yield f"payload {purpose}", json.loads(build_payload(sent))["title"]


@pytest.fixture(autouse=True)
def neutral_address(settings):
    settings.NEUTRAL_SENDER_EMAIL = "njoftime@sherbimi.example"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", NEUTRAL_ROLES)
def test_no_message_to_a_role_without_agreement_tells_who_writes(send, make_contact, role, language):
    contact = make_contact(role, language=language)
    notice = send(role, contact=contact)
    notice.language = language
    told = {what: find_telling(text) for what, text in iter_texts(notice) if find_telling(text)}
    assert told == {}


@pytest.mark.parametrize("role", sorted(MAY_BE_NAMED))
def test_who_is_notified_by_duty_sees_who_writes(send, role):
    told = {what for what, text in iter_texts(send(role)) if "vatra" in find_telling(text)}
    assert {"mail first", "sms first", "push first", "voice first", "payload first"} <= told


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", NEUTRAL_ROLES)
def test_no_page_and_no_paper_tells_who_writes(send, make_contact, role, language):
    notice = send(role, contact=make_contact(role, language=language))
    browser, path, asked = Client(), get_path(notice), {"lang": language}
    pages = [
        browser.get(path, asked),
        browser.get(f"{path}not-me/", asked),
        browser.post(path, {**asked, "pin": "000000"}),
    ]
    browser.post(path, {**asked, "pin": PIN})
    pages += [browser.get(path, asked), browser.post(f"{path}reply/", {**asked, "kind": "no such"})]
    pages += [browser.get(f"{path}phones/", asked), browser.post(f"{path}close/", asked)]
    pages += [browser.get(f"/n/{'x' * 43}/", asked), browser.get("/n/nothing/of/the/kind/", asked)]
    assert b"M. P." in pages[3].content
    for each in pages:
        assert find_telling(each.content.decode().replace("data-vatra", "")) == [], each.request["PATH_INFO"]
    for pdf in (documents.render(notice).pdf, render_card(notice.contact).pdf):
        read = PdfReader(io.BytesIO(pdf))
        assert find_telling(f"{read.metadata} " + " ".join(page.extract_text() for page in read.pages)) == []


def test_the_named_pages_and_papers_say_who_writes(send, client):
    notice = send(Role.POLICE)
    assert "Vatra" in client.get(get_path(notice)).content.decode()
    read = PdfReader(io.BytesIO(documents.render(notice).pdf))
    assert "Vatra" in str(read.metadata.author)
    assert "Njësia Lëvizëse Provë" in read.pages[0].extract_text()


def test_every_shipped_text_is_neutral_or_listed_here():
    texts = [(key, Wording(language, timezone.now(), sender=NEUTRAL)) for key in TEXTS for language in LANGUAGES]
    told = {key for key, wording in texts if find_telling(get_shipped(key, wording.language, is_neutral=True))}
    assert {key for key in told if not is_to_our_own(key)} == ONLY_TO_OUR_OWN


def test_what_two_people_worded_is_passed_over_where_it_would_tell(send, monkeypatch):
    texts = {"sq": "Ju pret një njoftim nga Vatra.", "en": "A notice of Vatra waits."}
    since = timezone.now() - timedelta(days=1)
    monkeypatch.setattr(kept, "get", lambda: {"mail.notice": [StoredText(7, "mail.notice", texts, since, True)]})
    for role, is_used in ((Role.POLICE, True), (Role.SCHOOL, False)):
        notice = send(role)
        letter = build_message(notice, notice.contact, now=timezone.now())
        assert (texts["sq"] in letter.text) is is_used
        assert (letter.texts == "7") is is_used


def test_a_service_is_named_under_an_agreement_in_force_and_no_longer(send):
    notice, now = send(Role.PROTECTION_SERVICE), timezone.now()
    office, today = notice.contact.partner, timezone.localdate()
    assert choose_sender(office, now) is NEUTRAL
    agreement = Agreement.objects.create(partner=office, signed_on=today)
    assert choose_sender(office, now) is NAMED
    Agreement.objects.filter(pk=agreement.pk).update(withdrawn_on=today)
    assert choose_sender(office, now) is NEUTRAL


def test_an_agreement_names_nobody_to_a_school(send):
    notice = send(Role.SCHOOL)
    Agreement.objects.create(partner=notice.contact.partner, signed_on=timezone.localdate())
    assert get_sender(notice) is NEUTRAL


def test_what_was_chosen_for_an_office_counts_and_settings_add_roles(make_contact, settings):
    office, now = make_contact(Role.CPU).partner, timezone.now()
    assert choose_sender(office, now) is NAMED
    settings.NEUTRAL_SENDER_ROLES = frozenset({Role.CPU})
    assert choose_sender(office, now) is NEUTRAL
    office.sender_set = SenderSet.NAMED
    assert choose_sender(office, now) is NAMED


def test_what_is_to_be_passed_on_takes_the_more_careful_name(make_contact):
    office = make_contact(Role.RESPONSIBLE_AUTHORITY).partner
    assert choose_sender(office, timezone.now(), role=Role.EMBASSY_DESK) is NEUTRAL
    assert choose_sender(None, timezone.now(), role="a role of a later release") is NEUTRAL
    assert choose_sender_to(None, timezone.now()) is NAMED  # one of us


def test_a_mail_about_a_phone_comes_from_the_neutral_sender(make_contact, mailoutbox):
    for role in (Role.SCHOOL, Role.POLICE):
        contact = make_contact(role)
        assert send_to_contact(contact.pk, contact.email, "sq", lambda: word_phone_added(phone_name="im"))
    school, police = mailoutbox
    assert find_telling(f"{school.subject} {school.body} {school.from_email}") == []
    assert school.from_email.endswith("<njoftime@sherbimi.example>")
    assert police.from_email == settings.DEFAULT_FROM_EMAIL


def test_a_calendar_tells_nothing(make_contact):
    assert find_telling(build_feed(make_contact(Role.SCHOOL), timezone.now()).decode()) == []


def test_the_neutral_number_stands_wherever_a_unit_would_be_called(send, settings):
    settings.NEUTRAL_SENDER_PHONE = "+355 4 200 0000"
    school, police = send(Role.SCHOOL), send(Role.POLICE)
    assert "+355 4 200 0000" in build_message(school, school.contact, now=timezone.now()).text
    assert "+355 4 200 0000" not in build_message(police, police.contact, now=timezone.now()).text
    card = PdfReader(io.BytesIO(render_card(school.contact).pdf)).pages[0].extract_text()
    assert "+355 4 200 0000" in card


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("NEUTRAL_SENDER_NAME", "x" * 25, "senders.E001"),
        ("NEUTRAL_SENDER_NAME", "www.example.org", "senders.E001"),
        ("NEUTRAL_SENDER_NAME", "Njoftime të Vatrës", "senders.E002"),
        ("NEUTRAL_SENDER_EMAIL", "Njoftime <a@b.example>", "senders.E003"),
        ("NEUTRAL_SENDER_ROLES", frozenset({"employer"}), "senders.E004"),
    ],
)
def test_settings_that_would_tell_or_fail_stop_the_start(settings, name, value, code):
    assert "senders" not in str([each.id for each in run_checks()])
    setattr(settings, name, value)
    assert code in [each.id for each in run_checks()]


def test_words_are_found_in_every_case_and_without_marks():
    assert find_telling("Qendra Psiko-Sociale VATRËS, viktimë e trafikimit, njësinë lëvizëse, Mobile Unit")
    assert find_telling("Njësia e Mbrojtjes së Fëmijëve, vatër, unit, shërbimi i njoftimeve") == []
