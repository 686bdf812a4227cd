"""A status is changed by two, whoever was told is told again, and no form changes it silently from then on."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from access.models import User
from audit.models import AuditEntry
from case_forms.submissions.actions import submit_draft
from case_forms.submissions.correcting import start_correction
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import NoticeState
from tests.world.places import make_coordinator, make_place, make_unit_with_worker, make_user
from tests.world.scene import Scene, make_scene

from ...closing.shown import get_rows
from ...models import Case, CaseEvent, StatusChange
from ..actions import CannotChange, decide_status, propose_status

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
CANARY = "Kanarina: it was the form of another person."


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@pytest.fixture
def coordinator(scene: Scene) -> User:
    return make_coordinator(scene.place)


@pytest.fixture
def mate(scene: Scene) -> User:
    return make_user("worker", unit=scene.unit)


@pytest.fixture
def case(scene: Scene) -> Case:
    found = scene.send().submission.case
    assert found is not None
    assert found.status == "potential_victim"
    return found


def client_of(user: User) -> Client:
    User.objects.filter(pk=user.pk).update(language="en")
    client = Client()
    client.force_login(user)
    return client


def post(user: User, case: Case, do: str, **more: str) -> Any:
    waiting = StatusChange.objects.waiting().filter(case=case).first()
    given = {"do": do, "change": str(waiting.pk) if waiting else "", **more}
    return client_of(user).post(f"/field/cases/{case.reference}/status/", given)


def propose(user: User, case: Case, status: str = "at_risk", **more: str) -> Any:
    return post(user, case, "propose", status=status, reason=CANARY, **more)


def status_of(case: Case) -> str:
    case.refresh_from_db()
    return case.status


def lower(case: Case, scene: Scene, coordinator: User) -> StatusChange:
    change = propose_status(case=case, wanted="at_risk", reason=CANARY, by=scene.worker)
    return decide_status(change=change, agree=True, by=coordinator)


def was_sent(case: Case) -> Notice:
    """Let the police's notice have been sent."""
    police = Notice.objects.get(case_id=case.pk, role="police")
    Notice.objects.filter(pk=police.pk).update(
        state=NoticeState.SENT, sent_at=timezone.now(), attempts=1, next_attempt_at=None
    )
    return police


def test_a_worker_proposes_a_coordinator_agrees_and_whoever_was_told_is_told(
    scene: Scene, case: Case, coordinator: User
) -> None:
    police = was_sent(case)
    assert propose(scene.worker, case).status_code == 302
    assert status_of(case) == "potential_victim"
    assert CANARY in client_of(coordinator).get(f"/field/cases/{case.reference}/status/").content.decode()
    shown = client_of(coordinator).get(f"/field/cases/{case.reference}/status/")
    assert shown.context["recipient"].count == 1
    for words in ("correction, notice 7K2M9-QXZ", "Two people of the organisation", "1 person was notified"):
        assert words in shown.content.decode()
    assert "What the recipient gets" not in client_of(scene.worker).get(shown.request["PATH_INFO"]).content.decode()
    assert "another status" in client_of(coordinator).get("/field/").content.decode()
    assert post(coordinator, case, "agree").status_code == 302
    assert status_of(case) == "at_risk"
    [told] = Notice.objects.filter(case_id=case.pk, purpose=Purpose.CORRECTION)
    assert (told.role, told.contact) == ("police", police.contact)
    assert "person at risk" in str(told.brief)
    assert "Kanarina" not in str(told.brief)
    [event] = CaseEvent.objects.filter(case=case, kind="status_decided")
    assert "instead of" in str(event.explanation)
    history = client_of(scene.worker).get(f"/field/cases/{case.reference}/history/").content.decode()
    assert "Status proposed" in history


def test_nobody_decides_alone(scene: Scene, case: Case, coordinator: User) -> None:
    propose(coordinator, case)
    refused = post(coordinator, case, "agree")
    assert refused.status_code == 422
    assert status_of(case) == "potential_victim"
    with pytest.raises(IntegrityError), transaction.atomic():
        StatusChange.objects.update(decision="agreed", decided_by=coordinator, decided_at=timezone.now())
    # With the coordinator as the first, a worker of the unit may be the second.
    assert post(scene.worker, case, "agree").status_code == 302
    assert status_of(case) == "at_risk"


def test_two_workers_lower_nothing_and_raise_together(scene: Scene, case: Case, mate: User) -> None:
    propose(scene.worker, case)
    assert post(mate, case, "agree").status_code == 422
    assert status_of(case) == "potential_victim"
    post(scene.worker, case, "withdraw")
    propose(scene.worker, case, "victim")
    assert post(mate, case, "agree").status_code == 302
    assert status_of(case) == "victim"


def test_others_find_nothing(scene: Scene, case: Case, coordinator: User) -> None:
    propose(scene.worker, case)
    near = make_unit_with_worker(scene.place)[1]
    far_place = make_place("lezhe", "Lezhë")
    for person in (near, make_unit_with_worker(far_place)[1], make_coordinator(far_place)):
        assert client_of(person).get(f"/field/cases/{case.reference}/status/").status_code == 404
        assert post(person, case, "agree").status_code == 404
        assert propose(person, case).status_code == 404
    assert status_of(case) == "potential_victim"


