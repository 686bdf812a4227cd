"""Sessions on a phone without a network: the kit comes along, its slides are shown, the room is counted, once."""

from datetime import time, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from access.models import User
from outreach_pages.kits.contents import Material, read_materials
from outreach_pages.kits.models import KitVersion
from outreach_pages.records.actions import get_counts
from outreach_pages.records.models import InformativeSession
from outreach_pages.records.phones.models import PhoneRecord
from outreach_pages.tests.places import session as make_session

from .pocket import Pocket, list_readable
from .quiet import until
from .test_filling_types import LAY_BARS_IN_THE_FLOW
from .test_phone_that_stores import WCAG, picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def plan_with_kit(**fields: Any) -> tuple[InformativeSession, KitVersion, Material]:
    """A planned session of the worker's unit, its kit, and the slides of it."""
    worker = User.objects.get(username="vlore1")
    for version in KitVersion.objects.newest_of_live_kits().filter(language="sq").order_by("pk"):
        slides = [each for each in read_materials(version) if each.is_slides and len(each.raw_body) > 2]
        if slides:
            break
    day = timezone.localdate() + timedelta(days=1)
    planned = make_session(worker, worker.units().get(), **{"date": day, "kit_version": version, **fields})
    return planned, version, slides[0]


def check_axe(page: Page) -> None:
    page.evaluate(LAY_BARS_IN_THE_FLOW, "static")
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}}).response["violations"]
    page.evaluate(LAY_BARS_IN_THE_FLOW, "")
    assert not found, [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found]


def swipe(page: Page, by: int) -> None:
    page.evaluate(
        """(by) => {
          const face = document.querySelector("[data-part=face]");
          const at = (x) => new Touch({ identifier: 1, target: face, clientX: x, clientY: 200 });
          const say = (kind, x) => face.dispatchEvent(new TouchEvent(kind, { changedTouches: [at(x)] }));
          say("touchstart", 180);
          say("touchend", 180 + by);
        }""",
        by,
    )


def test_a_kit_comes_along_and_its_slides_are_shown_without_a_network(pocket: Pocket) -> None:
    _session, version, deck = plan_with_kit()
    page = pocket.page
    pocket.set_up()
    page.click('a[href="#/sessions"]')
    expect(page.locator(f'[data-part=kits] a[href="#/kit/{version.pk}"]')).to_be_visible()
    page.click("[data-part=kits] details > summary")
    other = page.locator("[data-part=kits] details li").first
    title = other.locator("strong").inner_text()
    other.locator("button").click()
    expect(page.locator("[data-part=kits] > li", has_text=title).first).to_contain_text("On this phone")
    check_axe(page)
    picture(page, "sessions")

    pocket.context.set_offline(True)
    page.click(f'[data-part=kits] a[href="#/kit/{version.pk}"]')
    expect(page.locator("h1")).to_have_text(version.title)
    for fold in page.locator("[data-part=body] > details > summary").all():
        fold.click()
    check_axe(page)
    picture(page, "kit")
    page.click(f'a[href="#/slides/{version.pk}-{deck.page}"]')
    raw: list[dict[str, Any]] = [each["value"] for each in deck.raw_body]
    expect(page.locator("[data-part=face] h1")).to_have_text(raw[0]["title"])
    expect(page.locator("[data-part=number]")).to_have_text(f"Slide 1 of {len(raw)}")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-part=face] h1")).to_have_text(raw[1]["title"])
    swipe(page, -120)
    expect(page.locator("[data-part=face] h1")).to_have_text(raw[2]["title"])
    swipe(page, 120)
    page.keyboard.press("Home")
    expect(page.locator("[data-part=number]")).to_have_text(f"Slide 1 of {len(raw)}")
    expect(page.locator("[data-part=notes]")).to_be_hidden()
    page.check("[data-part=with-notes]")
    expect(page.locator("[data-part=notes]")).to_be_visible()
    check_axe(page)
    picture(page, "slides")
    for _each in range(len(raw)):
        page.keyboard.press("PageDown") if page.locator("[data-part=next]").is_enabled() else None
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("End")
    expect(page.locator("[data-part=next]")).to_be_disabled()
    title = raw[-1]["title"]
    pocket.kill()
    assert not list_readable(pocket.profile, title, deck.title)
    page = pocket.start(offline=True)
    page.goto(pocket.address)
    expect(page.locator("body")).not_to_contain_text(deck.title)
    pocket.unlock()
    page.click('a[href="#/sessions"]')
    expect(page.locator(f'[data-part=kits] a[href="#/kit/{version.pk}"]')).to_be_visible()


