"""A contact's key in the admin, the list of ways on a phone, and the phones that wake one of our own people."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from access.models import User
from config.sandbox.push_service import get_received
from notifications.channels.mail_keys.reading import read_key
from notifications.directory.models import Contact, ContactWay, DirectoryChange, StaffPhone
from notifications.staff_push.waking import send_due, wake
from tests.seeds import lay_down_demo
from tests.world.mail_keys import get_public, make_openpgp

from .pictures import picture
from .quiet import close
from .test_field import PHONE, fits
from .test_places_by_two import sign_in
from .test_staff_accounts import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NO_WIDER = "document.querySelector('div:has(> table.listing)').scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture(params=["en", "sq"])
def language(request: Any, transactional_db: Any, live_server: Any, settings: Any) -> str:
    lay_down_demo()
    User.objects.update(language=request.param)
    settings.PUBLIC_URL = live_server.url
    return str(request.param)


def give_key(contact: Contact) -> ContactWay:
    key = read_key(get_public(make_openpgp(contact.email)))
    return ContactWay.objects.create(
        contact=contact, channel="mailkey", address=key.fingerprint, mail_key=key.text, confirmed_at=timezone.now()
    )


def test_a_key_is_pasted_checked_and_asked_for(chromium: Browser, live_server: Any, language: str) -> None:
    officer = Contact.objects.filter(partner__slug="policia-vlore").first()
    assert officer is not None
    page = sign_in(chromium, f"{live_server.url}/cms/contactway/new/", "koordinator")
    expect(page.locator("#id_pasted_key")).to_be_visible()
    look(page, f"key-add-{language}")
    page.select_option("#id_contact", str(officer.pk))
    page.select_option("#id_channel", "mailkey")
    page.fill("#id_pasted_key", str(make_openpgp()))
    page.click("main form footer button[type=submit], main form button[type=submit].action-save")
    expect(page.locator("#id_pasted_key")).to_have_value("")
    expect(page.locator("#panel-child-content-child-pasted_key-errors, .error-message").first).to_be_visible()
    look(page, f"key-private-{language}")
    page.fill("#id_pasted_key", get_public(make_openpgp("tjeter@example.com")).decode())
    page.click("main form footer button[type=submit], main form button[type=submit].action-save")
    expect(page.locator("#main table.listing")).to_be_visible()
    look(page, f"key-change-{language}")
    assert DirectoryChange.objects.count() == 1
    way = give_key(officer)
    page.goto(f"{live_server.url}/cms/contactway/edit/{way.pk}/")
    expect(page.locator("#main .vatra-address").first).to_be_visible()
    look(page, f"key-edit-{language}")
    close(page.context)


def test_the_lists_of_ways_and_agreements_are_read_on_a_phone_without_scrolling_sideways(
    chromium: Browser, live_server: Any, language: str
) -> None:
    for officer in Contact.objects.filter(partner__slug="policia-vlore")[:2]:
        give_key(officer)
    page = sign_in(chromium, f"{live_server.url}/cms/contactway/", "koordinator")
    for name in ("contactway", "agreement"):
        page.goto(f"{live_server.url}/cms/{name}/")
        page.set_viewport_size({"width": 360, "height": 780})
        expect(page.locator("table.listing tbody tr").first).to_be_visible()
        picture(page, f"list-{name}-360-{language}")
        assert page.evaluate(NO_WIDER), name
        page.set_viewport_size({"width": 1280, "height": 900})
        picture(page, f"list-{name}-desk-{language}")
    page.goto(f"{live_server.url}/cms/contactway/")
    page.locator("table.listing td.title a").first.click()
    expect(page.locator("#id_is_active")).to_be_visible()
    close(page.context)


def add_phone(page: Page) -> None:
    page.fill("#name", "Telefoni i shërbimit")
    page.locator("[data-invented]").click()
    expect(page.locator(".phone-list")).to_contain_text("Telefoni i shërbimit")


def test_somebody_is_woken_on_a_phone_of_their_account(
    chromium: Browser, live_server: Any, language: str, settings: Any
) -> None:
    page = sign_in(chromium, f"{live_server.url}/accounts/sessions/", "koordinator")
    page.set_viewport_size(PHONE)
    page.locator('a[href="/accounts/phones/"]').click()
    expect(page.locator("form[data-push-key]")).to_be_visible()
    fits(page)
    picture(page, f"staff-phones-none-360-{language}")
    add_phone(page)
    fits(page)
    picture(page, f"staff-phones-one-360-{language}")
    page.set_viewport_size({"width": 1280, "height": 900})
    picture(page, f"staff-phones-one-desk-{language}")
    phone = StaffPhone.objects.get()
    wake([phone.user], is_alarm=True)
    assert send_due() == 1
    newest, *_before = get_received(settings.DATA_DIR / "push")  # what other tests sent stays there
    assert newest["shown"]["link"].endswith("/accounts/home/")
    assert newest["shown"]["lang"] == language
    page.locator(".phone-list button").click()
    expect(page.locator(".phone-list")).to_have_count(0)
    assert StaffPhone.objects.count() == 0
    close(page.context)
