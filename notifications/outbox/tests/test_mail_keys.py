"""E-mails to a contact's key, as a real SMTP server receives them and a mail program opens them."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEntry
from notifications import signals
from notifications.channels import encrypted_mail
from notifications.channels.mail_keys.reading import read_key
from notifications.directory.models import Contact, ContactWay
from notifications.directory.ways.choosing import get_mail_keys
from notifications.texts.values import get_link_start
from tests.world.mail_keys import get_public, make_openpgp, make_smime, open_openpgp, open_smime
from tests.world.mail_server import mail_server
from tests.world.notices import notify_officer

from ..delivery import send_due
from ..models import Attempt, Dispatch, Notice, Purpose
from ..states import NoticeState
from ..ways.sending import send_due_ways

__all__ = ["mail_server"]

pytestmark = pytest.mark.django_db


def give_key(contact: Contact, content: bytes, **more) -> ContactWay:
    """Give this contact a key that counts."""
    key = read_key(content)
    values = {"confirmed_at": timezone.now(), "mail_key_until": key.expires_at, **more}
    return ContactWay.objects.create(
        contact=contact, channel="mailkey", address=key.fingerprint, mail_key=key.text, **values
    )


def inform_coordinators() -> list[Notice]:
    return list(Notice.objects.filter(purpose=Purpose.INFORM, role="coordinator"))


def assert_says_nothing_outside(raw: bytes, notice: Notice) -> None:
    text = raw.decode("ascii")
    for hidden in (notice.code, notice.link_token, get_link_start(), "Vatra: "):
        assert hidden not in text
    outer = message_from_bytes(raw, policy=policy.default)
    assert outer["Subject"] == "Mesazh i shifruar"


def test_a_mail_to_an_openpgp_key_is_read_by_its_holder_alone(staffed, mail_server):
    key = make_openpgp()
    give_key(staffed.officer, get_public(key))
    notice = notify_officer(staffed)
    assert send_due() == 1
    (raw,) = mail_server.mails
    assert_says_nothing_outside(raw, notice)
    opened = open_openpgp(raw, key)
    assert f"/n/{notice.link_token}/" in opened.text
    assert mail_server.recipients == [[staffed.officer.email]]


def test_a_mail_to_a_certificate_is_read_by_its_holder_alone(staffed, mail_server):
    made = make_smime()
    give_key(staffed.officer, made.pem)
    notice = notify_officer(staffed)
    assert send_due() == 1
    (raw,) = mail_server.mails
    assert_says_nothing_outside(raw, notice)
    assert f"/n/{notice.link_token}/" in open_smime(raw, made).text


def test_what_is_encrypted_is_what_was_readable_before(staffed, mail_server):
    """The same text, and the same subject: as a protected header, and as the text's first line."""
    notify_officer(staffed, contact=staffed.deputy)
    key = make_openpgp()
    give_key(staffed.officer, get_public(key))
    notice = notify_officer(staffed)
    send_due()
    plain = message_from_bytes(mail_server.mails[0], policy=policy.default)
    opened = open_openpgp(mail_server.mails[1], key)
    first = Notice.objects.get(contact=staffed.deputy)
    expected = plain.get_content().replace("\r\n", "\n")
    ours = opened.text.replace("\r\n", "\n")
    subject, _empty, text = ours.split("\n", 2)
    assert (
        text.replace(notice.code, first.code).replace(notice.link_token, first.link_token).strip() == expected.strip()
    )
    assert subject == f"Subject: {opened.inner['Subject']}"
    assert notice.code in opened.inner["Subject"]
    assert (opened.inner.get_content_type(), opened.inner.get_content_charset()) == ("text/plain", "utf-8")
    params = opened.inner["Content-Type"].params
    assert (params["hp"], params["hp-legacy-display"], params["protected-headers"]) == ("cipher", "1", "v1")
    for name in ("From", "To", "Message-ID", "Date"):
        assert opened.inner[name] == opened.outer[name]
    assert "Subject: Mesazh i shifruar" in opened.inner.get_all("HP-Outer")
    assert opened.outer["Auto-Submitted"] == "auto-generated"


