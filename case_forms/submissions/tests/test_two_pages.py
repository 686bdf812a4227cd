"""Two tabs or two phones on one draft: nothing is overwritten, and whoever saves second sees both texts and chooses."""

import json
import time
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from case_forms.form_builder.actions import publish_form, save_definition
from tests.world.forms import identification_form, parse_items, texts
from tests.world.scene import World, make_world

from ..actions import Received, submit_draft
from ..drafts import actions, keys
from ..drafts.merging import BOTH, MINE, THEIRS, Chosen, Merge, compute_marks, mark, same_answers
from ..drafts.migration import move_draft
from ..models import Draft, Submission
from ..views import sending
from .page import Page, follow

CANARY = "kanarina-7702"
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


@pytest.fixture
def phone(world: World, client: Client) -> Client:
    client.force_login(world.worker)
    return client


@pytest.fixture
def draft(world: World) -> Draft:
    return actions.start_draft(
        form_version=world.version,
        unit=world.unit,
        owner=world.worker,
        answers={"municipality": "vlore", "result": "potential_victim", "age": 30},
    )


def opened(phone: Client, draft: Draft, section: str = "story") -> Page:
    return Page(phone, phone.get(f"/field/drafts/{draft.pk}/{section}/"))


def answers() -> dict[str, Any]:
    return dict(Draft.objects.get().answers)


def by_script(page: Page, go: str, **typed: Any) -> Any:
    form = page.soup.select_one("form#section")
    assert form is not None
    sent = {**page.fields(), "go": go, **{name.replace("__", "-"): value for name, value in typed.items()}}
    return page.client.post(str(form["action"]), sent, **JSON)  # type: ignore[arg-type]


def test_the_second_to_save_overwrites_nothing_and_is_shown_both_texts(phone: Client, draft: Draft) -> None:
    one, two = opened(phone, draft), opened(phone, draft)
    one.press("save", account="first text")
    asked = Page(phone, two.press(account="second text"))
    assert asked.status == 409
    assert answers()["account"] == "first text"
    words = asked.words()
    assert "first text" in words
    assert "second text" in words
    again = Page(phone, asked.press("next"))
    assert again.status == 409
    assert "Choose which of the two to save." in again.words()
    answer = again.press("next", **{"_keep-account": "mine"})
    assert answer["Location"] == f"/field/drafts/{draft.pk}/"
    assert answers()["account"] == "second text"


def test_the_other_text_can_be_kept_as_well(phone: Client, draft: Draft) -> None:
    one, two = opened(phone, draft), opened(phone, draft)
    one.press("save", account="first text")
    Page(phone, two.press("save", account="second text")).press("save", **{"_keep-account": "theirs"})
    assert answers()["account"] == "first text"


def test_answers_that_only_one_side_changed_are_put_together_without_a_word(phone: Client, draft: Draft) -> None:
    opened(phone, draft).press("save", account="before", others__count="1", others__0__other_name="Ana")
    one, two = opened(phone, draft), opened(phone, draft)
    one.press("save", account="changed", others__0__is_armed="true")
    assert two.press("save", consent="yes", others__0__other_name="Ana B").status_code == 302
    kept = answers()
    assert (kept["account"], kept["consent"]) == ("changed", "yes")
    assert kept["others"] == [{"other_name": "Ana B", "is_armed": True}]


def test_an_empty_field_does_not_empty_what_the_other_page_wrote(phone: Client, draft: Draft) -> None:
    one, two = opened(phone, draft), opened(phone, draft)
    one.press("save", account="a long narrative")
    assert two.press("save", consent="no").status_code == 302
    assert answers()["account"] == "a long narrative"


def test_an_answer_taken_back_here_and_changed_there_is_asked_about(phone: Client, draft: Draft) -> None:
    opened(phone, draft).press("save", account="before")
    one, two = opened(phone, draft), opened(phone, draft)
    one.press("save", account="longer than before")
    asked = Page(phone, two.press("save", account=""))
    assert asked.status == 409
    assert "Not answered" in asked.words()


def test_rows_that_both_sides_added_can_all_be_kept(phone: Client, draft: Draft) -> None:
    one, two = opened(phone, draft), opened(phone, draft)
    one.press("save", others__count="1", others__0__other_name="Ana")
    asked = Page(phone, two.press("save", others__count="1", others__0__other_name="Besa"))
    assert asked.soup.select_one('input[value="both"]') is not None
    asked.press("save", **{"_keep-others": "both"})
    assert [row["other_name"] for row in answers()["others"]] == ["Ana", "Besa"]


