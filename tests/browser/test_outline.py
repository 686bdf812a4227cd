"""A coordinator builds a form in the editor's outline: by keyboard and by mouse, with conditions, undo and search."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from access.models import User
from case_forms.form_builder.actions import save_definition
from case_forms.form_builder.models import FormDefinition
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import leave, until
from .wagtail_page import count_watching, until_it_watches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def question(key: str, kind: str, label: str, **more: Any) -> dict[str, Any]:
    return {
        "item": "question",
        "key": key,
        "type": kind,
        "label": {"sq": label, "en": f"{label} (en)"},
        "sensitivity": "internal",
        **more,
    }


def built(*sections: tuple[str, list[dict[str, Any]]], languages: tuple[str, ...] = ("sq", "en")) -> FormDefinition:
    """A form with these sections."""
    return save_definition(
        key="trial",
        definition={
            "format": 1,
            "key": "trial",
            "kind": "outreach",
            "title": dict.fromkeys(languages, "Provë"),
            "languages": list(languages),
            "sections": [
                {"key": key, "title": dict.fromkeys(languages, key.capitalize()), "items": items}
                for key, items in sections
            ],
        },
    )


FAMILY = [
    question("region", "select_one", "Qarku", choices_from="regions"),
    question("birth", "date", "Datëlindja"),
    question("amount", "integer", "Shuma"),
    {
        "item": "repeat",
        "key": "persons",
        "label": {"sq": "Personat", "en": "Persons"},
        "items": [question("name", "text", "Emri"), question("born", "date", "Lindur")],
    },
    question("town", "select_one", "Qyteti", choices_from="municipalities"),
    question("goal", "text", "Qëllimi"),
]


@pytest.fixture
def coordinator(transactional_db: Any) -> User:
    lay_down_demo()
    User.objects.update(language="en")
    return User.objects.get(username="koordinator")


@pytest.fixture(params=[{"width": 1280, "height": 900}], ids=["desktop"])
def page(request: Any, chromium: Browser, coordinator: User, live_server: Any) -> Iterator[Page]:
    """A signed-in coordinator's page. Whatever its console complains of fails the test."""
    context = chromium.new_context(viewport=request.param, locale="en-GB", timezone_id="Europe/Tirane")
    count_watching(context)
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{live_server.url}/accounts/login/?next=/cms/forms/")
    page.fill("#id_login", coordinator.username)
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    page.wait_for_url("**/cms/forms/")
    yield page
    heard = list(complaints)
    leave(page, live_server.url)
    assert heard == []


tall = pytest.mark.parametrize("page", [{"width": 1280, "height": 1500}], indirect=True, ids=["tall"])
both = pytest.mark.parametrize(
    "page", [{"width": 1280, "height": 900}, {"width": 360, "height": 740}], indirect=True, ids=["desktop", "phone"]
)


def opened(page: Page, form: FormDefinition) -> Page:
    page.goto(f"{page.url.split('/cms/')[0]}/cms/forms/edit/{form.pk}/")
    expect(page.locator(".vo-toolbar")).to_be_visible()
    return page


def line(page: Page, label: str) -> Locator:
    return page.locator(".vo-line__open", has=page.get_by_text(label, exact=True))


def lines(page: Page) -> Locator:
    """The labels of the questions and groups that are shown, from top to bottom."""
    return page.locator(".vo-item:visible > .vo-line .vo-line__label")


def panel(page: Page) -> Locator:
    return page.locator(".vo-panel")


def group(page: Page, name: str) -> Locator:
    """A group of the open panel (of several, the last), opened."""
    details = panel(page).locator(f'[data-group="{name}"]').last
    if details.get_attribute("open") is None:
        details.locator("summary").first.click()
    return details