def test_the_subject_outside_is_in_the_contacts_language(staffed, mail_server):
    Contact.objects.filter(pk=staffed.officer.pk).update(language="en")
    staffed.officer.refresh_from_db()
    give_key(staffed.officer, get_public(make_openpgp()))
    notify_officer(staffed)
    send_due()
    assert message_from_bytes(mail_server.mails[0], policy=policy.default)["Subject"] == "Encrypted message"


def test_a_mail_that_comes_back_is_still_known(staffed, mail_server, settings):
    settings.EMAIL_BOUNCE_ADDRESS = "back@vatra.example"
    give_key(staffed.officer, get_public(make_openpgp()))
    notify_officer(staffed)
    send_due()
    (raw,) = mail_server.mails
    assert "back+" not in raw.decode("ascii")  # in the envelope alone
    assert Attempt.objects.get().address == staffed.officer.email


def test_each_attempt_names_the_key_by_the_end_of_its_fingerprint(staffed, mail_server):
    way = give_key(staffed.officer, get_public(make_openpgp()))
    notify_officer(staffed)
    notify_officer(staffed, contact=staffed.deputy)
    send_due()
    expire(way)
    notify_officer(staffed)
    send_due()
    attempts = Attempt.objects.filter(notice__purpose=Purpose.FIRST).order_by("pk").values_list("mail_key", flat=True)
    assert list(attempts) == [way.address[-8:], "readable", "readable"]


@pytest.mark.parametrize("missing", ["not tested", "ended", "of somebody else"])
def test_a_key_that_does_not_count_encrypts_nothing(staffed, mail_server, missing):
    key = get_public(make_openpgp())
    if missing == "of somebody else":
        give_key(staffed.deputy, key)
    else:
        give_key(staffed.officer, key, **({"confirmed_at": None} if missing == "not tested" else {"is_active": False}))
    notice = notify_officer(staffed)
    send_due()
    assert notice.code in mail_server.mails[0].decode()


def test_the_key_that_was_tested_last_is_used(staffed, mail_server):
    old, new = make_openpgp(), make_openpgp()
    give_key(staffed.officer, get_public(new))
    give_key(staffed.officer, get_public(old), confirmed_at=timezone.now() - timedelta(days=300))
    notify_officer(staffed)
    send_due()
    open_openpgp(mail_server.mails[0], new)


def test_a_key_is_no_way_of_its_own(staffed, mail_server):
    give_key(staffed.officer, get_public(make_openpgp()))
    notify_officer(staffed)
    assert (Dispatch.objects.count(), send_due_ways()) == (0, 0)


# ---- a key that can't be used ----


def expire(way: ContactWay) -> None:
    """Put a key in this row that has expired, without anybody having noticed."""
    over = make_smime(ends=timezone.now() - timedelta(minutes=1))
    ContactWay.objects.filter(pk=way.pk).update(mail_key=over.pem.decode(), mail_key_until=None)


@pytest.mark.parametrize("broken", ["expired", "damaged", "a fault of ours"])
def test_a_notice_is_never_lost_or_late_because_of_a_key(staffed, mail_server, broken, monkeypatch):
    way = give_key(staffed.officer, get_public(make_openpgp()))
    if broken == "expired":
        expire(way)
    elif broken == "damaged":
        ContactWay.objects.filter(pk=way.pk).update(mail_key=way.mail_key[:200])
    else:
        monkeypatch.setattr(encrypted_mail, "_wrap_openpgp", lambda *_given: 1 / 0)
    notice = notify_officer(staffed)
    assert send_due() >= 1
    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == (NoticeState.SENT, 1)
    assert notice.code in mail_server.mails[0].decode()
    way.refresh_from_db()
    assert (way.is_active, way.end_reason) == (False, "key_unusable")


