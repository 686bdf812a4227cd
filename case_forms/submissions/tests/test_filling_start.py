"""Filling a form section by section, as a phone without JavaScript does it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from case_forms.form_builder.actions import publish_form, save_definition
from tests.world.forms import identification_form, texts
from tests.world.scene import World, make_world

from ..models import Draft
from .page import Page, follow

pytestmark = pytest.mark.django_db

IN_TWO_DAYS = "in two days"  # said when the test runs: every process must collect the same names
CANARY = "kanarina-7731"


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


@pytest.fixture
def phone(world: World, client: Client) -> Client:
    client.force_login(world.worker)
    return client


def begin(phone: Client, form: str = "identification") -> Page:
    return follow(phone, phone.post(f"/field/forms/{form}/start/"))


def the_draft() -> Draft:
    return Draft.objects.get()


def to_story(phone: Client) -> Page:
    """An adult's identification, up to its last section."""
    return follow(phone, begin(phone).press(municipality="vlore", result="potential_victim", age="30"))


def test_a_form_begins_on_its_newest_version_for_the_workers_unit(world: World, phone: Client) -> None:
    page = begin(phone)
    draft = the_draft()
    assert (draft.form_version, draft.unit, draft.owner) == (world.version, world.unit, world.worker)
    assert "Part 1 of 2" in page.words()
    assert AuditEntry.objects.filter(action="draft.started", target_id=str(draft.pk)).count() == 1


def test_looking_at_a_section_changes_nothing(phone: Client) -> None:
    page = begin(phone)
    before = Draft.objects.values_list("saved_at", "section").get(), AuditEntry.objects.count()
    phone.get(page.soup.select_one("form#section")["action"])  # type: ignore[index]
    assert (Draft.objects.values_list("saved_at", "section").get(), AuditEntry.objects.count()) == before


def test_an_adults_form_skips_the_childs_section(phone: Client) -> None:
    page = to_story(phone)
    assert "What happened" in page.words()
    assert "Part 2 of 2" in page.words()


def test_a_childs_form_shows_the_childs_section_next(phone: Client) -> None:
    page = follow(phone, begin(phone).press(municipality="vlore", result="potential_victim", age="15"))
    assert "The child" in page.words()
    assert "Part 2 of 3" in page.words()


def test_a_section_that_does_not_apply_is_not_there(phone: Client) -> None:
    to_story(phone)
    assert phone.get(f"/field/drafts/{the_draft().pk}/child/").status_code == 404
    assert phone.get(f"/field/drafts/{the_draft().pk}/nothing/").status_code == 404


def test_a_question_that_begins_to_apply_is_shown_before_going_on(phone: Client) -> None:
    page = begin(phone)
    assert not page.seen("child_note")
    assert page.seen("age_reason")
    page = follow(phone, page.press(municipality="vlore", result="none", age="30"))
    page = Page(phone, phone.get(f"/field/drafts/{the_draft().pk}/person/"))
    assert not page.seen("age_reason")
    again = page.press(age="")
    page = Page(phone, again)
    assert page.seen("age_reason")
    assert "there are more questions" in page.words()
    assert page.press().status_code == 302  # seen and left empty: it need not be answered


def test_required_when_holds_only_when(phone: Client) -> None:
    page = Page(phone, begin(phone).press(municipality="vlore", result="potential_victim"))
    assert page.status == 422
    assert [link for link, _text in page.summary()] == ["q-age_reason"]
    assert page.press(result="none").status_code == 302


def test_errors_stand_beside_the_question_and_in_a_summary_that_links_to_it(phone: Client) -> None:
    page = Page(phone, begin(phone).press(age="old"))
    links = page.summary()
    assert {link for link, _text in links} >= {"q-municipality", "q-result", "q-age"}
    for link, _text in links:
        assert page.soup.find(id=link) is not None, link
        assert page.soup.find(id=f"{link}-error") is not None, link
    assert page.soup.title is not None
    assert "Error:" in page.soup.title.get_text()


def test_what_was_typed_wrong_is_kept_as_it_was_typed(phone: Client) -> None:
    page = Page(phone, begin(phone).press(age=CANARY, municipality="vlore"))
    assert page.fields()["age"] == [CANARY]
    assert page.fields()["municipality"] == ["vlore"]
    assert the_draft().answers["age"] == CANARY


