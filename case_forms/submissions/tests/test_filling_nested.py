"""Rows within rows, cascades, what is worked out and what is never drawn, on a phone without JavaScript."""

import json
from typing import Any

import pytest
from django.test import Client

from case_forms.form_builder.actions import publish_form, save_definition
from tests.world.forms import choices, parse_items, question, repeat, texts
from tests.world.scene import World, make_world

from ..models import Draft, Submission
from ..pages.repeat_rows import after_saving, with_new_rows
from ..pages.section import get_name
from .page import Page, follow

pytestmark = pytest.mark.django_db


CHILDREN = repeat(
    "children",
    question("child", "text", required=True),
    question("age", "integer", min=0, max=17),
    question("order", "calculated", calculation={"var": "_position"}, result="integer"),
    question("school", "text", relevant={">=": [{"var": "age"}, 6]}),
    max=3,
)
HOUSEHOLD = repeat(
    "household",
    question("head", "text", required=True),
    CHILDREN,
    question(
        "how_many",
        "calculated",
        calculation={"reduce": [{"var": "children"}, {"+": [{"var": "accumulator"}, 1]}, 0]},
        result="integer",
    ),
    max=2,
)


def towns() -> list[dict[str, Any]]:
    listed = choices("vlore", "sarande", "shkoder")
    for choice, part in zip(listed, ("south", "south", "north"), strict=True):
        choice["with"] = {"part": part}
    return listed


def nested_form() -> dict[str, Any]:
    by_part = {"==": [{"var": "choice.part"}, {"var": "part"}]}
    return {
        "format": 1,
        "key": "nested",
        "kind": "assessment",
        "title": texts("Nested"),
        "languages": ["sq", "en"],
        "sections": [
            {
                "key": "first",
                "title": texts("First"),
                "items": [
                    question("part", "select_one", choices=choices("south", "north")),
                    question("town", "select_one", choices=towns(), choice_filter=by_part),
                    question("folded", "select_one", choices=towns(), choice_filter=by_part, appearance="list"),
                    question("greeting", "text", initial={"cat": ["From ", {"var": "part"}]}),
                    question("fixed", "text", read_only=True, default="as it is"),
                    question("secret", "hidden", default="never shown"),
                    question("sum", "calculated", calculation={"+": [1, 2]}, result="integer"),
                ],
            },
            {"key": "people", "title": texts("People"), "items": [HOUSEHOLD]},
        ],
    }


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


@pytest.fixture
def first(world: World) -> Page:
    publish_form(form=save_definition(key="nested", definition=nested_form()))
    phone = Client()
    phone.force_login(world.worker)
    return follow(phone, phone.post("/field/forms/nested/start/"))


@pytest.fixture
def people(first: Page) -> Page:
    return follow(first.client, first.client.get(f"/field/drafts/{Draft.objects.get().pk}/people/"))


def add(page: Page, name: str, **typed: Any) -> Page:
    return Page(page.client, page.press(name, button="add", **typed))


def remove(page: Page, name: str, **typed: Any) -> Page:
    return Page(page.client, page.press(name, button="remove", **typed))


def stored() -> dict[str, Any]:
    return Draft.objects.get().answers


def focused(page: Page) -> list[str]:
    return [str(tag["id"]) for tag in page.soup.select("[data-focus]")]


# ---- rows within rows ----


def test_rows_are_added_typed_in_and_removed_two_levels_deep(people: Page) -> None:
    page = add(people, "household")
    assert focused(page) == ["q-household-0"]
    page = add(page, "household-0-children", household__0__head="Bardha")
    assert focused(page) == ["q-household-0-children-0"]
    page = add(page, "household-0-children", household__0__children__0__child="Drita")
    page = add(page, "household", household__0__children__1__child="Ilir", household__0__children__1__age="7")
    page = add(page, "household-1-children", household__1__head="Besa")
    page = Page(people.client, page.press("stay", household__1__children__0__child="Agim"))
    assert stored()["household"] == [
        {"head": "Bardha", "children": [{"child": "Drita"}, {"child": "Ilir", "age": 7}]},
        {"head": "Besa", "children": [{"child": "Agim"}]},
    ]
    page = remove(page, "household-0-children-0")
    assert stored()["household"][0]["children"] == [{"child": "Ilir", "age": 7}]
    remove(page, "household-0")
    assert stored()["household"] == [{"head": "Besa", "children": [{"child": "Agim"}]}]