def stored(page: Page, form: FormDefinition) -> dict[str, Any]:
    """Saves with the button, and gives what the server has."""
    page.evaluate("() => { window.isOld = true; }")
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_function("() => !window.isOld")
    expect(page.locator(".vo-toolbar")).to_be_visible()
    expect(page.locator(".messages .success")).to_be_visible()
    form.refresh_from_db()
    return form.definition


def get_item(definition: dict[str, Any], key: str) -> dict[str, Any]:
    def within(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for item in items:
            yield item
            yield from within(item.get("items", []))

    return next(item for section in definition["sections"] for item in within(section["items"]) if item["key"] == key)


def is_accessible(page: Page, part: str = ".vo") -> None:
    found = Axe().run(page, context=part, options=WCAG).response["violations"]
    told = [(rule["id"], node["html"][:160], node["failureSummary"]) for rule in found for node in rule["nodes"]]
    assert told == []


def fits(page: Page) -> None:
    """Nothing in the outline reaches over its edge."""
    over = page.evaluate(
        """() => {
            const edge = document.querySelector(".vo").getBoundingClientRect().right + 1;
            const cut = ".vo-line__open, .w-sr-only"; // what is cut there on purpose
            return [...document.querySelectorAll(".vo *")]
                .filter((part) => !part.closest(cut) && part.getBoundingClientRect().right > edge)
                .map((part) => part.className || part.tagName);
        }"""
    )
    assert over == []


# ---- building ----


@pytest.mark.main
def test_a_form_is_built_by_keyboard_alone(page: Page) -> None:
    form = built(("start", []), languages=("sq",))
    opened(page, form)
    keys = page.keyboard
    page.locator(".vo-section__title").focus()
    keys.press("Shift+Enter")  # add the first question
    expect(page.get_by_role("dialog")).to_be_visible()
    keys.type("one choice")
    keys.press("Enter")
    expect(panel(page)).to_have_count(1)
    keys.type("Çfarë përkatësie?")
    expect(page.locator(".vo-item .vo-line__key")).to_have_text("cfare_perkatesie")
    panel(page).get_by_role("button", name="Add a choice").focus()
    keys.press("Enter")
    expect(panel(page).locator("[data-focus^='/choices/0/label']")).to_be_focused()
    keys.type("E kuqe")
    keys.press("Enter")
    keys.type("Bojë qielli")
    keys.press("Escape")  # closes the panel, and is back at the line
    expect(line(page, "Çfarë përkatësie?")).to_be_focused()
    keys.press("Shift+Enter")
    expect(page.get_by_role("dialog").get_by_role("searchbox")).to_be_focused()
    keys.type("whole")
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(panel(page)).to_have_count(1)
    keys.type("Mosha")
    keys.press("Escape")
    expect(line(page, "Mosha")).to_be_focused()
    keys.press("Alt+ArrowUp")
    expect(lines(page)).to_have_text(["Mosha", "Çfarë përkatësie?"])
    expect(line(page, "Mosha")).to_be_focused()
    expect(page.locator(".vo > [role=status].w-sr-only")).to_have_text("“Mosha” is now 1 of 2 in “Start”.")
    keys.press("Delete")
    expect(lines(page)).to_have_text(["Çfarë përkatësie?"])
    keys.press("Control+z")
    expect(lines(page)).to_have_text(["Mosha", "Çfarë përkatësie?"])
    keys.press("Control+Shift+z")
    keys.press("Control+z")
    sections = stored(page, form)["sections"]
    assert [item["key"] for item in sections[0]["items"]] == ["mosha", "cfare_perkatesie"]
    assert sections[0]["items"][1]["choices"] == [
        {"value": "e_kuqe", "label": {"sq": "E kuqe"}},
        {"value": "boje_qielli", "label": {"sq": "Bojë qielli"}},
    ]


def dragged(page: Page, label: str, onto: str, *, below: bool = True) -> None:
    handle = page.locator(".vo-line", has=page.get_by_text(label, exact=True)).locator(".vo-handle")
    target = page.locator(".vo-line", has=page.get_by_text(onto, exact=True))
    handle.scroll_into_view_if_needed()
    start, end = handle.bounding_box(), target.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + 200, end["y"] + end["height"] / 2, steps=6)
    page.mouse.move(end["x"] + 200, end["y"] + end["height"] * (0.8 if below else 0.2), steps=3)
    expect(page.locator(".vo-drop")).to_be_visible()
    page.mouse.up()


