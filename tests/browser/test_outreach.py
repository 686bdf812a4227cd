"""A worker on a phone finds the right form by what it is for, sees where nobody has been, plans a visit and begins the
monthly report; a coordinator adds a zone."""

import os
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from access.models import Municipality, User
from case_forms.cases.models import Case
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.actions import receive_submission
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from case_forms.zones.models import PlannedVisit, Zone
from tests.seeds import lay_down_demo

from .quiet import close

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SCREENSHOTS", "")


def look(page: Page, name: str) -> None:
    """Keep a picture where SCREENSHOTS names a folder; no screen scrolls sideways at any width."""
    for width in (360, 1366):
        page.set_viewport_size({"width": width, "height": 800})
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    page.set_viewport_size({"width": 360, "height": 800})


def sign_in(page: Page, address: str, username: str) -> None:
    page.goto(address)
    page.fill("#id_login", username)
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    expect(page.locator("#id_password")).to_have_count(0)


def log_visits(worker: User) -> None:
    """Two visits to one zone, one to another town without a zone; one zone where nobody has been."""
    version = FormVersion.objects.newest().get(form__key="outreach_visit")
    town = Municipality.objects.get(slug="vlore")
    market = Zone.objects.create(municipality=town, name="Tregu i vjetër", kind="market", every_days=30)
    Zone.objects.create(municipality=town, name="Lagjja e re", kind="neighbourhood")
    today = timezone.localdate()
    PlannedVisit.objects.create(zone=market, unit=worker.units()[0], on=today - timedelta(days=20), made_by=worker)
    people = [{"people_sex": "female", "people_age_group": "15_17", "people_count": 4}]
    for days, place, zone in ((2, "vlore", market), (9, "vlore", market), (5, "himare", None)):
        answers: dict[str, Any] = {
            "date": (today - timedelta(days=days)).isoformat(),
            "municipality": place,
            "time_spent": 90,
            "people_met": people,
        }
        if zone is not None:
            answers["zone"] = str(zone.pk)
        receive_submission(
            uuid=uuid.uuid4(), form_key="outreach_visit", version=version.number, occurred_at=timezone.now(),
            answers=answers, user=worker,
        )  # fmt: skip


@pytest.mark.main
@pytest.mark.parametrize("language", ["sq", "en"])
def test_outreach_on_a_phone(
    chromium: Browser, transactional_db: Any, live_server: Any, settings: Any, language: str
) -> None:
    lay_down_demo(with_cases=True)
    User.objects.update(language=language)
    worker = User.objects.get(username="vlore1")
    log_visits(worker)
    phone = chromium.new_context(viewport={"width": 360, "height": 800}, locale="sq-AL")
    page = phone.new_page()
    sign_in(page, f"{live_server.url}/field/", "vlore1")
    page.locator(".fold > summary").first.click()
    look(page, f"home-{language}")

    case = Case.objects.filter(unit=worker.units()[0]).first()
    assert case is not None
    page.goto(f"{live_server.url}/field/cases/{case.reference}/")
    expect(page.locator("details.form-group")).to_have_count(7)
    page.locator("details.form-group:has(form[action*='/follow_up/']) > summary").click()
    look(page, f"case-{language}")
    page.locator("form[action*='/follow_up/'] button.btn-begin").click()
    expect(page.locator("form#section")).to_be_visible()
    look(page, f"follow-up-{language}")

    page.goto(f"{live_server.url}/field/outreach/zones/")
    expect(page.locator(".map svg")).to_have_count(1)
    look(page, f"zones-{language}")
    page.goto(f"{live_server.url}/field/outreach/plan/")
    page.select_option("#id_zone", index=2)
    page.fill("#id_on", (timezone.localdate() + timedelta(days=3)).isoformat())
    page.locator("section.panel button").click()
    expect(page.locator(".plan-ahead")).to_have_count(1)
    look(page, f"plan-{language}")
    page.goto(f"{live_server.url}/field/outreach/month/?month={timezone.localdate():%Y-%m}")
    look(page, f"month-{language}")
    page.locator("form[action*='monthly_report'] button").click()
    expect(page.locator("form#section")).to_be_visible()
    look(page, f"report-{language}")

    page.goto(f"{live_server.url}/field/")
    page.locator("form[action*='/outreach_visit/'] button").click()
    page.wait_for_load_state()
    page.select_option("[name=municipality]", "vlore")
    expect(page.locator("[name=zone] option")).to_have_count(3)
    look(page, f"visit-{language}")
    close(phone)

    desk = chromium.new_context(viewport={"width": 1366, "height": 800}, locale="sq-AL")
    page = desk.new_page()
    sign_in(page, f"{live_server.url}/field/outreach/zones/add/", "koordinator")
    page.locator("main form button").last.click()
    expect(page.locator("[role=alert]")).to_be_visible()
    look(page, f"zone-{language}")
    close(desk)
