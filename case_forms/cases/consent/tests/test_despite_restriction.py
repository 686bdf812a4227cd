"""An emergency of a person who asked that their data aren't used: who may be told then, and who not (ADR 133)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from case_forms.cases.consent.deciding import Asked, decide_sharing
from case_forms.cases.consent.gate import (
    DESPITE_RESTRICTION,
    RESTRICTED,
    RESTRICTED_ROLE,
    VITAL_INTEREST,
    VitalInterest,
    check_notice,
    check_request,
    may_share,
)
from case_forms.cases.consent.ledger import Recipient
from case_forms.cases.consent.models import SharingDecision
from case_forms.cases.consent.rules import get_rules, roles_despite_restriction, roles_in_emergencies
from case_forms.cases.consent.section import build_section
from case_forms.cases.models import Case, CaseEvent
from notifications.directory.models import Role
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.requests import NoticeRequest
from tests.world.consents import record_consent
from tests.world.offices import make_staffed_office
from tests.world.scene import make_scene

pytestmark = pytest.mark.django_db

REASON = "KANARINA is unconscious"


@pytest.fixture
def scene(db):
    made = make_scene()
    made.case = Case.objects.get(pk=made.send().submission.case_id)
    made.health = make_staffed_office(Role.HEALTH, region=made.place.region, contacts=1)
    return made


def restrict(case, at=None):
    Case.objects.filter(pk=case.pk).update(restricted_at=at or timezone.now() - timedelta(hours=1))
    case.refresh_from_db()
    return case


def judge(case, role, partner, *, reason=REASON, named=None):
    now = timezone.now()
    return may_share(case, Recipient(role, partner), at=now, emergency=VitalInterest(reason, named or now))


def test_of_all_roles_only_a_health_service_is_told_despite_the_restriction_beside_the_duties(scene):
    restrict(scene.case)
    allowed = {role for role in get_rules()["roles"] if judge(scene.case, role, scene.health).is_allowed}
    assert allowed == {"coordinator", "mobile_unit", "police", "responsible_authority", "cpu", "health"}
    assert roles_despite_restriction() < roles_in_emergencies()
    assert judge(scene.case, "health", scene.health).code == DESPITE_RESTRICTION


@pytest.mark.parametrize(
    ("role", "reason", "code"),
    [
        ("health", REASON, DESPITE_RESTRICTION),
        ("health", "  ", "no_reason"),
        ("protection_service", REASON, RESTRICTED_ROLE),
        ("social_service", REASON, RESTRICTED_ROLE),
        ("legal_aid", REASON, "not_in_emergency"),
    ],
)
def test_it_takes_the_role_and_the_reason(scene, role, reason, code):
    verdict = judge(restrict(scene.case), role, scene.health, reason=reason)
    assert (verdict.code, verdict.is_allowed) == (code, code == DESPITE_RESTRICTION)
    assert verdict.is_allowed or set(verdict.words) == {"sq", "en"}


def test_an_emergency_that_was_named_before_the_person_asked_counts_for_nothing_after(scene):
    restrict(scene.case, timezone.now())
    verdict = judge(scene.case, "health", scene.health, named=timezone.now() - timedelta(minutes=5))
    assert (verdict.is_allowed, verdict.code) == (False, RESTRICTED)


def test_without_an_emergency_a_health_service_is_not_told_even_with_consent(scene):
    record_consent(scene.case, partner=scene.health)
    verdict = may_share(restrict(scene.case), Recipient("health", scene.health), at=timezone.now())
    assert (verdict.is_allowed, verdict.code) == (False, RESTRICTED)


def decide(scene, at=None, *, by=True):
    event = CaseEvent.objects.filter(case=scene.case).first()
    now = at or timezone.now()
    asked = Asked("vital_interests", VitalInterest(REASON, now), None, scene.worker if by else None)
    return decide_sharing(
        case=scene.case, event=event, to=Recipient("health", scene.health), asked=asked, at=now
    ), event


def test_the_coordinator_is_told_at_once_and_it_is_recorded_with_its_author_and_never_its_reason(scene):
    make_staffed_office(Role.COORDINATOR, region=scene.place.region, contacts=1)
    restrict(scene.case)
    verdict, _event = decide(scene)
    assert verdict.basis == VITAL_INTEREST
    told = Notice.objects.get(case_id=scene.case.pk, purpose=Purpose.INFORM, role="coordinator")
    assert "although the person asked" in str(told.brief)
    assert "KANARINA" not in str(told.brief)
    entry = AuditEntry.objects.get(action="sharing.in_emergency")
    assert entry.detail["code"] == DESPITE_RESTRICTION
    assert "KANARINA" not in str(entry.detail)
    line = build_section(scene.case, timezone.now()).emergencies[0]
    assert (line.is_despite_restriction, line.reason) == (True, REASON)
    assert line.by


def test_nobodys_emergency_passes_no_restriction(scene):
    restrict(scene.case)
    verdict, _event = decide(scene, by=False)
    assert (verdict.is_allowed, verdict.code) == (False, "none")


def make_notice(scene, event):
    return NoticeRequest(
        event_id=event.pk,
        case_id=scene.case.pk,
        case_reference=scene.case.reference,
        role="health",
        contact=scene.health.contacts.first(),
        partner=scene.health,
        municipality=scene.case.municipality,
        brief={"sections": []},
        ladder=(),
    )


def test_the_outbox_lets_that_notice_through_and_none_that_was_decided_before_the_person_asked(scene):
    _verdict, event = decide(scene, timezone.now() - timedelta(hours=2))
    assert check_request(make_notice(scene, event)) == ""
    restrict(scene.case)
    assert check_request(make_notice(scene, event))
    _verdict, event = decide(scene)
    assert check_request(make_notice(scene, event)) == ""


def test_another_event_of_the_case_borrows_nothing_from_it(scene):
    restrict(scene.case)
    decide(scene)
    other = CaseEvent.objects.create(case=scene.case, kind="x")
    other.pk = uuid4()
    assert check_request(make_notice(scene, other))


def test_a_link_that_rests_on_it_opens_until_the_person_asks_again(scene):
    restrict(scene.case)
    _verdict, event = decide(scene)
    notice = Notice.objects.filter(case_id=scene.case.pk).first()
    Notice.objects.filter(pk=notice.pk).update(role="health", event_id=event.pk, partner=scene.health, chases=None)
    notice.refresh_from_db()
    assert check_notice(notice, timezone.now()) == ""
    restrict(scene.case, SharingDecision.objects.get(event_id=event.pk).at)  # named in the same moment, it is known
    assert check_notice(notice, timezone.now()) == ""
    restrict(scene.case, timezone.now() + timedelta(seconds=1))
    assert check_notice(notice, timezone.now()) == RESTRICTED