@tall
def test_lines_are_dragged_within_a_section_into_a_group_and_between_sections(page: Page) -> None:
    form = built(("first", FAMILY), ("second", [question("last", "text", "Fundi")]))
    opened(page, form)
    dragged(page, "Shuma (en)", "Qarku (en)", below=False)
    expect(lines(page).nth(0)).to_have_text("Shuma (en)")
    expect(lines(page).nth(1)).to_have_text("Qarku (en)")
    dragged(page, "Shuma (en)", "Emri (en)")
    dragged(page, "Qarku (en)", "Fundi (en)")
    definition = stored(page, form)
    first, second = definition["sections"]
    assert [item["key"] for item in first["items"]] == ["birth", "persons", "town", "goal"]
    assert [item["key"] for item in get_item(definition, "persons")["items"]] == ["name", "amount", "born"]
    assert [item["key"] for item in second["items"]] == ["last", "region"]


def test_escape_while_dragging_leaves_everything_where_it_was(page: Page) -> None:
    opened(page, built(("first", FAMILY)))
    before = lines(page).all_inner_texts()
    assert len(before) > 2
    handle = page.locator(".vo-item .vo-handle").first
    box = handle.bounding_box()
    assert box
    page.mouse.move(box["x"] + 5, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 5, box["y"] + 120, steps=5)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(lines(page)).to_have_text(before)


def test_the_menu_moves_duplicates_and_deletes(page: Page) -> None:
    form = built(("first", FAMILY), ("second", []))
    opened(page, form)

    def choose(label: str, action: str) -> None:
        page.get_by_role("button", name=f"Actions for “{label}”").click()
        page.get_by_role("menuitem", name=action).click()

    choose("Datëlindja (en)", "Duplicate")
    choose("Shuma (en)", "Move to")
    page.get_by_role("dialog").get_by_label("Section or group").select_option(label="Second")
    page.get_by_role("dialog").get_by_role("button", name="Move").click()
    expect(line(page, "Shuma (en)")).to_be_focused()
    choose("Qyteti (en)", "Into the group above")
    choose("Qëllimi (en)", "Delete")
    page.locator(".vo-toast").get_by_role("button", name="Undo").click()
    definition = stored(page, form)
    assert [item["key"] for item in definition["sections"][0]["items"]] == [
        "region",
        "birth",
        "birth_2",
        "persons",
        "goal",
    ]
    assert [item["key"] for item in definition["sections"][1]["items"]] == ["amount"]
    assert get_item(definition, "persons")["items"][-1]["key"] == "town"


def test_a_key_is_followed_where_it_is_named_and_fixed_once_published(page: Page) -> None:
    condition = {"some": [{"var": "persons"}, {"==": [{"var": "name"}, "x"]}]}
    items = [*FAMILY, question("why", "text", "Pse?", relevant=condition)]
    form = built(("first", items))
    opened(page, form)
    line(page, "Emri (en)").click()
    panel(page).get_by_label("Key").fill("first_name")
    definition = stored(page, form)
    assert get_item(definition, "why")["relevant"] == {
        "some": [{"var": "persons"}, {"==": [{"var": "first_name"}, "x"]}]
    }

    line(page, "Emri (en)").click()
    line(page, "Pse? (en)").click()
    group(page, "logic").get_by_label("Only when").first.check()
    panel(page).first.get_by_label("Key").fill("given_name")
    group(page, "logic").get_by_label("Value").first.fill("y")
    assert get_item(stored(page, form), "why")["relevant"] == {
        "some": [{"var": "persons"}, {"==": [{"var": "given_name"}, "y"]}]
    }

    published = FormDefinition.objects.get(key="initial_identification")
    opened(page, published)
    line(page, "Municipality where the person is").click()
    expect(panel(page).get_by_label("Key")).to_have_attribute("readonly", "")
    expect(panel(page)).to_contain_text("It has been published and can't be changed")


