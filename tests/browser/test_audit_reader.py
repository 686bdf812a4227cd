"""A keeper reads the record in the browser: finds what one person did, goes on to older entries, and corrects a day."""

import os
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from access.models import Assignment, StaffRole, User
from access.staff.groups import follow_roles
from audit.chain import Actor, log_event
from audit.models import AuditEntry
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from notifications.escalation.chain_watch import each_minute
from tests.seeds import lay_down_demo

from .quiet import close

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SCREENSHOTS", "")


def look(page: Page, name: str) -> None:
    """Keep a picture of this screen where SCREENSHOTS names a folder; no screen scrolls sideways at any width."""
    for width in (360, 1366):
        page.set_viewport_size({"width": width, "height": 800})
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.main
@pytest.mark.parametrize("language", ["en", "sq"])
def test_a_keeper_finds_what_somebody_did(
    chromium: Browser, transactional_db: Any, live_server: Any, settings: Any, tmp_path: Any, language: str
) -> None:
    settings.AUDIT_WATCH_FILE, settings.VAULT_WITNESS_FILE = tmp_path / "chain", tmp_path / "cells"
    lay_down_demo()
    keeper = User.objects.create_user("ruajtes", password=DEMO_PASSWORD, first_name="Mira", last_name="Kola")
    Assignment.objects.create(user=keeper, role=StaffRole.AUDITOR)
    follow_roles(keeper)
    User.objects.update(language=language)
    operator = User.objects.get(username="operator")
    for number in range(60):
        deed = "account.changed" if number % 2 else "directory.contact_changed"
        log_event(
            deed, actor=Actor("user", str(operator.pk)), target_kind="contact", target_id=number, fields=["email"]
        )
    each_minute()
    desk = chromium.new_context(viewport={"width": 1366, "height": 800}, locale="sq-AL")
    page = desk.new_page()
    page.goto(f"{live_server.url}/cms/audit/")
    page.fill("#id_login", "ruajtes")
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    expect(page.locator("#main table")).to_be_visible()
    look(page, f"audit-{language}")
    page.click("#main summary")
    page.fill("#id_who", "operator")
    page.select_option("#id_what", "directory.")
    page.click("#main form button:not([type=button])")
    expect(page.locator("#main tbody tr")).to_have_count(30)
    expect(page.locator("#main tbody")).not_to_contain_text(
        "Ndryshoi të dhënat" if language == "sq" else "account's details"
    )
    page.fill("#id_since", "31.31.2026")
    page.click("#main form button:not([type=button])")
    expect(page.locator("#main .error-message")).to_be_visible()
    expect(page.locator("#id_who")).to_have_value("operator")
    look(page, f"audit-error-{language}")
    newest = AuditEntry.objects.order_by("-number").values_list("number", flat=True)[0]
    page.goto(f"{live_server.url}/cms/audit/?what=directory.&before={newest - 20}")
    expect(page.locator("#main tbody tr").first).to_be_visible()
    close(desk)
