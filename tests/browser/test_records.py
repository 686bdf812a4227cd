"""The records of the controller, as a coordinator meets them in the admin: on a phone and on a desk."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, expect

from access.models import User
from access.staff.groups import follow_roles
from case_forms.accountability.models import Breach
from case_forms.accountability.snapshots import take_snapshot
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close, listened
from .test_field import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("size", "language"), [("phone", "sq"), ("desk", "en")])
def test_a_breach_is_written_down_and_the_record_is_read(
    chromium: Browser, live_server: Any, size: str, language: str
) -> None:
    lay_down_demo(with_cases=False)
    User.objects.update(language=language)
    coordinator = User.objects.get(username="koordinator")
    follow_roles(coordinator)
    take_snapshot()
    viewport = PHONE if size == "phone" else {"width": 1280, "height": 900}
    locale = {"sq": "sq-AL", "en": "en-GB"}[language]
    context = chromium.new_context(viewport=viewport, locale=locale, timezone_id="Europe/Tirane")  # type: ignore[arg-type]
    client = Client()
    client.force_login(coordinator)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}])
    page, complaints = listened(context)
    page.goto(f"{live_server.url}/cms/breaches/")
    page.locator("form.breach-form button.button").click()
    expect(page.locator("#id_what_error")).to_be_visible()
    picture(page, f"breaches-{size}-{language}")
    page.fill("#id_known_at", "2026-11-26T09:00")
    page.fill("#id_what", "A phone was left on a bus.")
    page.locator("input[name=kinds][value=loss]").check()
    page.locator("input[name=categories][value=identity]").check()
    page.locator("form.breach-form button.button").click()
    expect(page.get_by_text("A phone was left on a bus.").first).to_be_visible()
    assert Breach.objects.count() == 1
    picture(page, f"breach-{size}-{language}")
    page.goto(f"{live_server.url}/cms/processing/")
    expect(page.locator("details[open]").first).to_be_visible()
    picture(page, f"processing-{size}-{language}")
    if size == "phone":
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0
    assert complaints == []
    close(context)