def test_save_keeps_and_does_not_complain(phone: Client) -> None:
    answer = begin(phone).press("save", age="twelve")
    page = follow(phone, answer)
    assert answer["Location"].endswith("/person/?saved")
    assert "Saved" in page.words()
    assert page.summary() == []
    assert page.fields()["age"] == ["twelve"]


def test_back_saves_and_goes_to_the_section_before(phone: Client) -> None:
    page = follow(phone, to_story(phone).press("back", account=CANARY))
    assert "The person" in page.words()
    assert the_draft().answers["account"] == CANARY
    home = page.press("back")
    assert home["Location"] == "/field/"


def test_one_can_jump_to_any_section_and_nothing_typed_is_lost(phone: Client) -> None:
    page = follow(phone, to_story(phone).press("to:person", account=CANARY))
    assert "The person" in page.words()
    assert the_draft().answers["account"] == CANARY
    nowhere = page.press("to:child")
    assert nowhere["Location"].endswith("/person/?saved")


def test_the_other_sections_stay_when_one_is_saved(phone: Client) -> None:
    page = to_story(phone)
    page.press("save", account="one")
    page.press("save", account="two")
    assert the_draft().answers["account"] == "two"
    assert the_draft().answers["age"] == 30


def test_an_answer_taken_back_is_gone(phone: Client) -> None:
    page = follow(phone, to_story(phone).press("save", account="one"))
    page.press("save", account="")
    assert "account" not in the_draft().answers


def test_a_default_is_chosen_until_somebody_chooses(phone: Client) -> None:
    assert to_story(phone).fields()["consent"] == ["unknown"]


def test_an_answer_to_something_that_stopped_applying_comes_back_when_it_applies_again(phone: Client) -> None:
    page = follow(phone, begin(phone).press(municipality="vlore", result="none", age_reason="unsure"))
    page = Page(phone, phone.get(f"/field/drafts/{the_draft().pk}/person/"))
    page.press("save", age="40")
    page = Page(phone, phone.get(f"/field/drafts/{the_draft().pk}/person/"))
    assert not page.seen("age_reason")
    page = follow(phone, page.press("save", age=""))
    assert page.fields()["age_reason"] == ["unsure"]


def test_rows_are_added_and_removed_by_buttons(phone: Client) -> None:
    page = to_story(phone)
    assert page.fields()["others-count"] == ["0"]
    page = Page(phone, page.press("others", button="add", account="A story"))
    assert page.fields()["others-count"] == ["1"]
    assert page.soup.select_one("#q-others-0[data-focus]") is not None
    page = Page(phone, page.press("others", button="add", others__0__other_name="First"))
    page = Page(phone, page.press("others", button="add", others__1__other_name="Second"))
    page = Page(phone, page.press("others-0", button="remove", others__2__other_name="Third"))
    assert [row["other_name"] for row in the_draft().answers["others"]] == ["Second", "Third"]
    assert page.fields()["others-0-other_name"] == ["Second"]
    assert page.fields()["account"] == ["A story"]


def test_no_more_rows_than_the_form_allows(phone: Client) -> None:
    page = to_story(phone)
    for index in range(3):
        page = Page(phone, page.press("others", button="add"))
        page = follow(phone, page.press("save", **{f"others__{index}__other_name": "Somebody"}))
    assert len(the_draft().answers["others"]) == 3
    assert page.soup.select_one('button[name="add"]') is None


def test_an_empty_row_disappears(phone: Client) -> None:
    page = Page(phone, to_story(phone).press("others", button="add", account="A story"))
    assert page.press().status_code == 302
    assert "others" not in the_draft().answers


def test_a_rows_errors_are_linked_by_row_and_its_relevance_is_its_own(phone: Client) -> None:
    page = Page(phone, to_story(phone).press("others", button="add", account="A story"))
    assert not page.seen("others-0-weapon")
    page = Page(phone, page.press(others__0__is_armed="true", others__0__other_name=""))
    assert page.status == 422
    assert ("q-others-0-other_name", "Other people 1: Other name: Answer this question.") in page.summary()
    page = Page(phone, page.press(others__0__other_name="First"))
    assert page.seen("others-0-weapon")
    page = Page(phone, page.press())
    assert [link for link, _text in page.summary()] == ["q-others-0-weapon"]
    assert page.press(others__0__weapon="A knife").status_code == 302


