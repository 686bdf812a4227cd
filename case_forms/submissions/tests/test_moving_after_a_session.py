"""A form that came out of an informative session, sent to the wrong case: the session counts the right one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from access.models import User
from case_forms.cases.models import Case
from case_forms.form_builder.models import FormVersion
from case_forms.tips import staff_actions
from outreach_pages.records.conversions import Conversions, get_conversions
from tests.world.forms import publish, question, small_follow_up
from tests.world.places import make_user
from vault import data_keys

from ..models import Submission
from ..moving.actions import agree_to_move, propose_move
from .test_conversions import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.VAULT_CASE_KEY_DIR = tmp_path / "case_keys"
    settings.ATTACHMENT_DIR = tmp_path / "attachments"
    data_keys._cached.clear()
    yield
    data_keys._cached.clear()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def mate(world: World) -> User:
    return make_user("worker", unit=world.scene.unit)


@pytest.fixture
def naming(world: World) -> FormVersion:
    """A form about a case that asks which session it came out of."""
    form = small_follow_up()
    form["sections"][0]["items"].append(question("which_session", "session"))
    return publish(form)


def move(case: Case, target: Case | None, by: User, second: User) -> Case:
    """Move the newest form of this case by two people; the case where it stands then."""
    sent = Submission.objects.filter(case=case).order_by("-received_at")[0]
    proposed = propose_move(submission=sent, target=target, reason="Her sister.", by=by)
    moved = agree_to_move(move=proposed, by=second).target
    assert moved is not None
    return moved


def test_the_session_counts_the_case_that_the_form_belongs_to(world: World, naming: FormVersion, mate: User) -> None:
    session, worker = world.held(), world.scene.worker
    wrong, right = world.identify(), world.identify()
    world.send(naming, {"case_ref": wrong.reference, "which_session": str(session.pk)})
    assert get_conversions(session) == Conversions(cases=1)
    # What counts is the case that the form stands in: without indicators it is none.
    Case.objects.filter(pk=wrong.pk).update(status="not_victim")
    assert get_conversions(session) == Conversions()
    move(wrong, right, worker, mate)
    assert get_conversions(session) == Conversions(cases=1)
    Case.objects.filter(pk=wrong.pk).update(status="suspected")
    assert get_conversions(session) == Conversions(cases=1)
    Case.objects.filter(pk=right.pk).update(status="not_victim")
    assert get_conversions(session) == Conversions()


def test_a_case_that_the_session_has_already_counts_once_after_the_move(
    world: World, naming: FormVersion, mate: User
) -> None:
    session = world.held()
    wrong = world.identify()
    right = world.identify(which_session=str(session.pk))
    world.send(naming, {"case_ref": wrong.reference, "which_session": str(session.pk)})
    assert get_conversions(session).cases == 2
    move(wrong, right, world.scene.worker, mate)
    assert get_conversions(session).cases == 1


def test_the_message_of_a_sessions_card_leads_to_the_case_where_its_form_stands_now(
    world: World, mate: User, client: Client
) -> None:
    session, worker = world.held(), world.scene.worker
    tip, pk = world.tip(session), uuid4()
    wrong, right = world.identify(), world.identify()
    staff_actions.note_identification_begun(tip=tip, draft_id=pk, by=worker)
    world.send(world.scene.follow_up, {"case_ref": wrong.reference}, pk)
    assert get_conversions(session) == Conversions(by_card=1, soon=1, cases=1)
    move(wrong, right, worker, mate)
    assert get_conversions(session) == Conversions(by_card=1, soon=1, cases=1)
    tip.refresh_from_db()
    assert tip.identification == pk
    client.force_login(worker)
    page = client.get(reverse("intake:review", args=[tip.identification]), follow=True)
    assert page.status_code == 200
    assert right.reference in page.content.decode()
    assert wrong.reference not in page.content.decode()
    moved = Submission.objects.get(pk=pk)
    assert moved.answers["case_ref"] == right.reference


def test_whoever_does_not_know_the_reference_is_led_to_the_search(
    world: World, naming: FormVersion, client: Client
) -> None:
    case = world.identify()
    sent = world.send(naming, {"case_ref": case.reference})
    assert sent == case
    form = Submission.objects.filter(case=case).order_by("-received_at")[0]
    client.force_login(world.scene.worker)
    page = client.get(reverse("intake:move_form", args=[form.pk])).content.decode()
    main = page[page.index("<main") :]
    assert f'href="{reverse("finding:find")}"' in main
    assert main.index(reverse("finding:find")) < main.index('id="id_reason"')
