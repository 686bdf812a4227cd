"""“Tell this person instead”: who may choose whom, what it settles, and what it leaves loud."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from access.models import User
from audit.models import AuditEntry
from case_forms.submissions.tests.page import Page
from notifications.briefs.replies import answer
from notifications.directory.models import Contact, DutyShift, Role
from notifications.escalation.clock import advance
from notifications.escalation.findings import get_stranded_notices
from notifications.outbox.actions import mark_opened
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.repeating import merge_repeated_notices
from tests.world.offices import make_staffed_office
from tests.world.places import make_coordinator, make_place, make_unit_with_worker
from tests.world.scene import Scene, make_scene

from ..dashboard import build_dashboard
from ..models import Case, CaseEvent, Deadline
from ..timeline import build_timeline

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def scene() -> Scene:
    """The police's roster is empty."""
    return make_scene(police=False)


@pytest.fixture
def case(scene: Scene) -> Case:
    found = scene.send().submission.case
    assert found is not None
    return found


def nobody(case: Case) -> Notice:
    return Notice.objects.nobody_reached().get(case_id=case.pk)


def address(case: Case, notice: Notice) -> str:
    return f"/field/cases/{case.reference}/notices/{notice.pk}/instead/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def press(user: User, case: Case, contact: Contact | None, why: str = "She knows the place.", **more: Any) -> Any:
    notice = more.get("notice") or nobody(case)
    sent = {"contact": str(contact.pk) if contact else "", "why": why}
    return signed_in(user).post(address(case, notice), sent)


def officer(scene: Scene) -> Contact:
    return scene.offices["police"].contacts.order_by("pk")[0]


def test_the_case_leads_there_and_the_list_begins_with_those_near_the_place(scene: Scene, case: Case) -> None:
    far = make_staffed_office(Role.POLICE, directorate=make_place().directorate, contacts=1).contacts.get()
    client = signed_in(scene.worker)
    page = Page(client, client.get(f"/field/cases/{case.reference}/"))
    link = page.soup.select_one(f'a[href="{address(case, nobody(case))}"]')
    assert link is not None
    form = Page(client, client.get(str(link["href"])))
    groups = {group["label"]: [o["value"] for o in group.select("option")] for group in form.soup.select("optgroup")}
    assert list(groups) == ["Near this place", "Other places", "Coordinators: asked to call"]
    assert str(officer(scene).pk) in groups["Near this place"]
    assert groups["Other places"] == [str(far.pk)]


def test_the_person_chosen_is_owed_the_roles_brief_and_the_one_without_anybody_settles(
    scene: Scene, case: Case
) -> None:
    before = nobody(case)
    answer_given = press(scene.worker, case, officer(scene))
    assert (answer_given.status_code, answer_given["Location"]) == (302, f"/field/cases/{case.reference}/")
    told = Notice.objects.get(purpose=Purpose.INSTEAD)
    assert (told.contact, told.role, told.chases, told.state) == (officer(scene), "police", before, "owed")
    assert told.brief == before.brief
    assert [step["do"] for step in told.ladder] == ["remind", "deputy", "call"]
    before.refresh_from_db()
    assert (before.state, before.reason) == ("cancelled", "told_instead")
    assert not Notice.objects.open().filter(purpose=Purpose.FALLBACK, chases=before).exists()
    assert not Notice.objects.nobody_reached().filter(case_id=case.pk).exists()
    assert get_stranded_notices(timezone.now()) == []


def test_who_chose_and_why_stands_on_the_case_and_the_audit_holds_ids_only(scene: Scene, case: Case) -> None:
    press(scene.worker, case, officer(scene), why="CANARY reason")
    event = CaseEvent.objects.get(kind="told_instead")
    assert "CANARY" not in str(event.detail)
    client = signed_in(scene.worker)
    words = Page(client, client.get(f"/field/cases/{case.reference}/")).words()
    assert f"{scene.worker.username} chose to notify {officer(scene).name}" in words
    assert "Reason: CANARY reason" in words
    entry = AuditEntry.objects.get(action="notice.told_instead")
    assert (entry.actor_id, entry.detail["contact"]) == (str(scene.worker.pk), officer(scene).pk)
    assert "CANARY" not in str(entry.detail)
    assert officer(scene).name not in str(entry.detail)


