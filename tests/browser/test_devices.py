"""The pages about phones that store: a coordinator allows and ends, a worker takes a case along; axe finds nothing."""

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from access.models import User
from case_forms.devices.actions import end_device
from case_forms.devices.models import Device, PhoneAlarm
from case_forms.devices.tests.phone import make_phone
from case_forms.submissions.models import Draft
from tests.world.places import make_coordinator, make_user
from tests.world.scene import Scene, make_scene

from .quiet import close, follow
from .test_filling_types import RULES
from .test_staff_accounts import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = (360, 1280)


def open_as(chromium: Browser, address: str, user: User, language: str) -> Page:
    User.objects.filter(pk=user.pk).update(language=language)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    context = chromium.new_context(viewport={"width": 360, "height": 800}, locale=f"{language}-AL")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    return context.new_page()


def check(page: Page, name: str) -> None:
    """Nothing for axe, and nothing wider than the screen, on a phone and on a desk."""
    look(page, name)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        found = Axe().run(page, options=RULES)
        assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found.response["violations"]] == [], width


def prepare(scene: Scene, coordinator: User) -> None:
    """One phone in use with a wrong clock, one that is silent, one that is lost, and an alarm."""
    User.objects.filter(pk=scene.worker.pk).update(first_name="Ana", last_name="Hoxha")
    own = make_phone(scene, scene.worker, coordinator)
    own.ahead = timedelta(minutes=-7)
    own.contact(app="2.1", drafts=2, queued=1)
    for name, more in (("Besa", {}), ("Drita", {"last_seen_at": timezone.now() - timedelta(hours=80)})):
        user = make_user("worker", unit=scene.unit, first_name=name, last_name="Gashi")
        made = make_phone(scene, user, coordinator)
        Device.objects.filter(pk=made.device.pk).update(**more) if more else end_device(
            device=made.device, by=user, why="lost"
        )
    make_user("worker", unit=scene.unit, first_name="Elira", last_name="Një mbiemër shumë i gjatë Përparimi")
    PhoneAlarm.objects.create(device=own.device, key_hash="x", is_urgent=True)


@pytest.mark.parametrize("language", ["sq", "en"])
def test_a_coordinator_allows_sees_to_an_alarm_and_ends(
    chromium: Browser, transactional_db: Any, live_server: Any, language: str
) -> None:
    scene = make_scene()
    coordinator = make_coordinator(scene.place)
    prepare(scene, coordinator)
    page = open_as(chromium, live_server.url, coordinator, language)
    page.goto(f"{live_server.url}/field/devices/")
    check(page, f"devices-{language}")
    follow(page, page.locator("#alarms button"))
    expect(page.locator("#alarms")).to_have_count(0)
    follow(page, page.locator("#people button[value=grant]").first)
    expect(page.locator("#people button[value=withdraw]")).to_have_count(4)
    follow(page, page.locator("#phones li", has_text="Ana Hoxha").locator("button").first)
    expect(page.locator("#phones li")).to_have_count(1)
    page.goto(f"{live_server.url}/field/devices/?state=ended")
    check(page, f"devices-ended-{language}")
    close(page.context)


@pytest.mark.parametrize("language", ["sq", "en"])
def test_a_worker_takes_a_case_along_and_reads_why_a_form_came_back(
    chromium: Browser, transactional_db: Any, live_server: Any, language: str
) -> None:
    scene = make_scene()
    phone = make_phone(scene)
    phone.ahead = timedelta(minutes=-7)
    scene.send()
    page = open_as(chromium, live_server.url, scene.worker, language)
    page.goto(f"{live_server.url}/field/devices/")
    follow(page, page.locator("#road button[value=take]"))
    expect(page.locator("#road button[value=leave]")).to_have_count(1)
    check(page, f"device-own-{language}")
    phone.deliver(phone.seal(phone.fill(scene, result="nonsense")))
    page.goto(f"{live_server.url}/field/drafts/{Draft.objects.get().pk}/")
    check(page, f"device-returned-{language}")
    close(page.context)
