"""What is stored beside the forms: notes, steps, messages, replies, reasons; two people read it before it goes."""

import json
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from access.models import StaffRole, User
from audit.models import AuditEntry
from case_forms.cases.finding import merging
from case_forms.cases.finding.tests.scenes import make_two
from case_forms.cases.models import Case, CaseNote, FlagChange, Referral, ReferralStep, StatusChange
from case_forms.cases.rights.actions import (
    NewRequest,
    Proposal,
    decide_answer,
    propose_answer,
    register_request,
    reopen_proposals,
)
from case_forms.cases.rights.entries import iter_notes, iter_offices, iter_reasons, iter_steps
from case_forms.cases.rights.held import WORDS, compute_fingerprint, read_held
from notifications.briefs.talk.models import TalkMessage
from notifications.outbox.models import Notice, Reply
from tests.world.places import make_user
from tests.world.scene import make_scene
from vault.tests.spoiling import spoil

pytestmark = pytest.mark.django_db

NOTE = "Kanarina: she slept well."
OFFICER = "I, officer Kanarina, took her home."
ON_PHONE = "Kanarina Hoxha of the shelter"


@pytest.fixture
def scene(db):
    made = make_scene()
    made.first = make_user(StaffRole.COORDINATOR, username="first", region=made.place.region)
    made.second = make_user(StaffRole.COORDINATOR, username="second", region=made.place.region)
    made.case = Case.objects.get(pk=made.send(age_stated=15).submission.case_id)
    made.note = CaseNote.objects.create(case=made.case, text=NOTE, written_by=made.worker)
    made.police = Notice.objects.filter(case_id=made.case.pk, role="police").first()
    Reply.objects.create(notice=made.police, kind="outcome", reason="met", note=OFFICER)
    TalkMessage.objects.create(
        notice=made.police, kind="addition", author=made.worker, key=uuid.uuid4(), text="She is at the station."
    )
    made.flag = FlagChange.objects.create(
        case=made.case, key="high_risk", label={"sq": "rrezik", "en": "risk"}, is_set=True, reason="He phoned her.",
        changed_by=made.worker,
    )  # fmt: skip
    return made


def add_step(scene):
    partner = scene.offices["protection_service"]
    referral = Referral.objects.create(
        case=scene.case, event=scene.case.events.first(), partner=partner, role="protection_service"
    )
    return ReferralStep.objects.create(
        referral=referral, case=scene.case, kind="accepted", way="phone", by=scene.worker,
        words={"said_by": ON_PHONE, "note": "A bed on Monday."},
    )  # fmt: skip


def read(case):
    return [
        piece
        for source in (iter_notes, iter_steps, iter_offices, iter_reasons)
        for form in source(case, "en")
        for piece in form.pieces
    ]


def register(scene):
    wanted = NewRequest(
        kind="access", received_through="person", identity="known", asked_on=timezone.localdate(), language="en",
        identity_words="Alone.",
    )  # fmt: skip
    return register_request(case=scene.case, wanted=wanted, by=scene.worker)


def propose(scene, kept, reasons=None):
    seen = compute_fingerprint(read_held(scene.case, "en"))
    wanted = Proposal(outcome="part", kept=kept, reasons=reasons or {}, seen=seen)
    return propose_answer(request=register(scene), wanted=wanted, by=scene.first)


def test_each_kind_of_entry_is_offered_and_waits_for_a_reader(scene):
    step = add_step(scene)
    found = {piece.key.partition(":")[0]: piece for piece in read(scene.case)}
    assert set(found) >= {"note", "step", "reply", "message", "flag"}
    assert all(piece.kind == WORDS for piece in found.values())
    assert found["note"].value == NOTE
    assert OFFICER in found["reply"].value
    assert ON_PHONE in found["step"].value
    assert found["step"].key == f"step:{step.pk}"
    assert found["flag"].value == "He phoned her."


def test_no_entry_is_given_out_that_nobody_ticked_and_nobody_is_named_as_its_writer(scene):
    User.objects.filter(pk=scene.worker.pk).update(first_name="Kanarina-Punonjësja", last_name="X")
    add_step(scene)
    text = json.dumps(propose(scene, kept=[]).document, ensure_ascii=False)
    assert "Kanarina" not in text
    assert scene.worker.username not in text


