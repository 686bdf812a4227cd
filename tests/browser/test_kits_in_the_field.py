"""A unit holds a session from a kit without a network, says what it used, and an editor sees the count."""

import datetime
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from wagtail.models import Locale
from wagtail.models import Page as WagtailPage

from access.models import User
from access.staff.groups import follow_roles
from outreach_pages.kits.versions import freeze
from outreach_pages.models import KitPage, KitVersion, MaterialLibraryPage, MaterialPage
from outreach_pages.records import actions
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close, follow, listened
from .test_field import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DESK = {"width": 1280, "height": 900}


def put_kit() -> KitVersion:
    """A kit of slides, a worksheet and a quiz, and its first version."""
    locale = Locale.objects.get(language_code="sq")
    library = MaterialLibraryPage(title="Biblioteka", slug="biblioteka-ne-terren", locale=locale)
    WagtailPage.get_first_root_node().add_child(instance=library)

    def put(title: str, kind: str, *blocks: tuple[str, Any]) -> MaterialPage:
        body = json.dumps([{"type": name, "value": value} for name, value in blocks])
        page = MaterialPage(title=title, kind=kind, audiences=["grade_9"], body=body, locale=locale)
        library.add_child(instance=page)
        return page

    def slide(title: str, notes: str) -> tuple[str, Any]:
        return "slide", {"title": title, "text": "<p>Mund të dilni kur të doni.</p>", "notes": notes}

    quiz = {
        "title": "A e dallon?",
        "questions": [
            {
                "question": "Kush i mban dokumentet?",
                "answers": [{"text": "Unë", "is_right": True}, {"text": "Punëdhënësi", "is_right": False}],
                "explanation": "<p>Gjithmonë ju.</p>",
            }
        ],
    }
    materials = [
        put("Diapozitivat", "slides", slide("Rregullat", "Mos pyesni askënd."), slide("Si mashtrojnë", "Lëreni kohë.")),
        put("Fleta e punës", "worksheet", ("task", {"title": "Tri shenja", "text": "<p>Shkruani.</p>", "lines": 3})),
        put("Kuizi", "quiz", ("quiz", quiz)),
    ]
    parts = json.dumps([{"type": "material", "value": each.pk} for each in materials])
    kit = KitPage(title="Klasa e nëntë", audience="grade_9", minutes=45, parts=parts, locale=locale)
    library.add_child(instance=kit)
    return freeze(kit=kit, by=None)


def open_as(
    chromium: Browser, live_server: Any, username: str, **options: Any
) -> tuple[BrowserContext, Page, list[str]]:
    user = User.objects.get(username=username)
    follow_roles(user)
    client = Client()
    client.force_login(user)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    context = chromium.new_context(locale="sq-AL", timezone_id="Europe/Tirane", **options)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}])
    page, complaints = listened(context)
    return context, page, complaints


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def found_by_axe(page: Page) -> list[str]:
    return [each["id"] for each in Axe().run(page).response["violations"]]


def plan(version: KitVersion) -> Any:
    worker = User.objects.get(username="vlore1")
    unit = worker.units().get()
    values = {
        "unit": unit,
        "municipality": unit.region.municipalities.first(),
        "place_type": "nine_year_school",
        "place_name": "Shkolla e provës",
        "date": timezone.localdate() - datetime.timedelta(days=1),
        "starts_at": datetime.time(10),
        "ends_at": datetime.time(10, 45),
        "audience": "grade_9",
        "topics": ["recognition"],
        "kit_version": version,
    }
    return actions.plan_session(by=worker, values=values)


def test_slides_work_without_script_and_by_keyboard_with_it(chromium: Browser, live_server: Any) -> None:
    lay_down_demo()
    version = put_kit()
    context, page, _complaints = open_as(chromium, live_server, "vlore1", viewport=PHONE, java_script_enabled=False)
    page.goto(f"{live_server.url}/field/sessions/kits/")
    follow(page, page.get_by_role("link", name="Klasa e nëntë 45 min"))
    follow(page, page.get_by_role("link", name="Shfaq diapozitivat"))
    expect(page.locator("#slide-1")).to_be_in_viewport()
    page.locator("#slide-1 [data-next]").click()
    expect(page).to_have_url(f"{live_server.url}/field/sessions/kits/{version.pk}/{slides_of(version)}/slides/#slide-2")
    expect(page.locator("#slide-2 h2")).to_be_in_viewport()
    expect(page.get_by_text("Lëreni kohë.")).to_be_hidden()
    page.locator("#notes").check()
    expect(page.get_by_text("Lëreni kohë.")).to_be_visible()
    close(context)

    context, page, complaints = open_as(chromium, live_server, "vlore1", viewport=DESK)
    page.goto(f"{live_server.url}/field/sessions/kits/{version.pk}/{slides_of(version)}/slides/")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#slide-2")).to_be_focused()
    page.keyboard.press("Home")
    expect(page.locator("#slide-1")).to_be_focused()
    assert complaints == []
    close(context)


