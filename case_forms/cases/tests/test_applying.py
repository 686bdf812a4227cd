"""Carrying a decision out: cases, clocks, referrals, and who is owed a notice."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from audit.models import AuditEntry
from case_forms.procedures.decide import Action, Decision
from case_forms.submissions.actions import NotDecided
from notifications.directory.models import Partner
from notifications.outbox.models import Notice, Purpose
from tests.world.consents import record_consent
from tests.world.procedures import enact, small_procedure
from tests.world.scene import Scene, make_scene

from .. import actions
from ..actions import CannotApply, SubmissionFacts, apply_decision
from ..models import Case, CaseEvent, Deadline, Referral

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def facts(scene: Scene) -> SubmissionFacts:
    now = timezone.now()
    return SubmissionFacts(
        id=uuid.uuid4(),
        form=scene.form.parsed_form,
        answers={},
        unit=scene.unit,
        by=scene.worker,
        occurred_at=now,
        received_at=now,
        procedure_version=scene.procedure,
        today=timezone.localdate(now).isoformat(),
    )


def decided(*deeds: tuple[str, dict[str, Any]]) -> Decision:
    return Decision(tuple(Action("rule", do, params) for do, params in deeds), (), {})


def opening(scene: Scene, **more: Any) -> tuple[str, dict[str, Any]]:
    return "open_case", {"status": "potential_victim", "municipality": scene.place.municipality.slug, **more}


def test_the_event_keeps_the_explanation_sealed_and_its_detail_in_codes(scene: Scene) -> None:
    scene.send(story="CANARY")
    event = CaseEvent.objects.get()
    assert event.kind == "submission_received"
    assert event.explanation[0]["words"]["en"].startswith("A potential victim")
    assert any("duty roster" in entry["words"]["en"] for entry in event.explanation)
    assert event.detail["rules"] == ["tell"]
    assert len(event.detail["notices"]) == 2
    assert event.detail["unresolved"] == []


def test_the_duty_officer_is_told_with_the_ladder_and_marks_of_the_procedure(scene: Scene) -> None:
    scene.send()
    notice = Notice.objects.get(role="police")
    assert notice.contact == scene.offices["police"].contacts.get(shifts__rank=1)
    assert [step["do"] for step in notice.ladder] == ["remind", "deputy", "call"]
    assert notice.answer_by == notice.owed_at + timedelta(minutes=30)
    assert notice.breach_at == notice.owed_at + timedelta(minutes=1440)
    assert not notice.needs_document
    assert Notice.objects.get(role="responsible_authority").needs_document


def test_a_child_brings_the_child_protection_unit_and_its_clock(scene: Scene) -> None:
    scene.send(age_stated=15)
    assert Case.objects.get().child_track
    assert Notice.objects.filter(role="cpu").count() == 1
    assert set(Deadline.objects.values_list("key", flat=True)) == {"police_report", "assessment"}
    assert Deadline.objects.get(key="assessment").notice_id is None
    assert Deadline.objects.get(key="police_report").notice_id == Notice.objects.get(role="police").pk


def test_nobody_resolved_is_loud_and_the_coordinator_is_told() -> None:
    scene = make_scene(police=False)
    scene.send()
    unresolved = Notice.objects.get(role="police")
    assert (unresolved.state, unresolved.reason, unresolved.contact) == ("failed", "no_contact", None)
    assert unresolved.next_attempt_at is not None
    fallback = Notice.objects.get(purpose=Purpose.FALLBACK)
    assert (fallback.role, fallback.chases) == ("coordinator", unresolved)
    event = CaseEvent.objects.get()
    assert event.detail["unresolved"] == ["police"]
    assert str(fallback.pk) in event.detail["notices"]


def test_not_even_a_coordinator_is_still_loud_and_swept() -> None:
    scene = make_scene(police=False, coordinator=False)
    scene.send()
    waiting = Notice.objects.filter(contact=None)
    assert waiting.count() == 2
    assert all(notice.next_attempt_at for notice in waiting)


def test_a_referral_is_made_and_its_service_told(scene: Scene) -> None:
    reference = scene.send().receipt["case"]
    service = scene.offices["protection_service"]
    scene.follow(reference, to_org=service.slug, service=["shelter"])
    referral = Referral.objects.get()
    notice = Notice.objects.get(role="protection_service")
    assert (referral.partner, referral.services, referral.state) == (service, ["shelter"], "pending")
    assert referral.notice_id == notice.pk
    assert Deadline.objects.get(key="answer").notice_id == notice.pk


def test_a_referral_to_a_service_without_contacts_tells_the_coordinator() -> None:
    scene = make_scene(protection_service=False)
    reference = scene.send().receipt["case"]
    receipt = scene.follow(reference, to_org=scene.offices["protection_service"].slug).receipt
    assert [line["role"] for line in receipt["notices"]] == ["protection_service", "coordinator"]


def test_a_service_that_stopped_working_cannot_be_referred_to(scene: Scene) -> None:
    reference = scene.send().receipt["case"]
    with pytest.raises(CannotApply, match="unknown_partner"), transaction.atomic():
        apply_decision(
            decision=decided(
                ("attach_case", {"case": reference}),
                ("refer", {"partner": "gone", "ladder": "quick"}),
            ),
            submission=facts(scene),
            case=Case.objects.get(),
        )
    assert not Referral.objects.exists()
    assert CaseEvent.objects.count() == 1


def test_one_service_asked_for_is_a_list_of_one(scene: Scene) -> None:
    reference = scene.send().receipt["case"]
    slug = scene.offices["protection_service"].slug
    refer = {"partner": slug, "services": "legal", "ladder": "quick"}
    record_consent(Case.objects.get(), partner=slug)
    apply_decision(
        decision=decided(("attach_case", {"case": reference}), ("refer", refer)),
        submission=facts(scene),
        case=Case.objects.get(),
    )
    assert Referral.objects.get().services == ["legal"]
    assert Partner.objects.filter(slug=slug).exists()


def test_a_later_form_updates_the_case_and_says_so(scene: Scene) -> None:
    reference = scene.send().receipt["case"]
    scene.follow(reference, new_status="victim")
    assert Case.objects.get().status == "victim"
    assert AuditEntry.objects.filter(action="case.updated").count() == 1
    scene.follow(reference, new_status="victim")
    assert AuditEntry.objects.filter(action="case.updated").count() == 1


def test_the_child_track_is_never_switched_off(scene: Scene) -> None:
    reference = scene.send(age_stated=15).receipt["case"]
    scene.follow(reference, new_status="at_risk")  # this rule says child_track false
    assert Case.objects.get().child_track is True


def test_a_clock_is_stopped_by_the_form_it_waited_for(scene: Scene) -> None:
    reference = scene.send(age_stated=15).receipt["case"]
    scene.follow(reference, assessed=True)
    assert Deadline.objects.get(key="assessment").met_at is not None
    assert Deadline.objects.get(key="police_report").met_at is None
    assert Case.objects.get().formal_identification == "offered"


def test_opening_within_a_named_case_updates_that_case(scene: Scene) -> None:
    scene.send()
    case = Case.objects.get()
    applied = apply_decision(
        decision=decided(opening(scene, status="victim", child_track=True), opening(scene, status="victim")),
        submission=facts(scene),
        case=case,
    )
    assert applied.case == case
    case.refresh_from_db()
    assert (case.status, case.child_track) == ("victim", True)
    assert Case.objects.count() == 1
    assert CaseEvent.objects.count() == 2


@pytest.mark.parametrize(
    ("deed", "code"),
    [
        (("open_case", {"status": "nonsense", "municipality": "x"}), "unknown_status"),
        (("open_case", {"status": ["victim"], "municipality": "x"}), "unknown_status"),
        (("open_case", {"status": "victim", "municipality": None}), "unknown_municipality"),
        (("attach_case", {"case": "222222"}), "unknown_case"),
        (("update_case", {"status": "victim"}), "no_case"),
        (("update_case", {"formal_identification": "perhaps"}), "unknown_formal_identification"),
        (("notify", {"role": "police", "ladder": "quick"}), "no_case"),
        (("deadline", {"key": "assessment"}), "no_case"),
        (("meet_deadline", {"key": "assessment"}), "no_case"),
        (("refer", {"partner": "x", "ladder": "quick"}), "no_case"),
    ],
)
def test_what_cannot_be_done_is_named_by_rule_and_code(scene: Scene, deed: tuple[str, Any], code: str) -> None:
    with pytest.raises(CannotApply) as refused, transaction.atomic():
        apply_decision(decision=decided(deed), submission=facts(scene))
    assert (refused.value.rule, refused.value.code) == ("rule", code)
    assert not CaseEvent.objects.exists()


def test_a_named_case_must_be_the_one_that_the_rule_attaches(scene: Scene) -> None:
    scene.send()
    with pytest.raises(CannotApply, match="unknown_case"):
        apply_decision(
            decision=decided(("attach_case", {"case": "222222"})), submission=facts(scene), case=Case.objects.get()
        )


def test_attaching_twice_is_attaching_once(scene: Scene) -> None:
    scene.send()
    case = Case.objects.get()
    attach = ("attach_case", {"case": case.reference})
    apply_decision(decision=decided(attach, attach), submission=facts(scene), case=case)
    assert CaseEvent.objects.count() == 2


def test_a_reference_is_never_given_twice(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = scene.send().receipt["case"]
    references = iter([taken, taken, "999999"])
    monkeypatch.setattr(actions, "new_reference", lambda: next(references))
    assert scene.send().receipt["case"] == "999999"
    monkeypatch.setattr(actions, "new_reference", lambda: taken)
    with pytest.raises(NotDecided, match="no_free_reference"):
        scene.send()


def test_the_same_duty_in_two_rules_runs_one_clock_and_tells_one_recipient(scene: Scene) -> None:
    definition = small_procedure()
    definition["rules"][0]["then"].append(dict(definition["rules"][0]["then"][1]))
    enact(definition, since=timezone.now())
    receipt = scene.send().receipt
    assert [line["role"] for line in receipt["notices"]] == ["police", "responsible_authority"]
    assert Deadline.objects.count() == 1


def test_each_deed_is_recorded_in_the_audit(scene: Scene) -> None:
    reference = scene.send().receipt["case"]
    scene.follow(reference, to_org=scene.offices["protection_service"].slug, new_status="victim")
    recorded = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"submission.received", "case.opened", "notice.owed", "case.updated", "referral.made"} <= recorded


@pytest.mark.parametrize("deed", ["open_case", "update_case"])
def test_no_rule_lowers_a_status_but_the_formal_identification(scene: Scene, deed: str) -> None:
    case = Case.objects.get(reference=scene.send().receipt["case"])
    Case.objects.filter(pk=case.pk).update(status="victim")
    case.refresh_from_db()
    attach = ("attach_case", {"case": case.reference})
    lower = {"status": "at_risk", **({"municipality": case.municipality.slug} if deed == "open_case" else {})}
    apply_decision(decision=decided(attach, (deed, lower)), submission=facts(scene), case=case)
    case.refresh_from_db()
    assert case.status == "victim"
    formal = {"status": "suspected", "formal_identification": "done_not_confirmed"}
    apply_decision(decision=decided(attach, ("update_case", formal)), submission=facts(scene), case=case)
    case.refresh_from_db()
    assert case.status == "suspected"
