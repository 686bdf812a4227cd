"""Whatever fetches a link before its reader does leaves the notice as it was: mail scanners, link previews, prefetch.

Every link that leaves us, by every channel, is fetched as fifty kinds of machines do, and the whole database is
compared. Only what a POST says counts. In `make test` each address below a link is fetched once by each machine.
"""

import itertools
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from audit.chain import SYSTEM
from notifications.channels.base import Message, PayloadError
from notifications.channels.push import build_payload
from notifications.channels.webhook import build_body
from notifications.directory.models import Contact, DutyShift
from notifications.directory.own_duty import calendar
from notifications.directory.own_duty.links import get_address
from notifications.directory.services.links import build_address, make_link
from notifications.directory.services.models import ServiceProfile
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.ways.planning import ring
from notifications.outbox.ways.sending import send_due_ways
from tests.examples import FACTOR
from tests.rows import read_everything
from tests.world.notices import Postbox, StaffedCountry, notify_officer, postbox, staffed
from tests.world.offices import PIN, make_contact
from tests.world.phones import Phones, add_way, phones

__all__ = ["phones", "postbox", "staffed"]
pytestmark = pytest.mark.django_db

LINK = re.compile(r"https?://[^\s\"'<>\\]+/n/[^\s\"'<>\\]+")  # as JSON writes a text, too
FETCHES = 50
METHODS = ("get", "head", "options")
MACHINES: tuple[dict[str, str], ...] = (
    {"User-Agent": "Mozilla/5.0 (compatible; Microsoft Office Protection)"},
    {"User-Agent": "Mimecast-URL-Protect/1.0"},
    {"User-Agent": "WhatsApp/2.23.20.0"},
    {"User-Agent": "facebookexternalhit/1.1", "Range": "bytes=0-524287"},
    {"User-Agent": "Viber", "Accept": "*/*"},
    {"User-Agent": "TelegramBot (like TwitterBot)"},
    {"User-Agent": "Slackbot-LinkExpanding 1.0", "Range": "bytes=0-32768"},
    {"User-Agent": "curl/8.5"},
    {"Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender", "X-Purpose": "preview"},
    {"X-Moz": "prefetch"},
    {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "cross-site"},
    {"X-HTTP-Method-Override": "POST"},
    {"If-Modified-Since": "Sat, 28 Nov 2026 00:00:00 GMT", "If-None-Match": "*"},
    {"Accept-Language": "zz", "Accept": "application/json"},
    {"Range": "bytes=-1,0-0,5-"},
    {"Origin": "null", "Referer": "https://safelinks.example/?url=x"},
    {},
)
# A calendar program is meant to come by GET, and that it came is noted; the notice knows nothing of it.
COMING_IS_NOTED = {
    "directory_dutycalendar",
    *("audit_auditentry", "audit_chainhead", "access_ratecount", "access_ratelimit"),
}


def iter_fetches(number: int) -> Iterator[tuple[str, dict[str, str], str, str]]:
    """(method, headers, protocol, query) of as many fetches."""
    # Every machine once, then every one with its next method: the first of them hold each machine and each method.
    turns = ((machine, METHODS[(place + turn) % 3]) for turn in range(3) for place, machine in enumerate(MACHINES))
    kinds = itertools.cycle(turns)
    queries = itertools.cycle(["", "?lang=en", "?kind=accepted&do=close", f"?pin={PIN}", "?_method=POST"])
    protocols = itertools.cycle(["HTTP/1.1", "HTTP/1.0", "HTTP/1.1"])
    for (machine, method), query, protocol in itertools.islice(zip(kinds, queries, protocols, strict=False), number):
        yield method, machine, protocol, query


def fetch_as_machines(path: str, *, times: int = FETCHES, client: Client | None = None) -> set[int]:
    answered = set()
    for method, headers, protocol, query in iter_fetches(times):
        fetcher: Any = client or Client()
        answer = getattr(fetcher, method)(path + query, headers=headers, SERVER_PROTOCOL=protocol)
        assert answer.status_code < 500, (method, headers, query)
        answered.add(answer.status_code)
    return answered


