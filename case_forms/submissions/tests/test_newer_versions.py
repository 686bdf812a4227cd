"""A draft whose form has a newer version stays where it is until its owner moves it. As a phone without JavaScript."""

from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEntry
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.models import FormDefinition, FormVersion
from tests.world.forms import choices, identification_form, outreach_form, question, texts
from tests.world.scene import World, make_world

from ..drafts.actions import DraftIsSent
from ..drafts.migration import NotANewerVersion, move_draft, newer_version
from ..models import Draft, Submission
from .page import Page, follow

pytestmark = pytest.mark.django_db

CANARY = "kanarina-5523"


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


@pytest.fixture
def phone(world: World, client: Client) -> Client:
    client.force_login(world.worker)
    return client


@pytest.fixture
def draft(world: World, phone: Client) -> Draft:
    """An identification with its first section filled and a row in the second; the age is typed in words."""
    first = follow(phone, phone.post("/field/forms/identification/start/"))
    first.press(municipality="vlore", result="potential_victim", age="30")
    made = Draft.objects.get()
    story = Page(phone, phone.get(f"/field/drafts/{made.pk}/story/"))
    row = Page(phone, story.press("others", button="add", account=CANARY))
    row.press("save", others__0__other_name=f"{CANARY}-row", others__0__is_armed="true")
    return Draft.objects.get()


def publish(change: Any) -> FormVersion:
    definition = identification_form()
    change(definition)
    return publish_form(form=save_definition(key="identification", definition=definition))


def second_version() -> FormVersion:
    """Without the account, with fewer results, with one more question, and a shorter name in the rows."""

    def change(definition: dict[str, Any]) -> None:
        person, _child, story = definition["sections"]
        person["items"].append(question("hair", "text", label=texts("Colour of the hair")))
        story["items"][0] = question("seen", "long_text", required=True, label=texts("What was seen"))
        repeat = story["items"][2]
        repeat["items"][0]["max_length"] = 5
        repeat["items"][1]["label"] = texts("Carries a weapon")

    return publish(change)


def build_page(phone: Client, draft: Draft) -> Page:
    return Page(phone, phone.get(f"/field/drafts/{draft.pk}/newer-version/"))


def move(phone: Client, draft: Draft, number: int) -> Any:
    return phone.post(f"/field/drafts/{draft.pk}/newer-version/", {"version": number})


def test_a_draft_stays_on_its_version_and_can_be_sent_on_it(phone: Client, draft: Draft, world: World) -> None:
    second_version()
    assert Page(phone, phone.get(f"/field/drafts/{draft.pk}/story/")).seen("account")
    follow(phone, phone.post(f"/field/drafts/{draft.pk}/"))
    assert Draft.objects.get().form_version == world.version


def test_without_a_newer_version_nothing_is_said_of_one(phone: Client, draft: Draft) -> None:
    assert "newer version" not in Page(phone, phone.get("/field/")).words()
    assert "newer version" not in Page(phone, phone.get(f"/field/drafts/{draft.pk}/story/")).words()
    answer = phone.get(f"/field/drafts/{draft.pk}/newer-version/")
    assert answer["Location"].endswith(f"/field/drafts/{draft.pk}/{draft.section}/")


def test_the_start_page_and_the_section_say_that_there_is_a_newer_version(phone: Client, draft: Draft) -> None:
    second_version()
    home = Page(phone, phone.get("/field/"))
    assert home.soup.select_one(f'a[href="/field/drafts/{draft.pk}/newer-version/"]') is not None
    assert (
        "There is a newer version of this form." in Page(phone, phone.get(f"/field/drafts/{draft.pk}/story/")).words()
    )


def test_going_to_the_newer_version_saves_the_page_first(phone: Client, draft: Draft) -> None:
    second_version()
    section = Page(phone, phone.get(f"/field/drafts/{draft.pk}/story/"))
    answer = section.press("newer", account="Typed just now")
    assert answer["Location"] == f"/field/drafts/{draft.pk}/newer-version/"
    assert Draft.objects.get().answers["account"] == "Typed just now"


def test_an_archived_form_offers_no_newer_version(phone: Client, draft: Draft) -> None:
    second_version()
    FormDefinition.objects.update(is_archived=True)
    assert newer_version(draft) is None
    assert "newer version" not in Page(phone, phone.get("/field/")).words()