def test_their_yes_meets_the_clock_of_the_first_notice(scene: Scene, case: Case) -> None:
    press(scene.worker, case, officer(scene))
    told = Notice.objects.get(purpose=Purpose.INSTEAD)
    mark_opened(notice=told, at=timezone.now())
    card = next(
        card for card in build_dashboard(build_timeline(case, language="en")).cards if card.line.role == "police"
    )
    assert (card.state, card.must_call) == ("opened", False)
    answer(notice=told, kind="accepted")
    assert Deadline.objects.get(key="police_report").met_at is not None
    board = build_dashboard(build_timeline(case, language="en"))
    assert next(card for card in board.cards if card.line.role == "police").state == "accepted"


def test_pressing_twice_tells_once(scene: Scene, case: Case) -> None:
    before = nobody(case)
    for _press in range(2):
        assert press(scene.worker, case, officer(scene), notice=before).status_code == 302
    assert Notice.objects.filter(purpose=Purpose.INSTEAD).count() == 1
    assert CaseEvent.objects.filter(kind="told_instead").count() == 1
    second = scene.offices["police"].contacts.order_by("pk")[1]
    assert press(make_coordinator(scene.place), case, second, notice=before).status_code == 302
    assert Notice.objects.filter(purpose=Purpose.INSTEAD).count() == 1


def test_a_coordinator_is_asked_to_call_and_it_stays_loud(scene: Scene, case: Case) -> None:
    before = nobody(case)
    far = make_staffed_office(Role.COORDINATOR, region=make_place().region, contacts=1).contacts.get()
    press(scene.worker, case, far)
    call = Notice.objects.get(purpose=Purpose.CALL)
    assert (call.contact, call.role, call.chases) == (far, "coordinator", before)
    assert before.brief["sections"] != call.brief["sections"]
    assert "Something was told" not in str(call.brief)
    assert nobody(case) == before
    assert build_dashboard(build_timeline(case, language="en")).unresolved


def test_a_coordinators_call_that_has_nobody_is_replaced(scene: Scene) -> None:
    DutyShift.objects.filter(partner__role=Role.COORDINATOR).delete()
    case = scene.send(age_stated=15).submission.case
    assert case is not None
    first = Notice.objects.get(role="cpu", case_id=case.pk)
    mark_opened(notice=first, at=timezone.now())
    answer(notice=first, kind="wrong_area", to_municipality=make_place().municipality)
    call = Notice.objects.get(purpose=Purpose.CALL)
    other_cpu = make_staffed_office(Role.CPU, municipality=make_place().municipality, contacts=1).contacts.get()
    assert press(scene.worker, case, other_cpu, notice=call).status_code == 302
    call.refresh_from_db()
    told = Notice.objects.get(purpose=Purpose.INSTEAD)
    assert (call.state, told.contact, told.role, told.chases) == ("cancelled", other_cpu, "cpu", first)
    assert told.brief["sections"][1:] == first.brief["sections"]
    assert "Outside your area" in str(told.brief["sections"][0])


def test_nobody_else_can_choose(scene: Scene, case: Case) -> None:
    notice = nobody(case)
    _unit, stranger = make_unit_with_worker(make_place())
    for user, status in (
        (stranger, 404),
        (make_coordinator(make_place()), 404),
        (make_coordinator(scene.place), 200),
        (scene.worker, 200),
    ):
        assert signed_in(user).get(address(case, notice)).status_code == status
    assert press(stranger, case, officer(scene), notice=notice).status_code == 404
    assert Client().post(address(case, notice), {}).status_code in (302, 403)
    assert not Notice.objects.filter(purpose=Purpose.INSTEAD).exists()


def test_only_people_whose_role_may_read_it_can_be_chosen(scene: Scene, case: Case) -> None:
    gone = scene.offices["police"].contacts.order_by("pk")[1]
    Contact.objects.filter(pk=gone.pk).update(is_active=False)
    for contact in (scene.offices["cpu"].contacts.first(), scene.offices["protection_service"].contacts.first(), gone):
        refused = press(scene.worker, case, contact)
        assert refused.status_code == 422
        assert "Choose a person from the list." in refused.content.decode()
    assert not CaseEvent.objects.filter(kind="told_instead").exists()


