"""Saving a form in a real browser: only what changed travels, and nothing is lost when two save or the line is cut."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import OperationalError
from playwright.sync_api import Browser, Page, Route, expect

from access.models import User
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.models import ChoiceList, FormDefinition
from case_forms.form_builder.tests.samples import sample
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import leave, until, until_done
from .wagtail_page import count_watching, until_it_watches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@pytest.fixture
def system(transactional_db: Any, live_server: Any) -> str:
    lay_down_demo()
    User.objects.update(language="en")
    return str(live_server.url)


@pytest.fixture
def form(system: str) -> FormDefinition:
    return save_definition(key="sample", definition=sample(), by=User.objects.get(username="koordinator"))


@contextmanager
def signed_in(chromium: Browser, system: str, name: str, *, width: int = 1280) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": width, "height": 900}, locale="en-GB")
    count_watching(context)
    page = context.new_page()
    page.goto(f"{system}/accounts/login/?next=/cms/forms/")
    page.fill("#id_login", name)
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    page.wait_for_url("**/cms/forms/")
    yield page
    leave(page, system)


def edit(page: Page, system: str, form: FormDefinition) -> Page:
    page.goto(f"{system}/cms/forms/edit/{form.pk}/")
    expect(page.locator(".vo-toolbar")).to_be_visible()
    until_it_watches(page)
    return page


def write(page: Page, words: str) -> None:
    """Writes the label of the first question."""
    field = page.locator("[data-focus^='/label']").first
    if not field.is_visible():
        page.locator(".vo-item .vo-line__open").first.click()
    field.fill(words)


def first_label(form: FormDefinition) -> str:
    """As the server has it. A request that is writing locks the database of the tests for a moment."""
    for _try in range(40):
        try:
            copy = FormDefinition.objects.get(pk=form.pk).working_copy()
            return str(copy["sections"][0]["items"][0]["label"]["sq"])
        except OperationalError:
            time.sleep(0.1)
    raise TimeoutError


def get_warnings(form: FormDefinition) -> Any:
    return FormDefinition.objects.get(pk=form.pk).working_copy().get("warnings")


def labels_kept(form: FormDefinition) -> list[str]:
    """The label of the first question in each revision."""
    kept = [revision.as_object().definition for revision in form.revisions.order_by("pk")]
    return [definition["sections"][0]["items"][0]["label"]["sq"] for definition in kept]


def eventually(page: Page, form: FormDefinition, words: str) -> None:
    until(page, lambda: first_label(form) == words)
    assert first_label(form) == words


def test_what_is_typed_is_saved_by_itself_and_only_what_changed_travels(
    chromium: Browser, system: str, form: FormDefinition
) -> None:
    with signed_in(chromium, system, "koordinator") as page:
        sent: list[str] = []
        page.on(
            "request", lambda r: sent.append(r.post_data or "") if "/edit/" in r.url and r.method == "POST" else None
        )
        edit(page, system, form)
        write(page, "Bashkia")
        eventually(page, form, "Bashkia")
        write(page, "Bashkia ku jeni")
        eventually(page, form, "Bashkia ku jeni")

        assert sent
        assert max(map(len, sent)) < 1500
        assert form.revisions.count() == 2  # the first, and one for this sitting


def test_typing_and_leaving_with_the_button_at_once_saves_it_all(
    chromium: Browser, system: str, form: FormDefinition
) -> None:
    with signed_in(chromium, system, "koordinator") as page:
        edit(page, system, form)
        write(page, "E shpejtë")
        page.get_by_role("button", name="Save draft").click()

        expect(page.locator(".messages .success")).to_be_visible()
        assert first_label(form) == "E shpejtë"


def test_when_two_save_the_second_keeps_theirs_and_decides(
    chromium: Browser, system: str, form: FormDefinition
) -> None:
    with signed_in(chromium, system, "koordinator") as one, signed_in(chromium, system, "koordinator2") as other:
        edit(one, system, form)
        edit(other, system, form)
        write(one, "E para")
        eventually(one, form, "E para")

        write(other, "E dyta")
        conflict = other.locator("[data-conflict]")
        expect(conflict).to_be_visible()
        expect(conflict).to_contain_text("Koordinatori (demo)")
        picture(other, "conflict")
        assert first_label(form) == "E para"
        other.get_by_role("button", name="Save draft").click()
        expect(conflict).to_be_visible()  # the button leads nowhere either
        with other.expect_download() as download:
            other.get_by_role("button", name="Download mine as a file").click()
        mine = json.loads(download.value.path().read_text())
        assert mine["sections"][0]["items"][0]["label"]["sq"] == "E dyta"

        other.get_by_role("button", name="Use mine").click()
        eventually(other, form, "E dyta")
        expect(conflict).to_be_hidden()
        write(other, "E treta")
        eventually(other, form, "E treta")
        labels = [
            r.as_object().definition["sections"][0]["items"][0]["label"]["sq"] for r in form.revisions.order_by("pk")
        ]
        assert "E para" in labels  # theirs stays in the history


def test_taking_theirs_shows_theirs(chromium: Browser, system: str, form: FormDefinition) -> None:
    with signed_in(chromium, system, "koordinator") as one, signed_in(chromium, system, "koordinator2") as other:
        edit(one, system, form)
        edit(other, system, form)
        write(one, "E para")
        eventually(one, form, "E para")
        write(other, "E dyta")
        other.get_by_role("button", name="Use theirs").click()

        expect(other.locator("[data-conflict]")).to_be_hidden()
        other.locator(".vo-item .vo-line__open").first.click()
        expect(other.locator("[data-focus^='/label']").first).to_have_value("E para")
        assert first_label(form) == "E para"


def test_an_answer_lost_on_the_way_is_no_conflict(chromium: Browser, system: str, form: FormDefinition) -> None:
    lost = []

    def lose_the_first(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    with signed_in(chromium, system, "koordinator") as page:
        edit(page, system, form)
        page.route("**/cms/forms/edit/**", lose_the_first)
        write(page, "E humbur")
        eventually(page, form, "E humbur")
        write(page, "E gjetur")

        eventually(page, form, "E gjetur")
        expect(page.locator("[data-conflict]")).to_be_hidden()
        assert lost[0].ok


def test_without_a_connection_the_page_stays_and_says_so(chromium: Browser, system: str, form: FormDefinition) -> None:
    with signed_in(chromium, system, "koordinator") as page:
        edit(page, system, form)
        page.route("**/cms/forms/edit/**", lambda route: route.abort())
        write(page, "Pa rrjet")
        failure = page.locator("[data-unsaved]")
        expect(failure).to_be_visible()
        with page.expect_event("requestfailed"):
            page.get_by_role("button", name="Save draft").click()
        until_done(page)
        assert page.locator("[data-focus^='/label']").first.input_value() == "Pa rrjet"
        picture(page, "no-connection")

        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        page.unroute("**/cms/forms/edit/**")
        # Not as a hand presses: Wagtail may save by itself before, and what has been saved hides the button.
        page.locator("[data-unsaved-again]").evaluate("each => each.click()")
        eventually(page, form, "Pa rrjet")
        expect(failure).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 360])
def test_the_form_pages_are_accessible_and_fit(
    chromium: Browser, system: str, form: FormDefinition, width: int
) -> None:
    publish_form(form=form)
    changed = sample()
    changed["sections"][0]["items"][1]["label"]["en"] = "When it was"
    save_definition(key="sample", definition=changed)
    choices = [{"value": "a", "label": {"sq": "A", "en": "A"}, "with": {"region": "x"}}]
    shared = ChoiceList.objects.create(key="shared", title={"sq": "L", "en": "L"}, choices=choices)
    pages = {
        "add": "/cms/forms/add/",
        "copy": f"/cms/forms/copy/{form.pk}/",
        "versions": f"/cms/forms/{form.pk}/versions/",
        "compare": f"/cms/forms/{form.pk}/versions/compare/",
        "archive": f"/cms/forms/{form.pk}/archive/",
        "import": "/cms/forms/import/",
        "list": f"/cms/choice-lists/edit/{shared.pk}/",
    }
    with signed_in(chromium, system, "koordinator", width=width) as page:
        for name, address in pages.items():
            page.goto(f"{system}{address}")
            until_done(page)
            picture(page, f"{name}-{width}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            found = Axe().run(page, context="main .builder-page", options=WCAG).response["violations"]
            assert [(name, rule["id"], rule["nodes"][0]["html"][:120]) for rule in found] == []


def test_a_coordinator_marks_a_choice_and_adds_something_to_ask(
    chromium: Browser, system: str, form: FormDefinition
) -> None:
    with signed_in(chromium, system, "koordinator") as page:
        edit(page, system, form)
        page.goto(f"{system}/cms/forms/edit/{form.pk}/#item-needs")
        page.reload()
        page.locator('[data-focus="/choices/0/exclusive"]').check()
        page.locator("details.vo-settings > summary").click()
        page.locator('[data-focus="/warnings/add"]').click()
        asked = page.locator("details.vo-settings details.vo-list-own")
        expect(asked.locator('[data-focus="/warnings/0/message/sq"]')).to_be_focused()
        for language in ("sq", "en"):
            asked.locator(f'[data-focus="/warnings/0/message/{language}"]').fill("A është kështu?")
        asked.get_by_role("button", name="Add a condition").click()
        asked.locator(".vo-cond__subject").select_option("var:seen_on")
        asked.locator(".vo-cond select:not(.vo-cond__subject)").first.select_option("answered")
        asked.locator('[data-focus="/warnings/0/question"]').select_option("seen_on")
        wanted = {"message": {"sq": "A është kështu?", "en": "A është kështu?"}, "question": "seen_on"}
        wanted["when"] = {"answered": ["seen_on"]}
        until(page, lambda: get_warnings(form) == [{"key": "ask", **wanted}])
        assert get_warnings(form) == [{"key": "ask", **wanted}]
        copy = FormDefinition.objects.get(pk=form.pk).working_copy()
        needs = next(item for item in copy["sections"][1]["items"] if item["key"] == "needs")
        assert [choice.get("exclusive") for choice in needs["choices"]] == [True, None]
        found = Axe().run(page, context="details.vo-settings", options=WCAG).response["violations"]
        assert found == [], json.dumps(found)[:2000]
