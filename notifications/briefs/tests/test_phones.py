"""Phones that a contact's notices wake: added and ended behind the PIN, and ended with it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from config.sandbox import push_service
from notifications import signals
from notifications.channels import vapid
from notifications.channels.named_phones import CannotAdd
from notifications.directory.models import Contact, ContactWay
from notifications.directory.ways.phones import MAX_ADDED_A_DAY, MAX_PHONES, add_phone, get_phones
from notifications.outbox.models import Notice

from .conftest import PIN, get_path

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(client: Client, notice: Notice) -> Client:
    assert client.post(get_path(notice), {"pin": PIN}).status_code == 303
    return client


@pytest.fixture
def subscribe(tmp_path) -> Callable[[], dict[str, str]]:
    """A new invented phone's subscription, as the page's script puts it into the form."""

    def make() -> dict[str, str]:
        made = push_service.make_phone(tmp_path, "https://push.example/", vapid.get_public_key())
        return {"endpoint": made["endpoint"], **made["keys"]}

    return make


def phones(notice: Notice) -> str:
    return get_path(notice) + "phones/"


def names(notice: Notice) -> list[str]:
    assert notice.contact is not None
    return [each.address for each in get_phones(notice.contact)]


def add(client: Client, notice: Notice, values: dict[str, str], name: str = "Telefoni im"):
    return client.post(phones(notice), {"do": "add", "name": name, **values})


def test_the_brief_leads_to_the_phones(opened, notice):
    assert phones(notice) in opened.get(get_path(notice)).content.decode()
    page = opened.get(phones(notice)).content.decode()
    assert vapid.get_public_key() in page


def test_a_phone_is_added_counts_at_once_and_its_owner_is_mailed(
    opened, notice, subscribe, django_capture_on_commit_callbacks
):
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert add(opened, notice, subscribe()).status_code == 303
    (way,) = get_phones(notice.contact)
    assert (way.address, way.channel, way.confirmed_at is not None) == ("Telefoni im", "push", True)
    assert [letter.to for letter in mail.outbox] == [[notice.contact.email]]
    assert "push.example" not in mail.outbox[0].body
    entry = AuditEntry.objects.get(action="push.phone_added")
    assert (entry.actor_kind, entry.actor_id, entry.target_id) == ("contact", str(notice.contact_id), str(way.pk))
    assert "Telefoni im" in opened.get(phones(notice)).content.decode()


def test_the_subscription_stands_sealed(opened, notice, subscribe):
    values = subscribe()
    add(opened, notice, values)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM directory_contactway")
        stored = str(cursor.fetchall())
    assert values["auth"] not in stored
    assert "push.example" not in stored


def test_without_the_pin_nothing_is_shown_added_or_ended(client, notice, subscribe):
    assert client.get(phones(notice)).status_code == 303
    assert add(client, notice, subscribe()).status_code == 403
    assert names(notice) == []


def test_looking_changes_nothing(opened, notice):
    before = ContactWay.objects.count(), AuditEntry.objects.count()
    for method in (opened.get, opened.head, opened.options):
        method(phones(notice))
    assert (ContactWay.objects.count(), AuditEntry.objects.count()) == before


def test_the_same_phone_again_is_renewed_and_not_doubled(opened, notice, subscribe):
    values = subscribe()
    add(opened, notice, values)
    add(opened, notice, values, "Telefoni i shërbimit")
    assert names(notice) == ["Telefoni i shërbimit"]
    assert ContactWay.objects.count() == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_phone_without_a_name_of_fitting_length_is_refused_on_the_page(opened, notice, subscribe, name):
    page = add(opened, notice, subscribe(), name)
    assert page.status_code == 422
    assert 'class="error-summary"' in page.content.decode()
    assert names(notice) == []


def test_two_phones_of_one_name_are_told_apart_before_anything_is_stored(opened, notice, subscribe):
    add(opened, notice, subscribe())
    assert add(opened, notice, subscribe()).status_code == 422
    assert len(names(notice)) == 1


@pytest.mark.parametrize("changed", [{"endpoint": "http://10.0.0.1/x"}, {"auth": "x"}, {"p256dh": ""}])
def test_what_is_no_subscription_is_refused_on_the_page(opened, notice, subscribe, changed):
    assert add(opened, notice, subscribe() | changed).status_code == 422
    assert names(notice) == []


def test_markup_in_a_name_stays_text(opened, notice, subscribe):
    add(opened, notice, subscribe(), "<b>x</b>")
    assert "<b>x</b>" not in opened.get(phones(notice)).content.decode()


def test_a_phone_is_ended_by_its_owner_and_its_subscription_goes(opened, notice, subscribe):
    add(opened, notice, subscribe())
    (way,) = get_phones(notice.contact)
    assert opened.post(phones(notice), {"do": "end", "phone": str(way.pk)}).status_code == 303
    way.refresh_from_db()
    assert (way.is_active, way.end_reason, way.secret) == (False, "stopped", None)
    assert AuditEntry.objects.filter(action="push.phone_ended", target_id=str(way.pk)).exists()


@pytest.mark.parametrize("key", ["", "x", "-1", "9" * 30, "٣"])
def test_what_names_no_phone_ends_none(opened, notice, subscribe, key):
    add(opened, notice, subscribe())
    assert opened.post(phones(notice), {"do": "end", "phone": key}).status_code == 303
    assert len(names(notice)) == 1


def test_nobody_ends_a_colleagues_phone(opened, notice, make_contact, subscribe):
    other = make_contact("cpu")
    theirs = add_phone(contact=other, name="x", values=subscribe(), at=timezone.now())
    opened.post(phones(notice), {"do": "end", "phone": str(theirs.pk)})
    theirs.refresh_from_db()
    assert theirs.is_active
    assert f'value="{theirs.pk}"' not in opened.get(phones(notice)).content.decode()


def test_another_way_of_the_contact_is_not_ended_here(opened, notice):
    way = ContactWay.objects.create(contact=notice.contact, channel="sms", address="+355691234567")
    opened.post(phones(notice), {"do": "end", "phone": str(way.pk)})
    way.refresh_from_db()
    assert way.is_active


def test_all_phones_end_with_the_pin_they_were_added_under(opened, notice, subscribe):
    add(opened, notice, subscribe())
    signals.contact_changed.send(sender=Contact, contact=notice.contact)
    way = ContactWay.objects.get()
    assert (way.is_active, way.end_reason, way.secret) == (False, "contact_changed", None)


def test_one_person_has_a_bounded_number_of_phones(notice, subscribe):
    now = timezone.now()
    for number in range(MAX_PHONES):
        add_phone(contact=notice.contact, name=str(number), values=subscribe(), at=now)
    with pytest.raises(CannotAdd):
        add_phone(contact=notice.contact, name="more", values=subscribe(), at=now)
    assert len(names(notice)) == MAX_PHONES


def test_adding_and_ending_again_and_again_leaves_a_bounded_number_of_rows(notice, subscribe):
    now = timezone.now()
    for number in range(MAX_ADDED_A_DAY):
        add_phone(contact=notice.contact, name=str(number), values=subscribe(), at=now)
        ContactWay.objects.update(is_active=False)
    with pytest.raises(CannotAdd):
        add_phone(contact=notice.contact, name="more", values=subscribe(), at=now)
    add_phone(contact=notice.contact, name="more", values=subscribe(), at=now + timedelta(days=2))


def test_a_mail_server_that_is_away_keeps_no_phone_from_being_added(
    opened, notice, subscribe, settings, django_capture_on_commit_callbacks
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with django_capture_on_commit_callbacks(execute=True):
        add(opened, notice, subscribe())
    assert len(names(notice)) == 1


def test_where_no_key_is_set_there_is_no_page_and_no_link(opened, notice, settings):
    settings.VAPID_PRIVATE_KEY = ""
    assert opened.get(phones(notice)).status_code == 404
    assert phones(notice) not in opened.get(get_path(notice)).content.decode()


def test_the_worker_is_served_beside_the_notices_and_stands_between_no_page_and_the_network(client):
    served = client.get("/n/push-worker.js")
    script = served.content.decode()
    assert served["Content-Type"].startswith("text/javascript")
    assert "Service-Worker-Allowed" not in served
    assert not re.search(r"[\"']fetch[\"']|caches|indexedDB", script)
