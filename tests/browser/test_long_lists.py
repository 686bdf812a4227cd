"""A long list on a phone: what is answered most stands first, the rest is found by typing; a long text counts."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from access.models import User
from case_forms.submissions.models import Draft
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close
from .test_field import PHONE, begin, fits, press, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_country_is_found_by_typing_and_the_own_region_stands_first(
    chromium: Browser, live_server: Any, transactional_db: Any
) -> None:
    lay_down_demo()
    User.objects.update(language="sq")
    context = chromium.new_context(viewport=PHONE, timezone_id="Europe/Tirane")  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, live_server.url)
    begin(page)
    towns = page.locator("#q-municipality optgroup").first
    assert towns.get_attribute("label") == "Rajoni juaj"
    assert "Lezhë" in towns.locator("option").all_text_contents()
    picture(page, "long_list_municipality")
    draft = Draft.objects.get()
    draft.answers = {**draft.answers, "consent_to_store": "yes", "citizenship_known": "known"}
    draft.save()
    page.goto(f"{live_server.url}/field/drafts/{draft.pk}/person/")
    group = page.locator("fieldset#q-citizenship")
    expect(group.locator(".q-choice").first).to_contain_text("Shqipëri")
    group.locator("summary").click()
    field = group.get_by_role("searchbox")
    field.fill("fildisht")
    expect(group.get_by_role("status")).to_have_text("U gjetën 1")
    assert group.locator("details .q-choice:visible").count() == 1
    fits(page)
    picture(page, "long_list_typed")
    field.press("Enter")
    page.keyboard.press("Space")
    field.fill("zzz")
    expect(group.get_by_role("status")).to_contain_text("Asgjë")
    expect(group.locator("details .q-choice:visible")).to_have_count(1)  # what is ticked is never hidden
    press(page)
    draft.refresh_from_db()
    assert draft.answers["citizenship"] == ["CI"]
    close(context)
