"""A phone that stores, by somebody who has no mouse: from the PIN to a finished form."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from case_forms.submissions.models import Submission

from .pocket import PIN, Pocket
from .quiet import until
from .test_filling_types import Keys

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def tab_to(page: Page, selector: str, *, back: bool = False) -> None:
    """Tab until the focus is on this, and is seen there."""
    for _stop in range(300):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            assert page.evaluate("document.activeElement.matches(':focus-visible')"), selector
            return
    raise AssertionError(f"no way to {selector}")


def choose(value: str, *, shows: str = "") -> Callable[[Keys], None]:
    """The choice with this value, by the keys of a group of radio buttons. `shows`: the question that it brings."""

    def press(keys: Keys) -> None:
        keys.press("Space")
        for _choice in range(20):
            if keys.page.evaluate("document.activeElement.value") == value:
                if shows:  # what is typed is sealed first, and the form follows
                    expect(keys.page.locator(f"[data-item={shows}]")).to_be_visible()
                return
            keys.press("ArrowDown")
        raise AssertionError(f"no choice {value}")

    return press


def test_from_the_pin_to_a_finished_form(pocket: Pocket) -> None:
    pocket.set_up()
    page, keys = pocket.page, Keys(pocket.page)
    tab_to(page, "[data-lock]", back=True)
    page.keyboard.press("Enter")
    expect(page.locator("#pin")).to_be_focused()
    pocket.context.set_offline(True)
    page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=first] button").first).to_be_visible()
    tab_to(page, "[data-form=initial_identification]")
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=title]")).to_be_focused()
    keys.fill({}, until="Continue")
    expect(page.locator("[data-part=summary]")).to_be_focused()
    tab_to(page, "[data-part=problems] a")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('[data-item]')?.dataset.item") == "municipality"
    page.keyboard.type("Vlor")
    danger = {"immediate_danger": choose("yes", shows="urgent_notice"), "urgent_notice": choose("potential_victim")}
    keys.fill({**danger, "whereabouts": "At the bus station"}, until="Continue")
    expect(page.locator("h1")).to_be_focused()
    consent = {"explained": "danger", "police_contact_consent": "unknown", "age_in_doubt": "unknown"}
    keys.fill({name: choose(value) for name, value in consent.items()}, until="Check your answers")
    expect(page.locator("[data-part=finish] .btn-next")).to_be_visible()
    while page.locator("input[name=confirmed]:not(:checked)").count():
        tab_to(page, "input[name=confirmed]:not(:checked)")
        page.keyboard.press("Space")
    tab_to(page, "[data-part=finish] .btn-next")
    page.keyboard.press("Enter")
    expect(page.locator("[data-screen=finished] h1")).to_be_focused()
    pocket.context.set_offline(False)
    assert until(page, lambda: Submission.objects.exists())
    expect(page.locator("[data-part=state]")).to_contain_text(re.compile("On the server|notified"))
    tab_to(page, "[data-back]", back=True)
    page.keyboard.press("Enter")
    expect(page.locator("[data-screen=home] [data-part=queue] li")).to_have_count(1)