def test_the_page_says_what_changes_before_anything_moves(phone: Client, draft: Draft) -> None:
    second_version()
    before = AuditEntry.objects.count()
    page = build_page(phone, draft)
    said = page.words()
    assert "5 answers stay" in said
    assert "Colour of the hair" in said
    assert "Before: Is armed" in said
    assert said.count(CANARY) == 2
    assert "Other people 1, Other name" in said
    assert (Draft.objects.get().form_version, AuditEntry.objects.count()) == (draft.form_version, before)


def test_moving_keeps_what_fits_and_leaves_the_rest_readable(phone: Client, draft: Draft) -> None:
    to = second_version()
    page = follow(phone, move(phone, draft, to.number))
    assert "This form now uses version 2." in page.words()
    moved = Draft.objects.get()
    assert moved.form_version == to
    assert moved.answers == {
        "municipality": "vlore",
        "result": "potential_victim",
        "age": 30,
        "consent": "unknown",
        "others": [{"is_armed": True}],
    }
    review = Page(phone, phone.get(f"/field/drafts/{draft.pk}/"))
    left = review.soup.select_one("section[aria-labelledby=left-over]")
    assert left is not None
    assert left.get_text().count(CANARY) == 2
    entry = AuditEntry.objects.get(action="draft.moved")
    assert entry.detail == {"before": 1, "after": 2, "left_over": 2}


def test_left_over_answers_are_sealed_in_the_database(phone: Client, draft: Draft) -> None:
    move(phone, draft, second_version().number)
    stored = Draft.objects.filter(pk=draft.pk).values_list("left_over", "answers").get()
    assert CANARY not in str(stored)


def test_left_over_answers_are_gone_when_the_form_is_sent(phone: Client, draft: Draft, world: World) -> None:
    move(phone, draft, second_version().number)
    section = Page(phone, phone.get(f"/field/drafts/{draft.pk}/story/"))
    section.press("save", seen="A person", others__0__other_name="Abc", others__0__weapon="None")
    follow(phone, phone.post(f"/field/drafts/{draft.pk}/"))
    submission = Submission.objects.get()
    assert CANARY not in str(submission.answers)
    assert Draft.objects.get().left_over is None


def test_moving_twice_moves_once(phone: Client, draft: Draft) -> None:
    to = second_version()
    move(phone, draft, to.number)
    assert move(phone, draft, to.number).status_code == 302
    assert AuditEntry.objects.filter(action="draft.moved").count() == 1
    move_draft(draft=Draft.objects.get(), to=to, by=draft.owner)
    assert AuditEntry.objects.filter(action="draft.moved").count() == 1


def test_a_version_published_meanwhile_is_shown_first(phone: Client, draft: Draft) -> None:
    second = second_version()
    publish(lambda definition: definition["sections"][0]["items"].pop())
    page = Page(phone, move(phone, draft, second.number))
    assert "Move to version 3" in page.words()
    assert Draft.objects.get().form_version == draft.form_version


def test_what_one_move_left_over_comes_back_with_the_next(phone: Client, draft: Draft) -> None:
    move(phone, draft, second_version().number)
    third = publish(lambda definition: definition["title"].update(en="Identification again"))
    page = build_page(phone, draft)
    assert "asks for them again" in page.words()
    assert page.words().count(CANARY) == 1
    move(phone, draft, third.number)
    moved = Draft.objects.get()
    assert moved.answers["account"] == CANARY
    assert [left["path"] for left in moved.left_over] == [["others", 0, "other_name"]]


def test_a_draft_whose_section_is_gone_opens_at_the_first(phone: Client, draft: Draft) -> None:
    assert draft.section == "story"
    to = publish(lambda definition: definition["sections"].pop())
    page = follow(phone, move(phone, draft, to.number))
    assert "The person" in page.words()
    assert Draft.objects.get().section == "person"


def test_a_sent_draft_does_not_move(phone: Client, draft: Draft) -> None:
    section = Page(phone, phone.get(f"/field/drafts/{draft.pk}/story/"))
    section.press("save", others__0__weapon="None")
    phone.post(f"/field/drafts/{draft.pk}/")
    to = second_version()
    assert "/field/sent/" in move(phone, draft, to.number)["Location"]
    with pytest.raises(DraftIsSent):
        move_draft(draft=Draft.objects.get(), to=to, by=draft.owner)