def test_when_it_happened_is_compared_like_an_answer(phone: Client, draft: Draft) -> None:
    one, two, three = (opened(phone, draft, "person") for _page in range(3))
    one.press("save", _occurred_at="2026-11-20T10:00")
    assert two.press("save", age="31").status_code == 302
    assert (Draft.objects.get().occurred_at.day, answers()["age"]) == (20, 31)
    asked = Page(phone, three.press("save", _occurred_at="2026-11-21T11:00"))
    assert "20.11.2026 10:00" in asked.words()
    asked.press("save", **{"_keep-_occurred_at": "mine"})
    assert Draft.objects.get().occurred_at.day == 21


def test_what_changed_a_third_time_while_somebody_chose_is_asked_again(phone: Client, draft: Draft) -> None:
    one, two, three = opened(phone, draft), opened(phone, draft), opened(phone, draft)
    one.press("save", account="first")
    asked = Page(phone, two.press("save", account="second"))
    third = Page(phone, three.press("save", account="third"))
    third.press("save", **{"_keep-account": "mine"})
    again = Page(phone, asked.press("save", **{"_keep-account": "mine"}))
    assert again.status == 409
    assert "third" in again.words()
    assert answers()["account"] == "third"


def test_one_page_may_save_as_often_as_it_likes_also_when_answers_got_lost(phone: Client, draft: Draft) -> None:
    page = opened(phone, draft)
    for text in ("one", "two", "three"):
        assert page.press("save", account=text).status_code == 302
    assert answers()["account"] == "three"


def test_a_saving_that_was_overtaken_on_its_way_changes_nothing(phone: Client, draft: Draft) -> None:
    page = opened(phone, draft)
    by_script(page, "autosave", account="newer", _turn="2")
    assert by_script(page, "autosave", account="older", _turn="1").status_code == 200
    assert answers()["account"] == "newer"


def test_the_browsers_own_saving_is_told_what_it_is_a_copy_of_now(phone: Client, draft: Draft) -> None:
    one, two = opened(phone, draft), opened(phone, draft)
    told = by_script(one, "autosave", account="first").json()
    assert told["version"] == 1
    assert set(told["marks"]) == {"account", "consent"}
    refused = by_script(two, "autosave", account="second")
    assert (refused.status_code, refused.json()["differs"]) == (409, True)
    assert "first" not in refused.content.decode()
    # the first page goes on from what it was told, though it was put together with another's
    by_script(two, "autosave", consent="yes")
    more = by_script(one, "autosave", account="first, longer", _version="1", _marks=json.dumps(told["marks"]))
    assert more.status_code == 200
    assert (answers()["account"], answers()["consent"]) == ("first, longer", "yes")


def test_what_was_put_together_is_not_undone_by_the_next_saving_of_the_same_page(phone: Client, draft: Draft) -> None:
    one, two = opened(phone, draft), opened(phone, draft)
    one.press("save", account="theirs")
    told = by_script(two, "autosave", consent="no").json()
    by_script(two, "autosave", consent="yes", _version=str(told["version"]), _marks=json.dumps(told["marks"]))
    assert (answers()["account"], answers()["consent"]) == ("theirs", "yes")


def test_a_page_that_does_not_say_what_it_is_a_copy_of_overwrites_nothing(phone: Client, draft: Draft) -> None:
    opened(phone, draft).press("save", account="saved")
    old = opened(phone, draft)
    bare = {"_page": None, "_version": None, "_marks": None}
    assert Page(phone, old.press("save", account="other", **bare)).status == 409
    assert old.press("save", account="", **bare).status_code == 302
    assert answers()["account"] == "saved"


@pytest.mark.parametrize("marks", ["", "[]", "nonsense", '{"account": 3}', "{" * 3000])
def test_made_up_marks_are_no_fault_and_overwrite_nothing(phone: Client, draft: Draft, marks: str) -> None:
    one, two = opened(phone, draft), opened(phone, draft)
    one.press("save", account="first")
    assert Page(phone, two.press("save", account="second", _marks=marks, _version="-1")).status == 409
    assert answers()["account"] == "first"


def test_the_script_is_told_where_to_go_on(phone: Client, draft: Draft) -> None:
    page = opened(phone, draft, "person")
    assert by_script(page, "next").json() == {"go": f"/field/drafts/{draft.pk}/story/"}
    assert by_script(page, "back").json() == {"go": "/field/"}
    invalid = by_script(page, "next", municipality="")
    assert invalid.status_code == 422
    assert invalid["Content-Type"].startswith("text/html")


