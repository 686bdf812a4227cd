"""A tip is stored sealed, owes its notices in one transaction, and is told of even when the procedure is silent."""

import secrets
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from access.models import MobileUnit
from audit.models import AuditEntry
from case_forms.cases.models import Case
from notifications.briefs.replies import answer as reply_to
from notifications.directory.models import Role
from notifications.escalation.clock import advance
from notifications.outbox.models import Notice, Purpose
from tests.world.places import make_place

from .. import codes, public_actions
from ..deciding import OWN_RULE
from ..models import Outcome, Sender, Tip, TipEvent, TipMessage, TipState
from .scene import SECRET_WORDS, get_notices, make_tip_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return make_tip_scene()


def words_in(brief):
    return str(brief)


def test_a_tip_opens_no_case_and_owes_the_unit_a_notice(scene):
    received = scene.receive()
    assert received.created
    assert Case.objects.count() == 0
    notices = get_notices(received.tip)
    assert set(notices) == {Role.MOBILE_UNIT}
    assert notices[Role.MOBILE_UNIT].contact.partner == scene.offices[Role.MOBILE_UNIT]
    assert notices[Role.MOBILE_UNIT].case_reference == received.tip.reference
    assert len(received.tip.reference) <= 8


def test_danger_tells_the_police_at_once_and_a_child_the_child_protection_unit(scene):
    notices = get_notices(scene.receive(danger_now="yes", child_involved="yes").tip)
    assert set(notices) == {Role.MOBILE_UNIT, Role.POLICE, Role.CPU}
    assert "urgent" in words_in(notices[Role.POLICE].brief)


def test_each_role_reads_only_what_is_shared_with_it(scene):
    calm = get_notices(scene.receive(child_involved="yes").tip)
    assert SECRET_WORDS in words_in(calm[Role.MOBILE_UNIT].brief)
    assert SECRET_WORDS not in words_in(calm[Role.CPU].brief)
    dangerous = get_notices(scene.receive(danger_now="yes", safe_contact_phone="+355691234567").tip)
    assert SECRET_WORDS in words_in(dangerous[Role.POLICE].brief)
    assert all("1234567" not in words_in(notice.brief) for notice in dangerous.values())


def test_sending_the_same_form_twice_stores_one_tip_with_one_code(scene):
    secret = secrets.token_bytes(32)
    first, second = scene.receive(secret=secret), scene.receive(secret=secret)
    assert (first.created, second.created) == (True, False)
    assert (first.tip, first.code) == (second.tip, second.code)
    assert Tip.objects.count() == Notice.objects.count() == 1


def test_nothing_that_was_written_stands_in_any_table(scene):
    received = scene.receive(safe_contact_phone="+355691234567")
    public_actions.add_message(tip_id=received.tip.pk, text=SECRET_WORDS, secret=secrets.token_bytes(32))
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
            rows = str(cursor.fetchall())
            assert SECRET_WORDS not in rows, table
            assert "691234567" not in rows, table
            assert received.code not in rows, table


def test_receiving_is_recorded_without_a_word_of_it_and_by_nobody(scene):
    scene.receive()
    entry = AuditEntry.objects.get(action="signal.received")
    assert (entry.actor_kind, entry.actor_id) == ("anonymous", "")
    assert SECRET_WORDS not in str(entry.detail)


