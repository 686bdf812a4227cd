"""One coordinator words a mail, sees it as its recipient does, and another one agrees."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from access.models import Assignment, StaffRole, User
from notifications.texts.actions import propose_text
from notifications.texts.models import TextVersion
from tests.seeds import lay_down_demo

from .quiet import close
from .test_places_by_two import sign_in
from .test_staff_accounts import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
REASON = "Më shkurt: lexohet në rrugë."
SMS = {"sq": "Vatra {code}: ju pret një njoftim. {link}", "en": "Vatra {code}: a notice waits for you. {link}"}


@pytest.mark.main
@pytest.mark.parametrize("language", ["en", "sq"])
def test_a_text_is_worded_seen_proposed_and_agreed_to(
    chromium: Browser, transactional_db: Any, live_server: Any, language: str
) -> None:
    lay_down_demo()
    User.objects.update(language=language)
    me = User.objects.get(username="koordinator")
    other = User.objects.create_user("tjetri", email="t@vatra.example", first_name="Ana", last_name="Tjetri")
    for region in me.coordinated_regions():
        Assignment.objects.create(user=other, role=StaffRole.COORDINATOR, region=region)
    theirs = propose_text(key="sms.notice", texts=SMS, reason=REASON, by=other)

    page = sign_in(chromium, f"{live_server.url}/cms/texts/", "koordinator")
    expect(page.locator(f'a[href="/cms/texts/version/{theirs.pk}/"]')).to_be_visible()
    look(page, f"texts-list-{language}")
    page.click('a[href="/cms/texts/mail.greeting/"]')
    expect(page.locator("#text_sq")).to_be_visible()
    look(page, f"texts-one-{language}")
    # While it is written, what is wrong and what the recipient sees stand below, without anything being sent off.
    page.fill("#text_sq", "Lexo te vatra-al.com")
    expect(page.locator("[data-vatra-texts-check] .help-critical")).to_be_visible()
    page.fill("#text_sq", "Përshëndetje,")
    expect(page.locator("[data-vatra-texts-check] .vatra-message").first).to_contain_text("Përshëndetje,")
    assert TextVersion.objects.count() == 1
    page.fill("#text_en", "See www.vatra.example")
    page.fill("#id_reason", REASON)
    page.click('button[value="propose"]')
    expect(page.locator("#text_en_error")).to_be_visible()
    look(page, f"texts-wrong-{language}")
    page.fill("#text_en", "Good day,")
    page.click('button[value="propose"]')
    expect(page.locator('button[value="withdraw"]')).to_be_visible()
    expect(page.locator('button[value="agree"]')).to_have_count(0)
    look(page, f"texts-proposed-{language}")

    page.goto(f"{live_server.url}/cms/")
    page.click('#main a[href="/cms/texts/"]')
    page.click(f'a[href="/cms/texts/version/{theirs.pk}/"]')
    expect(page.locator("ins").first).to_be_visible()
    look(page, f"texts-decide-{language}")
    page.click('button[value="agree"]')
    expect(page.locator('button[value="agree"]')).to_have_count(0)
    page.goto(f"{live_server.url}/cms/texts/?in=sms&language={language}")
    expect(page.locator(".vatra-texts__list")).to_contain_text(SMS[language])
    page.goto(f"{live_server.url}/cms/texts/preview/?in=sms&situation=first&language={language}")
    expect(page.locator(".vatra-message__text")).to_be_visible()
    look(page, f"texts-preview-sms-{language}")
    page.goto(f"{live_server.url}/cms/texts/preview/?in=mail&urgent=1&drill=1&language={language}")
    expect(page.locator(".vatra-message__subject")).to_be_visible()
    look(page, f"texts-preview-mail-{language}")
    # The service's own mails: the list, one text that is counted, and a whole mail.
    page.goto(f"{live_server.url}/cms/texts/?in=service&language={language}")
    expect(page.locator(".vatra-texts__list")).to_contain_text("{start_hour}")
    look(page, f"texts-list-service-{language}")
    page.goto(f"{live_server.url}/cms/texts/service.alarm_many/")
    expect(page.locator(".vatra-message__text").last).to_contain_text("3 ")
    look(page, f"texts-one-service-{language}")
    page.goto(f"{live_server.url}/cms/texts/preview/?in=service&situation=service.duty_begins&language={language}")
    expect(page.locator(".vatra-message__subject")).to_contain_text("20:00")
    look(page, f"texts-preview-service-{language}")
    close(page.context)