def test_searching_shows_the_lines_that_have_the_words(page: Page) -> None:
    opened(page, built(("first", FAMILY), ("second", [question("last", "text", "Fundi")])))
    page.get_by_label("Search questions").fill("datelindja")
    expect(lines(page)).to_have_text(["Datëlindja (en)"])
    expect(page.locator(".vo-found")).to_have_text("1 found")
    page.get_by_label("Search questions").fill("born")
    expect(lines(page)).to_have_text(["Persons", "Lindur (en)"])
    page.get_by_label("Search questions").fill("")
    page.get_by_role("button", name="Sections").click()
    page.get_by_role("menuitem", name="2. Second").click()
    expect(page.locator(".vo-section__title", has_text="Second")).to_be_focused()


def test_languages_and_lists_are_kept_in_the_settings(page: Page) -> None:
    form = built(("first", FAMILY))
    opened(page, form)
    settings = page.locator(".vo-settings")
    settings.locator("summary").first.click()
    settings.get_by_label("Add a language").select_option("other")
    settings.get_by_label("Code of the language").fill("el")
    settings.get_by_role("button", name="Add a language").click()
    expect(page.locator(".vo-summary")).to_contain_text("problems to correct")
    settings.get_by_label("Title of the list").fill("Ngjyrat")
    settings.get_by_role("button", name="Add a list").click()
    settings.locator(".vo-list-own > summary").click()
    settings.get_by_role("button", name="Add a choice").click()
    page.keyboard.type("E kuqe")
    settings.get_by_role("button", name="Delete “English”").click()
    definition = stored(page, form)
    assert definition["languages"] == ["sq", "el"]
    assert definition["lists"]["ngjyrat"]["choices"] == [{"value": "e_kuqe", "label": {"sq": "E kuqe"}}]
    assert get_item(definition, "birth")["label"] == {"sq": "Datëlindja"}


# ---- conditions ----


def test_conditions_are_rows_and_read_back_as_sentences(page: Page) -> None:
    form = built(("first", FAMILY))
    opened(page, form)
    line(page, "Qëllimi (en)").click()
    shown = group(page, "logic").get_by_role("group", name="Shown").first
    shown.get_by_label("Only when").check()
    shown.get_by_label("What").select_option(label="Qarku (en)")
    shown.get_by_label("Value").select_option(label="Vlorë")
    expect(shown.locator('[lang="en"]')).to_have_text("“Qarku (en)” is “Vlorë”.")
    expect(shown.locator('[lang="sq"]')).to_have_text("«Qarku» është «Vlorë».")
    shown.get_by_role("button", name="Add a condition").click()
    shown.get_by_label("What").nth(1).select_option(label="Age from a date")
    shown.get_by_label("Comparison").nth(1).select_option(label="is less than")
    shown.get_by_label("Value").nth(1).fill("18")
    shown.get_by_role("button", name="Add a group of conditions").click()
    inner = shown.get_by_role("group", name="Group of conditions")
    inner.get_by_label("What").select_option(label="“Persons”: at least one row")
    row = inner.get_by_role("group", name="where")
    row.get_by_label("What").select_option(label="Emri (en)")
    row.get_by_label("Comparison").select_option(label="is answered")
    picture(page, "outline_conditions")
    definition = stored(page, form)
    assert get_item(definition, "goal")["relevant"] == {
        "and": [
            {"==": [{"var": "region"}, "vlore"]},
            {"and": [{"answered": ["birth"]}, {"<": [{"age_on": [{"var": "birth"}, {"var": "_occurred_on"}]}, 18]}]},
            {"or": [{"some": [{"var": "persons"}, {"answered": ["name"]}]}]},
        ]
    }


