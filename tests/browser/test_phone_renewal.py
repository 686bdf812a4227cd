"""A phone whose time is over is renewed with its PIN, once, however often the button is pressed."""

import pytest
from playwright.sync_api import Request, expect

from access.models import FieldToken, User
from case_forms.devices.actions import end_device
from case_forms.devices.models import Device

from .pocket import PIN, Pocket

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_two_presses_renew_it_once_and_the_phone_is_no_longer_signed_out(pocket: Pocket) -> None:
    pocket.set_up()
    page = pocket.page
    FieldToken.objects.filter(scope=FieldToken.Scope.PACK).update(expires_at="2020-01-01T00:00:00Z")
    page.goto("about:blank")
    pocket.open()
    network = page.locator("[data-part=network]")
    expect(network).to_contain_text("Signed out")
    renewals: list[Request] = []
    page.on("request", lambda sent: renewals.append(sent) if "device-renewal" in sent.url else None)
    page.get_by_role("link", name="Sign in and renew").click()
    page.fill("#renew-pin", PIN)
    page.dblclick("form#renew button")
    expect(page.locator("[data-part=renewed]")).not_to_be_empty()
    expect(page.locator("[data-part=renew-error]")).to_be_hidden()
    assert len(renewals) == 1
    pocket.open()
    expect(page.locator("[data-part=first] button").first).to_be_visible()
    expect(network).not_to_contain_text("Signed out")


def test_without_a_network_it_says_so_and_a_later_press_renews_it(pocket: Pocket) -> None:
    pocket.set_up()
    page = pocket.page
    page.goto(f"{pocket.server}/field/phone/set-up/")
    page.fill("#renew-pin", PIN)
    pocket.context.set_offline(True)
    page.click("form#renew button")
    expect(page.locator("[data-part=renew-error]")).not_to_be_empty()
    pocket.context.set_offline(False)
    page.fill("#renew-pin", PIN)
    page.click("form#renew button")
    expect(page.locator("[data-part=renewed]")).not_to_be_empty()
    expect(page.locator("[data-part=renew-error]")).to_be_hidden()


def test_one_that_was_ended_meanwhile_is_not_renewed_and_can_be_set_up_anew(pocket: Pocket) -> None:
    pocket.set_up()
    page = pocket.page
    page.goto(f"{pocket.server}/field/phone/set-up/")
    expect(page.locator("#renew-pin")).to_be_visible()
    end_device(device=Device.objects.get(), by=User.objects.get(username="koordinator"), why="lost")
    page.fill("#renew-pin", PIN)
    page.click("form#renew button")
    expect(page.locator("form#set-up")).to_be_visible()
    expect(page.locator("form#renew")).to_be_hidden()
