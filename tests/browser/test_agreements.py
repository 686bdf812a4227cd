"""Agreements on a coordinator's screens: the list, a change with what follows from it, rules, document, account."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from access.models import User
from notifications.directory.models import Agreement, DirectoryChange
from sanitizer.tests import samples
from tests.seeds import lay_down_demo

from .quiet import close
from .test_places_by_two import sign_in
from .test_staff_accounts import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("language", ["en", "sq"])
def test_an_agreement_is_withdrawn_only_after_reading_who_is_left_without_police(
    chromium: Browser, transactional_db: Any, live_server: Any, settings: Any, tmp_path: Path, language: str
) -> None:
    lay_down_demo()
    User.objects.update(language=language)
    settings.PUBLIC_URL = live_server.url
    agreement = Agreement.objects.filter(partner__slug="policia-vlore").get()
    today = timezone.localdate()
    other = Agreement.objects.create(
        partner=agreement.partner, reference="9/2024", signed_on=today - timedelta(days=800), limits_facts=True,
        valid_until=today + timedelta(days=12), facts=["person", "language"], review_on=today,
    )  # fmt: skip

    page = sign_in(chromium, f"{live_server.url}/cms/agreement/", "koordinator")
    expect(page.locator("#main table")).to_contain_text("9/2024")
    look(page, f"agreements-{language}")
    page.goto(f"{live_server.url}/cms/agreement/edit/{agreement.pk}/")
    expect(page.locator("#id_withdrawn_on")).to_be_visible()
    look(page, f"agreement-{language}")
    other.delete()
    page.fill("#id_withdrawn_on", f"{today:%d.%m.%Y}")
    page.click("main form footer button[type=submit], main form button[type=submit].action-save")
    expect(page.locator("#id_understood")).to_be_visible()
    look(page, f"agreement-asked-{language}")
    assert not DirectoryChange.objects.exists()
    page.check("#id_understood")
    page.click("main form footer button[type=submit], main form button[type=submit].action-save")
    expect(page.locator("#main table.listing")).to_be_visible()
    look(page, f"agreement-change-{language}")
    assert DirectoryChange.objects.count() == 1

    page.goto(f"{live_server.url}/cms/agreement/required/")
    expect(page.locator("#main section").first).to_be_visible()
    look(page, f"agreement-rules-{language}")
    file = tmp_path / "signed.pdf"
    file.write_bytes(samples.pdf())
    page.goto(f"{live_server.url}/cms/agreement/documents/{agreement.pk}/")
    page.set_input_files("#id_document", file)
    page.click("#main form[enctype] button")
    expect(page.locator("#main .vatra-finding")).to_have_count(1)
    look(page, f"agreement-document-{language}")
    page.goto(f"{live_server.url}/cms/agreement/account/{agreement.pk}/")
    expect(page.locator("#main h1, header h1").first).to_be_visible()
    look(page, f"agreement-account-{language}")
    page.goto(f"{live_server.url}/cms/on-duty/")
    expect(page.locator(".vatra-duty")).to_be_visible()
    look(page, f"agreement-on-duty-{language}")
    close(page.context)
