"""A form that was sent to the wrong case is moved by two: who may, what is refused, and what each side sees."""

import re
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from access.models import User
from audit.models import AuditEntry
from case_forms.cases.consent.gate import may_share
from case_forms.cases.consent.ledger import Recipient
from case_forms.cases.finding.models import CaseAccess, CaseMerge, CaseTransfer
from case_forms.cases.models import Case, CaseEvent, CaseHold, Deadline, FormMove, Referral, StatusChange
from notifications.directory.models import Role
from notifications.outbox.actions import mark_opened
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import NoticeState
from tests.world.places import make_coordinator, make_municipality, make_place, make_unit_with_worker, make_user
from tests.world.scene import Scene, make_scene
from vault import data_keys

from ..attachments.storage import get_content, write_content
from ..case_purge import forget_case
from ..correcting import start_correction
from ..models import Attachment, Submission
from ..moving.actions import MoveRefused, agree_to_move, decline_move, propose_move, withdraw_move
from .test_correcting import correct, was_sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

FAR = date(2099, 1, 1)
REASON = "Kanarina: it is about her sister."


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.VAULT_CASE_KEY_DIR = tmp_path / "case_keys"
    settings.ATTACHMENT_DIR = tmp_path / "attachments"
    data_keys._cached.clear()


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@pytest.fixture
def mate(scene: Scene) -> User:
    return make_user("worker", unit=scene.unit, first_name="Mirela", last_name="Mate")


@pytest.fixture
def coordinator(scene: Scene) -> User:
    return make_coordinator(scene.place)


def open_case(scene: Scene, **answers: Any) -> Case:
    case = scene.send(**answers).submission.case
    assert case is not None
    return case


@pytest.fixture
def wrong(scene: Scene) -> Case:
    return open_case(scene)


@pytest.fixture
def right(scene: Scene) -> Case:
    return open_case(scene)


@pytest.fixture
def sent(scene: Scene, wrong: Case) -> Submission:
    """A referral of the right person, sent to the wrong case: it names a service, and raises the status."""
    return scene.follow(
        wrong.reference, to_org=scene.offices["protection_service"].slug, service=["shelter"], new_status="victim"
    ).submission


def propose(sent: Submission, target: Case | None, by: User) -> FormMove:
    return propose_move(submission=Submission.objects.get(pk=sent.pk), target=target, reason=REASON, by=by)


def refusal(sent: Submission, target: Case | None, by: User) -> str:
    with pytest.raises(MoveRefused) as refused, transaction.atomic():
        propose(sent, target, by)
    return refused.value.code


def refusal_of(move: FormMove, by: User) -> str:
    with pytest.raises(MoveRefused) as refused:
        agree_to_move(move=FormMove.objects.get(pk=move.pk), by=by)
    return refused.value.code


def client_of(user: User, language: str = "en") -> Client:
    User.objects.filter(pk=user.pk).update(language=language)
    client = Client()
    client.force_login(user)
    return client


# ---- who may ----


def test_one_proposes_and_somebody_else_of_the_unit_or_the_coordinator_decides(
    scene: Scene, sent: Submission, right: Case, mate: User, coordinator: User
) -> None:
    move = propose(sent, right, scene.worker)
    assert refusal_of(move, scene.worker) == "own_proposal"
    stranger = make_user("worker", unit=make_unit_with_worker(scene.place)[0])
    assert refusal_of(move, stranger) == "not_allowed"
    far = make_coordinator(make_place("far"))
    assert refusal_of(move, far) == "not_allowed"
    assert agree_to_move(move=move, by=coordinator).decision == "agreed"
    sent.refresh_from_db()
    assert sent.case == right
    assert mate


def test_the_database_refuses_one_person_twice(scene: Scene, sent: Submission, right: Case) -> None:
    move = propose(sent, right, scene.worker)
    with pytest.raises(IntegrityError), transaction.atomic():
        FormMove.objects.filter(pk=move.pk).update(
            decision="agreed", decided_by=scene.worker, decided_at=timezone.now()
        )


