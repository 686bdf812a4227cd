"""A session that ends while somebody types loses nothing, and gives nothing away."""

import time
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from access.models import User
from access.sessions import actions as sessions
from audit.models import AuditEntry
from tests.world.scene import World, make_world

from ..drafts import actions, keys, side_copies
from ..models import Draft
from .page import Page, follow

pytestmark = pytest.mark.django_db

CANARY = "kanarina-9981"


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


@pytest.fixture
def phone(world: World) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.worker)
    return client


@pytest.fixture
def page(world: World, phone: Client) -> Page:
    draft = actions.start_draft(form_version=world.version, unit=world.unit, owner=world.worker)
    return Page(phone, phone.get(f"/field/drafts/{draft.pk}/person/"))


def end_session() -> None:
    Session.objects.all().delete()


def test_what_was_typed_is_saved_and_the_person_comes_back_to_it_after_signing_in(
    world: World, phone: Client, page: Page
) -> None:
    end_session()
    answer = page.press(municipality="vlore", age_reason=CANARY)
    draft = Draft.objects.get()
    assert draft.answers == {"municipality": "vlore", "age_reason": CANARY}
    assert answer["Location"] == f"/accounts/login/?next=%2Ffield%2Fdrafts%2F{draft.pk}%2Fperson%2F&kept=1"
    sign_in = phone.get(answer["Location"])
    assert CANARY not in sign_in.content.decode()
    assert Page(phone, sign_in).soup.select_one(".note-ok") is not None
    token = sign_in.context["csrf_token"]
    back = phone.post(
        "/accounts/login/",
        {
            "login": "worker",
            "password": "a long pass phrase",
            "next": f"/field/drafts/{draft.pk}/person/",
            "csrfmiddlewaretoken": str(token),
        },
    )
    assert back["Location"] == f"/field/drafts/{draft.pk}/person/"
    assert follow(phone, back).fields()["age_reason"] == [CANARY]


def test_saving_with_the_key_shows_nothing_and_is_recorded(page: Page) -> None:
    end_session()
    answer = page.press("save", age_reason=CANARY)
    assert answer.content == b""
    entry = AuditEntry.objects.get(action="draft.saved_with_key")
    assert (entry.actor_kind, entry.target_id, entry.detail) == ("anonymous", str(Draft.objects.get().pk), {})


def test_the_browsers_own_saving_goes_on_quietly(page: Page) -> None:
    assert page.press("autosave", age="30").status_code == 204
    end_session()
    assert page.press("autosave", age="31").status_code == 204
    assert Draft.objects.get().answers["age"] == 30, "without a session nothing is replaced"


# ---- what the key adds, and what it doesn't replace ----


def typed_beside(draft: Draft) -> list[str]:
    """What copies beside the draft hold of the question that the tests type in."""
    copies = (draft.besides or {}).values()
    return [value for copy in copies for name, value in copy["fields"] if name == "age_reason"]


def test_a_phone_in_other_hands_replaces_nothing_and_the_owner_chooses(phone: Client, page: Page) -> None:
    page.press("save", age="30", age_reason="she said so")
    end_session()
    page.press("save", age="", age_reason=CANARY, municipality="vlore")
    draft = Draft.objects.get()
    assert draft.answers == {"age": 30, "age_reason": "she said so", "municipality": "vlore"}
    assert typed_beside(draft) == [CANARY]
    phone.force_login(draft.owner)
    choose = Page(phone, phone.get(f"/field/drafts/{draft.pk}/person/"))
    assert "she said so" in choose.words()
    assert CANARY in choose.words()
    assert [name for name in choose.fields() if name.startswith("_seen-")] == ["_seen-age_reason"]
    assert Page(phone, choose.press("save")).status == 409, "without a choice nothing is saved"
    assert Draft.objects.get().answers["age_reason"] == "she said so"
    kept = choose.press("save", **{"_keep-age_reason": "theirs"})
    assert kept.status_code == 302
    draft = Draft.objects.get()
    assert draft.answers == {"age": 30, "age_reason": "she said so", "municipality": "vlore"}
    assert draft.besides is None
    assert Page(phone, phone.get(f"/field/drafts/{draft.pk}/person/")).status == 200