@pytest.fixture
def sent(staffed: StaffedCountry, postbox: Postbox, phones: Phones, settings: Any) -> set[str]:
    """Every link that leaves: of notices by each way, tests, PIN cards, one's own shifts, and a service's places."""
    settings.NOTIFICATION_CHANNELS = {
        **settings.NOTIFICATION_CHANNELS,
        "webhook": "tests.world.phones.WebhookChannel",
    }
    officer = staffed.officer
    for contact in (officer, staffed.deputy, staffed.coordinator):
        contact.set_pin(PIN)
        contact.save()
    for channel in ("sms", "voice", "push"):
        add_way(officer, channel)
    add_way(officer, "webhook", address="https://system.police.example/vatra")
    first = notify_officer(staffed)
    ring([first], at=first.owed_at)
    for purpose in (Purpose.CALL, Purpose.REMINDER, Purpose.FALLBACK, Purpose.DUTY):
        notify_officer(staffed, contact=staffed.coordinator, purpose=purpose)
    untested = make_contact(staffed.country.police, pin=PIN)
    notify_officer(staffed, contact=untested, purpose=Purpose.TEST)
    send_due()
    send_due_ways()
    service = make_contact(staffed.country.service, pin=PIN)
    ServiceProfile.objects.get_or_create(partner=staffed.country.service)
    others = [build_address(make_link(service, actor=SYSTEM)), get_address(officer)]
    messages = [*postbox.letters, *(message for _channel, message in phones.taken)]
    assert {channel for channel, _message in phones.taken} >= {"sms", "push", "voice", "webhook"}
    return {link for message in messages for link in find_links(message)} | set(others)


def find_links(message: Message) -> set[str]:
    """The links in all that a channel makes of a message."""
    made = [message.subject, message.text, message.link, *message.headers.values()]
    made.append(build_body(message, timezone.now()).decode())
    with suppress(PayloadError):  # a mail's text is too long for a phone
        made.append(build_payload(message).decode())
    return {link.rstrip(".,") for text in made for link in LINK.findall(text)}


def test_fifty_fetches_of_every_link_of_every_channel_leave_everything_as_it_was(sent: set[str]) -> None:
    assert len(sent) >= 7
    for link in sorted(sent):
        path = urlsplit(link).path
        before = read_everything()
        assert fetch_as_machines(path) & {200}, path
        for below in ("reply/", "step/", "not-me/", "talk/", "phones/", "close/", "reports/", "document.pdf"):
            fetch_as_machines(path + below, times=len(MACHINES) if FACTOR < 1 else FETCHES)
        assert read_everything() == before, path
    assert set(Notice.objects.values_list("opened_at", flat=True)) == {None}


def test_a_link_that_machines_fetched_opens_for_its_reader_as_before(staffed: StaffedCountry, postbox: Postbox) -> None:
    staffed.officer.set_pin(PIN)
    staffed.officer.save()
    notice = notify_officer(staffed)
    send_due()
    fetch_as_machines(f"/n/{notice.link_token}/")
    reader = Client()
    assert reader.post(f"/n/{notice.link_token}/", {"pin": PIN}).status_code == 303
    notice.refresh_from_db()
    assert (notice.state, notice.opened_at is not None) == ("opened", True)
    before = read_everything(without=["audit_auditentry", "audit_chainhead", "briefs_briefsession"])
    # In the very browser that has it open, too: a page that is fetched ahead answers nothing.
    for below in ("", "reply/", "not-me/", "talk/", "phones/"):
        fetch_as_machines(f"/n/{notice.link_token}/{below}", client=reader)
    assert read_everything(without=["audit_auditentry", "audit_chainhead", "briefs_briefsession"]) == before


def test_a_calendar_that_is_fetched_too_often_costs_nobody_a_notice(staffed: StaffedCountry) -> None:
    DutyShift.objects.update(ends_at=timezone.now() + timedelta(days=3))
    notify_officer(staffed)
    path = urlsplit(calendar.make_address(Contact.objects.get(pk=staffed.officer.pk))).path
    before = read_everything(without=COMING_IS_NOTED)
    fetch_as_machines(path)
    assert read_everything(without=COMING_IS_NOTED) == before
    assert not mail.outbox