def test_only_earlier_questions_are_offered_and_rows_keep_their_own(page: Page) -> None:
    opened(page, built(("first", FAMILY)))
    line(page, "Lindur (en)").click()
    shown = group(page, "logic").get_by_role("group", name="Shown").first
    shown.get_by_label("Only when").check()
    expect(shown.get_by_label("What").locator("option", has_text="Qarku (en)")).to_have_count(1)
    offered = shown.get_by_label("What").locator("option").all_inner_texts()
    assert {"Qarku (en)", "Emri (en)", "Number of this row"} <= set(offered)
    assert not {"Lindur (en)", "Qyteti (en)", "“Persons”: number of rows"} & set(offered)


def test_a_cascade_and_a_calculation_are_built(page: Page) -> None:
    form = built(("first", FAMILY))
    opened(page, form)
    line(page, "Qyteti (en)").click()
    choices = group(page, "logic").get_by_role("group", name="Only choices for which").first
    choices.get_by_role("button", name="Add a condition").click()
    choices.get_by_label("What").select_option(label="The choice's region")
    choices.get_by_label("Compared with").select_option(label="Qarku (en)")
    expect(choices.locator('[lang="en"]')).to_have_text("The choice's region is “Qarku (en)”.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Add a question").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Calculated")).click()
    page.keyboard.type("Gjithsej")
    total = group(page, "logic").get_by_role("group", name="Calculation").first
    total.get_by_label("What").select_option(label="Sum of …")
    total.get_by_label("What").nth(1).select_option(label="Shuma (en)")
    total.get_by_label("What").nth(2).select_option(label="“Persons”: number of rows")
    expect(total.locator('[lang="en"]')).to_have_text("“Shuma (en)” plus the number of entries in “Persons”.")
    expect(group(page, "logic").get_by_label("Result")).to_have_value("integer")
    definition = stored(page, form)
    assert get_item(definition, "town")["choice_filter"] == {"==": [{"var": "choice.region"}, {"var": "region"}]}
    assert get_item(definition, "gjithsej")["calculation"] == {
        "+": [{"var": "amount"}, {"count": [{"var": "persons"}]}]
    }


def test_an_expression_without_rows_is_kept_and_can_be_edited_as_text(page: Page) -> None:
    strange = {"and": [{"%": [{"var": "amount"}, 2]}, {"==": [{"var": "region"}, "vlore"]}]}
    form = built(("first", [*FAMILY, question("odd", "text", "Tek", relevant=strange)]))
    opened(page, form)
    line(page, "Tek (en)").click()
    shown = group(page, "logic").get_by_role("group", name="Shown").first
    expect(shown).to_contain_text("This can't be shown as rows. It is saved as it is.")
    shown.get_by_label("Value").select_option(label="Tiranë")
    shown.get_by_role("button", name="Edit as text").first.click()
    text = shown.get_by_label("The condition as text")
    text.fill('{"shout": [1]}')
    shown.get_by_role("button", name="Apply").click()
    expect(shown).to_contain_text("There is no operator “shout”.")
    assert get_item(stored(page, form), "odd")["relevant"] == {
        "and": [{"%": [{"var": "amount"}, 2]}, {"==": [{"var": "region"}, "tirane"]}]
    }


def test_an_unfinished_condition_shares_nothing(page: Page) -> None:
    form = built(("first", [*FAMILY, question("secret", "text", "Sekret", shared_with={"police": True})]))
    opened(page, form)
    line(page, "Sekret (en)").click()
    police = group(page, "privacy").get_by_role("group", name="Anti-trafficking police officer").first
    police.get_by_label("Only when").check()
    expect(police).to_contain_text("Something is not filled in yet")
    assert "shared_with" not in get_item(stored(page, form), "secret")