def test_a_row_in_a_row_in_which_nothing_was_typed_yet_is_added_where_it_was_asked_for(people: Page) -> None:
    page = add(add(people, "household"), "household-0-children")
    assert focused(page) == ["q-household-0-children-0"]
    page = Page(people.client, page.press("stay", household__0__children__0__child="Drita"))
    assert stored()["household"] == [{"children": [{"child": "Drita"}]}]


def test_an_empty_row_in_front_moves_the_others_up_and_the_new_one_with_them(people: Page) -> None:
    page = add(people, "household", household__0__head=None)
    page = add(page, "household", household__0__head="Bardha")
    page = add(page, "household-1-children", household__0__head="", household__1__head="Besa")
    assert focused(page) == ["q-household-0-children-0"]
    assert stored()["household"] == [{"head": "Besa"}]


def test_at_most_so_many_rows_are_offered(people: Page) -> None:
    page = add(add(people, "household"), "household", household__0__head="A")
    page = Page(people.client, page.press("stay", household__1__head="B"))
    assert page.soup.select_one('button[name="add"][value="household"]') is None
    assert page.soup.select_one('button[name="add"][value="household-0-children"]') is not None


def test_what_is_wrong_in_a_row_of_a_row_is_told_beside_it(people: Page) -> None:
    page = add(add(people, "household"), "household-0-children", household__0__head="Bardha")
    page = Page(people.client, page.press("next", household__0__children__0__age="40"))
    (_missing, missing), (_age, too_old) = page.summary()
    assert [id for id, _text in page.summary()] == ["q-household-0-children-0-child", "q-household-0-children-0-age"]
    assert missing.startswith("Household 1: Children 1: Child: ")
    assert too_old.startswith("Household 1: Children 1: Age: ")


def test_conditions_positions_and_sums_are_those_of_the_row(people: Page) -> None:
    page = add(add(people, "household"), "household-0-children", household__0__head="Bardha")
    page = add(page, "household-0-children", household__0__children__0__child="A", household__0__children__0__age="5")
    page = Page(
        people.client, page.press("stay", household__0__children__1__child="B", household__0__children__1__age="8")
    )
    assert not page.seen("household-0-children-0-school")
    assert page.seen("household-0-children-1-school")
    output = {str(tag["id"]): tag.get_text(strip=True) for tag in page.soup.select("output")}
    assert output == {
        "q-household-0-children-0-order": "1",
        "q-household-0-children-1-order": "2",
        "q-household-0-how_many": "2",
    }


def test_nested_answers_are_looked_over_and_sent(people: Page) -> None:
    page = add(add(people, "household"), "household-0-children", household__0__head="Bardha")
    review = follow(people.client, page.press("next", household__0__children__0__child="Drita"))
    assert "Household 1 · Children 1 Child Drita" in review.words()
    follow(people.client, people.client.post(f"/field/drafts/{Draft.objects.get().pk}/"))
    assert Submission.objects.get().answers["household"] == [
        {"head": "Bardha", "children": [{"child": "Drita", "order": 1}], "how_many": 1}
    ]


@pytest.mark.parametrize(
    "name", ["household-9-children", "household-x-children", "nobody", "household-0-nobody", "-", "a-0"]
)
def test_a_made_up_group_adds_nothing(people: Page, name: str) -> None:
    page = add(people, name)
    assert page.status == 200
    assert stored() == {}


@pytest.mark.parametrize("count", ["-1", "x", "99999999", "٣", "1.5", ""])
def test_a_made_up_number_of_rows_reads_none(people: Page, count: str) -> None:
    assert people.press("stay", household__count=count).status_code == 200
    assert stored() == {}


def test_the_name_of_a_problems_field_goes_as_deep_as_the_question() -> None:
    items = parse_items(HOUSEHOLD, question("place", "geopoint"))
    for path, name in (
        ("/answers/household/0/children/1/age", "household-0-children-1-age"),
        ("/answers/household/0/children", "household-0-children"),
        ("/answers/household/0", "household-0"),
        ("/answers/place/lat", "place"),
        ("/answers/nobody", ""),
        ("/answers", ""),
    ):
        assert get_name(path, items) == name