def test_whoever_is_signed_out_with_an_old_page_is_told_and_keeps_the_page(phone: Client, draft: Draft) -> None:
    page = opened(phone, draft)
    Session.objects.all().delete()
    with patch.object(time, "time", return_value=time.time() + keys.KEY_AGE + 1):
        answer = by_script(page, "next", account=CANARY)
    assert answer.status_code == 401
    assert answer.json()["sign_in"].startswith("/accounts/login/")
    assert answers().get("account") is None


def test_a_key_without_a_session_sees_nothing_of_what_is_saved_and_loses_no_word(phone: Client, draft: Draft) -> None:
    one, two = opened(phone, draft), opened(phone, draft)
    one.press("save", account="saved secret")
    Session.objects.all().delete()
    answer = two.press("save", account=CANARY)
    assert answer["Location"].endswith("kept=1")
    assert by_script(two, "save", account=CANARY).json()["go"].endswith("kept=1")
    assert answers()["account"] == "saved secret"
    (copy,) = Draft.objects.get().besides.values()
    assert ["account", CANARY] in copy["fields"]


def test_a_draft_thrown_away_elsewhere_says_so_and_shows_what_was_typed(phone: Client, draft: Draft) -> None:
    page = opened(phone, draft)
    phone.post(f"/field/drafts/{draft.pk}/discard-draft/")
    gone = Page(phone, page.press(account=CANARY, others__count="1", others__0__other_name="Ana"))
    assert gone.status == 409
    for expected in ("This draft was deleted", CANARY, "Ana", "Other people 1"):
        assert expected in gone.words()
    assert by_script(page, "autosave", account=CANARY).status_code == 409
    assert not Draft.objects.exists()


def test_a_draft_thrown_away_shows_nothing_to_anybody_else(world: World, phone: Client, draft: Draft) -> None:
    page = opened(phone, draft)
    phone.post(f"/field/drafts/{draft.pk}/discard-draft/")
    other = Client()
    other.force_login(world.colleague)
    assert page.press(account=CANARY, client=other).status_code == 404
    assert page.press(account=CANARY, client=Client()).status_code == 404


def test_a_page_of_a_version_before_the_move_is_not_mixed_into_the_new_one(
    world: World, phone: Client, draft: Draft
) -> None:
    page = opened(phone, draft)
    changed = {**identification_form(), "title": texts("Identification, anew")}
    newer = publish_form(form=save_definition(key="identification", definition=changed))
    move_draft(draft=draft, to=newer, by=world.worker)
    gone = Page(phone, page.press("save", account=CANARY))
    assert gone.status == 409
    assert CANARY in gone.words()
    assert "newer version" in gone.words()
    assert "account" not in answers()


def test_a_form_that_changed_after_it_was_looked_over_is_not_sent(phone: Client, draft: Draft) -> None:
    late = opened(phone, draft)
    review = follow(phone, opened(phone, draft).press(account="as looked over"))
    looked_over = review.soup.select_one('input[name="looked_over"]')
    assert looked_over is not None
    late.press("save", account="as looked over", consent="yes")
    address = f"/field/drafts/{draft.pk}/"
    again = Page(phone, phone.post(address, {"looked_over": str(looked_over["value"])}))
    assert again.status == 409
    assert "changed on another page" in again.words()
    assert not Submission.objects.exists()
    fresh = again.soup.select_one('input[name="looked_over"]')
    assert fresh is not None
    sent = phone.post(address, {"looked_over": str(fresh["value"])}, **JSON)  # type: ignore[arg-type]
    assert sent.json()["go"].startswith("/field/cases/")
    again_sent = phone.post(address, {"looked_over": "old"}, **JSON)  # type: ignore[arg-type]
    assert again_sent.json() == {"go": f"/field/sent/{draft.pk}/"}
    assert Submission.objects.count() == 1


