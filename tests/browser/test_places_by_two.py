"""An operator asks for another number of a unit; a coordinator finds it on the first page and agrees."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from access.models import Assignment, MobileUnit, User
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from notifications.directory.models import OfficeConflict, Partner
from tests.seeds import lay_down_demo

from .quiet import close
from .test_staff_accounts import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sign_in(chromium: Browser, address: str, name: str) -> Page:
    page = chromium.new_context(viewport={"width": 1366, "height": 800}, locale="sq-AL").new_page()
    page.goto(address)
    page.fill("#id_login", name)
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    return page


@pytest.mark.main
@pytest.mark.parametrize("language", ["en", "sq"])
def test_a_number_is_asked_for_and_agreed_to(
    chromium: Browser, transactional_db: Any, live_server: Any, settings: Any, language: str
) -> None:
    lay_down_demo()
    User.objects.update(language=language)
    settings.PUBLIC_URL = live_server.url
    coordinator = User.objects.get(username="koordinator")
    region = coordinator.coordinated_regions().order_by("pk").first()
    unit = MobileUnit.objects.filter(region=region).exclude(callback_phone="").first()
    assert unit is not None
    _two_offices(User.objects.get(username="operator"))

    page = sign_in(chromium, f"{live_server.url}/cms/mobileunit/edit/{unit.pk}/", "operator")
    page.fill("#id_callback_phone", "069 123 4567")
    look(page, f"unit-{language}")
    page.click("main form footer button[type=submit], main form button[type=submit].action-save")
    expect(page.locator(".messages")).to_contain_text("+355691234567")
    look(page, f"unit-asked-{language}")
    page.goto(f"{live_server.url}/cms/mobileunit/edit/{unit.pk}/")
    expect(page.locator("#main")).to_contain_text("→ +355691234567")
    look(page, f"unit-waits-{language}")
    page.goto(f"{live_server.url}/cms/")
    expect(page.locator("#main .w-panel--dashboard").first).to_be_visible()
    look(page, f"home-operator-{language}")
    close(page.context)

    page = sign_in(chromium, f"{live_server.url}/cms/", "koordinator")
    look(page, f"home-coordinator-{language}")
    # One alone is one step away; the list holds all.
    expect(page.locator("#main a[href^='/cms/by-two/place']")).to_have_count(1)
    page.goto(f"{live_server.url}/cms/by-two/")
    place = page.locator("#main .vatra-finding", has_text=unit.name)
    expect(place).to_have_count(1)
    look(page, f"by-two-places-{language}")
    place.locator("a").click()
    expect(page.locator("#main table")).to_contain_text("+355691234567")
    look(page, f"place-change-{language}")
    page.click("#main button[value=agree]")
    expect(place).to_have_count(0)
    unit.refresh_from_db()
    assert unit.callback_phone == "+355691234567"
    close(page.context)


def _two_offices(operator: User) -> None:
    """As an upgrade leaves them, and a person with two roles from before."""
    kept = Partner.objects.filter(role="police", is_active=True, directorate__isnull=False).order_by("pk").first()
    assert kept is not None
    off = Partner.objects.create(
        slug="second", role="police", names={"sq": "Zyra e dytë", "en": "Second office"}, directorate=kept.directorate,
        is_active=False,
    )  # fmt: skip
    OfficeConflict.objects.create(kept=kept, switched_off=off, were_moved=True)
    Assignment.objects.bulk_create([Assignment(user=operator, role="auditor")])