def test_nobody_moves_anothers_draft(world: World, draft: Draft, client: Client) -> None:
    to = second_version()
    client.force_login(world.colleague)
    assert client.get(f"/field/drafts/{draft.pk}/newer-version/").status_code == 404
    assert move(client, draft, to.number).status_code == 404
    with pytest.raises(Draft.DoesNotExist):
        move_draft(draft=draft, to=to, by=world.colleague)
    assert Draft.objects.get().form_version == draft.form_version


def test_a_draft_does_not_move_to_another_form_or_back(phone: Client, draft: Draft, world: World) -> None:
    with pytest.raises(NotANewerVersion):
        move_draft(draft=draft, to=FormVersion.objects.get(form__key="outreach_log"), by=draft.owner)
    move(phone, draft, second_version().number)
    with pytest.raises(NotANewerVersion):
        move_draft(draft=draft, to=world.version, by=draft.owner)


# ---- the language of the form ----


def three_languages() -> FormVersion:
    """The outreach log in Romani, English and Albanian; its first language is Romani."""
    definition = outreach_form()
    definition["languages"] = ["rom", "en", "sq"]
    for title in (definition["title"], definition["sections"][0]["title"]):
        title["rom"] = f"{title['en']} (rom)"
    definition["sections"][0]["items"][0]["label"]["rom"] = "Kicy zhene"
    return publish_form(form=save_definition(key="outreach_log", definition=definition))


def begin_outreach(phone: Client) -> Page:
    return follow(phone, phone.post("/field/forms/outreach_log/start/"))


def test_a_form_is_read_in_the_fillers_own_language_when_it_has_it(phone: Client) -> None:
    three_languages()
    page = begin_outreach(phone)
    assert "Met" in page.words()
    chosen = page.soup.select_one(".form-languages [aria-current]")
    assert chosen is not None
    assert chosen["value"] == "in:en"


def test_a_form_without_the_fillers_language_is_read_in_its_first(phone: Client, world: World) -> None:
    definition = outreach_form()
    definition["languages"] = ["rom"]
    for words in (
        definition["title"],
        definition["sections"][0]["title"],
        definition["sections"][0]["items"][0]["label"],
    ):
        words.clear()
        words["rom"] = "Romanes"
    publish_form(form=save_definition(key="outreach_log", definition=definition))
    page = begin_outreach(phone)
    assert page.soup.select_one(".form-languages") is None
    heading = page.soup.select_one("h1 [lang]")
    assert heading is not None
    assert (heading["lang"], heading.get_text()) == ("rom", "Romanes")


def test_the_filler_picks_a_language_and_what_was_typed_is_kept(phone: Client) -> None:
    three_languages()
    page = follow(phone, begin_outreach(phone).press("in:rom", met="7"))
    assert page.fields()["met"] == ["7"]
    assert Draft.objects.get().language == "rom"
    label = page.soup.select_one("label [lang=rom]")
    assert label is not None
    assert label.get_text() == "Kicy zhene"
    assert "Continue" in page.words() or "Check your answers" in page.words()
    review = Page(phone, phone.get(f"/field/drafts/{Draft.objects.get().pk}/"))
    assert "Kicy zhene" in review.words()


def test_what_the_system_says_of_an_answer_stays_in_the_persons_language(phone: Client) -> None:
    three_languages()
    page = follow(phone, begin_outreach(phone).press("in:rom"))
    page = Page(phone, page.press(met="many"))
    assert page.status == 422
    error = page.soup.select_one("#q-met-error")
    assert error is not None
    assert "whole number" in error.get_text()


def test_a_language_that_the_form_does_not_have_changes_nothing(phone: Client) -> None:
    three_languages()
    begin_outreach(phone).press("in:de")
    assert Draft.objects.get().language == ""


def test_an_answer_in_the_forms_language_is_marked_where_it_is_looked_over(phone: Client) -> None:
    definition = outreach_form()
    definition["sections"][0]["items"].append(question("way", "select_one", choices=choices("road")))
    publish_form(form=save_definition(key="outreach_log", definition=definition))
    page = follow(phone, begin_outreach(phone).press("in:sq"))
    page.press("save", met="3", way="road")
    review = Page(phone, phone.get(f"/field/drafts/{Draft.objects.get().pk}/"))
    answer = review.soup.select_one("dd [lang=sq]")
    assert answer is not None
    assert answer.get_text() == "Road (sq)"
