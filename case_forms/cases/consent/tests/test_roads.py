"""Every road out of a case goes by the gate: a new one that forgets to ask is refused, or is found here."""

import ast
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from case_forms.cases.models import Case, CaseEvent
from case_forms.cases.notifying_instead import list_choices
from notifications.briefs.links import get_notice_by_link
from notifications.briefs.replies import answer
from notifications.directory.models import Partner, Role
from notifications.outbox.actions import create_notice, mark_opened
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.requests import NoticeRequest
from notifications.outbox.sharing import SharingRefused, may_receive
from notifications.outbox.sweep import resolve_again
from tests.world.consents import record_consent
from tests.world.offices import make_office, put_on_duty
from tests.world.places import make_place
from tests.world.scene import Scene, make_scene

from ..deciding import Asked, decide_sharing
from ..gate import BY_CONSENT as BY_CONSENT_BASIS
from ..gate import CHILD_DUTY, DUTY, OWN_PEOPLE, VITAL_INTEREST, VitalInterest, may_share
from ..ledger import Recipient, get_consents_on_record
from ..rules import get_role_rule, get_rules

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[4]
ROOMS = ("case_forms", "notifications", "outreach_pages", "content", "site")
# Where a notice's row is made: behind `ensure_may_create`.
MAKES_NOTICES = {"notifications/outbox/actions.py"}
# Who reads a notice by its link: behind `may_be_read`.
# The others find the standing links at which services say their places and contacts see their shifts; no case is behind
# them.
FINDS_BY_LINK = {
    "notifications/briefs/links.py",
    "notifications/directory/own_duty/links.py",
    "notifications/directory/services/links.py",
    "notifications/directory/standing_links.py",
}
# Who makes notices about a case that the gate lets pass because they hold nothing of it.
MAKES_CONTENT_FREE = {
    "case_forms/cases/consent/informing.py",
    "case_forms/cases/closing/void_notices.py",
    "case_forms/cases/moving/telling.py",
    "notifications/outbox/ways/ended.py",
}
# Every place that asks for a notice, and what stands before it. A new one is read by people before it is added here.
ASKS_FOR_NOTICES = {
    "case_forms/cases/applying/notices.py": "asks the gate for each recipient and says on the case what wasn't shared",
    "case_forms/cases/closing/void_notices.py": "holds nothing of a case but its reference",
    "case_forms/cases/consent/informing.py": "holds nothing of a case",
    "case_forms/cases/correcting.py": "to who had it: a duty, or the gate was asked by the decision on the correction",
    "case_forms/cases/statuses/telling.py": "to who had a notice; what the gate refuses is left out",
    "case_forms/cases/deadline_clock.py": "our own people, about a duty",
    "case_forms/cases/finding/merging.py": "sends again what a merge had withdrawn; what the gate refuses stays so",
    "case_forms/cases/moving/telling.py": "holds nothing of a case but its reference",
    "case_forms/cases/notifying_instead.py": "offers only whom the gate lets pass",
    "case_forms/cases/referring/again.py": "asks the gate about the service that was chosen, anew",
    "notifications/escalation/beside.py": "beside the office's notice; only where `may_receive` and `may_be_read` pass",
    "case_forms/cases/rerouting.py": "asks the gate about the office that was found",
    "case_forms/alarm_rules/deciding.py": "somebody will call: the unit and its number, and nothing of a case",
    "case_forms/session_requests/clock.py": "our own people, about a request for a session, which is no case",
    "case_forms/session_rules/clock.py": "our own people, about a session, which is no case and names nobody",
    "case_forms/session_rules/deciding.py": "our own people, about a session, which is no case and names nobody",
    "case_forms/cases/telling_again.py": "for those who call it, each of which stands here",
    "case_forms/tips/deciding.py": "a tip, which is no case and has no ledger",
    "case_forms/tips/rerouting.py": "a tip, which is no case and has no ledger",
    "notifications/briefs/talk/telling.py": "back to a notice that its reader holds: the gate is asked about that one",
    "notifications/briefs/pin_alarm.py": "our own people, about an address",
    "notifications/escalation/callers.py": "a call to a coordinator, without answers",
    "notifications/escalation/clock.py": "a call to a coordinator, without answers",
    "notifications/escalation/digest.py": "our own people, codes only",
    "notifications/escalation/steps.py": "asks the gate about the deputy; a reminder is to the same person",
    "notifications/outbox/actions.py": "the coordinators of one that has nobody",
    "notifications/outbox/address_check.py": "an address, no case",
    "notifications/outbox/subjects.py": "for those who call `Subject.notify`, each of which stands here",
    "notifications/outbox/ways/ended.py": "our own people, about an address",
}
# A rule's action, which asks the room that carries it out, and a thread's condition: no subject of notices.
OTHER_NOTIFY = ("world.notify", "_wake.notify")


