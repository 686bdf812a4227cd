"""A swap from end to end: asked for on a phone, confirmed by the colleague, agreed to by the coordinator."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from access.models import User
from audit.chain import SYSTEM
from notifications.directory.models import Contact, DutyLink, DutyRequest, DutyShift, Partner
from notifications.directory.own_duty.links import DUTY
from tests.seeds import lay_down_demo
from tests.world.offices import PIN, make_contact

from .quiet import close
from .test_places_by_two import sign_in
from .test_staff_accounts import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def open_own(chromium: Browser, address: str, contact: Contact, name: str) -> Page:
    page = chromium.new_context(viewport={"width": 360, "height": 800}, locale="sq-AL").new_page()
    page.goto(f"{address}/n/d.{DUTY.make(DutyLink, contact, actor=SYSTEM).link_token}/")
    look(page, f"{name}-pin")
    page.fill("#pin", PIN)
    page.click("main form button")
    expect(page.locator("h1")).to_be_visible()
    return page


@pytest.mark.main
@pytest.mark.parametrize("language", ["en", "sq"])
def test_a_swap_goes_from_a_phone_to_the_colleague_to_the_coordinator(
    chromium: Browser, transactional_db: Any, live_server: Any, settings: Any, language: str
) -> None:
    lay_down_demo()
    User.objects.update(language=language)
    settings.PUBLIC_URL = live_server.url
    coordinator = User.objects.get(username="koordinator")
    region = coordinator.coordinated_regions().order_by("pk").first()
    assert region is not None
    office = Partner.objects.filter(role="cpu", municipality__region=region).order_by("pk").first()
    assert office is not None
    ana, beni = (make_contact(office, name, pin=PIN, language=language) for name in ("Ana Hoxha", "Beni Gjata"))
    start = (timezone.now() + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
    for number in range(6):
        since = start + timedelta(hours=12 * number)
        DutyShift.objects.create(
            partner=office, contact=(ana, beni)[number % 2], starts_at=since, ends_at=since + timedelta(hours=12)
        )

    page = open_own(chromium, live_server.url, ana, f"own-{language}")
    look(page, f"own-page-{language}")
    page.select_option("#with", index=1)
    page.click("button[value=swap]")
    expect(page.locator("#asked li")).to_have_count(1)
    page.fill("#id_starts_at", f"{timezone.localtime(start + timedelta(days=8)):%Y-%m-%dT%H:%M}")
    page.fill("#id_ends_at", f"{timezone.localtime(start + timedelta(days=7)):%Y-%m-%dT%H:%M}")
    page.click("button[value=leave]")
    expect(page.locator(".error-summary")).to_be_visible()
    look(page, f"own-wrong-{language}")
    page.fill("#id_ends_at", f"{timezone.localtime(start + timedelta(days=9)):%Y-%m-%dT%H:%M}")
    page.click("button[value=leave]")
    expect(page.locator("#asked li")).to_have_count(2)
    page.click("button[value=calendar]")
    expect(page.locator("#calendar code")).to_be_visible()
    look(page, f"own-asked-{language}")
    close(page.context)

    page = open_own(chromium, live_server.url, beni, f"colleague-{language}")
    expect(page.locator("#answer")).to_contain_text("Ana Hoxha")
    look(page, f"own-answer-{language}")
    page.click("button[value=confirm]")
    expect(page.locator("#answer")).to_have_count(0)
    close(page.context)

    page = sign_in(chromium, f"{live_server.url}{reverse('duty_requests')}", "koordinator")
    expect(page.locator(".vatra-finding")).to_have_count(2)
    look(page, f"asked-list-{language}")
    page.locator(".vatra-finding", has_text="Beni Gjata").locator("a").click()
    expect(page.locator("button[value=agree]")).to_be_visible()
    look(page, f"asked-one-{language}")
    page.click("button[value=agree]")
    expect(page.locator(".messages")).to_be_visible()
    assert DutyRequest.objects.filter(stage="agreed").count() == 1
    assert DutyShift.objects.filter(partner=office, contact=beni, starts_at=start).exists()
    look(page, f"asked-agreed-{language}")
    page.goto(f"{live_server.url}{reverse('duty_links', args=[office.pk])}")
    expect(page.locator(".vatra-findings")).to_contain_text("Ana Hoxha")
    look(page, f"links-{language}")
    page.goto(f"{live_server.url}{reverse('fill_roster', args=[office.pk])}")
    page.locator("details:has(#ical) > summary").click()
    expect(page.locator("#id_ical-file")).to_be_visible()
    look(page, f"fill-ical-{language}")
    close(page.context)
