"""Editors' and coordinators' work in a real browser under the policy of /cms/: everything goes, and nothing is refused.

A refusal is heard twice: as the page's own `securitypolicyviolation` and in the console (docs/adr/0079).
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, Route, expect
from wagtail.images import get_image_model

from access.models import User
from case_forms.form_builder.models import FormDefinition
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from content.models import ArticlePage, GlossaryTerm
from tests.seeds import lay_down_demo

from .quiet import leave, until_done
from .wagtail_page import count_watching, until_it_watches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LISTEN = """addEventListener("securitypolicyviolation", (event) => refused(
  [event.documentURI, event.effectiveDirective, event.blockedURI, event.sourceFile, event.sample].join(" | ")), true)"""


def a_picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (400, 300), "teal").save(file, "PNG")
    return file.getvalue()


class Desk:
    """Somebody at work in /cms/, and all that their browser refused."""

    def __init__(self, chromium: Browser, system: str, name: str) -> None:
        self.system, self.refused = system, list[str]()
        self.context: BrowserContext = chromium.new_context(
            viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Europe/Tirane"
        )
        self.context.expose_function("refused", lambda what: self.refused.append(what))
        self.context.add_init_script(LISTEN)
        count_watching(self.context)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.refused.append(str(error)))
        self.page.on(
            "console", lambda said: self.refused.append(said.text) if "Content Security" in said.text else None
        )
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.page.goto(f"{system}/accounts/login/?next=/cms/")
        self.page.fill("#id_login", name)
        self.page.fill("#id_password", DEMO_PASSWORD)
        self.page.click("main button")
        self.page.wait_for_url("**/cms/")

    def open(self, path: str) -> Page:
        self.page.goto(self.system + path)
        return self.page

    def leave(self) -> list[str]:
        leave(self.page, self.system)
        return self.refused


@pytest.fixture
def system(transactional_db: Any, live_server: Any) -> str:
    lay_down_demo()
    User.objects.update(language="en")
    return str(live_server.url)


@pytest.fixture
def editor(chromium: Browser, system: str) -> Iterator[Desk]:
    desk = Desk(chromium, system, "redaktor")
    yield desk
    assert desk.leave() == []


def modal(page: Page) -> Locator:
    return page.locator(".modal.in .modal-body")


def upload(name: str) -> Any:
    return {"name": name, "mimeType": "image/png", "buffer": a_picture()}


def choose_first(page: Page) -> None:
    """The first of what a chooser offers, and until it is closed."""
    modal(page).locator("a.choose-page, [data-chooser-modal-choice]").first.click()
    expect(page.locator(".modal.in")).to_have_count(0)


def block(page: Page, kind: str) -> None:
    """A block at the end of the body, whose scripts have come to it."""
    blocks = page.locator("[data-streamfield-child]")
    before = blocks.count()
    page.locator(".c-sf-add-button").last.click()
    page.get_by_role("option", name=kind, exact=True).click()
    expect(blocks).to_have_count(before + 1)
    until_done(page)


@pytest.mark.main
def test_a_page_is_written_commented_previewed_and_approved(editor: Desk, chromium: Browser, system: str) -> None:
    article = ArticlePage.objects.filter(locale__language_code="sq").earliest("pk")
    page = editor.open(f"/cms/pages/{article.pk}/edit/")
    until_it_watches(page)

    # First: a comment that is being written goes when Wagtail saves the page by itself.
    page.locator("[data-side-panel-toggle=comments]").click()
    page.locator(".w-field[data-contentpath=intro]").hover()
    page.locator(".w-field[data-contentpath=intro] [data-comment-add]").click()
    page.get_by_placeholder("Enter your comments...").fill("A thuhet kështu?")
    page.get_by_role("button", name="Comment", exact=True).click()

    page.locator("[data-side-panel-toggle=preview]").click()
    expect(page.frame_locator("#w-preview-iframe").locator("h1")).to_have_text(article.title)
    page.locator("[data-side-panel-toggle=preview]").click()

    text = page.locator(".Draftail-Editor [contenteditable=true]").first
    text.click()
    page.keyboard.press("End")
    page.keyboard.type(" Shihni")
    page.keyboard.press("Control+Shift+ArrowLeft")
    page.locator(".Draftail-ToolbarButton[name=LINK]:visible").first.click()
    choose_first(page)
    expect(text.locator("a", has_text="Shihni")).to_be_visible()

    block(page, "Picture")
    page.get_by_role("button", name="Choose an image").last.click()
    modal(page).get_by_role("tab", name="Upload").click()
    modal(page).locator("input[type=file]").set_input_files(upload("deti.png"))
    modal(page).get_by_label("Title").fill("Deti")
    modal(page).get_by_label("Description").fill("Deti, blu")
    modal(page).get_by_role("button", name="Upload").click()
    expect(page.locator(".modal.in")).to_have_count(0)
    expect(page.locator(".image-chooser", has_text="Deti")).to_be_visible()
    page.get_by_label("what it shows, in words").last.fill("Deti, blu")
    block(page, "Helpline")
    page.get_by_role("button", name="Choose").last.click()
    choose_first(page)
    block(page, "Download")
    page.get_by_role("button", name="Choose a document").last.click()
    choose_first(page)
    page.get_by_role("textbox", name="title").last.fill("Filmi")

    page.locator("#id_review_by").click()
    page.locator(".xdsoft_datetimepicker:visible td[data-date='20']").first.click()
    expect(page.locator("#id_review_by")).to_have_value(re.compile(r"^20\."))

    page.locator("[data-side-panel-toggle=checks]").click()
    expect(page.locator("[data-vatra-checks-results]")).not_to_be_empty()

    page.locator("footer [data-w-dropdown-target=toggle]").click()
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.locator(".messages .success")).to_be_visible()

    other = Desk(chromium, system, "redaktor2")
    state = article.current_workflow_task_state
    assert state is not None
    other.open(f"/cms/public/review/{state.pk}/")
    expect(other.page.locator("main")).to_contain_text("Submitted by")
    assert other.leave() == []

    page = editor.open(f"/cms/pages/{article.pk}/history/")
    page.locator("td [data-controller=w-dropdown] button").first.click()
    page.locator("a[href*='/revisions/compare/']:visible").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_pictures_words_redirects_and_translations_are_kept(editor: Desk) -> None:
    page = editor.open("/cms/images/multiple/add/")
    for tag in ("det", "d"):  # the second time the first is offered
        page.locator("#fileupload").set_input_files(upload(f"{tag}.png"))
        if tag == "d":
            page.get_by_role("button", name="Keep new image").click()
        form = page.locator("#upload-list form:visible").last
        form.locator(".tagit-new input").click()
        page.keyboard.type(tag, delay=30)
        if tag == "d":
            page.locator(".ui-autocomplete:visible li").first.click()
        else:
            page.keyboard.type(",")
        expect(form.locator(".tagit-label")).to_have_text("det")
        form.get_by_label("Description").fill("Deti, blu")
        form.get_by_role("button", name="Update").click()
        expect(form).to_have_count(0)
    picture = get_image_model().objects.latest("pk")
    assert [tag.name for tag in picture.tags.all()] == ["det"]

    page = editor.open(f"/cms/images/{picture.pk}/")
    box = page.locator(".jcrop-tracker").last.bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 80)
    page.mouse.up()
    expect(page.locator("[name=focal_point_width]")).to_have_value("70")

    page = editor.open("/cms/redirects/add/")
    page.fill("#id_old_path", "/e-vjeter/")
    page.get_by_role("button", name="Choose a page").click()
    choose_first(page)
    page.locator("main form [type=submit]").last.click()
    expect(page.locator(".messages .success")).to_be_visible()

    term = GlossaryTerm.objects.earliest("pk")
    page = editor.open(f"/cms/snippets/content/glossaryterm/edit/{term.pk}/")
    page.fill("#id_term", "Fjalë e re")
    page.locator("footer [type=submit]").first.click()
    expect(page.locator(".messages .success")).to_be_visible()

    home = ArticlePage.objects.filter(locale__language_code="sq").earliest("pk").get_parent()
    page_to_translate = ArticlePage(
        title="E re", slug="e-re", locale=home.locale, body=[("rich_text", "<p>Fjali.</p>")]
    )
    home.add_child(instance=page_to_translate)
    page = editor.open(f"/cms/localize/submit/page/{page_to_translate.pk}/")
    page.get_by_label("English").check()
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("button", name="Translate", exact=True).first.click()
    page.locator(".js-translation-editor textarea, .js-translation-editor input[type=text]").first.fill("New")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.locator(".js-translation-editor")).to_contain_text("New")

    for path in (
        "/cms/reports/site-history/",
        "/cms/reports/aging-pages/",
        "/cms/public/reports/words/",
        "/cms/guides/",
    ):
        expect(editor.open(path).locator("h1").first).to_be_visible()


def test_coordinators_and_operators_work_under_it(chromium: Browser, system: str) -> None:
    desk = Desk(chromium, system, "koordinator")
    form = FormDefinition.objects.get(key="initial_identification")
    page = desk.open(f"/cms/forms/edit/{form.pk}/")
    expect(page.locator("[data-outline] .vo-toolbar")).to_be_visible()
    page.get_by_role("button", name="Preview", exact=True).first.click()
    expect(page.frame_locator("[data-tried-frame]").locator("form")).to_be_visible()
    page = desk.open("/cms/cases/case/")
    page.locator("details.vatra-filters > summary").first.click()
    page.locator("#id_since").click()
    expect(page.locator(".xdsoft_datetimepicker:visible")).to_have_count(1)
    for path in ("/cms/contact/", "/cms/dutyshift/", "/cms/partner/", "/cms/by-two/"):
        expect(desk.open(path).locator("h1").first).to_be_visible()
    assert desk.leave() == []
    desk = Desk(chromium, system, "operator")
    page = desk.open("/cms/staff/new/")
    page.locator("#id_starts_on").click()
    expect(page.locator(".xdsoft_datetimepicker:visible")).to_have_count(1)
    for path in ("/cms/mobileunit/", "/cms/municipality/", "/cms/put-aside/"):
        expect(desk.open(path).locator("h1").first).to_be_visible()
    assert desk.leave() == []


MARKUP = """<script>window.ran = "script"</script><img src="/nothing" onerror="window.ran = 'handler'">
<script nonce="">window.ran = "nonce"</script><script src="data:text/javascript,window.ran='data'"></script>
<script src="https://elsewhere.example/x.js"></script><style>h1 { display: none !important }</style>
<iframe srcdoc="<script>parent.ran = 'frame'</script>"></iframe><object data="/static/img/icon.svg"></object>
<base href="https://elsewhere.example/"><p style="display: none" id="styled">x</p>
<template data-controller="vo-start" data-vo-start-name-value="eval" data-vo-start-id-value="ran=1"></template>
<a id="pressed" href="javascript:window.ran='address'">x</a>"""


def test_what_somebody_got_into_a_page_runs_nothing(chromium: Browser, system: str) -> None:
    desk = Desk(chromium, system, "redaktor")

    def inject(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("<main", MARKUP + "<main", 1))

    desk.page.route("**/cms/reports/site-history/", inject)
    page = desk.open("/cms/reports/site-history/")
    page.locator("#pressed").click()
    # What a script of the page itself puts in runs no more than that: jQuery takes a modal's content apart.
    page.evaluate("html => { jQuery(document.body).append(html); }", MARKUP.replace("pressed", "again"))
    until_done(page)
    assert page.evaluate("window.ran") is None
    assert page.evaluate("document.baseURI").startswith(system)
    expect(page.locator("h1").first).to_be_visible()
    expect(page.locator("#styled").first).to_be_visible()
    with pytest.raises(Error, match="unsafe-eval"):
        page.evaluate("() => new Promise((_, no) => setTimeout(() => { try { eval('1') } catch (said) { no(said) } }))")
    heard = {line.split(" | ")[1] for line in desk.leave() if " | " in line}
    assert {"script-src-elem", "script-src-attr", "style-src-elem", "style-src-attr", "base-uri", "object-src"} <= heard