def test_what_another_page_saves_while_the_form_is_being_sent_is_not_sent_unseen(
    phone: Client, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = opened(phone, draft)
    review = follow(phone, opened(phone, draft).press(account="as looked over"))
    looked_over = review.soup.select_one('input[name="looked_over"]')
    assert looked_over is not None

    def saved_just_before(**sent: Any) -> Received:
        late.press("save", account="as looked over", consent="yes")
        return submit_draft(**sent)

    monkeypatch.setattr(sending, "submit_draft", saved_just_before)
    again = Page(phone, phone.post(f"/field/drafts/{draft.pk}/", {"looked_over": str(looked_over["value"])}))
    assert again.status == 409
    assert not Submission.objects.exists()
    assert "changed on another page" in again.words()
    fresh = again.soup.select_one('input[name="looked_over"]')
    assert fresh is not None
    assert fresh["value"] == actions.get_versions(Draft.objects.get())


def test_a_draft_thrown_away_while_it_is_being_sent_is_not_there(
    world: World, phone: Client, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone_just_before(**sent: Any) -> Received:
        actions.discard_draft(draft=draft, by=world.worker)
        return submit_draft(**sent)

    monkeypatch.setattr(sending, "submit_draft", gone_just_before)
    assert phone.post(f"/field/drafts/{draft.pk}/").status_code == 404


def test_the_versions_hold_nothing_of_what_was_typed(phone: Client, draft: Draft) -> None:
    opened(phone, draft).press("save", account=CANARY)
    assert CANARY not in json.dumps(Draft.objects.get().section_versions)
    marks = opened(phone, draft).fields()["_marks"][0]
    assert CANARY not in marks
    assert mark("another draft", "account", CANARY) not in marks


# ---- putting together, for any three versions of a section ----

ITEMS = parse_items(
    {"item": "question", "key": "a", "type": "text"},
    {"item": "question", "key": "b", "type": "text"},
    {"item": "question", "key": "m", "type": "matrix"},
    {"item": "repeat", "key": "r", "max": 9, "items": [{"item": "question", "key": "c", "type": "text"}]},
)
typed_texts = st.sampled_from(["", "x", "y", "z"])
sections = st.fixed_dictionaries(
    {},
    optional={
        "a": typed_texts.filter(bool),
        "b": typed_texts.filter(bool),
        "m": st.dictionaries(st.sampled_from("pq"), typed_texts.filter(bool), min_size=1),
        "r": st.lists(st.fixed_dictionaries({"c": typed_texts.filter(bool)}), min_size=1, max_size=3),
    },
)


def put_together(before: Any, theirs: Any, mine: Any, chosen: Any = None) -> tuple[Any, Merge]:
    merge = Merge("salt", compute_marks("salt", ITEMS, before), chosen or {})
    return merge.made(ITEMS, theirs, mine), merge


@given(before=sections, theirs=sections, mine=sections)
def test_nothing_that_either_side_wrote_disappears_without_a_question(before: Any, theirs: Any, mine: Any) -> None:
    made, merge = put_together(before, theirs, mine)
    asked = {difference.path[0] for difference in merge.differences}
    for key in ("a", "b", "r"):
        if key in asked:
            continue
        for side in (theirs, mine):
            is_change = not same_answers({"k": side.get(key)}, {"k": before.get(key)})
            if is_change and key != "r":
                assert made.get(key) == side.get(key)
            elif is_change:
                assert len(made.get("r", [])) == len(side.get("r", []))


@given(before=sections, theirs=sections)
def test_a_page_that_changed_nothing_changes_nothing(before: Any, theirs: Any) -> None:
    made, merge = put_together(before, theirs, before)
    assert (same_answers(made, theirs), merge.differences) == (True, [])


@given(before=sections, theirs=sections, mine=sections, side=st.sampled_from([MINE, THEIRS, BOTH]))
def test_once_everything_is_chosen_nothing_more_is_asked(before: Any, theirs: Any, mine: Any, side: str) -> None:
    _made, merge = put_together(before, theirs, mine)
    chosen = {each.name: Chosen(side, each.seen) for each in merge.differences}
    made, after = put_together(before, theirs, mine, chosen)
    assert after.differences == []
    for each in merge.differences:
        if len(each.path) == 1 and side != BOTH:
            assert made.get(each.name) == (mine if side == MINE else theirs).get(each.name)


def test_versions_count_and_say_when(world: World, db: Any) -> None:
    draft = actions.start_draft(form_version=world.version, unit=world.unit, owner=world.worker)
    section = world.version.parsed_form.sections[2]
    for number, text in enumerate(("x", "x", "y")):
        saved = actions.save_section(
            draft_id=draft.pk, section=section, typed={"account": text}, occurred_at=None, by=world.worker
        )
        assert actions.section_version(saved, "story") == (1, 1, 2)[number]
    assert saved.saved_at - actions.section_saved_at(saved, "story") < timedelta(seconds=1)
