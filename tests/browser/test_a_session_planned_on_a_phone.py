"""A village without a network: a session is planned, held, counted and reported on a phone, and is there once."""

from datetime import time
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from access.models import User
from case_forms.submissions.models import Submission
from outreach_pages.records.actions import get_counts
from outreach_pages.records.models import InformativeSession
from outreach_pages.records.phones.models import PhoneRecord

from .pocket import Pocket, list_readable
from .quiet import until
from .test_kits_on_a_phone import check_axe, girls_of, plan_with_kit
from .test_phone_that_stores import fill_to_the_check, picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCHOOL = "Shkolla kanarina"


def fill_plan(page: Page, **more: str) -> None:
    page.fill("#id_date", timezone.localdate().isoformat())
    page.fill("#id_starts_at", "00:01")
    page.fill("#id_ends_at", more.get("ends_at", "00:46"))
    page.select_option("#id_municipality", "vlore")
    page.select_option("#id_place_type", "high_school")
    page.fill("#id_place_name", SCHOOL)
    page.select_option("#id_audience", "high_school")


def count_five(page: Page) -> None:
    for _each in range(3):
        girls_of(page).locator("xpath=following-sibling::button").click()
    page.fill("#id_count-male-15_17", "2")
    page.fill("#id_total", "5")
    page.select_option("#id_method", "talk")


def panel_of(page: Page, key: str) -> Any:
    return page.locator(".panel", has=page.locator(f"#session-{key}"))


@pytest.mark.parametrize("language", ["en", "sq"])
def test_planned_held_counted_and_reported_without_a_network(pocket: Pocket, language: str) -> None:
    User.objects.update(language=language)
    pocket.language = language
    listed, version, _deck = plan_with_kit()
    before = Submission.objects.count()
    is_english = language == "en"
    page = pocket.page
    pocket.set_up()
    page.click('a[href="#/sessions"]')
    expect(page.locator(f'[data-part=kits] a[href="#/kit/{version.pk}"]')).to_be_visible()
    pocket.context.set_offline(True)

    page.click("[data-plan]")
    fill_plan(page, ends_at="00:00")
    page.click("[data-screen=plan] .btn-next")
    expect(page.locator("[data-part=problems] li")).to_have_count(1)
    page.fill("#id_ends_at", "00:46")
    page.check("#id_topics_1")
    here = page.locator(f'#id_kit_version option[value="{version.pk}"]')
    expect(here).to_contain_text("On this phone" if is_english else "Në këtë telefon")
    page.select_option("#id_kit_version", str(version.pk))
    picture(page, f"{language}-plan")
    check_axe(page)
    page.click("[data-screen=plan] .btn-next")
    title = page.locator(".panel h2:focus")
    expect(title).to_be_visible()
    key = str(title.get_attribute("id")).removeprefix("session-")
    expect(panel_of(page, key)).to_contain_text(
        "Planned on this phone. The service doesn't list it yet." if is_english else "Shërbimi nuk e ka ende në listë."
    )
    picture(page, f"{language}-planned")
    check_axe(page)
    pocket.kill()
    assert not list_readable(pocket.profile, SCHOOL)

    page = pocket.start(offline=True)
    page.goto(pocket.address + "#/sessions")
    pocket.unlock()
    panel_of(page, key).locator("button").first.click()
    expect(page.locator("#id_topics_1")).to_be_checked()
    count_five(page)
    page.locator("input[name=used]").first.check()
    page.locator("[data-part=saved]").wait_for()
    picture(page, f"{language}-count")
    check_axe(page)
    page.click("[data-screen=record] .btn-next")
    expect(panel_of(page, key)).to_contain_text(
        "The record: On this phone" if is_english else "Regjistrimi: Në këtë telefon"
    )
    expect(page.locator(f"#session-{key}")).to_be_focused()
    picture(page, f"{language}-counted")

    panel_of(page, key).locator("button").last.click()
    expect(page.locator("#q-session")).to_have_value(key)
    picture(page, f"{language}-report")
    page.fill("#q-facilitators", "2")
    fill_to_the_check(page)
    picture(page, f"{language}-report-check")
    page.click("[data-part=finish] .btn-next")
    expect(page.locator("[data-screen=finished] h1")).to_be_focused()
    page.goto(pocket.address + "#/sessions")
    expect(panel_of(page, key).locator("li")).to_have_count(3)  # what is planned, counted and reported
    picture(page, f"{language}-all-here")
    assert not InformativeSession.objects.filter(place_name=SCHOOL).exists()
    assert Submission.objects.count() == before

    pocket.context.set_offline(False)
    assert until(page, lambda: InformativeSession.objects.filter(pk=key, state="reported").exists(), seconds=60)
    session = InformativeSession.objects.get(place_name=SCHOOL)
    assert (str(session.pk), session.kit_version, session.starts_at) == (key, version, time(0, 1))
    assert get_counts(session) == {("female", "15_17"): 3, ("male", "15_17"): 2}
    assert session.used_materials.count() == 1
    assert Submission.objects.get(pk=session.report_submission).submitted_by.username == "vlore1"
    assert Submission.objects.count() == before + 1
    assert not PhoneRecord.objects.exists()
    expect(panel_of(page, key)).to_have_count(0)
    expect(panel_of(page, str(listed.pk))).to_be_visible()
    pocket.kill()
    assert not list_readable(pocket.profile, SCHOOL)
