"""The registers and the directory in a real browser: nothing lies over a table at any width, and dates have pickers."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import BrowserContext, Page, expect

from case_forms.submissions.seeding.reference import seed_groups
from notifications.outbox.models import Attempt, Notice
from tests.world.places import make_coordinator
from tests.world.scene import make_scene

from .pictures import picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# How far each cell's words reach over the cell's own edge, and whether something else lies on top of the middle of it.
COVERED = """
() => [...document.querySelectorAll('table.listing th, table.listing td')].filter((cell) => {
  cell.scrollIntoView({block: 'center', inline: 'center'});
  const box = cell.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return !(top && (cell.contains(top) || top.contains(cell)));
}).map((cell) => cell.textContent.trim().slice(0, 40))
"""
LIES_ABOVE = """
() => document.querySelector('details.vatra-filters').getBoundingClientRect().bottom
  <= document.querySelector('table.listing').getBoundingClientRect().top
"""
TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"


@pytest.fixture
def signed_in(
    live_server: Any, chromium: Any, transactional_db: Any, client: Any, settings: Any
) -> Iterator[tuple[str, BrowserContext]]:
    scene = make_scene()
    seed_groups()
    coordinator = make_coordinator(scene.place)
    coordinator.groups.add(Group.objects.get(name="Coordinators"))
    case = scene.send(age_stated=None).receipt["case"]
    scene.follow(case, to_org=scene.offices["protection_service"].slug, service=["shelter"])
    client.force_login(coordinator)
    context = chromium.new_context(locale="sq-AL")
    context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                "url": live_server.url,
            }
        ]
    )
    yield live_server.url, context
    context.close()


def at_width(context: BrowserContext, address: str, width: int) -> Page:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    return page


@pytest.mark.parametrize("width", [360, 820, 1366])
def test_a_register_is_read_at_every_width(signed_in: tuple[str, BrowserContext], width: int) -> None:
    address, context = signed_in
    for register in ("cases/case", "cases/referral", "cases/deadline", "intake/submission", "outbox/notice"):
        page = at_width(context, f"{address}/cms/{register}/", width)
        expect(page.locator("table.listing tbody tr").first).to_be_visible()
        assert page.evaluate(COVERED) == [], (register, width)
        assert not page.evaluate(TOO_WIDE), (register, width)
        page.locator("details.vatra-filters > summary").first.click()
        expect(page.locator("#id_region")).to_be_visible()
        assert page.evaluate(LIES_ABOVE), (register, width)
        page.close()


def test_a_shift_is_entered_with_a_picker_and_leave_is_found(signed_in: tuple[str, BrowserContext]) -> None:
    address, context = signed_in
    page = at_width(context, f"{address}/cms/dutyshift/new/", 1366)
    page.locator("#id_starts_at").click()
    expect(page.locator(".xdsoft_datetimepicker:visible").first).to_be_visible()
    page.goto(f"{address}/cms/leave/")
    expect(page).to_have_url(re.compile("/cms/leave/"))


@pytest.mark.parametrize("width", [360, 1280])
def test_the_attempts_of_a_notice_fit_its_page(signed_in: tuple[str, BrowserContext], width: int) -> None:
    url, context = signed_in
    notice = Notice.objects.get(role="police")
    for number, (outcome, code, texts, key) in enumerate(
        [("unreached", "connection_refused", "", "readable"), ("accepted", "", "3 17", "12ab34cd")], start=1
    ):
        Attempt.objects.create(
            notice=notice, number=number, token=number, channel="email", address="a@police.example", outcome=outcome,
            error_code=code, texts=texts, mail_key=key,
        )  # fmt: skip
    page = at_width(context, f"{url}/cms/outbox/notice/inspect/{notice.pk}/", width)
    expect(page.locator("ul.vatra-findings")).to_contain_text("12AB34CD")
    assert not page.evaluate(TOO_WIDE)
    page.locator("ul.vatra-findings").scroll_into_view_if_needed()
    picture(page, f"attempts-{width}")
