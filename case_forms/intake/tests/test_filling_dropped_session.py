"""A session that ends while somebody types loses nothing, and gives nothing away."""

import time
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from audit.models import AuditEntry
from case_forms.intake import drafts
from case_forms.intake.models import Draft
from case_forms.intake.tests import small_world
from case_forms.intake.tests.page import Page, follow
from case_forms.intake.tests.small_world import World

pytestmark = pytest.mark.django_db

CANARY = "kanarina-9981"


@pytest.fixture
def world(db: Any) -> World:
    return small_world.build()


@pytest.fixture
def phone(world: World) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.worker)
    return client


@pytest.fixture
def page(world: World, phone: Client) -> Page:
    draft = drafts.start_draft(form_version=world.version, unit=world.unit, owner=world.worker)
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
    assert Draft.objects.get().answers["age"] == 31


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
    other = drafts.start_draft(form_version=world.version, unit=world.unit, owner=world.colleague)
    end_session()
    page.press("save", draft_key=drafts.key_of(other), age="30")
    assert all(draft.answers == {} for draft in Draft.objects.all())
    draft = Draft.objects.get(owner=world.worker)
    key = drafts.key_of(draft)
    draft.owner = world.colleague
    draft.save()
    assert not drafts.key_opens(key, draft.pk)


def test_a_key_is_good_for_twelve_hours(page: Page) -> None:
    end_session()
    with patch.object(time, "time", return_value=time.time() + drafts.KEY_AGE + 1):
        assert "kept" not in page.press("save", age="30")["Location"]
    assert Draft.objects.get().answers == {}
    with patch.object(time, "time", return_value=time.time() + drafts.KEY_AGE - 60):
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
    key = drafts.key_of(draft)
    assert phone.post(f"/field/drafts/{draft.pk}/nothing/", {"draft_key": key}).status_code == 404
    draft.delete()
    assert not drafts.key_opens(key, draft.pk)
    assert phone.post(f"/field/drafts/{draft.pk}/person/", {"draft_key": key}).status_code == 404


def test_a_sent_draft_does_not_change_any_more(world: World, page: Page) -> None:
    draft = Draft.objects.get()
    section = draft.form_version.definition["sections"][0]
    draft.submitted_at = draft.started_at
    draft.save()
    with pytest.raises(drafts.DraftIsSent):
        drafts.save_section(draft_id=draft.pk, section=section, typed={}, occurred_at=None, by=world.worker)
    with pytest.raises(drafts.DraftIsSent):
        drafts.discard_draft(draft=draft, by=world.worker)
    end_session()
    assert page.press("save", age="3")["Location"] == f"/field/sent/{draft.pk}/"