def test_the_coordinators_are_notified_once_of_a_key_that_cannot_be_used(staffed, mail_server):
    way = give_key(staffed.officer, get_public(make_openpgp()))
    expire(way)
    notify_officer(staffed)
    notify_officer(staffed)
    send_due()
    notify_officer(staffed)
    send_due()
    (told,) = inform_coordinators()
    assert told.contact == staffed.coordinator
    (section,) = told.brief["sections"]
    assert section["title"]["en"] == "E-mails to a contact are no longer encrypted"
    assert section["title"]["sq"] != section["title"]["en"]
    assert AuditEntry.objects.filter(action="directory.way_ended").count() == 1


def test_where_a_newer_key_counts_nobody_is_notified_of_the_older_ones_end(staffed, mail_server):
    old = give_key(staffed.officer, make_smime().pem, confirmed_at=timezone.now() - timedelta(days=1))
    give_key(staffed.officer, get_public(make_openpgp()))
    signals.way_ended.send(sender=ContactWay, way=old)
    assert inform_coordinators() == []


# ---- the test of a key ----


def untested(staffed, content: bytes) -> ContactWay:
    way = give_key(staffed.officer, content, confirmed_at=None)
    signals.way_untested.send(sender=ContactWay, way=way)
    return way


def test_a_key_counts_once_the_test_encrypted_to_it_was_opened_with_the_pin(staffed, mail_server):
    staffed.officer.set_pin("582913")
    staffed.officer.save()
    key = make_openpgp()
    way = untested(staffed, get_public(key))
    assert send_due() == 1
    test = Notice.objects.get(purpose=Purpose.TEST)
    (raw,) = mail_server.mails
    assert_says_nothing_outside(raw, test)
    assert mail_server.recipients == [[staffed.officer.email]]
    link = f"/n/{test.link_token}/"
    assert link in open_openpgp(raw, key).text
    assert get_mail_keys([staffed.officer.pk]) == {}
    cache.clear()
    Client().post(link, {"pin": "582913"})
    way.refresh_from_db()
    assert way.confirmed_at is not None
    assert get_mail_keys([staffed.officer.pk]) == {staffed.officer.pk: way}


def test_a_test_goes_out_encrypted_or_not_at_all(staffed, mail_server):
    way = untested(staffed, get_public(make_openpgp()))
    expire(way)
    assert send_due() == 0
    assert mail_server.mails == []
    assert Attempt.objects.get().error_code == "key_expired"


def test_another_address_or_pin_asks_for_another_test_of_the_key(staffed, mail_server):
    key = make_openpgp()
    way = give_key(staffed.officer, get_public(key))
    staffed.officer.email = "new@asp.example"
    staffed.officer.reachable_at = None
    staffed.officer.save()
    signals.contact_changed.send(sender=Contact, contact=staffed.officer)
    signals.contact_untested.send(sender=Contact, contact=staffed.officer)
    way.refresh_from_db()
    assert (way.is_active, way.confirmed_at) == (True, None)
    assert send_due() == 2
    tests = {notice.way_id: notice for notice in Notice.objects.filter(purpose=Purpose.TEST)}
    assert set(tests) == {None, way.pk}
    readable = [raw for raw in mail_server.mails if tests[None].code in raw.decode()]
    assert len(readable) == 1  # whether the address works at all is seen without the key
    assert {tuple(each) for each in mail_server.recipients} == {("new@asp.example",)}


def test_the_keys_of_somebody_who_leaves_end(staffed, mail_server):
    way = give_key(staffed.officer, get_public(make_openpgp()))
    staffed.officer.is_active = False
    staffed.officer.save()
    signals.contact_changed.send(sender=Contact, contact=staffed.officer)
    way.refresh_from_db()
    assert (way.is_active, way.end_reason) == (False, "contact_changed")


def test_a_batch_asks_for_keys_once(staffed, mail_server):
    give_key(staffed.officer, get_public(make_openpgp()))
    for _each in range(5):
        notify_officer(staffed)
    with CaptureQueriesContext(connection) as seen:
        assert send_due() == 5
    assert sum('FROM "directory_contactway"' in (each["sql"] or "") for each in seen.captured_queries) == 1
