"""One coordinator asks for a webhook's key; another one agrees, and is shown it once."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from access.models import Assignment, StaffRole, User
from notifications.directory.models import Contact, ContactWay, WebhookKeyRequest
from notifications.directory.scope import get_entries
from notifications.directory.webhooks.actions import ask_for_key
from tests.seeds import lay_down_demo

from .quiet import close
from .test_places_by_two import sign_in
from .test_staff_accounts import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("language", ["en", "sq"])
def test_a_key_is_asked_for_agreed_to_and_shown_once(
    chromium: Browser, transactional_db: Any, live_server: Any, settings: Any, language: str
) -> None:
    lay_down_demo()
    User.objects.update(language=language)
    settings.PUBLIC_URL = live_server.url
    me = User.objects.get(username="koordinator")
    contact: Any = get_entries(me, Contact).filter(is_active=True).order_by("pk").first()
    way = ContactWay.objects.create(
        contact=contact, channel="webhook", address="https://njoftime.policia-shembull.example/vatra/hyrje"
    )
    other = User.objects.create_user("tjetri", email="t@vatra.example", first_name="Ana", last_name="Tjetri")
    for region in me.coordinated_regions():
        Assignment.objects.create(user=other, role=StaffRole.COORDINATOR, region=region)

    page = sign_in(chromium, f"{live_server.url}/cms/webhook-keys/{way.pk}/", "koordinator")
    expect(page.locator('button[value="ask"]')).to_be_visible()
    look(page, f"webhook-keys-none-{language}")
    page.click('button[value="ask"]')
    expect(page.locator('button[value="refuse"]')).to_be_visible()
    expect(page.locator('button[value="agree"]')).to_have_count(0)
    look(page, f"webhook-keys-asked-{language}")
    page.click('button[value="refuse"]')
    expect(page.locator('button[value="ask"]')).to_be_visible()

    ask_for_key(way=way, by=other)
    page.goto(f"{live_server.url}/cms/")
    page.click(f"#main a[href='/cms/webhook-keys/{way.pk}/']")
    expect(page.locator('button[value="agree"]')).to_be_visible()
    look(page, f"webhook-keys-decide-{language}")
    page.click('button[value="agree"]')
    expect(page.locator("#key")).to_contain_text("whsec_")
    look(page, f"webhook-keys-shown-{language}")
    page.goto(f"{live_server.url}/cms/webhook-keys/{way.pk}/")
    expect(page.locator("#key")).to_have_count(0)
    assert WebhookKeyRequest.objects.filter(decision="agreed", decided_by=me).count() == 1
    close(page.context)
