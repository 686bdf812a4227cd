"""A contact adds a phone behind the PIN; a notice wakes it; its worker shows what is neutral and nothing else.

A browser of the tests reaches no push service outside. So the phone is an invented one of the sandbox, whose push
service checks and decrypts as a real one and a browser do. What the worker makes of a push is seen by handing it one
through the browser's own tools (`ServiceWorker.deliverPushMessage`), as one of a push service would arrive.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, expect

from access.models import User
from case_forms.cases.models import Case
from config.sandbox.push_service import get_received, lose_phones
from notifications.channels.base import Message, RecipientGone
from notifications.channels.push import PushChannel, build_payload
from notifications.directory.models import Contact, ContactWay
from notifications.outbox.actions import build_link
from notifications.outbox.models import Notice, Purpose
from tests.chromium import launch
from tests.seeds import lay_down_demo
from tests.world.offices import PIN

from .pictures import picture
from .quiet import close, listened, until
from .test_field import PHONE, fits
from .test_talk import DESK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOWN = "() => navigator.serviceWorker.getRegistration('/n/').then((one) => one.getNotifications())" + (
    ".then((all) => all.map(({ title, body, lang, data, tag }) => ({ title, body, lang, link: data.link, tag })))"
)
REGISTER = """async () => {
  const registration = await navigator.serviceWorker.register("/n/push-worker.js");
  while (!registration.active) await new Promise((done) => setTimeout(done, 20));
  return registration.scope;
}"""


@pytest.fixture(params=["sq", "en"])
def language(request: Any, transactional_db: Any) -> str:
    lay_down_demo(with_cases=True)
    User.objects.update(language=request.param)
    Contact.objects.update(language=request.param)
    Notice.objects.update(language=request.param)
    return str(request.param)


@pytest.fixture
def notice(language: str) -> Notice:
    cases = Case.objects.filter(closed_at=None)
    found = (
        Notice.objects.open()
        .filter(case_id__in=cases.values("pk"), role="police", purpose=Purpose.FIRST, contact__isnull=False)
        .latest("owed_at")
    )
    assert found.contact is not None
    found.contact.set_pin(PIN)
    Contact.objects.filter(pk=found.contact.pk).update(
        pin_hash=found.contact.pin_hash, pin_set_at=found.contact.pin_set_at
    )
    return found


@pytest.fixture(params=["phone", "desk"])
def context(request: Any, chromium: Browser) -> Iterator[BrowserContext]:
    viewport: Any = PHONE if request.param == "phone" else DESK
    made = chromium.new_context(viewport=viewport, locale="sq-AL", timezone_id="Europe/Tirane")
    made.size = request.param  # type: ignore[attr-defined]
    yield made
    close(made)


def open_brief(page: Page, url: str, notice: Notice) -> None:
    page.goto(url + "/n/" + build_link(notice).partition("/n/")[2])
    page.fill("input[name=pin]", PIN)
    page.press("input[name=pin]", "Enter")
    expect(page.locator(".brief-head")).to_be_visible()


def message_for(way: ContactWay, notice: Notice, text: str = "Një njoftim pret.") -> Message:
    return Message(
        "<1@vatra.example>", way.address, "Vatra", text, language="sq", link=build_link(notice),
        code=notice.code, reference="a" * 32, secret=way.secret,
    )  # fmt: skip


def test_a_phone_is_added_behind_the_pin_woken_and_ended(
    context: BrowserContext, live_server: Any, notice: Notice, language: str
) -> None:
    size = context.size  # type: ignore[attr-defined]
    page, complaints = listened(context)
    open_brief(page, live_server.url, notice)
    picture(page, f"phones-brief-{size}-{language}")
    page.locator('a[href*="/phones/"]').click()
    expect(page.locator("form[data-push-key]")).to_be_visible()
    fits(page)
    picture(page, f"phones-none-{size}-{language}")
    page.fill("#name", "Telefoni i shërbimit")
    page.locator("[data-invented]").click()
    expect(page.locator(".phone-list")).to_contain_text("Telefoni i shërbimit")
    fits(page)
    picture(page, f"phones-one-{size}-{language}")

    way = ContactWay.objects.get(contact=notice.contact, channel="push")
    PushChannel().send(message_for(way, notice))
    shown = get_received(settings.DATA_DIR / "push")[0]["shown"]
    assert (shown["title"], shown["body"], shown["link"]) == ("Vatra", "Një njoftim pret.", build_link(notice))
    page.goto(live_server.url + "/sandbox/push/?still=1")
    expect(page.get_by_text("Një njoftim pret.").first).to_be_visible()
    picture(page, f"phones-sandbox-{size}-{language}")
    # The phone is lost, and its service says so.
    lose_phones(settings.DATA_DIR / "push")
    with pytest.raises(RecipientGone):
        PushChannel().send(message_for(way, notice))

    page.goto(live_server.url + "/n/" + build_link(notice).partition("/n/")[2] + "phones/")
    page.locator('.phone-list button[value="end"]').click()
    expect(page.locator(".phone-list")).to_have_count(0)
    way.refresh_from_db()
    assert not way.is_active
    assert complaints == []


@pytest.mark.parametrize("language", ["sq"], indirect=True)
def test_the_worker_shows_what_is_neutral_and_opens_only_a_notices_page(
    live_server: Any, notice: Notice, playwright_whole: Browser
) -> None:
    context = playwright_whole.new_context(viewport=PHONE, locale="sq-AL")
    context.grant_permissions(["notifications"], origin=live_server.url)
    page = context.new_page()
    open_brief(page, live_server.url, notice)
    assert page.evaluate(REGISTER) == live_server.url + "/n/"
    tools = context.new_cdp_session(page)
    found: dict[str, str] = {}
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda said: _note(found, said))
    tools.send("ServiceWorker.enable")
    _until(page, lambda: live_server.url + "/n/" in found)

    def deliver(data: str) -> None:
        given = {"origin": live_server.url, "registrationId": found[live_server.url + "/n/"], "data": data}
        tools.send("ServiceWorker.deliverPushMessage", given)

    link = live_server.url + "/n/" + build_link(notice).partition("/n/")[2]
    pushed = Message("<1@x>", "", "Vatra", "Një njoftim pret.", language="sq", link=link, reference="b" * 32)
    deliver(build_payload(pushed).decode())
    _until(page, lambda: len(page.evaluate(SHOWN)) == 1)
    (shown,) = page.evaluate(SHOWN)
    assert (shown["title"], shown["body"], shown["lang"], shown["link"]) == ("Vatra", "Një njoftim pret.", "sq", link)
    assert notice.code not in json.dumps(shown)
    # The same sending again replaces it; nonsense and nothing are shown as neutrally.
    deliver(build_payload(pushed).decode())
    for nonsense in ("", "{}", "[]", "null", '{"title": 3}', "<b>"):
        deliver(nonsense)
    _until(page, lambda: len(page.evaluate(SHOWN)) == 2)
    assert {each["title"] for each in page.evaluate(SHOWN)} == {"Vatra", "Njoftim"}  # what was pushed, and nothing
    close(context)


@pytest.fixture
def playwright_whole(chromium: Browser) -> Iterator[Browser]:
    """The whole browser: the light one shows no notifications."""
    browser = launch(chromium.browser_type, whole=True)
    yield browser
    browser.close()


def _note(found: dict[str, str], said: Any) -> None:
    for each in said["registrations"]:
        found[each["scopeURL"]] = each["registrationId"]


def _until(page: Page, holds: Callable[[], object]) -> None:
    """Wait until this holds; what the worker does shows on no page."""
    assert until(page, holds), "it never came"