def iter_sources(*words: str) -> Iterator[tuple[str, ast.Module]]:
    """The files in which one of these words stands. No other can hold what is looked for, and parsing takes long."""
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            text = "" if "/tests/" in name or "/migrations/" in name else path.read_text(encoding="utf-8")
            if any(word in text for word in words):
                yield name, ast.parse(text)


def calls_of(tree: ast.Module) -> Iterator[str]:
    """The names of what is called: `f`, `a.f`, `a.b.f` as "f", "a.f", "b.f"."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            yield node.func.id
        elif isinstance(node.func, ast.Attribute):
            over = node.func.value
            before = over.attr if isinstance(over, ast.Attribute) else over.id if isinstance(over, ast.Name) else ""
            yield f"{before}.{node.func.attr}"


def test_a_notice_is_made_in_one_place_and_every_place_that_asks_for_one_is_known() -> None:
    made, asked = set(), set()
    for name, tree in iter_sources("Notice", "create_notice", "tell_again", ".notify("):
        for call in calls_of(tree):
            if call == "Notice":
                made.add(name)
            is_subject = call.endswith(".notify") and call not in OTHER_NOTIFY
            if is_subject or call in (
                "create_notice",
                "tell_again",
                "create_notices",
                "actions.create_notice",
                "outbox.create_notice",
            ):
                asked.add(name)
    assert made == MAKES_NOTICES
    assert asked == set(ASKS_FOR_NOTICES)


def test_a_link_is_looked_up_in_one_place() -> None:
    found = set()
    for name, tree in iter_sources("link_hash"):
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "link_hash" and "models" not in name:
                found.add(name)
    assert found - MAKES_NOTICES == FINDS_BY_LINK


def test_only_what_holds_nothing_passes_as_content_free() -> None:
    found = set()
    for name, tree in iter_sources("INFORM", "VOID"):
        for node in ast.walk(tree):
            is_purpose = isinstance(node, ast.keyword) and node.arg == "purpose"
            if is_purpose and isinstance(node.value, ast.Attribute) and node.value.attr in ("INFORM", "VOID"):
                found.add(name)
    assert found == MAKES_CONTENT_FREE


def test_every_role_has_a_rule_with_a_source() -> None:
    assert set(get_rules()["roles"]) == set(Role.values)
    for role in Role.values:
        rule = get_role_rule(role)
        assert rule is not None
        if rule["basis"] == "legal_duty":
            assert rule["confidence"] in ("source", "background", "proposal")
            assert rule["source"]


# ---- the gate in front of each road ----

BRIEF: dict[str, Any] = {"sections": []}
BY_CONSENT = sorted(
    {Role.HEALTH, Role.PSYCHOLOGIST, Role.LEGAL_AID, Role.EMBASSY_DESK, Role.PROTECTION_SERVICE, Role.SOCIAL_SERVICE}
    | {Role.SCHOOL}
)
BY_DUTY = sorted({Role.POLICE, Role.RESPONSIBLE_AUTHORITY, Role.CPU, Role.COORDINATOR, Role.MOBILE_UNIT})


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@pytest.fixture
def case(scene: Scene) -> Case:
    return Case.objects.get(reference=scene.send().receipt["case"])


def owe(case: Case, role: str, **more: Any) -> Notice:
    office = more.pop("office", None) or make_office(role, slug=f"office-{uuid.uuid4()}")
    contact = put_on_duty(office)
    return create_notice(
        NoticeRequest(
            event_id=more.pop("event_id", None) or uuid.uuid4(), case_id=case.pk, case_reference=case.reference,
            role=role, contact=contact, municipality=case.municipality, brief=BRIEF, **more,
        )
    )  # fmt: skip


@pytest.mark.parametrize("role", BY_CONSENT)
def test_without_consent_no_notice_can_be_made_at_all(case: Case, role: str) -> None:
    with pytest.raises(SharingRefused):
        owe(case, role)
    office = make_office(role, slug="named")
    record_consent(case, partner=office)
    assert owe(case, role, office=office).pk
    with pytest.raises(SharingRefused):
        owe(case, role)  # another office of that role


@pytest.mark.parametrize("role", BY_DUTY)
def test_no_ledger_stops_a_duty(
    case: Case, role: str, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the ledger is asked")

    monkeypatch.setattr("case_forms.cases.consent.gate.get_entries", broken)
    record_consent(case, answer="refused")
    with django_assert_max_num_queries(40):
        request = NoticeRequest(
            event_id=uuid.uuid4(), case_id=case.pk, case_reference=case.reference, role=role,
            municipality=case.municipality, brief=BRIEF,
        )  # fmt: skip
        assert create_notice(request).pk


def test_a_link_stops_opening_when_the_consent_is_over_even_before_the_clock(case: Case) -> None:
    office = make_office(Role.HEALTH, slug="doctor")
    record_consent(case, partner=office)
    notice = owe(case, Role.HEALTH, office=office)
    assert get_notice_by_link(notice.link_token) == notice
    record_consent(case, partner=office, answer="withdrawn")
    assert get_notice_by_link(notice.link_token) is None


def test_a_notice_of_before_the_ledger_stays_readable_until_the_person_says_no(case: Case) -> None:
    office = make_office(Role.PROTECTION_SERVICE, slug="shelter-of-before")
    entry = record_consent(case, partner=office)
    notice = owe(case, Role.PROTECTION_SERVICE, office=office)
    type(entry).objects.filter(pk=entry.pk).delete()  # as if there had never been one
    assert get_notice_by_link(notice.link_token) == notice
    deputy = owe(case, Role.PROTECTION_SERVICE, office=office, purpose=Purpose.DEPUTY, chases=notice)
    assert deputy.pk
    record_consent(case, partner=office, answer="refused", at=notice.owed_at - timedelta(days=1))
    assert get_notice_by_link(notice.link_token) == notice
    # What is decided about another event of the case says nothing about this one.
    other, asked = CaseEvent.objects.create(case=case, kind="x"), Asked("consent_form", None, None, None)
    decide_sharing(case=case, event=other, to=Recipient(notice.role, office), asked=asked, at=timezone.now())
    assert get_notice_by_link(notice.link_token) == notice
    record_consent(case, partner=office, answer="refused", at=timezone.now())
    assert get_notice_by_link(notice.link_token) is None
    with pytest.raises(SharingRefused):
        owe(case, Role.PROTECTION_SERVICE, office=office, purpose=Purpose.DEPUTY, chases=notice)


def test_an_emergency_passes_over_the_no_that_was_known_then_and_over_none_that_came_after(case: Case) -> None:
    office = make_office(Role.HEALTH, slug="doctor")
    named = timezone.now()
    record_consent(case, partner=office, answer="refused", at=named - timedelta(hours=1))
    event = CaseEvent.objects.get(case_id=case.pk, kind="submission_received")
    to = Recipient(Role.HEALTH, office)
    asked = Asked("vital_interests", VitalInterest("unconscious", named), None, None)
    assert decide_sharing(case=case, event=event, to=to, asked=asked, at=named).basis == VITAL_INTEREST
    notice = owe(case, Role.HEALTH, office=office, event_id=event.pk)
    assert get_notice_by_link(notice.link_token) == notice
    record_consent(case, partner=office, answer="refused", at=named + timedelta(minutes=1))
    # Awake again, and asked anew: whoever could read it in the emergency can't any more.
    assert get_notice_by_link(notice.link_token) is None


@pytest.mark.parametrize(
    ("role", "of_adult", "of_child"),
    [
        (Role.POLICE, DUTY, DUTY),
        (Role.COORDINATOR, OWN_PEOPLE, OWN_PEOPLE),
        (Role.CPU, DUTY, DUTY),
        (Role.SCHOOL, "", CHILD_DUTY),
        (Role.HEALTH, "", ""),
    ],
)
def test_a_verdict_names_the_basis_on_which_it_rests(case: Case, role: str, of_adult: str, of_child: str) -> None:
    for is_child, basis in ((False, of_adult), (True, of_child)):
        case.child_track = is_child
        verdict = may_share(case, Recipient(role), at=timezone.now())
        assert (verdict.is_allowed, verdict.basis) == (bool(basis), basis)


@pytest.mark.parametrize("role", [Role.HEALTH, Role.LEGAL_AID])
def test_where_the_person_consented_an_emergency_that_is_named_besides_changes_nothing(case: Case, role: str) -> None:
    record_consent(case, role=role)
    named = VitalInterest("unconscious", timezone.now())
    verdict = may_share(case, Recipient(role), at=timezone.now(), emergency=named)
    assert (verdict.is_allowed, verdict.basis) == (True, BY_CONSENT_BASIS)


def test_rules_read_the_consents_on_record_and_none_that_was_taken_back(case: Case) -> None:
    now = timezone.now()
    record_consent(case, role=Role.HEALTH, at=now - timedelta(hours=2))
    record_consent(case, role=Role.LEGAL_AID, at=now - timedelta(hours=2))
    record_consent(case, role=Role.LEGAL_AID, answer="withdrawn", at=now - timedelta(hours=1))
    found = get_consents_on_record(case, now)
    assert found == {"health": ["consent_form"], "psychologist": [], "legal_aid": [], "embassy_desk": []}


# ---- notices that go on to somebody else ----


def test_another_area_whose_office_the_consent_does_not_name_is_not_notified(case: Case) -> None:
    first = make_office(Role.SOCIAL_SERVICE, slug="social-here", municipality=case.municipality)
    elsewhere = make_place("lezhe", "Lezhë").municipality
    other = make_office(Role.SOCIAL_SERVICE, slug="social-there", municipality=elsewhere)
    put_on_duty(other)
    record_consent(case, partner=first)
    notice = owe(case, Role.SOCIAL_SERVICE, office=first)
    mark_opened(notice=notice, at=timezone.now())
    notice.refresh_from_db()
    answer(notice=notice, kind="wrong_area", to_municipality=elsewhere)
    assert not Notice.objects.filter(case_id=case.pk, contact__partner=other).exists()
    assert Notice.objects.filter(chases=notice, role=Role.COORDINATOR).exists()
    assert "does not cover it" in str(CaseEvent.objects.get(kind="rerouted").explanation)


def test_another_area_is_notified_where_the_consent_is_about_the_role(case: Case) -> None:
    first = make_office(Role.SOCIAL_SERVICE, slug="social-here", municipality=case.municipality)
    elsewhere = make_place("lezhe", "Lezhë").municipality
    other = make_office(Role.SOCIAL_SERVICE, slug="social-there", municipality=elsewhere)
    put_on_duty(other)
    record_consent(case, role=Role.SOCIAL_SERVICE)
    notice = owe(case, Role.SOCIAL_SERVICE, office=first)
    mark_opened(notice=notice, at=timezone.now())
    notice.refresh_from_db()
    answer(notice=notice, kind="wrong_area", to_municipality=elsewhere)
    assert Notice.objects.filter(case_id=case.pk, contact__partner=other).exists()


def without_recipient(case: Case, office: Partner) -> Notice:
    return create_notice(
        NoticeRequest(
            event_id=uuid.uuid4(), case_id=case.pk, case_reference=case.reference, role=office.role, partner=office,
            municipality=case.municipality, brief=BRIEF,
        )
    )  # fmt: skip


def test_whoever_comes_on_duty_later_is_notified_only_where_the_consent_covers_their_office(case: Case) -> None:
    named = make_office(Role.HEALTH, slug="doctor-named", municipality=case.municipality)
    record_consent(case, partner=named)
    notice = without_recipient(case, named)
    Partner.objects.filter(pk=named.pk).update(is_active=False)
    other = make_office(Role.HEALTH, slug="doctor-other", municipality=case.municipality)
    put_on_duty(other)
    resolve_again(timezone.now() + timedelta(minutes=1))
    notice.refresh_from_db()
    assert notice.contact is None
    record_consent(case, role=Role.HEALTH)
    resolve_again(timezone.now() + timedelta(minutes=5))
    notice.refresh_from_db()
    assert notice.contact is not None
    assert notice.contact.partner == other


def test_only_people_whom_the_consent_covers_can_be_chosen_instead(case: Case) -> None:
    named = make_office(Role.HEALTH, slug="doctor-named", municipality=case.municipality)
    record_consent(case, partner=named)
    notice = without_recipient(case, named)
    other = make_office(Role.HEALTH, slug="doctor-other", municipality=case.municipality)
    theirs, own = put_on_duty(other), put_on_duty(named)
    offered = set(list_choices(notice))
    assert own in offered
    assert theirs not in offered


def test_a_deputy_of_an_office_that_is_not_covered_is_passed_over(case: Case) -> None:
    named = make_office(Role.HEALTH, slug="doctor-named", municipality=case.municipality)
    record_consent(case, partner=named)
    notice = owe(case, Role.HEALTH, office=named)
    other = make_office(Role.HEALTH, slug="doctor-other", municipality=case.municipality)
    deputy = put_on_duty(other)
    assert not may_receive(notice, deputy, timezone.now())
    assert may_receive(notice, put_on_duty(named), timezone.now())