@pytest.mark.parametrize("count", ["", "x", "-1", "999999", "2²"])
def test_a_made_up_number_of_rows_is_harmless(phone: Client, count: str) -> None:
    page = to_story(phone)
    answer = page.press("save", account="A story", **{"others-count": count, "others-0-other_name": "X"})
    assert answer.status_code == 302
    assert the_draft().answers["account"] == "A story"


@pytest.mark.parametrize("row", ["others-9", "others-x", "nothing-0", "others", "-"])
def test_removing_a_row_that_is_not_there_removes_nothing(phone: Client, row: str) -> None:
    page = Page(phone, to_story(phone).press("others", button="add", account="A story"))
    page = Page(phone, page.press(row, button="remove", others__0__other_name="First"))
    assert the_draft().answers["others"] == [{"other_name": "First"}]


def test_when_it_happened_is_now_until_somebody_says_otherwise(phone: Client) -> None:
    page = begin(phone)
    written = page.fields()["_occurred_at"][0]
    assert written == timezone.localtime(the_draft().occurred_at).strftime("%Y-%m-%dT%H:%M")
    page.press("save", _occurred_at="2026-01-05T09:30")
    assert timezone.localtime(the_draft().occurred_at).strftime("%d.%m.%Y %H:%M") == "05.01.2026 09:30"


def test_only_the_first_section_asks_when_it_happened(phone: Client) -> None:
    assert "_occurred_at" not in to_story(phone).fields()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "Write the day and the time"),
        ("yesterday", "Write the day and the time"),
        ("1999-01-01T10:00", "too long ago"),
        ("9999-12-31T23:59", "in the future"),
        (IN_TWO_DAYS, "in the future"),
    ],
)
def test_a_time_that_cannot_be_is_asked_again_and_the_rest_is_kept(phone: Client, written: str, said: str) -> None:
    if written == IN_TWO_DAYS:
        written = (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    page = Page(phone, begin(phone).press(municipality="vlore", result="none", _occurred_at=written))
    assert page.status == 422
    assert said in dict(page.summary())["q-occurred"]
    assert page.fields()["_occurred_at"] == [written]
    assert the_draft().answers["municipality"] == "vlore"


def test_a_draft_stays_on_its_version_when_the_form_moves_on(world: World, phone: Client) -> None:
    begin(phone)
    changed = identification_form()
    changed["sections"][0]["title"] = texts("Somebody new")
    newer = publish_form(form=save_definition(key="identification", definition=changed))
    page = Page(phone, phone.get(f"/field/drafts/{the_draft().pk}/person/"))
    assert "The person" in page.words()
    begin(phone)
    assert set(Draft.objects.values_list("form_version", flat=True)) == {world.version.pk, newer.pk}


def test_a_draft_thrown_away_is_gone_and_recorded(phone: Client) -> None:
    begin(phone)
    pk = the_draft().pk
    assert phone.post(f"/field/drafts/{pk}/discard-draft/")["Location"] == "/field/"
    assert not Draft.objects.exists()
    assert AuditEntry.objects.filter(action="draft.discarded", target_id=str(pk)).exists()


def test_what_was_typed_is_sealed_in_the_database(phone: Client) -> None:
    to_story(phone).press("save", account=CANARY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM intake_draft")
        assert CANARY not in repr(cursor.fetchall())


def test_the_page_carries_only_those_answers_that_its_conditions_read(phone: Client) -> None:
    page = to_story(phone)
    page.press("save", account=CANARY)
    child = follow(phone, Page(phone, phone.get(f"/field/drafts/{the_draft().pk}/person/")).press(age="12"))
    assert CANARY not in child.text


def test_every_page_has_one_heading_and_every_field_its_label(phone: Client) -> None:
    pages = [
        begin(phone),
        Page(phone, to_story(phone).press("others", button="add")),
        Page(phone, phone.get("/field/")),
    ]
    for page in pages:
        assert len(page.soup.find_all("h1")) == 1
        labelled = {label["for"] for label in page.soup.find_all("label") if label.has_attr("for")}
        for field in page.soup.select("input, select, textarea"):
            if field.get("type") != "hidden":
                assert field.get("id") in labelled, field
        ids = [node["id"] for node in page.soup.find_all(id=True)]
        assert len(ids) == len(set(ids))
        assert not page.soup.select("[style], script:not([src]):not([type='application/json'])")