def test_a_failure_takes_everything_back(scene, monkeypatch):
    monkeypatch.setattr(public_actions, "log_event", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        scene.receive()
    assert not Tip.objects.exists()
    assert not Notice.objects.exists()


def test_without_a_rule_for_it_the_unit_is_told_all_the_same():
    scene = make_tip_scene(rules=False)
    tip = scene.receive(danger_now="yes").tip
    notices = get_notices(tip)
    assert set(notices) == {Role.MOBILE_UNIT}
    assert notices[Role.MOBILE_UNIT].ladder[-1]["do"] == "call"
    assert OWN_RULE in TipEvent.objects.get(kind="signal_received").detail["rules"]


def test_without_a_procedure_in_force_the_unit_is_told_and_reads_that_nobody_else_was():
    scene = make_tip_scene(procedure=False)
    tip = scene.receive(danger_now="yes").tip
    assert set(get_notices(tip)) == {Role.MOBILE_UNIT}
    event = TipEvent.objects.get(kind="signal_received")
    assert event.detail["failed"] == "no_procedure"
    assert "NOT notified" in str(event.explanation)


def test_a_procedure_that_fails_does_not_lose_the_report(scene, monkeypatch):
    from case_forms.procedures.decide import DecisionFailed

    from .. import deciding

    def fail(*args, **kwargs):
        raise DecisionFailed("rules/x")

    monkeypatch.setattr(deciding, "decide", fail)
    tip = scene.receive(danger_now="yes").tip
    assert set(get_notices(tip)) == {Role.MOBILE_UNIT}
    assert tip.events.get().detail["failed"] == "procedure_failed"


def test_with_nobody_on_duty_the_coordinator_is_told_instead():
    scene = make_tip_scene(on_duty=False)
    tip = scene.receive().tip
    fallback = Notice.objects.get(case_id=tip.pk, purpose=Purpose.FALLBACK)
    assert fallback.contact.partner == scene.offices[Role.COORDINATOR]
    assert tip.events.get().detail["unresolved"] == [Role.MOBILE_UNIT]


def test_nobody_answering_reminds_then_asks_the_other_worker_then_calls_the_coordinator(scene):
    tip = scene.receive().tip
    now = timezone.now()
    first = get_notices(tip)[Role.MOBILE_UNIT]
    for step in range(1, 4):
        Notice.objects.filter(pk=first.pk).update(next_step_at=now)
        advance(now + timedelta(hours=step))
    told = Notice.objects.filter(case_id=tip.pk).exclude(pk=first.pk).order_by("owed_at")
    roles = {notice.role for notice in told}
    assert Role.COORDINATOR in roles
    assert any(notice.contact_id != first.contact_id and notice.role == Role.MOBILE_UNIT for notice in told)
    assert tip.events.filter(kind="notice_escalated").exists()


# ---- where it belongs ----


def test_what_happens_in_another_units_region_goes_to_that_unit(scene):
    other = make_place()
    unit = MobileUnit.objects.create(slug="other", name="Other", region=other.region)
    tip = scene.receive(municipality=other.municipality.slug).tip
    assert (tip.unit, tip.municipality, tip.region) == (unit, other.municipality, scene.place.region)


def test_a_question_stays_with_the_unit_that_was_met(scene):
    other = make_place()
    MobileUnit.objects.create(slug="other", name="Other", region=other.region)
    assert scene.receive(kind="question", municipality=other.municipality.slug).tip.unit == scene.unit


def test_where_no_unit_works_the_unit_that_was_met_is_told_in_its_own_region(scene):
    nowhere = make_place()
    tip = scene.receive(municipality=nowhere.municipality.slug).tip
    notice = get_notices(tip)[Role.MOBILE_UNIT]
    assert tip.unit == scene.unit
    assert tip.municipality == nowhere.municipality
    assert notice.municipality == scene.place.municipality
    assert notice.contact is not None


# ---- coming back ----


def test_a_code_finds_its_tip_and_no_other_code_does(scene):
    received = scene.receive()
    assert public_actions.get_tip(received.code) == received.tip
    assert public_actions.get_tip(codes.code_from(secrets.token_bytes(32), "en")) is None
    assert received.code not in received.tip.receipt_hash


def test_writing_again_makes_it_new_again_and_tells_the_unit_once(scene):
    tip = scene.receive().tip
    Tip.objects.filter(pk=tip.pk).update(state=TipState.CLOSED, outcome=Outcome.HANDLED, closed_at=timezone.now())
    secret = secrets.token_bytes(32)
    for _time in range(2):
        public_actions.add_message(tip_id=tip.pk, text="And this too.", secret=secret)
    tip.refresh_from_db()
    assert (tip.state, tip.outcome, tip.messages.count()) == (TipState.NEW, "", 1)
    told = Notice.objects.get(case_id=tip.pk, chases__isnull=True)  # still open: what was added stands in it
    assert told.role == Role.MOBILE_UNIT
    assert "And this too." in words_in(told.further_reports.get().brief)


def test_writing_again_after_the_unit_took_it_tells_the_unit_anew(scene):
    tip = scene.receive().tip
    reply_to(notice=get_notices(tip)[Role.MOBILE_UNIT], kind="accepted")
    public_actions.add_message(tip_id=tip.pk, text="And this too.", secret=secrets.token_bytes(32))
    told = Notice.objects.filter(case_id=tip.pk, chases__isnull=True).order_by("owed_at")
    assert [notice.role for notice in told] == [Role.MOBILE_UNIT, Role.MOBILE_UNIT]
    assert "And this too." in words_in(told[1].brief)


def test_nothing_is_added_to_what_nobody_meant(scene):
    tip = scene.receive().tip
    Tip.objects.filter(pk=tip.pk).update(state=TipState.CLOSED, outcome=Outcome.SPAM, closed_at=timezone.now())
    with pytest.raises(public_actions.TipClosed):
        public_actions.add_message(tip_id=tip.pk, text="x", secret=b"1" * 32)


def test_a_person_adds_only_so_much_in_an_hour(scene):
    tip = scene.receive().tip
    for _number in range(public_actions.MAX_MESSAGES):
        public_actions.add_message(tip_id=tip.pk, text="x", secret=secrets.token_bytes(32))
    with pytest.raises(public_actions.TooManyMessages):
        public_actions.add_message(tip_id=tip.pk, text="x", secret=secrets.token_bytes(32))
    later = timezone.now() + timedelta(hours=2)
    public_actions.add_message(tip_id=tip.pk, text="x", secret=secrets.token_bytes(32), at=later)


def test_taking_danger_back_deletes_what_was_written_and_leaves_who_was_told_chased(scene):
    received = scene.receive(danger_now="yes")
    public_actions.add_message(tip_id=received.tip.pk, text="More.", secret=secrets.token_bytes(32))
    before = Notice.objects.open().count()
    public_actions.take_back(tip_id=received.tip.pk)
    tip = Tip.objects.get()
    assert (tip.answers, tip.state, tip.outcome) == ({}, TipState.CLOSED, Outcome.TAKEN_BACK)
    assert public_actions.get_tip(received.code) is None
    assert not TipMessage.objects.exists()
    assert not tip.events.filter(explanation__isnull=False).exists()
    assert Notice.objects.open().count() == before
    public_actions.take_back(tip_id=tip.pk)  # twice is once
    assert AuditEntry.objects.filter(action="signal.taken_back").count() == 1


# ---- what recipients do ----


def test_opening_and_answering_stand_in_the_tips_events(scene):
    tip = scene.receive(danger_now="yes").tip
    reply_to(notice=get_notices(tip)[Role.MOBILE_UNIT], kind="accepted")
    tip.refresh_from_db()
    assert tip.state == TipState.READ
    assert tip.taken_at is not None
    kinds = list(tip.events.values_list("kind", flat=True))
    assert kinds == ["signal_received", "notice_opened", "notice_answered"]


def test_the_police_naming_another_area_sends_it_on_to_that_areas_police(scene):
    tip = scene.receive(danger_now="yes").tip
    other = make_place()
    from tests.world.offices import make_staffed_office

    office = make_staffed_office(Role.POLICE, directorate=other.directorate)
    reply_to(notice=get_notices(tip)[Role.POLICE], kind="wrong_area", to_municipality=other.municipality)
    sent_on = Notice.objects.get(case_id=tip.pk, purpose=Purpose.REROUTE)
    assert sent_on.contact.partner == office
    assert sent_on.case_reference == tip.reference
    assert SECRET_WORDS in words_in(sent_on.brief)
    assert tip.events.filter(kind="rerouted").exists()


def test_an_area_where_nobody_answers_has_its_coordinator_called(scene):
    tip = scene.receive(danger_now="yes").tip
    nowhere = make_place()
    reply_to(notice=get_notices(tip)[Role.POLICE], kind="wrong_area", to_municipality=nowhere.municipality)
    call = Notice.objects.get(case_id=tip.pk, purpose=Purpose.CALL)
    assert call.role == Role.COORDINATOR
    assert not tip.events.get(kind="rerouted").detail["resolved"]


def test_the_person_reading_the_answer_is_seen(scene):
    tip = scene.receive().tip
    TipMessage.objects.create(tip=tip, sender=Sender.UNIT, by=scene.worker, text="x", key="k")
    assert public_actions.mark_seen(tip) == 1
    assert public_actions.mark_seen(tip) == 0