@pytest.mark.parametrize(
    "given",
    [{"status": "potential_victim"}, {"status": "nonsense"}, {"status": ""}, {"reason": " "}, {"reason": "x" * 2001}],
)
def test_what_is_wrong_with_a_proposal_is_said_and_nothing_is_stored(
    scene: Scene, case: Case, given: dict[str, str]
) -> None:
    answer = post(scene.worker, case, "propose", **{"status": "at_risk", "reason": "Why.", **given})
    assert answer.status_code == 422
    assert not StatusChange.objects.exists()


def test_of_two_tabs_the_second_proposes_and_decides_nothing(scene: Scene, case: Case, coordinator: User) -> None:
    propose(scene.worker, case)
    assert propose(coordinator, case, "not_victim").status_code == 302
    assert StatusChange.objects.get().wanted == "at_risk"
    first = StatusChange.objects.get()
    post(scene.worker, case, "withdraw")
    propose(scene.worker, case, "not_victim")
    # The coordinator's page still shows the first proposal.
    late = client_of(coordinator).post(
        f"/field/cases/{case.reference}/status/", {"do": "agree", "change": str(first.pk)}
    )
    assert late.status_code == 302
    assert status_of(case) == "potential_victim"


def test_a_status_that_has_changed_since_is_not_replaced(scene: Scene, case: Case, coordinator: User) -> None:
    propose(scene.worker, case)
    Case.objects.filter(pk=case.pk).update(status="victim")
    assert post(coordinator, case, "agree").status_code == 422
    assert status_of(case) == "victim"


def test_a_form_sent_later_raises_nothing_silently_and_becomes_a_proposal(
    scene: Scene, case: Case, coordinator: User, mate: User
) -> None:
    lower(case, scene, coordinator)
    sent = case.submissions.get()
    draft = start_correction(submission=sent, reason="The story.", by=scene.worker)
    warnings = [warning["key"] for warning in draft.form_version.definition.get("warnings", [])]
    corrected = submit_draft(draft=draft, user=scene.worker, confirmed=warnings).submission
    assert status_of(case) == "at_risk"
    event = CaseEvent.objects.get(submission_id=corrected.pk)
    assert "Two people have decided that it is" in str(event.explanation)
    waiting = StatusChange.objects.waiting().get()
    assert (waiting.wanted, waiting.submission_id, waiting.proposed_by) == (
        "potential_victim", corrected.pk, scene.worker
    )  # fmt: skip
    assert str(corrected.pk) in client_of(mate).get(f"/field/cases/{case.reference}/status/").content.decode()
    assert post(scene.worker, case, "agree").status_code == 422
    assert post(mate, case, "agree").status_code == 302
    assert status_of(case) == "potential_victim"


def test_without_a_decision_forms_raise_as_always(scene: Scene, case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(status="at_risk")
    sent = case.submissions.get()
    draft = start_correction(submission=sent, reason="x", by=scene.worker)
    warnings = [warning["key"] for warning in draft.form_version.definition.get("warnings", [])]
    submit_draft(draft=draft, user=scene.worker, confirmed=warnings)
    assert status_of(case) == "potential_victim"
    assert not StatusChange.objects.exists()


def test_a_closed_case_s_proposal_has_ended(scene: Scene, case: Case, coordinator: User) -> None:
    from ...closing.tests.test_closing import close

    propose(scene.worker, case)
    change = StatusChange.objects.get()
    close(case, scene.worker, coordinator)
    change.refresh_from_db()
    assert change.decision == "ended"
    with pytest.raises(CannotChange, match="decided"):
        decide_status(change=change, agree=True, by=coordinator)
    with pytest.raises(CannotChange, match="closed"):
        propose_status(case=case, wanted="at_risk", reason="x", by=scene.worker)


def test_the_reason_is_in_no_record(scene: Scene, case: Case, coordinator: User) -> None:
    propose(scene.worker, case)
    post(coordinator, case, "agree", answer=CANARY)
    entries = AuditEntry.objects.filter(action__startswith="case.status")
    assert {entry.action for entry in entries} == {"case.status_proposed", "case.status_decided"}
    assert "Kanarina" not in str([entry.detail for entry in AuditEntry.objects.all()])


def test_nothing_is_decided_about_a_case_that_was_merged_meanwhile(
    scene: Scene, case: Case, coordinator: User, mate: User
) -> None:
    change = propose_status(case=case, wanted="victim", reason="Seen again.", by=scene.worker)
    other = Case.objects.get(reference=scene.send().receipt["case"])
    Case.objects.filter(pk=case.pk).update(merged_into=other)
    assert change not in get_rows(mate)["status_changes"]
    with pytest.raises(CannotChange, match="closed"):
        decide_status(change=change, agree=True, by=mate)
    Case.objects.filter(pk=case.pk).update(merged_into=None)
    assert change in get_rows(mate)["status_changes"]