def test_a_stranger_proposes_nothing_and_finds_no_page(scene: Scene, sent: Submission, right: Case) -> None:
    _unit, stranger = make_unit_with_worker(scene.place)
    assert refusal(sent, right, stranger) == "not_allowed"
    assert client_of(stranger).get(f"/field/submissions/{sent.pk}/move/").status_code == 404


def test_a_case_that_only_one_of_the_two_may_open_is_decided_by_nobody_else(
    scene: Scene, sent: Submission, mate: User, coordinator: User
) -> None:
    unit, other = make_unit_with_worker(scene.place)
    theirs = Case.objects.create(
        region=scene.place.region, municipality=scene.place.municipality, unit=unit, status="at_risk",
        procedure_version=scene.procedure, opened_by=other,
    )  # fmt: skip
    # A worker sees no case of another unit: to them there is none.
    assert refusal(sent, theirs, scene.worker) == "unknown_case"
    move = propose(sent, theirs, coordinator)
    assert refusal_of(move, mate) == "not_allowed"
    second = make_coordinator(scene.place)
    assert agree_to_move(move=move, by=second).target == theirs


def test_nothing_goes_to_a_case_that_a_further_region_reads(scene: Scene, sent: Submission, right: Case) -> None:
    elsewhere = make_place("elsewhere")
    Case.objects.filter(pk=right.pk).update(region=elsewhere.region, municipality=elsewhere.municipality)
    assert refusal(sent, right, scene.worker) == "other_region"


# ---- what is refused ----


def _close(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now())


def _void(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now(), voided_at=timezone.now())


