"""A coordinator changes what happens, another approves, and the next submission acts on it. Real Chromium.

Set FIELD_PICTURES to a folder for pictures.
"""

from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from access.models import User
from case_forms.procedures.models import Procedure, ProcedureVersion
from tests.seeds import lay_down_demo

from .pictures import picture
from .test_what_a_form_sets_in_motion import DESK, PHONE, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAVED = "All changes are saved in the draft."


def part(page: Page, key: str) -> Locator:
    return page.locator(f"[id='{key}']")


def test_the_procedure_is_read_and_edited_where_it_stands(
    transactional_db: Any, live_server: Any, chromium: Browser
) -> None:
    lay_down_demo()
    house, ana = str(live_server.url), User.objects.get(username="koordinator")
    procedure = Procedure.objects.get()
    for language in ("sq", "en"):
        for name, viewport in (("phone", PHONE), ("desk", DESK)):
            with signed_in(chromium, house, ana, language, viewport) as page:
                page.goto(f"{house}/cms/procedures/")
                picture(page, f"procedures-list-{language}-{name}")
                page.goto(f"{house}/cms/procedures/{procedure.pk}/")
                picture(page, f"procedure-read-{language}-{name}")
                page.goto(f"{house}/cms/procedures/edit/{procedure.pk}/#rule-tell_police")
                rule = part(page, "rule-tell_police")
                rule.get_by_role("button").first.click()
                expect(rule.locator(".vo-condition").first).to_be_visible()
                page.wait_for_timeout(500)
                picture(page, f"procedure-edit-{language}-{name}")
                rule.screenshot(path=f"/tmp/edit-pics/rule-open-{language}-{name}.png")