def test_what_a_question_is_for_in_a_brief_is_chosen_in_words(page: Page) -> None:
    form = built(("first", [*FAMILY, question("meeting", "text", "Takimi")]))
    opened(page, form)
    line(page, "Takimi (en)").click()
    part = group(page, "privacy").get_by_label("In a brief, this is")
    part.select_option(label="Place")
    picture(page, "outline_brief_part")
    assert get_item(stored(page, form), "meeting")["brief_part"] == "place"
    opened(page, form)
    line(page, "Takimi (en)").click()
    again = group(page, "privacy").get_by_label("In a brief, this is")
    expect(again).to_have_value("place")
    again.select_option(label="Nothing special: after the rest")
    assert "brief_part" not in get_item(stored(page, form), "meeting")


# ---- problems, saving, fitting ----


def test_problems_stand_at_the_line_in_the_field_and_lead_there(page: Page) -> None:
    later = {"==": [{"var": "region"}, "vlore"]}
    form = built(("first", [question("early", "text", "Herët", relevant=later), *FAMILY]))
    opened(page, form)
    expect(line(page, "Herët (en)").locator(".vo-mark--problem")).to_be_visible()
    page.locator(".vo-summary summary").click()
    page.locator(".vo-summary__link", has_text="Herët").click()
    expect(panel(page).locator('[data-at="/relevant"] .vo-problem').first).to_contain_text("comes later")
    group(page, "wording").get_by_label("Key").fill("region")
    expect(panel(page).locator(".vo-problem", has_text="Another one has this key")).to_be_visible()
    expect(line(page, "Qarku (en)").locator(".vo-mark--problem")).to_be_visible()
    expect(panel(page).get_by_label("Key")).to_have_attribute("aria-invalid", "true")


def test_a_save_carries_only_what_changed(page: Page) -> None:
    many = [question(f"q{number}", "text", f"Pyetja {number}") for number in range(120)]
    form = built(("first", many))
    opened(page, form)
    line(page, "Pyetja 7 (en)").click()
    bodies: list[str] = []
    page.on("request", lambda request: bodies.append(request.post_data or "") if request.method == "POST" else None)
    until_it_watches(page)
    panel(page).get_by_label("Albanian").first.fill("Pyetja e shtatë")
    with page.expect_response(lambda answer: answer.request.method == "POST" and f"/edit/{form.pk}/" in answer.url):
        pass  # Wagtail saves by itself
    sent = next(body for body in bodies if "Pyetja e shtat" in body)
    assert len(sent) < 2500

    def label() -> str:
        form.refresh_from_db()
        newest = form.latest_revision.as_object() if form.latest_revision else form
        return str(get_item(newest.definition, "q7")["label"]["sq"])

    until(page, lambda: label() == "Pyetja e shtatë")
    assert label() == "Pyetja e shtatë"


def test_text_copied_from_a_document_is_saved_without_what_nobody_sees(page: Page) -> None:
    form = built(("first", FAMILY))
    opened(page, form)
    line(page, "Qarku (en)").click()
    label = panel(page).get_by_label("Albanian").first
    label.fill("Qarku i")
    label.press("End")
    page.keyboard.insert_text(" of\x02icës\x0be hapur")
    expect(label).to_have_value("Qarku i oficës e hapur")
    page.keyboard.insert_text(" sot")
    assert get_item(stored(page, form), "region")["label"]["sq"] == "Qarku i oficës e hapur sot"