def slides_of(version: KitVersion) -> int:
    page: int = version.content["materials"][0]["page"]
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_a_phone_and_axe_finds_nothing(chromium: Browser, live_server: Any, scheme: Any) -> None:
    lay_down_demo()
    version = put_kit()
    context, page, complaints = open_as(chromium, live_server, "vlore1", viewport=PHONE, color_scheme=scheme)
    kit = f"/field/sessions/kits/{version.pk}/"
    pages = [each["page"] for each in version.content["materials"]]
    for path in ("/field/sessions/kits/", kit, *(f"{kit}{each}/" for each in pages), f"{kit}{pages[0]}/slides/"):
        page.goto(live_server.url + path)
        assert fits(page), path
        assert found_by_axe(page) == [], path
        page.set_viewport_size({"width": 320, "height": 640})
        assert fits(page), path
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        picture(page, f"kit-{scheme}-{path.strip('/').replace('/', '-')}")
    assert complaints == []
    close(context)


def test_a_session_is_held_from_the_zip_recorded_and_counted(
    chromium: Browser, live_server: Any, tmp_path: Path
) -> None:
    lay_down_demo()
    version = put_kit()
    session = plan(version)
    context, page, complaints = open_as(chromium, live_server, "vlore1", viewport=PHONE, accept_downloads=True)
    page.goto(f"{live_server.url}/field/sessions/{session.pk}/")
    follow(page, page.get_by_role("link", name="Materialet e këtij takimi"))
    with page.expect_download() as fetched:
        page.get_by_role("link", name="Merr gjithçka me vete").click()
    assert fetched.value.suggested_filename == "vatra-klasa-e-nente-v1-sq.zip"
    with zipfile.ZipFile(fetched.value.path()) as archive:
        archive.extractall(tmp_path)
    hold_from_disk(chromium, tmp_path / "vatra-klasa-e-nente-v1-sq")

    page.goto(f"{live_server.url}/field/sessions/{session.pk}/outcome/")
    page.fill("#id_total", "12")
    page.fill("[name='count-female-under_15']", "12")
    page.select_option("#id_method", "talk")
    page.get_by_label("Diapozitivat").check()
    page.get_by_label("Fleta e punës").check()
    assert fits(page)
    picture(page, "kit-outcome")
    follow(page, page.locator("form button.btn-primary"))
    expect(page.get_by_text("Diapozitivat, Fleta e punës")).to_be_visible()
    assert complaints == []
    close(context)

    for size in (DESK, PHONE):
        context, page, complaints = open_as(chromium, live_server, "redaktor", viewport=size)
        page.goto(f"{live_server.url}/cms/kits/{version.kit_id}/usage/")
        row = page.get_by_role("row", name="versioni 1")
        assert [cell.strip() for cell in row.get_by_role("cell").all_inner_texts()][1:4:2] == ["1", "12"]
        assert "Shkolla e provës" not in page.content()
        assert fits(page)
        page.goto(f"{live_server.url}/cms/kits/{version.content['materials'][2]['page']}/usage/")
        expect(page.get_by_role("heading", name="0 takime")).to_be_visible()
        assert complaints == []
        close(context)


def hold_from_disk(chromium: Browser, folder: Path) -> None:
    """Open the unpacked kit with the network off: every page and the slides, and nothing is asked for outside."""
    context = chromium.new_context(viewport=PHONE, offline=True)  # type: ignore[arg-type]
    page, complaints = listened(context)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((folder / "index.html").as_uri())
    assert fits(page)
    for name in sorted(path.name for path in folder.glob("*.html")):
        page.goto((folder / name).as_uri())
        assert fits(page), name
    page.goto((folder / "index.html").as_uri())
    follow(page, page.get_by_role("link", name="Shfaq diapozitivat"))
    page.keyboard.press("ArrowRight")
    expect(page.locator("#slide-2")).to_be_focused()
    expect(page.get_by_text("Si mashtrojnë")).to_be_in_viewport()
    assert complaints == []
    assert all(each.startswith(folder.as_uri()) for each in asked)
    assert sorted(path.name for path in (folder / "pdf").iterdir()) == [
        "01-diapozitivat.pdf",
        "02-fleta-e-punes.pdf",
        "03-kuizi.pdf",
    ]
    context.close()
