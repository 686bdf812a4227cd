"""Whose drafts, submissions and cases these are: theirs, or nothing."""

from typing import Any

import pytest
from django.test import Client

from audit.tests.counting import denials
from case_forms.cases.models import Case
from tests.world.scene import World, make_world

from ..models import Draft, Submission
from .page import Page, follow

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def a_sent_case(user: Any) -> tuple[Case, Submission]:
    phone = signed_in(user)
    place = user.units().get().region.slug
    page = follow(phone, phone.post("/field/forms/identification/start/"))
    page = follow(phone, page.press(municipality=place, result="potential_victim", age="30"))
    follow(phone, page.press(account="A story"))
    phone.post(f"/field/drafts/{Draft.objects.latest('started_at').pk}/")
    submission = Submission.objects.latest("received_at")
    assert submission.case is not None
    return submission.case, submission


def addresses(case: Case, submission: Submission) -> list[str]:
    return [
        f"/field/cases/{case.reference}/",
        f"/field/cases/{case.reference}/timeline/",
        f"/field/cases/{case.reference}/submissions/{submission.pk}/",
        f"/field/submissions/{submission.pk}/",
        f"/field/sent/{submission.pk}/",
    ]


def test_the_unit_and_its_coordinator_see_a_case(world: World) -> None:
    case, submission = a_sent_case(world.worker)
    for user in (world.worker, world.colleague, world.coordinator):
        for address in addresses(case, submission):
            assert signed_in(user).get(address).status_code in (200, 302), (user, address)


def test_nobody_else_sees_it_and_the_attempt_is_recorded(world: World) -> None:
    case, submission = a_sent_case(world.worker)
    for user in (world.stranger, world.other_coordinator):
        phone = signed_in(user)
        for address in addresses(case, submission):
            before = denials()
            assert phone.get(address).status_code == 404, (user, address)
            assert denials() == before + 1, (user, address)


def test_a_nested_id_of_another_case_is_not_there(world: World) -> None:
    case, _submission = a_sent_case(world.worker)
    second, second_submission = a_sent_case(world.colleague)
    _foreign, foreign_submission = a_sent_case(world.stranger)
    phone = signed_in(world.worker)
    assert phone.get(f"/field/cases/{second.reference}/submissions/{second_submission.pk}/").status_code == 200
    for other in (second_submission, foreign_submission):
        assert phone.get(f"/field/cases/{case.reference}/submissions/{other.pk}/").status_code == 404


def test_editors_and_people_without_a_role_find_nothing_here(world: World) -> None:
    case, submission = a_sent_case(world.worker)
    world.stranger.assignments.all().delete()
    for user in (world.editor, world.stranger):
        phone = signed_in(user)
        for address in ["/field/", *addresses(case, submission)]:
            assert phone.get(address).status_code == 404, (user, address)
        assert phone.post("/field/forms/identification/start/").status_code == 404


def test_visitors_are_sent_to_sign_in(world: World, client: Client) -> None:
    case, submission = a_sent_case(world.worker)
    for address in ["/field/", *addresses(case, submission)]:
        assert client.get(address)["Location"] == f"/accounts/login/?next={address}"


def test_a_draft_is_its_owners_alone(world: World) -> None:
    phone = signed_in(world.worker)
    page = follow(phone, phone.post("/field/forms/identification/start/"))
    draft = Draft.objects.get()
    for user in (world.colleague, world.stranger, world.coordinator, world.editor):
        other = signed_in(user)
        for address in (f"/field/drafts/{draft.pk}/", f"/field/drafts/{draft.pk}/person/"):
            assert other.get(address).status_code == 404, (user, address)
        assert other.post(f"/field/drafts/{draft.pk}/").status_code == 404
        assert other.post(f"/field/drafts/{draft.pk}/discard-draft/").status_code == 404
        assert page.press("save", client=other, draft_key=None, age="99").status_code == 404
    assert "age" not in Draft.objects.get().answers


def test_a_worker_who_left_the_unit_leaves_the_drafts_behind(world: World) -> None:
    phone = signed_in(world.worker)
    follow(phone, phone.post("/field/forms/identification/start/"))
    world.worker.assignments.update(unit=world.other_unit)
    assert phone.get(f"/field/drafts/{Draft.objects.get().pk}/person/").status_code == 404


def test_coordinators_begin_no_forms_and_workers_only_for_their_units(world: World) -> None:
    assert signed_in(world.coordinator).post("/field/forms/identification/start/").status_code == 404
    phone = signed_in(world.worker)
    assert phone.post("/field/forms/identification/start/", {"unit": world.other_unit.slug}).status_code == 404
    assert phone.post("/field/forms/unknown/start/").status_code == 404
    assert not Draft.objects.exists()


def test_a_form_cannot_begin_about_another_units_case(world: World) -> None:
    case, _submission = a_sent_case(world.stranger)
    phone = signed_in(world.worker)
    assert phone.post("/field/forms/follow_up/start/", {"case": case.reference}).status_code == 404


def test_beginning_and_throwing_away_need_a_post(world: World) -> None:
    phone = signed_in(world.worker)
    follow(phone, phone.post("/field/forms/identification/start/"))
    pk = Draft.objects.get().pk
    assert phone.get("/field/forms/identification/start/").status_code == 405
    assert phone.get(f"/field/drafts/{pk}/discard-draft/").status_code == 405
    assert phone.get("/field/language/").status_code == 405


def test_field_pages_are_kept_nowhere(world: World) -> None:
    case, submission = a_sent_case(world.worker)
    for address in ["/field/", *addresses(case, submission)[:3]]:
        assert signed_in(world.worker).get(address)["Cache-Control"] == "no-store, private"


def test_sending_without_a_csrf_token_is_refused(world: World) -> None:
    phone = Client(enforce_csrf_checks=True)
    phone.force_login(world.worker)
    draft = Draft.objects.create(form_version=world.version, unit=world.unit, owner=world.worker, section="person")
    assert phone.post(f"/field/drafts/{draft.pk}/").status_code == 403
    assert phone.post(f"/field/drafts/{draft.pk}/discard-draft/").status_code == 403
    assert Page(phone, phone.get(f"/field/drafts/{draft.pk}/person/")).status == 200
