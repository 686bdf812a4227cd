"""Keys of webhooks: two people, shown once, both keys valid while they change."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import Region, StaffRole, User
from approvals.requests import Decision
from audit.models import AuditEntry
from notifications.channels.webhook import get_valid_keys

from ..models import Contact, ContactWay, DirectoryChange, WebhookKeyRequest
from ..webhooks.actions import OVERLAP, agree, ask_for_key, get_periods, refuse
from .second_keeper import second_keeper
from .test_admin import area, sign_in
from .test_editing import police

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
URL = "https://system.partner.example/vatra"


@pytest.fixture
def north() -> Region:
    region = area("veri")
    Region.objects.update(is_outreach=True)
    return region


@pytest.fixture
def keeper(client: Client, north: Region) -> User:
    return sign_in(client, StaffRole.COORDINATOR, north)


@pytest.fixture
def way(keeper: User) -> ContactWay:
    contact = Contact.objects.create(partner=police().partner, name="Zyra", email="zyra@partner.example")
    return ContactWay.objects.create(contact=contact, channel="webhook", address=URL)


def page(way: ContactWay) -> str:
    return reverse("webhook_keys", args=[way.pk])


def new_key(way: ContactWay, keeper: User, *, ends_old: bool = False, at=None) -> str:
    request = ask_for_key(way=way, by=keeper, ends_old=ends_old, at=at)
    return agree(request=request, by=second_keeper(keeper), at=at)


def test_one_asks_and_another_agrees_and_only_they_see_the_key(client, keeper, way):
    asked = client.post(page(way), {"do": "ask"}, follow=True).content.decode()
    assert "whsec_" not in asked
    assert "Another coordinator of this office must agree" in asked
    second = second_keeper(keeper)
    request = WebhookKeyRequest.objects.get()
    key = agree(request=request, by=second)
    assert key.startswith("whsec_")
    way.refresh_from_db()
    assert get_valid_keys(way.secret, timezone.now()) == [key]
    for _again in range(2):
        assert "whsec_" not in client.get(page(way)).content.decode()


def test_the_page_shows_the_key_on_the_answer_to_the_press_and_never_again(client, keeper, way):
    ask_for_key(way=way, by=second_keeper(keeper))
    shown = client.post(page(way), {"do": "agree"})
    way.refresh_from_db()
    (key,) = get_valid_keys(way.secret, timezone.now())
    assert key in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    again = client.post(page(way), {"do": "agree"})  # the page reloaded
    assert again.status_code == 409
    assert key not in again.content.decode()
    assert key not in client.get(page(way)).content.decode()


def test_who_asked_cannot_agree(client, keeper, way):
    request = ask_for_key(way=way, by=keeper)
    with pytest.raises(ValidationError):
        agree(request=request, by=keeper)
    assert client.post(page(way), {"do": "agree"}).status_code == 409
    way.refresh_from_db()
    assert way.secret is None
    with pytest.raises(IntegrityError), transaction.atomic():
        WebhookKeyRequest.objects.update(decision=Decision.AGREED, decided_by=keeper, decided_at=timezone.now())


def test_a_stranger_neither_sees_nor_decides(way, keeper):
    south = area("jug")
    Region.objects.update(is_outreach=True)
    elsewhere = Client()
    User.objects.filter(pk=keeper.pk).update(username="first")
    stranger = sign_in(elsewhere, StaffRole.COORDINATOR, south)
    request = ask_for_key(way=way, by=keeper)
    assert elsewhere.get(page(way)).status_code == 404
    assert elsewhere.post(page(way), {"do": "agree"}).status_code == 404
    with pytest.raises(ValidationError):
        agree(request=request, by=stranger)
    assert AuditEntry.objects.filter(action="access.denied", target_kind="contactway").exists()


def test_the_key_until_now_signs_for_a_week_more(keeper, way):
    began = timezone.now()
    old = new_key(way, keeper, at=began)
    later = began + timedelta(days=30)
    new = new_key(way, keeper, at=later)
    way.refresh_from_db()
    assert get_valid_keys(way.secret, later) == [new, old]
    assert get_valid_keys(way.secret, later + OVERLAP) == [new]
    assert [each.until for each in get_periods(way, later)] == [None, later + OVERLAP]


def test_a_leaked_key_ends_at_once_and_the_ones_before_it_too(keeper, way):
    began = timezone.now()
    for days in (0, 1):
        new_key(way, keeper, at=began + timedelta(days=days))
    now = began + timedelta(days=2)
    newest = new_key(way, keeper, ends_old=True, at=now)
    way.refresh_from_db()
    assert way.secret["keys"] == [{"key": newest, "since": now.isoformat(), "until": None}]


def test_a_second_change_within_the_overlap_does_not_lengthen_it(keeper, way):
    began = timezone.now()
    first = new_key(way, keeper, at=began)
    for days in (1, 2):
        new_key(way, keeper, at=began + timedelta(days=days))
    way.refresh_from_db()
    assert first in get_valid_keys(way.secret, began + timedelta(days=7))
    assert first not in get_valid_keys(way.secret, began + timedelta(days=8))


def test_one_wish_waits_at_a_time_and_one_decision_ends_it(keeper, way):
    request = ask_for_key(way=way, by=keeper)
    with pytest.raises(ValidationError):
        ask_for_key(way=way, by=keeper)
    refuse(request=request, by=keeper)
    request.refresh_from_db()
    assert request.decision == Decision.WITHDRAWN
    with pytest.raises(ValidationError):
        agree(request=request, by=second_keeper(keeper))
    again = ask_for_key(way=way, by=keeper)
    refuse(request=again, by=second_keeper(keeper))
    again.refresh_from_db()
    assert again.decision == Decision.REFUSED


def test_a_way_that_ended_gets_no_key(keeper, way):
    request = ask_for_key(way=way, by=keeper)
    ContactWay.objects.update(is_active=False)
    with pytest.raises(ValidationError):
        agree(request=request, by=second_keeper(keeper))
    way.refresh_from_db()
    with pytest.raises(ValidationError):
        ask_for_key(way=way, by=keeper)


def test_another_kind_of_way_has_no_keys(client, keeper, way):
    ContactWay.objects.update(channel="sms")
    assert client.get(page(way)).status_code == 404


@pytest.mark.parametrize("do", ["", "x", "agree", "refuse"])
def test_a_press_that_fits_nothing_says_so(client, way, do):
    assert client.post(page(way), {"do": do}).status_code == 409


def test_the_key_stands_sealed_and_in_no_entry(keeper, way):
    key = new_key(way, keeper)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM directory_contactway")
        stored = str(cursor.fetchone()[0])
    assert key not in stored
    assert key[len("whsec_") :] not in stored
    assert not any(key in str(entry.detail) for entry in AuditEntry.objects.all())


def test_the_start_page_names_what_waits_for_this_person_only(client, keeper, way):
    ask_for_key(way=way, by=second_keeper(keeper))
    home = client.get(reverse("wagtailadmin_home")).content.decode()
    assert page(way) in home
    WebhookKeyRequest.objects.update(asked_by=keeper)
    assert page(way) not in client.get(reverse("wagtailadmin_home")).content.decode()


def test_the_page_of_a_webhook_leads_to_its_keys_and_that_of_a_number_to_none(client, way):
    edit = reverse("contactway:edit", args=[way.pk])
    assert page(way) in client.get(edit).content.decode()
    ContactWay.objects.update(channel="sms", address="+355691234567")
    assert page(way) not in client.get(edit).content.decode()


@pytest.mark.parametrize(
    ("address", "is_taken"),
    [(URL, True), ("http://system.partner.example/", False), ("https://10.0.0.5/", False), ("x", False)],
)
def test_a_webhook_is_asked_for_with_an_address_that_may_be_called(client, way, address, is_taken):
    ContactWay.objects.all().delete()
    given = {"contact": way.contact_id, "channel": "webhook", "address": address, "sent_for": "all"}
    client.post(reverse("contactway:add"), given | {"after_minutes": "0", "is_active": "on"})
    assert DirectoryChange.objects.waiting().exists() == is_taken
