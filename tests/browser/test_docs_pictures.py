"""The pictures of the README and the guides, made from the demo: `make pictures`. Everybody in them is invented.

Each is a phone 360 px wide at twice its dots, in Albanian, with a palette of 64 colours to stay small.
"""

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from access.models import User
from case_forms.cases.models import Case
from case_forms.submissions.seeding.demo import DEMO_PIN
from config.catalogs import ROOT
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice
from tests.seeds import lay_down_demo

from .pocket import PIN, Pocket
from .quiet import close
from .test_field import begin, press, sign_in

pytestmark = [pytest.mark.pictures, pytest.mark.django_db(transaction=True)]

FOLDER = ROOT / "docs" / "img"
SCREEN = {"width": 360, "height": 700}
COLOURS = 64
MAX_BYTES = 60_000


def keep(page: Page, name: str) -> None:
    """What a person sees without scrolling, as docs/img/<name>.png."""
    seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = FOLDER / f"{name}.png"
    seen.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size < MAX_BYTES, path


def file_a_child_in_danger(page: Page) -> None:
    """The urgent notice of two pages, about nobody."""
    begin(page)
    page.select_option("#q-municipality", "lezhe")
    page.check('input[name="immediate_danger"][value="yes"]')
    page.fill("#q-whereabouts", "Stacioni i autobusit (i sajuar)")
    page.check('input[name="urgent_notice"][value="potential_victim"]')
    press(page)
    page.check('input[name="explained"][value="danger"]')
    page.select_option("#q-language", "sq")
    page.check('input[name="police_contact_consent"][value="unknown"]')
    page.check('input[name="age_in_doubt"][value="unknown"]')
    press(page)
    page.click(".bottom-bar .btn-next")
    expect(page.locator(".notice-card").first).to_be_visible()


def test_the_case_and_the_brief(chromium: Browser, transactional_db: Any, live_server: Any) -> None:
    lay_down_demo()
    User.objects.update(language="sq")
    context = chromium.new_context(
        viewport=SCREEN,  # type: ignore[arg-type]
        device_scale_factor=2,
        locale="sq-AL",
        timezone_id="Europe/Tirane",
    )
    worker, officer = context.new_page(), context.new_page()
    sign_in(worker, live_server.url)
    file_a_child_in_danger(worker)
    send_due()
    notice = Notice.objects.get(case_id=Case.objects.get().pk, role="police")
    officer.goto(f"{live_server.url}/n/{notice.link_token}/")
    officer.fill("input[name=pin]", DEMO_PIN)
    officer.press("input[name=pin]", "Enter")
    expect(officer.locator(".brief-section").first).to_be_visible()
    keep(officer, "brief")
    officer.click('button[value="accepted"]')
    expect(officer.locator("#answered")).to_be_visible()
    worker.reload()
    first = worker.locator(".notice-card").first
    expect(first.locator(".badge-ok, .badge").first).to_be_visible()
    first.evaluate(
        "node => window.scrollTo({top: node.getBoundingClientRect().top + scrollY - 124, behavior: 'instant'})"
    )
    keep(worker, "case")
    close(context)


def test_the_phone_without_a_network(make_pocket: Callable[..., Pocket]) -> None:
    User.objects.update(language="sq")
    phone = make_pocket(language="sq", device_scale_factor=2, viewport=SCREEN)
    phone.set_up()
    page = phone.page
    phone.context.set_offline(True)
    expect(page.locator("[data-part=network]")).to_contain_text("Pa rrjet")
    keep(page, "phone-home")
    page.click("[data-lock]")
    expect(page.locator("#pin")).to_be_focused()
    page.fill("#pin", PIN[:4])
    keep(page, "phone-lock")
    phone.unlock()
    page.locator("[data-form=initial_identification]").click()
    page.select_option("#q-municipality", "vlore")
    page.check('input[name="immediate_danger"][value="yes"]')
    page.fill("#q-whereabouts", "Stacioni i autobusit (i sajuar)")
    page.check('input[name="urgent_notice"][value="potential_victim"]')
    page.evaluate("window.scrollTo(0, 0)")
    keep(page, "phone-fill")
    page.click('.bottom-bar button[value="next"]')
    for name, value in (("explained", "danger"), ("police_contact_consent", "unknown"), ("age_in_doubt", "unknown")):
        page.check(f'input[name="{name}"][value="{value}"]')
    page.click('.bottom-bar button[value="next"]')
    page.click("[data-part=finish] .btn-next")
    expect(page.locator("[data-screen=finished] h1")).to_be_focused()
    keep(page, "phone-finished")
