"""The end of a consent: while a notice is being sent, for rules that respond, and by what the database refuses."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from audit.chain import SYSTEM
from case_forms.cases.models import Case, CaseEvent
from case_forms.cases.tests.test_rule_events import FLAG, events, rule, scene_with, spoken
from notifications.directory.models import Role
from notifications.escalation import clock as escalation_clock
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice, Purpose
from tests.world.consents import record_consent
from tests.world.notices import postbox
from tests.world.scene import Scene, make_scene

from ..ledger import Recipient
from ..models import ConsentEntry, SharingDecision
from ..recording import ConsentForm, record_form, withdraw

__all__ = ["postbox"]

pytestmark = pytest.mark.django_db


def referred(scene: Scene) -> Notice:
    reference = scene.send().receipt["case"]
    scene.follow(reference, to_org=scene.offices["protection_service"].slug, service=["legal"])
    return Notice.objects.get(role=Role.PROTECTION_SERVICE, purpose=Purpose.FIRST)


def take_back(scene: Scene, notice: Notice) -> None:
    case = Case.objects.get(pk=notice.case_id)
    with transaction.atomic():
        withdraw(
            case=case, to=Recipient(notice.role, notice.partner), reason="said so", by=scene.worker, at=timezone.now()
        )


def test_a_consent_withdrawn_while_the_notice_is_being_sent_ends_it_and_the_recipient_is_told(postbox: Any) -> None:
    scene = make_scene()
    notice = referred(scene)

    def withdraw_meanwhile(letter: Any) -> None:
        if notice.link_token in letter.text:
            take_back(scene, notice)

    postbox.hook = withdraw_meanwhile
    send_due([str(notice.pk)])
    notice.refresh_from_db()
    # the e-mail was on its way; whoever sent it has lost the notice, and its link opens nothing
    assert (notice.state, notice.reason, notice.sent_at) == ("cancelled", "consent_ended", None)
    assert notice.link_revoked_at is not None
    assert Notice.objects.filter(purpose=Purpose.INFORM, contact=notice.contact).exists()
    assert "was sent" in str(CaseEvent.objects.get(kind="consent_ended").explanation)


def test_nobody_is_reminded_or_asked_instead_after_it_ended(postbox: Any) -> None:
    scene = make_scene()
    notice = referred(scene)
    send_due()
    take_back(scene, notice)
    postbox.empty()
    for minutes in range(10, 200, 10):
        escalation_clock.advance(notice.owed_at + timedelta(minutes=minutes))
    chase = Notice.objects.filter(chase_id=notice.chase_id)
    assert {each.state for each in chase} == {"cancelled"}


def test_between_the_end_of_a_consent_and_its_clock_nobody_is_reminded(postbox: Any) -> None:
    scene = make_scene()
    notice = referred(scene)
    send_due()
    record_consent(Case.objects.get(), partner=notice.partner, answer="refused")
    later = notice.owed_at + timedelta(days=1)
    escalation_clock.advance(later)
    assert not Notice.objects.filter(chases=notice).exists()


@pytest.mark.parametrize(("given", "code"), [("yes", "consent_given"), ("withdrawn", "consent_withdrawn")])
def test_rules_respond_to_a_consent_by_role_and_office(postbox: Any, given: str, code: str) -> None:
    about = {"and": [{"==": [{"var": "_role"}, "protection_service"]}, {"==": [{"var": "_purpose"}, "refer_to"]}]}
    scene = scene_with(rule("heard", code, FLAG, when=about))
    scene.send()
    case = Case.objects.get()
    source = CaseEvent.objects.get(kind="submission_received")
    office = scene.offices["protection_service"]
    row = {"purpose": "refer_to", "recipient": office.slug, "given": given, "kind": "consent"}
    now = timezone.now()
    form = ConsentForm(uuid.uuid4(), {"consents": [row]}, now, now, scene.worker.pk)
    with transaction.atomic():
        record_form(form, case, source, SYSTEM)
    assert [spoken(event) for event in events(code)] == [["heard"]]
    assert Case.objects.get().flags.keys() == {"seen"}


def test_an_answer_that_is_overtaken_already_is_no_event(postbox: Any) -> None:
    scene = scene_with(rule("heard", "consent_given", FLAG))
    scene.send()
    case = Case.objects.get()
    source = CaseEvent.objects.get(kind="submission_received")
    office = scene.offices["protection_service"]
    record_consent(case, partner=office, answer="withdrawn")
    row = {"purpose": "refer_to", "recipient": office.slug, "given": "yes", "kind": "consent"}
    before = timezone.now() - timedelta(hours=3)
    form = ConsentForm(uuid.uuid4(), {"consents": [row]}, before, timezone.now(), scene.worker.pk)
    with transaction.atomic():
        record_form(form, case, source, SYSTEM)
    assert events("consent_given") == []


def test_the_database_refuses_to_change_the_ledger(postbox: Any) -> None:
    scene = make_scene()
    referred(scene)
    for change in (
        lambda: ConsentEntry.objects.update(answer="withdrawn"),
        lambda: ConsentEntry.objects.update(until=None),
        lambda: SharingDecision.objects.update(is_allowed=False),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    # what is forgotten, and the clock's own note
    ConsentEntry.objects.update(names=None, reason=None, ended_at=timezone.now())
    SharingDecision.objects.update(reason=None)