def test_the_owner_may_take_what_was_typed_beside(phone: Client, page: Page) -> None:
    page.press("save", age_reason="first")
    end_session()
    page.press("save", age_reason=CANARY)
    draft = Draft.objects.get()
    phone.force_login(draft.owner)
    choose = Page(phone, phone.get(f"/field/drafts/{draft.pk}/person/"))
    assert choose.press("save", **{"_keep-age_reason": "mine"}).status_code == 302
    draft = Draft.objects.get()
    assert (draft.answers["age_reason"], draft.besides) == (CANARY, None)


def test_typing_that_goes_on_in_one_page_after_the_session_ended_is_one_text(page: Page) -> None:
    end_session()
    for turn, text in enumerate(("hel", "hello", "hello world"), 1):
        page.press("autosave", age_reason=text, _turn=str(turn))
    draft = Draft.objects.get()
    assert draft.answers["age_reason"] == "hello world"
    assert draft.besides is None


def test_another_page_without_a_session_does_not_go_on_with_what_the_first_added(phone: Client, page: Page) -> None:
    draft = Draft.objects.get()
    second = Page(phone, phone.get(f"/field/drafts/{draft.pk}/person/"))
    end_session()
    page.press("autosave", age_reason="first", _turn="1")
    second.press("autosave", age_reason=CANARY, _turn="1")
    draft = Draft.objects.get()
    assert draft.answers["age_reason"] == "first"
    assert typed_beside(draft) == [CANARY]


def test_a_form_with_something_beside_is_not_sent_before_the_choice(phone: Client, page: Page) -> None:
    page.press("save", age_reason="first")
    end_session()
    page.press("save", age_reason=CANARY)
    draft = Draft.objects.get()
    phone.force_login(draft.owner)
    assert phone.get(f"/field/drafts/{draft.pk}/")["Location"] == f"/field/drafts/{draft.pk}/person/"
    token = phone.get("/field/").context["csrf_token"]
    sent = phone.post(f"/field/drafts/{draft.pk}/", {"csrfmiddlewaretoken": str(token)})
    assert sent["Location"] == f"/field/drafts/{draft.pk}/person/"
    assert Draft.objects.get().submitted_at is None


def test_a_copy_that_says_nothing_else_any_more_keeps_no_form_from_being_sent(phone: Client, page: Page) -> None:
    page.press("save", age_reason="first")
    end_session()
    page.press("save", age_reason=CANARY)
    draft = Draft.objects.get()
    draft.answers = {**draft.answers, "age_reason": CANARY}  # the owner typed the same elsewhere
    draft.save()
    phone.force_login(draft.owner)
    assert Page(phone, phone.get(f"/field/drafts/{draft.pk}/person/")).status == 200
    assert phone.get(f"/field/drafts/{draft.pk}/").status_code == 200


def test_what_stands_beside_is_bounded(page: Page) -> None:
    page.press("save", age_reason="first")
    end_session()
    for number in range(side_copies.MAX_SIDE_COPIES):
        page.press("autosave", age_reason=f"text {number}", _page=f"page-{number}")
    page.press("autosave", age_reason="one too many", _page="page-x")
    draft = Draft.objects.get()
    assert len(draft.besides) == side_copies.MAX_SIDE_COPIES
    assert draft.answers["age_reason"] == "first"


@pytest.mark.parametrize("what", ["account", "password", "everywhere", "that session"])
def test_a_key_dies_with_its_owners_account_password_and_sign_out(
    world: World, phone: Client, page: Page, what: str
) -> None:
    worker = world.worker
    row = phone.session["access.session"]
    if what == "account":
        User.objects.filter(pk=worker.pk).update(is_active=False)
    elif what == "password":
        worker.set_password("another long pass phrase")
        worker.save()
    elif what == "everywhere":
        sessions.end_all(user=worker, by=worker)
    else:
        sessions.end_one(user=worker, session=row, by=worker)
    answer = page.press("autosave", age_reason=CANARY)
    assert answer.status_code == 302
    draft = Draft.objects.get()
    assert (draft.answers, draft.besides) == ({}, None)


def test_a_key_outlives_signing_out_on_the_same_device(phone: Client, page: Page) -> None:
    phone.logout()
    page.press("autosave", age_reason=CANARY)
    assert Draft.objects.get().answers == {"age_reason": CANARY}


