"""A draft that was begun on the pages goes on on the phone: begun online, finished without a network, received once."""

import pytest
from playwright.sync_api import expect

from case_forms.submissions.models import Draft, Submission

from .pocket import Pocket, list_readable
from .quiet import until
from .test_phone_that_stores import CANARY, fill_to_the_check, picture
from .test_phone_updates import type_and_see_it_saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FORM = "initial_identification"
BEGUN = "At the bus station"


def test_begun_online_killed_offline_finished_and_received_once_under_its_uuid(pocket: Pocket) -> None:
    pocket.set_up()
    page = pocket.page
    page.goto(f"{pocket.server}/field/")
    page.locator(f"form[action$='/forms/{FORM}/start/'] button").first.click()
    page.select_option("#q-municipality", "vlore")
    page.fill("#q-whereabouts", BEGUN)
    page.click('.bottom-bar button[value="save"]')
    expect(page.locator(".note-ok, [data-save-state]").first).to_be_visible()
    assert until(page, lambda: Draft.objects.get().answers.get("whereabouts") == BEGUN)
    draft = Draft.objects.get()

    page.locator("details.fold", has=page.locator("form[action*='/devices/drafts/']")).locator("summary").click()
    page.click("form[action*='/devices/drafts/'] button")
    expect(page.locator("main")).to_contain_text("It is offered to your phone until")
    picture(page, "offered")
    page.click("a[href*='#/take/']")
    pocket.unlock()
    expect(page.locator("#q-whereabouts")).to_have_value(BEGUN)
    assert page.url.endswith(f"#/fill/{draft.pk}")
    pocket.context.set_offline(True)
    type_and_see_it_saved(page, "#q-whereabouts", CANARY)
    address = page.url
    pocket.kill()
    assert not list_readable(pocket.profile, CANARY)

    page = pocket.start(offline=True)
    page.goto(address)
    pocket.unlock()
    expect(page.locator("#q-whereabouts")).to_have_value(CANARY)
    fill_to_the_check(page)
    for box in page.locator("input[name=confirmed]").all():
        box.check()
    page.click("[data-part=finish] .btn-next")
    expect(page.locator("h1")).to_have_text("Finished")
    assert page.url.endswith(f"finished/{draft.pk}")
    pocket.context.set_offline(False)
    assert until(page, lambda: Submission.objects.filter(pk=draft.pk).exists())
    assert Submission.objects.get().answers["whereabouts"] == CANARY
    assert not Draft.objects.exists()


def test_a_phone_says_why_a_draft_does_not_come_along_and_leaves_it(pocket: Pocket) -> None:
    pocket.set_up()
    page = pocket.page
    page.goto(f"{pocket.address}#/take/7d0b2c1e-4a57-4f2f-9a63-0c8f0d6f3b11")
    expect(page.locator("[data-part=state]")).to_contain_text("isn't offered to this phone any more")
    picture(page, "not-offered")
    pocket.context.set_offline(True)
    page.goto(f"{pocket.address}#/take/7d0b2c1e-4a57-4f2f-9a63-0c8f0d6f3b12")
    expect(page.locator("[data-part=state]")).to_contain_text("No network")
    expect(page.locator("[data-part=again]")).to_be_visible()
    pocket.context.set_offline(False)
    page.click("[data-part=again]")
    expect(page.locator("[data-part=state]")).to_contain_text("isn't offered")