def test_a_referral_stays_with_the_service_it_names(scene: Scene, case: Case) -> None:
    DutyShift.objects.filter(partner=scene.offices["protection_service"]).delete()
    other = make_staffed_office(Role.PROTECTION_SERVICE).contacts.first()
    scene.follow(case.reference, to_org=scene.offices["protection_service"].slug)
    notice = Notice.objects.get(role="protection_service")
    assert press(scene.worker, case, other, notice=notice).status_code == 422
    own = scene.offices["protection_service"].contacts.first()
    assert press(scene.worker, case, own, notice=notice).status_code == 302


@pytest.mark.parametrize("why", ["", "   \n ", "x" * 301])
def test_a_reason_is_asked_for_beside_the_field_and_what_was_chosen_stays(scene: Scene, case: Case, why: str) -> None:
    refused = press(scene.worker, case, officer(scene), why=why)
    page = Page(Client(), refused)
    assert refused.status_code == 422
    assert page.soup.select_one("#why-error") is not None
    assert page.soup.select_one(f'option[value="{officer(scene).pk}"][selected]') is not None
    assert "Error:" in page.soup.title.get_text()


@pytest.mark.parametrize("chosen", ["", "0", "-1", "x", "٣", "9" * 30, "1.5"])
def test_nonsense_is_refused_beside_the_field(scene: Scene, case: Case, chosen: str) -> None:
    refused = signed_in(scene.worker).post(address(case, nobody(case)), {"contact": chosen, "why": "Because."})
    assert refused.status_code == 422
    assert 'id="contact-error"' in refused.content.decode()


def test_another_cases_notice_and_an_unknown_one_are_not_here(scene: Scene, case: Case) -> None:
    other = scene.send().submission.case
    assert other is not None
    client = signed_in(scene.worker)
    assert client.get(address(case, nobody(other))).status_code == 404
    assert client.get(f"/field/cases/{case.reference}/notices/{uuid4()}/instead/").status_code == 404
    assert client.post(address(case, nobody(other)), {"contact": "1", "why": "x"}).status_code == 404


def test_a_notice_that_has_somebody_leads_back_to_the_case(scene: Scene, case: Case) -> None:
    told = Notice.objects.get(role="responsible_authority", case_id=case.pk)
    answered = signed_in(scene.worker).get(address(case, told))
    assert (answered.status_code, answered["Location"]) == (302, f"/field/cases/{case.reference}/")


def test_reading_the_list_changes_nothing(scene: Scene, case: Case) -> None:
    before = list(Notice.objects.order_by("pk").values_list("pk", "state", "token"))
    signed_in(scene.worker).get(address(case, nobody(case)))
    assert list(Notice.objects.order_by("pk").values_list("pk", "state", "token")) == before


def test_asking_the_same_coordinator_twice_asks_once(scene: Scene, case: Case) -> None:
    before = nobody(case)
    far = make_staffed_office(Role.COORDINATOR, region=make_place().region, contacts=2)
    one, other = far.contacts.order_by("pk")
    for user in (scene.worker, scene.worker, make_coordinator(scene.place)):
        assert press(user, case, one, notice=before).status_code == 302
    assert Notice.objects.filter(purpose=Purpose.CALL).count() == 1
    assert CaseEvent.objects.filter(kind="told_instead").count() == 1
    assert AuditEntry.objects.filter(action="notice.told_instead").count() == 1
    press(scene.worker, case, other, notice=before)
    assert Notice.objects.open().filter(purpose=Purpose.CALL).count() == 2


def test_the_coordinator_chosen_keeps_their_call_when_the_clock_comes_to_its_own(scene: Scene, case: Case) -> None:
    chosen = make_staffed_office(Role.COORDINATOR, region=make_place().region, contacts=1).contacts.get()
    DutyShift.objects.filter(partner__role=Role.COORDINATOR).delete()
    press(scene.worker, case, chosen)
    call = Notice.objects.get(purpose=Purpose.CALL)
    for minutes in range(0, 180, 5):
        advance(timezone.now() + timedelta(minutes=minutes))
        merge_repeated_notices(timezone.now() + timedelta(minutes=minutes))
    call.refresh_from_db()
    assert (call.is_open, call.contact) == (True, chosen)