def _restrict(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(restricted_at=timezone.now())


def _hold(case: Case) -> None:
    CaseHold.objects.create(case=case, words="x", placed_by=case.opened_by)


def _hand_over(case: Case) -> None:
    place = make_municipality("far", "Far", region=case.region, directorate=case.municipality.police_directorate)
    unit, _worker = make_unit_with_worker(make_place("there"))
    CaseTransfer.objects.create(
        case=case, from_unit=case.unit, to_unit=unit, from_municipality=case.municipality, to_municipality=place,
        asked_by=case.opened_by,
    )  # fmt: skip


def _merge(case: Case) -> None:
    other = Case.objects.exclude(pk=case.pk).first()
    assert other is not None
    CaseMerge.objects.create(kept=other, duplicate=case, proposed_by=case.opened_by)


STATES = {
    "closed": _close, "void": _void, "restricted": _restrict, "held": _hold, "transfer": _hand_over, "merging": _merge,
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(STATES))
@pytest.mark.parametrize("side", ["source", "target"])
def test_a_case_in_such_a_state_gives_no_form_and_takes_none_also_when_it_comes_to_that_meanwhile(
    code: str, side: str, scene: Scene, sent: Submission, wrong: Case, right: Case, mate: User
) -> None:
    case = wrong if side == "source" else right
    move = propose(sent, right, scene.worker)
    with transaction.atomic():
        STATES[code](case)
        expected = "merging" if code == "merging" else code
        assert refusal_of(move, mate) == expected
    FormMove.objects.filter(pk=move.pk).delete()
    assert refusal(sent, right, scene.worker) == expected
    sent.refresh_from_db()
    assert sent.case == wrong


def test_the_form_that_opened_the_case_stays(scene: Scene, wrong: Case, right: Case) -> None:
    assert refusal(wrong.submissions.get(), right, scene.worker) == "opening"


def test_a_form_without_a_case_a_drill_and_the_same_case_are_refused(
    scene: Scene, sent: Submission, wrong: Case, right: Case
) -> None:
    assert refusal(sent, wrong, scene.worker) == "same_case"
    Case.objects.filter(pk=right.pk).update(is_drill=True)
    right.refresh_from_db()
    assert refusal(sent, right, scene.worker) == "drill"
    Submission.objects.filter(pk=sent.pk).update(case=None)
    assert refusal(sent, right, scene.worker) == "no_case"


def test_words_are_needed_and_bounded(scene: Scene, sent: Submission, right: Case) -> None:
    for reason, code in (("  ", "no_reason"), ("x" * 2001, "too_long")):
        with pytest.raises(MoveRefused) as refused:
            propose_move(submission=sent, target=right, reason=reason, by=scene.worker)
        assert refused.value.code == code


def test_a_correction_that_is_begun_or_has_come_meanwhile_stands_against_it(
    scene: Scene, sent: Submission, right: Case, mate: User
) -> None:
    move = propose(sent, right, scene.worker)
    draft = start_correction(submission=sent, reason="x", by=scene.worker)
    assert refusal_of(move, mate) == "correcting"
    draft.delete()
    corrected = correct(sent, scene.worker, new_status="at_risk").submission
    assert refusal_of(move, mate) == "corrected_since"
    assert refusal(sent, right, scene.worker) == "corrected_since"
    decline_move(move=move, answer="Propose the newest.", by=mate)
    agree_to_move(move=propose(corrected, right, scene.worker), by=mate)
    versions = Submission.objects.filter(pk__in=(sent.pk, corrected.pk))
    assert {each.case_id for each in versions} == {right.pk}
    assert {each.answers["case_ref"] for each in versions} == {right.reference}


def test_a_form_that_is_forgotten_in_part_stays(scene: Scene, sent: Submission, right: Case) -> None:
    Submission.objects.filter(pk=sent.pk).update(forget_after=timezone.localdate())
    assert refusal(sent, right, scene.worker) == "forgotten"


def test_a_form_that_opens_no_case_gets_none_of_its_own(
    scene: Scene, sent: Submission, wrong: Case, mate: User
) -> None:
    move = propose(sent, None, scene.worker)
    assert refusal_of(move, mate) == "no_new_case"
    sent.refresh_from_db()
    assert (sent.case, Case.objects.count()) == (wrong, 1)


# ---- the same moment ----


def test_of_two_proposals_and_of_two_decisions_one_wins(
    scene: Scene, sent: Submission, right: Case, mate: User, coordinator: User
) -> None:
    move = propose(sent, right, scene.worker)
    assert refusal(sent, right, mate) == "asked_already"
    read = FormMove.objects.get(pk=move.pk)
    agree_to_move(move=move, by=mate)
    with pytest.raises(MoveRefused) as refused:
        agree_to_move(move=read, by=coordinator)
    assert refused.value.code == "decided"
    with pytest.raises(MoveRefused):
        withdraw_move(move=read, by=scene.worker)


def test_closing_either_case_ends_what_is_proposed(scene: Scene, sent: Submission, right: Case, mate: User) -> None:
    from case_forms.cases.moving.ending import end_moves

    propose(sent, right, scene.worker)
    assert end_moves(right, mate, timezone.now()) == 1
    assert FormMove.objects.get().decision == "ended"
    propose(sent, right, scene.worker)
    assert end_moves(sent.case, mate, timezone.now()) == 1  # type: ignore[arg-type]


# ---- what it does ----


def test_whoever_was_told_is_told_once_that_it_was_another_person_and_reads_nothing_more(
    scene: Scene, sent: Submission, wrong: Case, right: Case, mate: User
) -> None:
    [notice] = Notice.objects.filter(case_id=wrong.pk, role=Role.PROTECTION_SERVICE)
    was_sent(notice)
    mark_opened(notice=notice, at=timezone.now())
    agree_to_move(move=propose(sent, right, scene.worker), by=mate)
    notice.refresh_from_db()
    assert (notice.state, notice.reason) == (NoticeState.CANCELLED, "another_person")
    assert notice.link_revoked_at is not None
    assert "another person" in str(notice.brief)
    [told] = Notice.objects.filter(case_id=wrong.pk, role=Role.PROTECTION_SERVICE, purpose=Purpose.INFORM)
    assert told.contact == notice.contact
    assert told.next_step_at is not None
    assert right.reference not in str(told.brief)
    assert not [each for each in Referral.objects.filter(case=wrong) if each.state == "pending" or each.services]


def test_the_coordinator_learns_of_every_move_and_both_histories_say_it(
    scene: Scene, sent: Submission, wrong: Case, right: Case, mate: User
) -> None:
    agree_to_move(move=propose(sent, right, scene.worker), by=mate)
    assert Notice.objects.filter(case_id=wrong.pk, role=Role.COORDINATOR, purpose=Purpose.INFORM).count() == 1
    here, there = (
        client_of(scene.worker).get(f"/field/cases/{case.reference}/history/").content.decode()
        for case in (wrong, right)
    )
    assert "agreed by Mirela Mate" in here
    assert "agreed by Mirela Mate" in there
    # The reason tells of the person whose form it is.
    assert REASON in there
    assert REASON not in here
    written = AuditEntry.objects.filter(action__in=["case.form_moved_away", "case.form_moved_here"])
    assert {entry.target_id for entry in written} == {str(wrong.pk), str(right.pk)}
    assert not AuditEntry.objects.filter(detail__icontains="kanarina").exists()


def test_a_status_that_came_from_it_becomes_a_proposal(
    scene: Scene, sent: Submission, wrong: Case, right: Case, mate: User
) -> None:
    wrong.refresh_from_db()
    assert wrong.status == "victim"
    agree_to_move(move=propose(sent, right, scene.worker), by=mate)
    wrong.refresh_from_db()
    right.refresh_from_db()
    assert (wrong.status, right.status) == ("victim", "victim")
    change = StatusChange.objects.waiting().get(case=wrong)
    assert change.wanted == "potential_victim"


def test_a_consent_that_was_another_person_s_covers_nothing_and_ends_what_rested_on_it(
    scene: Scene, wrong: Case, right: Case
) -> None:
    """The forms of the scene have no consents: the ledger's rows stand for those of a form."""
    from case_forms.cases.models import MovedForm
    from tests.world.consents import record_consent

    sent = scene.follow(wrong.reference, new_status="victim").submission
    record_consent(wrong, role="health", submission_id=sent.pk)
    at = timezone.now()
    assert may_share(wrong, Recipient("health"), at=at).is_allowed
    MovedForm.objects.create(submission_id=sent.pk, at=timezone.now())
    assert not may_share(wrong, Recipient("health"), at=timezone.now()).is_allowed


def test_it_goes_there_and_back_and_there_again(
    scene: Scene, sent: Submission, wrong: Case, right: Case, mate: User
) -> None:
    for target in (right, wrong, right):
        agree_to_move(move=propose(sent, target, scene.worker), by=mate)
        sent.refresh_from_db()
        assert sent.case == target
        assert CaseEvent.objects.filter(submission_id=sent.pk, kind="submission_received").count() == 1
    assert Submission.objects.filter(pk=sent.pk).count() == 1
    assert FormMove.objects.agreed().count() == 3


def test_sending_it_again_gets_the_receipt_of_where_it_is_now(
    scene: Scene, sent: Submission, right: Case, mate: User
) -> None:
    agree_to_move(move=propose(sent, right, scene.worker), by=mate)
    sent.refresh_from_db()
    assert sent.receipt["case"] == right.reference


# ---- pages ----


@pytest.mark.parametrize("language", ["sq", "en"])
def test_it_is_proposed_decided_and_read_over_http(
    language: str, scene: Scene, sent: Submission, wrong: Case, right: Case, mate: User
) -> None:
    worker, second = client_of(scene.worker, language), client_of(mate, language)
    address = f"/field/submissions/{sent.pk}/move/"
    form = worker.get(f"/field/cases/{wrong.reference}/submissions/{sent.pk}/").content.decode()
    assert address in form
    page = worker.get(address)
    assert page.status_code == 200
    assert right.reference in page.content.decode()
    refused = worker.post(address, {"do": "propose", "target": "other", "reference": "", "reason": REASON})
    assert refused.status_code == 422
    assert REASON in refused.content.decode()
    typed = {"do": "propose", "target": "other", "reference": right.reference.lower(), "reason": REASON}
    assert worker.post(address, typed).status_code == 302
    assert REASON in worker.get(address).content.decode()
    move = FormMove.objects.get()
    assert worker.post(address, {"do": "agree", "move": move.pk}).status_code == 422
    for page_with_link in ("/field/", f"/field/cases/{wrong.reference}/"):
        assert address in second.get(page_with_link).content.decode()
    shown = second.get(address).content.decode()
    assert REASON in shown
    assert right.reference in shown
    assert "7K2M9-QXZ" in shown  # what whoever was notified gets, with a made-up code
    assert second.post(address, {"do": "decline", "move": move.pk}).status_code == 422
    agreed = second.post(address, {"do": "agree", "move": move.pk})
    assert agreed.status_code == 302
    assert agreed["Location"] == f"/field/cases/{right.reference}/submissions/{sent.pk}/"
    assert second.get(agreed["Location"]).status_code == 200
    assert second.get(f"/field/cases/{wrong.reference}/submissions/{sent.pk}/").status_code == 404
    assert re.search(r"wrong case|rastin e gabuar", shown)


def test_reading_changes_nothing_and_an_unknown_act_is_none(scene: Scene, sent: Submission, right: Case) -> None:
    worker = client_of(scene.worker)
    address = f"/field/submissions/{sent.pk}/move/"
    worker.get(address + "?do=propose&target=other&reference=" + right.reference)
    assert not FormMove.objects.exists()
    assert worker.post(address, {"do": "burn"}).status_code == 404
    assert worker.post(address, {"do": "agree", "move": "x"}).status_code == 422


def test_what_was_proposed_is_withdrawn_or_declined_and_nothing_has_moved(
    scene: Scene, sent: Submission, wrong: Case, right: Case, mate: User
) -> None:
    address = f"/field/submissions/{sent.pk}/move/"
    worker, second = client_of(scene.worker), client_of(mate)
    for do, client in (("withdraw", worker), ("decline", second)):
        worker.post(address, {"do": "propose", "target": right.reference, "reason": REASON})
        move = FormMove.objects.waiting().get()
        answer = client.post(address, {"do": do, "move": move.pk, "answer": "It is hers."})
        assert answer.status_code == 302
    sent.refresh_from_db()
    assert sent.case == wrong
    assert not Deadline.objects.unmet().filter(case=wrong, key="form_move").exists()
    assert CaseAccess.objects.count() == 0


@pytest.mark.parametrize("forgotten", ["wrong", "right"])
def test_forgetting_either_case_forgets_the_form_only_with_the_one_that_it_belongs_to(
    scene: Scene,
    sent: Submission,
    wrong: Case,
    right: Case,
    mate: User,
    forgotten: str,
    django_capture_on_commit_callbacks: Any,
) -> None:
    identity = uuid4()
    Attachment.objects.create(
        id=identity, submission=sent, owner=scene.worker, unit=scene.unit, media_type="image/jpeg", size=3,
        fingerprint="x", name="Kanarina.jpg", content_key=write_content(identity, b"Kanarina"),
    )  # fmt: skip
    said = Submission.objects.get(pk=sent.pk).answers
    agree_to_move(move=propose(sent, right, scene.worker), by=mate)
    gone, stays = (wrong, right) if forgotten == "wrong" else (right, wrong)
    others = {row.pk: row.answers for row in Submission.objects.filter(case=stays).exclude(pk=sent.pk)}
    assert others
    with django_capture_on_commit_callbacks(execute=True):  # a key's file goes with the commit
        assert forget_case(gone.pk, FAR, again=True)
    assert data_keys.is_destroyed(gone.pk)
    assert not data_keys.is_destroyed(stays.pk)
    assert {row.pk: row.answers for row in Submission.objects.filter(pk__in=others)} == others
    moved = Submission.objects.get(pk=sent.pk)
    if forgotten == "right":
        assert moved.forgotten_at is not None
        assert not moved.answers
    else:
        assert moved.forgotten_at is None
        assert moved.answers == {**said, "case_ref": right.reference}
        assert get_content(Attachment.objects.get(submission=sent)) == b"Kanarina"
