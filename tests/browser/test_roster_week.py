"""A coordinator looks at a week of the roster on a phone and on a desk, and goes from a gap to what fills it."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from access.models import User
from notifications.directory.models import DutyShift
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close
from .test_places_by_two import sign_in
from .test_staff_accounts import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.main
@pytest.mark.parametrize("language", ["en", "sq"])
def test_a_gap_of_the_week_leads_to_what_fills_it(
    chromium: Browser, transactional_db: Any, live_server: Any, settings: Any, language: str
) -> None:
    lay_down_demo()
    User.objects.update(language=language)
    settings.PUBLIC_URL = live_server.url
    coordinator = User.objects.get(username="koordinator")
    region = coordinator.coordinated_regions().order_by("pk").first()
    assert region is not None
    DutyShift.objects.filter(partner__role="cpu", partner__municipality__region=region).delete()

    page = sign_in(chromium, f"{live_server.url}{reverse('roster_week')}", "koordinator")
    expect(page.locator(".vatra-week__table").first).to_be_visible()
    look(page, f"week-{language}")
    page.click("nav a[rel=next]")
    expect(page.locator(".vatra-week__line--empty a").first).to_be_visible()
    gap = page.locator(".vatra-week__line--empty a").first
    for width in (1366, 360):
        page.set_viewport_size({"width": width, "height": 800})
        gap.scroll_into_view_if_needed()
        picture(page, f"week-gap-{language}-{width}")
    gap.click()
    expect(page.locator("#turns")).to_be_visible()
    close(page.context)