def test_a_token_that_changed_because_somebody_signed_in_elsewhere_loses_nothing(phone: Client, page: Page) -> None:
    phone.cookies["vatra_csrf"] = "0" * 32
    assert page.press("save", age="30").status_code == 302
    assert Draft.objects.get().answers["age"] == 30


@pytest.mark.parametrize("key", ["", "nonsense", "a:b:c", None])
def test_without_the_right_key_a_visitor_saves_nothing(page: Page, key: str | None) -> None:
    end_session()
    answer = page.press("save", draft_key=key, age="30")
    assert answer["Location"] == "/accounts/login/?next=%2Ffield%2F"
    assert Draft.objects.get().answers == {}


def test_a_key_opens_one_draft_only(world: World, page: Page) -> None:
    other = actions.start_draft(form_version=world.version, unit=world.unit, owner=world.colleague)
    end_session()
    page.press("save", draft_key=keys.get_key(other), age="30")
    assert all(draft.answers == {} for draft in Draft.objects.all())
    draft = Draft.objects.get(owner=world.worker)
    key = keys.get_key(draft)
    draft.owner = world.colleague
    draft.save()
    assert not keys.key_opens(key, draft.pk)


def test_a_key_is_good_for_twelve_hours(page: Page) -> None:
    end_session()
    with patch.object(time, "time", return_value=time.time() + keys.KEY_AGE + 1):
        assert "kept" not in page.press("save", age="30")["Location"]
    assert Draft.objects.get().answers == {}
    with patch.object(time, "time", return_value=time.time() + keys.KEY_AGE - 60):
        assert "kept" in page.press("save", age="30")["Location"]


def test_an_old_page_is_shown_again_with_what_was_typed_before_anything_is_saved(phone: Client, page: Page) -> None:
    again = Page(phone, page.press("save", draft_key="old", age_reason=CANARY))
    assert again.status == 409
    assert again.fields()["age_reason"] == [CANARY]
    assert Draft.objects.get().answers == {}
    assert again.press("save").status_code == 302
    assert Draft.objects.get().answers == {"age_reason": CANARY}


def test_a_phone_that_changed_hands_keeps_the_first_persons_words_and_shows_them_to_nobody(
    world: World, page: Page
) -> None:
    other = Client(enforce_csrf_checks=True)
    other.force_login(world.colleague)
    answer = page.press("save", client=other, age_reason=CANARY)
    assert answer["Location"] == "/field/"
    assert Draft.objects.get().answers == {"age_reason": CANARY}
    assert CANARY not in other.get("/field/").content.decode()


def test_the_key_cannot_read(page: Page) -> None:
    page.press("save", age_reason=CANARY)
    end_session()
    key = page.fields()["draft_key"][0]
    pk = Draft.objects.get().pk
    visitor = Client()
    for address in (f"/field/drafts/{pk}/person/?draft_key={key}", f"/field/drafts/{pk}/?draft_key={key}"):
        assert visitor.get(address).status_code == 302
    assert visitor.post(f"/field/drafts/{pk}/", {"draft_key": key})["Location"].startswith("/accounts/login/")
    assert visitor.post(f"/field/drafts/{pk}/story/", {"draft_key": key, "account": "x"}).content == b""


def test_an_unknown_section_or_draft_is_not_there_even_with_a_key(phone: Client, page: Page) -> None:
    draft = Draft.objects.get()
    key = keys.get_key(draft)
    assert phone.post(f"/field/drafts/{draft.pk}/nothing/", {"draft_key": key}).status_code == 404
    draft.delete()
    assert not keys.key_opens(key, draft.pk)
    assert phone.post(f"/field/drafts/{draft.pk}/person/", {"draft_key": key}).status_code == 404


def test_a_sent_draft_does_not_change_any_more(world: World, page: Page) -> None:
    draft = Draft.objects.get()
    section = draft.form_version.definition["sections"][0]
    draft.submitted_at = draft.started_at
    draft.save()
    with pytest.raises(actions.DraftIsSent):
        actions.save_section(draft_id=draft.pk, section=section, typed={}, occurred_at=None, by=world.worker)
    with pytest.raises(actions.DraftIsSent):
        actions.discard_draft(draft=draft, by=world.worker)
    end_session()
    assert page.press("save", age="3")["Location"] == f"/field/sent/{draft.pk}/"