def test_new_rows_change_nothing_that_was_there() -> None:
    answers = {"household": [{"head": "A"}]}
    shown = with_new_rows(parse_items(HOUSEHOLD), answers, "household-0-children")
    assert answers == {"household": [{"head": "A"}]}
    assert shown == {"household": [{"head": "A", "children": [{"": None}]}]}
    assert with_new_rows(parse_items(HOUSEHOLD), answers) == answers
    assert with_new_rows(parse_items(repeat("r", question("q", "text"), min=2)), {}) == {"r": [{"": None}, {"": None}]}
    assert with_new_rows(parse_items(HOUSEHOLD), {"household": "x"}) == {"household": "x"}


def test_a_group_keeps_its_name_when_nothing_moved() -> None:
    post: Any = {"household-count": "2", "household-0-head": "A", "household-1-head": "B"}
    for name in ("household", "household-1-children", "other"):
        assert after_saving(parse_items(HOUSEHOLD), post, name) == name


# ---- cascades ----


def offered(page: Page, name: str) -> list[str]:
    boxes = [str(box["value"]) for box in page.soup.select(f'input[name="{name}"][type="radio"]') if box["value"]]
    return boxes or [str(option["value"]) for option in page.soup.select(f'select[name="{name}"] option')[1:]]


def test_only_what_fits_the_answer_above_is_offered(first: Page) -> None:
    assert (offered(first, "town"), offered(first, "folded")) == ([], [])
    assert "So far nothing does: answer them first" in first.words()
    page = Page(first.client, first.press("stay", part="south"))
    assert offered(page, "town") == ["vlore", "sarande"]
    assert offered(page, "folded") == ["vlore", "sarande"]


def test_continue_shows_what_is_offered_now_before_it_goes_on(first: Page) -> None:
    page = Page(first.client, first.press("next", part="south"))
    assert "there are more questions on this page" in page.words()
    assert offered(page, "town") == ["vlore", "sarande"]
    assert page.press("next")["Location"].endswith("/people/")


def test_a_question_with_nothing_to_choose_holds_nobody_up(first: Page) -> None:
    assert first.press("next")["Location"].endswith("/people/")


def test_a_choice_that_no_longer_fits_is_told_and_not_sent(first: Page) -> None:
    page = Page(first.client, first.press("stay", part="south"))
    page = Page(first.client, page.press("stay", town="sarande"))
    page = Page(first.client, page.press("next", part="north", town="sarande"))
    assert [id for id, _text in page.summary()] == ["q-town"]
    assert offered(page, "town") == ["shkoder"]


# ---- what nobody types ----


def test_an_initial_value_stands_in_the_field_until_something_else_is_typed(first: Page) -> None:
    page = Page(first.client, first.press("stay", part="south", greeting=""))
    assert page.fields()["greeting"] == ["From south"]
    page = Page(first.client, page.press("stay", greeting="Mine", part="north"))
    assert page.fields()["greeting"] == ["Mine"]


def test_read_only_and_calculated_are_shown_and_not_asked(first: Page) -> None:
    assert "fixed" not in first.fields()
    assert "sum" not in first.fields()
    assert "as it is" in first.words()
    first.press("save", fixed="changed", sum="9", secret="told")
    assert stored() == {"greeting": "From"}


def test_hidden_is_never_drawn_and_is_sent(first: Page) -> None:
    assert "never shown" not in first.text
    assert first.soup.select_one('[data-item="secret"]') is None
    follow(first.client, first.press("next"))
    follow(first.client, first.client.post(f"/field/drafts/{Draft.objects.get().pk}/"))
    sent = Submission.objects.get().answers
    assert (sent["secret"], sent["fixed"], sent["sum"]) == ("never shown", "as it is", 3)


def test_a_hidden_value_that_no_rule_reads_is_not_on_the_page_at_all(first: Page) -> None:
    rules = json.loads(first.soup.select_one("#form-rules").get_text())  # type: ignore[union-attr]
    assert "secret" not in [item["key"] for item in rules["items"]]


def test_what_the_script_gets_holds_rules_and_no_words(people: Page) -> None:
    found = people.soup.select_one("#form-rules")
    assert found is not None
    rules = json.loads(found.get_text())
    (household,) = rules["items"]
    children = household["items"][1]
    assert [item["key"] for item in children["items"]] == ["child", "age", "order", "school"]
    assert children["items"][2]["calculation"] == {"var": "_position"}
    age = {"key": "age", "item": "question", "type": "integer", "required": False, "min": 0, "max": 17}
    assert children["items"][1] == age
    assert set(rules) == {"items", "scope", "kept", "words"}