def test_a_session_is_counted_without_a_network_and_is_on_its_record_once(pocket: Pocket) -> None:
    session, _version, _deck = plan_with_kit(date=timezone.localdate(), starts_at=time(0, 1), ends_at=time(0, 46))
    page = pocket.page
    pocket.set_up()
    page.click('a[href="#/sessions"]')
    expect(page.get_by_role("button", name="Count and record")).to_be_visible()
    pocket.context.set_offline(True)
    page.get_by_role("button", name="Count and record").click()
    girls, boys = (page.locator(f"#id_count-{sex}-15_17") for sex in ("female", "male"))
    for _each in range(3):
        girls.locator("xpath=following-sibling::button").click()
    boys.fill("2")
    expect(page.locator("[data-whole-sum]")).to_have_text("5")
    expect(page.locator("[data-part=saved]")).to_contain_text("Saved on this phone")
    picture(page, "record")
    check_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    address = page.url
    pocket.kill()

    page = pocket.start(offline=True)
    page.goto(address)
    pocket.unlock()
    expect(girls_of(page)).to_have_value("3")
    page.get_by_role("button", name="Finish: it was held").click()
    expect(page.locator("[data-part=summary]")).to_be_focused()
    expect(page.locator("[data-part=problems] li")).to_have_count(2)
    picture(page, "record-problems")
    page.fill("#id_total", "5")
    page.select_option("#id_method", "talk")
    page.get_by_role("button", name="Finish: it was held").click()
    page.check("[data-part=doubts] input")
    page.get_by_role("button", name="Finish: it was held").click()
    expect(page.locator(f"#session-{session.pk}")).to_be_focused()
    expect(page.locator("[data-part=sessions]")).to_contain_text("The record: On this phone")
    plan_another(page)
    session.refresh_from_db()
    assert session.state == "planned"

    pocket.context.set_offline(False)
    assert until(page, lambda: InformativeSession.objects.filter(pk=session.pk, state="held").exists())
    assert get_counts(session) == {("female", "15_17"): 3, ("male", "15_17"): 2}
    assert until(page, lambda: InformativeSession.objects.filter(place_name="Shkolla e fshatit").count() == 1)
    assert not PhoneRecord.objects.exists()
    page.goto(pocket.address + "#/sessions")
    expect(page.get_by_role("button", name="Correct the record")).to_be_visible()


def plan_another(page: Page) -> None:
    page.get_by_role("button", name="Plan a session").click()
    page.get_by_role("button", name="Finish the plan").click()
    expect(page.locator("[data-part=summary]")).to_be_focused()
    check_axe(page)
    picture(page, "plan")
    page.fill("#id_date", (timezone.localdate() + timedelta(days=9)).isoformat())
    page.fill("#id_starts_at", "10:00")
    page.fill("#id_ends_at", "10:45")
    page.select_option("#id_municipality", "vlore")
    page.select_option("#id_place_type", "high_school")
    page.fill("#id_place_name", "Shkolla e fshatit")
    page.select_option("#id_audience", "high_school")
    page.get_by_role("button", name="Finish the plan").click()
    expect(page.locator("[data-part=sessions]")).to_contain_text("Planned on this phone.")


def girls_of(page: Page) -> Locator:
    return page.locator("#id_count-female-15_17")
