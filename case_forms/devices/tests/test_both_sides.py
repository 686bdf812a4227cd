"""A draft that its phone handed over, worked on here and on the phone: only what both changed is asked about."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from case_forms.submissions.drafts.actions import save_section, to_choose
from case_forms.submissions.from_phone import describe_draft
from case_forms.submissions.models import Draft, Submission
from tests.world.scene import Scene

from .phone import Phone

pytestmark = pytest.mark.django_db
START = {"danger": "no", "story": "Before", "first_name": "Ana", "age_stated": "30", "result": "at_risk"}
THEN = timezone.now() - timedelta(hours=2)  # the same in each text, unless a test says another one


def write(phone: Phone, scene: Scene, values: dict[str, str], **more: Any) -> dict[str, Any]:
    fields = [["municipality", scene.place.municipality.slug], *([name, value] for name, value in values.items())]
    return {**phone.fill(scene), "occurred_at": THEN.isoformat(), "fields": fields, **more}


def hand_over(phone: Phone, scene: Scene, values: dict[str, str], **more: Any) -> str:
    record = str(uuid.uuid4())
    plain = write(phone, scene, values, title="x", language="sq", section="person", **more)
    assert phone.rescue({record: plain}).json()["saved"] == [record]
    return record


def work_on(**answers: Any) -> Draft:
    """As the online pages save their sections; an answer of None is taken out."""
    draft = Draft.objects.get()
    for section in draft.form_version.parsed_form.sections:
        keys = {item.key for item in section.items}
        if keys & answers.keys():
            mine = {**{key: draft.answers.get(key) for key in keys}, **answers}
            typed = {key: mine[key] for key in keys if mine[key] is not None}
            draft = save_section(draft_id=draft.pk, section=section, typed=typed, occurred_at=None, by=draft.owner)
    return draft


def names(draft: Draft) -> tuple[list[str], list[str]]:
    found = draft.from_phone or {}
    return tuple(sorted(path[-1] for path in found.get(side) or ()) for side in ("taken", "left"))  # type: ignore


def asked(draft: Draft) -> list[tuple[str, Any, Any]]:
    waiting = to_choose(draft)
    return [(each.name, each.theirs, each.mine) for each in waiting.differences] if waiting else []


@pytest.mark.parametrize("by", ["form", "draft"])
def test_what_only_one_side_changed_is_taken_and_named_and_only_what_both_changed_is_asked(phone, scene, by):
    record, later = hand_over(phone, scene, START), str(uuid.uuid4())
    work_on(first_name="Bea", story="Typed here")
    mine = {**START, "story": "Typed on the phone", "age_stated": "31", "weight": "60"}
    text = write(phone, scene, mine, follows=[record], base=record)
    if by == "form":
        answer = phone.deliver(phone.seal(text, later))
        assert (answer.status_code, answer.json()["reason"]) == (422, "both")
    else:
        phone.rescue({later: {**text, "title": "x", "language": "sq", "section": "person"}})
    draft = Draft.objects.get()
    assert {key: str(draft.answers[key]) for key in ("first_name", "age_stated", "weight", "story", "danger")} == {
        "first_name": "Bea",
        "age_stated": "31",
        "weight": "60",
        "story": "Typed here",
        "danger": "no",
    }
    assert asked(draft) == [("story", "Typed here", "Typed on the phone")]
    assert names(draft) == (["age_stated", "weight"], ["first_name"])
    assert {len(each) for each in describe_draft(draft).taken} != {0}


def test_a_phone_that_does_not_say_what_it_began_with_is_asked_about_everything_that_differs(phone, scene):
    record = hand_over(phone, scene, START)
    work_on(first_name="Bea")
    phone.deliver(phone.seal(write(phone, scene, {**START, "age_stated": "31"}, follows=[record])))
    draft = Draft.objects.get()
    assert [name for name, _theirs, _mine in asked(draft)] == ["age_stated", "first_name"]
    assert names(draft) == ([], [])


@pytest.mark.parametrize("base", ["unknown", "another's"])
def test_a_beginning_that_is_not_this_drafts_is_none(phone, scene, base):
    record = hand_over(phone, scene, START)
    work_on(first_name="Bea")
    text = write(phone, scene, {**START, "age_stated": "31"}, follows=[record], base=str(uuid.uuid4()))
    if base == "another's":
        Draft.objects.update(handed=None)
    phone.deliver(phone.seal(text))
    expected = ["age_stated", "first_name"] if base == "another's" else []
    assert [name for name, _theirs, _mine in asked(Draft.objects.get())] == expected


def test_what_the_phone_took_out_is_asked_about_and_never_taken_out_by_itself(phone, scene):
    record = hand_over(phone, scene, {**START, "companions-count": "1", "companions-0-companion_name": "Era"})
    work_on(weight="60")
    mine = {key: value for key, value in START.items() if key not in ("first_name", "danger")}
    phone.deliver(phone.seal(write(phone, scene, mine, follows=[record], base=record)))
    draft = Draft.objects.get()
    assert (draft.answers["first_name"], draft.answers["danger"]) == ("Ana", "no")
    assert [row["companion_name"] for row in draft.answers["companions"]] == ["Era"]
    waiting = [(each["section"], each["by"]) for each in draft.besides.values()]
    assert ("person", "phone") in waiting
    assert ("first_name", "Ana", None) in choose_all(draft, "mine")
    assert "first_name" not in Draft.objects.get().answers


def test_what_was_taken_out_here_stays_out_and_is_named(phone, scene):
    record = hand_over(phone, scene, START)
    work_on(first_name=None)
    phone.deliver(phone.seal(write(phone, scene, {**START, "age_stated": "31"}, follows=[record], base=record)))
    draft = Draft.objects.get()
    assert "first_name" not in draft.answers
    assert asked(draft) == []
    assert names(draft) == (["age_stated"], ["first_name"])


def choose_all(draft: Draft, side: str) -> list[tuple[str, Any, Any]]:
    """Choose this side of everything that is asked, as its owner does; return what was asked."""
    browser = Client()
    browser.force_login(draft.owner)
    found = []
    for _section in range(5):
        waiting = to_choose(Draft.objects.get())
        if waiting is None:
            return found
        found += [(each.name, each.theirs, each.mine) for each in waiting.differences]
        address = reverse("intake:section", args=[draft.pk, waiting.section])
        page = browser.get(address)
        sent = dict(page.context["carried"])
        for choice in page.context["choices"]:
            sent |= {choice.keep: side, choice.seen: choice.difference.seen}
        assert browser.post(address, {**sent, "go": "save"}).status_code == 302
    raise AssertionError("it is asked again and again")


@pytest.mark.parametrize(("side", "story"), [("theirs", "Typed here"), ("mine", "Typed on the phone")])
def test_choosing_leaves_what_was_merged_as_it_is(phone, scene, side, story):
    record = hand_over(phone, scene, START)
    work_on(first_name="Bea", story="Typed here")
    mine = {**START, "story": "Typed on the phone", "age_stated": "31"}
    phone.deliver(phone.seal(write(phone, scene, mine, follows=[record], base=record)))
    assert len(choose_all(Draft.objects.get(), side)) == 1
    draft = Draft.objects.get()
    assert (draft.answers["first_name"], str(draft.answers["age_stated"])) == ("Bea", "31")
    assert draft.answers["story"] == story
    assert not draft.besides


def test_what_is_changed_here_after_it_was_merged_is_not_asked_about(phone, scene):
    record = hand_over(phone, scene, START)
    work_on(first_name="Bea", story="Typed here")
    mine = {**START, "story": "Typed on the phone", "age_stated": "31"}
    phone.deliver(phone.seal(write(phone, scene, mine, follows=[record], base=record)))
    draft = work_on(first_name="Cela", age_stated="32")
    assert [name for name, _theirs, _mine in asked(draft)] == ["story"]


def test_saved_before_is_saved_also_in_a_section_that_nobody_has_saved_here(phone, scene):
    record = hand_over(phone, scene, START)
    work_on(danger="yes")  # of the first section
    phone.deliver(phone.seal(write(phone, scene, {**START, "story": "Typed on the phone"}, follows=[record])))
    choose_all(Draft.objects.get(), "theirs")
    assert Draft.objects.get().answers["story"] == "Before"


def test_a_phone_that_hands_over_twice_is_compared_with_what_it_handed_last(phone, scene):
    first = hand_over(phone, scene, START)
    work_on(first_name="Bea", story="Typed here")
    second = hand_over(
        phone, scene, {**START, "story": "Second on the phone", "age_stated": "31"}, follows=[first], base=first
    )
    draft = work_on(age_stated="35")
    mine = {**START, "story": "Second on the phone", "age_stated": "31", "weight": "60"}
    phone.deliver(phone.seal(write(phone, scene, mine, follows=[first, second], base=second)))
    draft = Draft.objects.get()
    assert (str(draft.answers["age_stated"]), str(draft.answers["weight"])) == ("35", "60")
    assert asked(draft) == [("story", "Typed here", "Second on the phone")]
    assert names(draft) == (["age_stated", "weight"], ["age_stated", "first_name", "story"])


def test_rows_of_which_each_side_changed_another_are_put_together(phone, scene):
    rows = {"companions-count": "2", "companions-0-companion_name": "Era", "companions-1-companion_name": "Ira"}
    record = hand_over(phone, scene, {**START, **rows})
    work_on(companions=[{"companion_name": "Era K."}, {"companion_name": "Ira"}])
    phone.deliver(
        phone.seal(
            write(
                phone, scene, {**START, **rows, "companions-1-companion_name": "Ira L."}, follows=[record], base=record
            )
        )
    )
    draft = Draft.objects.get()
    assert [row["companion_name"] for row in draft.answers["companions"]] == ["Era K.", "Ira L."]
    assert asked(draft) == []
    assert describe_draft(draft).taken == ["Companion 2, Companion name"]


def test_a_time_that_only_the_phone_changed_is_taken_and_one_that_both_changed_is_asked(phone, scene):
    then = (timezone.now() - timedelta(hours=5)).replace(second=0, microsecond=0)
    record = hand_over(phone, scene, START, occurred_at=then.isoformat())
    work_on(first_name="Bea")
    earlier = then - timedelta(hours=1)
    phone.deliver(
        phone.seal(write(phone, scene, START, follows=[record], base=record, occurred_at=earlier.isoformat()))
    )
    draft = Draft.objects.get()
    assert draft.occurred_at == earlier
    assert asked(draft) == []
    assert draft.from_phone["taken"] == [["_occurred_at"]]


def test_the_pages_name_what_was_taken_along_and_nothing_of_it_is_left_once_it_is_sent(phone, scene):
    record = hand_over(phone, scene, START)
    work_on(first_name="Bea", story="Typed here")
    mine = {**START, "story": "Typed on the phone", "age_stated": "31"}
    phone.deliver(phone.seal(write(phone, scene, mine, follows=[record], base=record)))
    draft = Draft.objects.get()
    browser = Client()
    browser.force_login(scene.worker)
    scene.worker.language = "en"
    scene.worker.save(update_fields=["language"])
    page = browser.get(reverse("intake:section", args=[draft.pk, "person"])).content.decode()
    assert "1 answer was taken from the phone" in page
    assert "1 answer was changed here alone, and stays" in page
    choose_all(draft, "mine")
    review = browser.get(reverse("intake:review", args=[draft.pk])).content.decode()
    assert "1 answer was taken from the phone" in review
    assert draft.handed
    assert not Submission.objects.exists()