@both
def test_the_outline_is_accessible_and_fits(page: Page) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    strange = {
        "or": [{"%": [{"var": "amount"}, 2]}, {"<": [{"var": "amount"}, 5]}, {"in": [{"var": "region"}, ["vlore"]]}]
    }
    calculation = {"if": [{">": [{"var": "amount"}, 5]}, {"+": [{"var": "amount"}, 1]}, 0]}
    items = [
        *FAMILY,
        question("odd", "select_one", "Tek", relevant=strange, choices=[{"value": "", "label": {}}], hint={"sq": "h"}),
        question("total", "calculated", "Gjithsej", calculation=calculation),
    ]
    opened(page, built(("first", items)))
    fits(page)
    is_accessible(page)
    picture(page, f"outline_{width}")
    page.locator(".vo-summary summary").click()
    page.locator(".vo-settings summary").first.click()
    for number, label in enumerate(("Tek (en)", "Gjithsej (en)", "Persons"), start=1):
        line(page, label).click()
        expect(panel(page)).to_have_count(number)
    while page.locator(".vo-group:not([open]) > summary").count():
        page.locator(".vo-group:not([open]) > summary").first.click()
    fits(page)
    is_accessible(page)
    picture(page, f"outline_open_{width}")
    page.get_by_role("button", name="Actions for “Tek (en)”").click()
    is_accessible(page, ".vo-menu")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^Add a question")).first.click()
    is_accessible(page, ".vo-dialog")
    picture(page, f"outline_types_{width}")


def test_a_question_of_every_type_can_be_added_and_opened(page: Page) -> None:
    form = built(("first", []), languages=("sq",))
    opened(page, form)
    catalogue = json.loads(page.locator("#outline-catalogue").text_content() or "{}")
    for name, described in catalogue["types"].items():
        page.get_by_role("button", name="Add a question").click()
        page.locator(f'.vo-type[data-type="{name}"]').click()
        page.keyboard.type(f"Pyetja {name}")
        for part in ("logic", "privacy"):
            group(page, part)
        expect(panel(page)).to_contain_text(described["label"])
        fits(page)
        page.keyboard.press("Escape")
        expect(panel(page)).to_have_count(0)
    items = stored(page, form)["sections"][0]["items"]
    assert [item["type"] for item in items] == list(catalogue["types"])
    assert all(item["key"] == f"pyetja_{item['type']}" for item in items)


def test_other_namely_is_asked_when_other_is_chosen(page: Page) -> None:
    choices = [{"value": "other", "label": {"sq": "Tjetër", "en": "Other"}}]
    form = built(
        ("first", [question("kind", "select_many", "Lloji", choices=choices), question("q", "other_specify", "Cili")])
    )
    opened(page, form)
    line(page, "Cili (en)").click()
    panel(page).get_by_label("Belongs to").select_option(label="Lloji (en)")
    asked = get_item(stored(page, form), "q")
    assert asked["of"] == "kind"
    assert asked["relevant"] == {"in": ["other", {"var": "kind"}]}


def test_another_type_keeps_what_still_fits(page: Page) -> None:
    choices = [{"value": "a", "label": {"sq": "A", "en": "A"}}]
    form = built(("first", [question("q", "select_one", "Pyetja", choices=choices, appearance="list", default="a")]))
    opened(page, form)
    line(page, "Pyetja (en)").click()
    panel(page).get_by_role("button", name="Change the type").click()
    page.locator('.vo-type[data-type="select_many"]').click()
    changed = get_item(stored(page, form), "q")
    assert changed["choices"] == choices
    assert changed.keys() == {"item", "key", "type", "label", "sensitivity", "choices"}


def test_what_is_never_printed_is_ticked_under_privacy(page: Page) -> None:
    form = built(("first", [question("word", "text", "Fjala")]))
    never = "Never print: shown on the screen only, after the PIN"
    opened(page, form)
    line(page, "Fjala (en)").click()
    group(page, "privacy").get_by_label(never).check()
    assert get_item(stored(page, form), "word")["paper"] is False
    line(page, "Fjala (en)").click()  # saving has drawn the page anew
    group(page, "privacy").get_by_label(never).uncheck()
    assert "paper" not in get_item(stored(page, form), "word")