def test_what_two_people_left_in_is_given_out_and_what_they_left_out_has_its_reason(scene):
    add_step(scene)
    reply = next(piece for piece in read(scene.case) if piece.key.startswith("reply:"))
    message = next(piece for piece in read(scene.case) if piece.key.startswith("message:"))
    reasons = {reply.key: "writer", message.key: "proceedings", "nothing": "danger", f"note:{scene.note.pk}": "danger"}
    proposed = propose(scene, [f"note:{scene.note.pk}"], reasons)
    given = decide_answer(request=proposed, agree=True, by=scene.second).document
    text = json.dumps(given, ensure_ascii=False)
    assert NOTE in text
    assert OFFICER not in text
    assert "1 entry is not here: whoever wrote it tells there of themselves or their own work." in given["left_out"]
    assert "1 entry is not here: it could hinder an investigation or proceedings." in given["left_out"]
    assert not any("in danger" in line for line in given["left_out"]), "no reason of what is given out, or isn't there"
    assert not any("Ask us for them" in line for line in given["rights"])


def test_an_entry_that_cannot_be_opened_is_never_given_out_and_stops_no_other(scene):
    spoil(scene.note, "text")
    found = {piece.key: piece for piece in read(scene.case)}
    broken = found[f"note:{scene.note.pk}/unreadable"]
    assert broken.is_unreadable
    given = propose(scene, [broken.key]).document
    assert "1 entry can't be opened at present. Ask us again." in given["left_out"]
    assert broken.key not in str(given)
    assert OFFICER in str([piece.value for piece in found.values()])


def test_an_entry_that_came_since_the_page_must_be_looked_at_first(scene):
    before = compute_fingerprint(read_held(scene.case, "en"))
    CaseNote.objects.create(case=scene.case, text="More.", written_by=scene.worker)
    assert compute_fingerprint(read_held(scene.case, "en")) != before


def test_what_was_written_in_a_case_that_was_merged_into_this_one_is_there(settings):
    two = make_two()
    kept = two.send(two.worker, first_name="Ana", last_name="Hoxha")
    other = two.send(two.worker, first_name="Drita", last_name="Hoxha")
    CaseNote.objects.create(case=other, text=NOTE, written_by=two.worker)
    notice = Notice.objects.filter(case_id=other.pk).first()
    Reply.objects.create(notice=notice, kind="outcome", reason="met", note=OFFICER)
    merge = merging.propose_merge(kept=kept, duplicate=other, by=two.worker)
    merging.approve_merge(merge=merge, by=two.mate)
    said = " ".join(piece.value for piece in read(Case.objects.get(pk=kept.pk)))
    assert NOTE in said
    assert OFFICER in said


def test_a_proposal_that_quotes_what_is_forgotten_since_goes_back_and_one_that_was_agreed_to_is_handed_over(scene):
    proposed = propose(scene, [f"note:{scene.note.pk}"])
    assert reopen_proposals(scene.case) == 1
    proposed.refresh_from_db()
    assert (proposed.state, proposed.outcome, proposed.document) == ("open", "", None)
    assert AuditEntry.objects.filter(action="rights.sent_back", target_id=str(scene.case.pk)).count() == 1
    seen = compute_fingerprint(read_held(scene.case, "en"))
    again = propose_answer(
        request=proposed, wanted=Proposal(outcome="part", kept=[f"note:{scene.note.pk}"], seen=seen), by=scene.first
    )
    decided = decide_answer(request=again, agree=True, by=scene.second)
    assert reopen_proposals(scene.case) == 0
    decided.refresh_from_db()
    assert decided.has_document


def test_another_persons_case_lends_nothing(scene):
    another = Case.objects.get(pk=scene.send(first_name="B").submission.case_id)
    assert not read(another)


def test_the_page_offers_a_reason_for_each_entry_and_keeps_what_was_chosen(scene):
    request = register(scene)
    client = Client()
    client.force_login(scene.worker)
    address = f"/field/cases/{scene.case.reference}/rights/{request.pk}/"
    page = client.get(address)
    assert f'name="why:note:{scene.note.pk}"' in page.content.decode()
    sent = client.post(
        address,
        {"do": "propose", "seen": page.context["seen"], "outcome": "", f"why:note:{scene.note.pk}": "danger"},
    )
    assert sent.status_code == 422
    assert 'value="danger" selected' in sent.content.decode()


def test_why_a_status_was_changed_by_decision_is_offered(scene):
    StatusChange.objects.create(
        case=scene.case, before="victim", wanted="at_risk", proposed_by=scene.worker, words={"reason": "She says so."}
    )
    (found,) = [piece for piece in read(scene.case) if piece.key.startswith("status:")]
    assert (found.value, found.kind) == ("She says so.", WORDS)
