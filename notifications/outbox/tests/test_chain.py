"""What the outbox makes of the chain: whose brief says what, whom a fallback goes to, and the operator's alarm."""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.utils import timezone

from access.models import Assignment, MobileUnit, Municipality, PoliceDirectorate, Region, User
from config.health import readiness
from notifications.directory.models import DutyShift, Role
from notifications.escalation.findings import FINDINGS, collect_findings
from tests.world.notices import StaffedCountry, notify_officer
from tests.world.offices import make_contact, make_office, put_on_duty

from .. import alarm
from ..actions import cancel
from ..models import Heartbeat, Notice, Purpose
from ..sweep import resolve_again

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit(staffed: StaffedCountry) -> MobileUnit:
    return MobileUnit.objects.create(
        slug="nl-vlore", name="Njësia Vlorë", region=staffed.country.vlore.region, callback_phone="+355 69 111"
    )


@pytest.fixture
def far() -> Municipality:
    region = Region.objects.create(slug="fier", name="Fier", iso_code="AL-04")
    directorate = PoliceDirectorate.objects.create(slug="dvp-fier", name="DVP Fier", short_name="DVP Fier")
    return Municipality.objects.create(slug="fier", name="Fier", region=region, police_directorate=directorate)


def heads(notice: Notice) -> list[str]:
    return [section["title"]["en"] for section in notice.brief["sections"]]


def test_a_brief_for_an_office_of_another_area_says_so_before_all_else(
    staffed: StaffedCountry, far: Municipality
) -> None:
    notice = notify_officer(staffed, municipality=far)
    assert heads(notice) == ["Outside your area", "Case"]
    assert "Fier is outside your office's area" in notice.brief["sections"][0]["rows"][0]["value"]["en"]
    assert heads(notify_officer(staffed)) == ["Case"]


def test_the_head_is_taken_off_again_where_it_is_no_longer_true(staffed: StaffedCountry, far: Municipality) -> None:
    outside = notify_officer(staffed, municipality=far)
    inside = notify_officer(staffed, brief=outside.brief, chases=outside, purpose=Purpose.REROUTE)
    assert heads(inside) == ["Case"]


def test_a_contact_found_later_in_another_area_reads_that_it_is_outside(
    staffed: StaffedCountry, far: Municipality
) -> None:
    notice = notify_officer(staffed, municipality=far, contact=None)
    assert heads(notice) == ["Case"]
    staffed.country.police.regions.add(far.region)
    assert resolve_again(timezone.now() + timedelta(seconds=11)) >= 1
    notice.refresh_from_db()
    assert (notice.contact, heads(notice)) == (staffed.officer, ["Outside your area", "Case"])


def test_a_place_without_anybody_is_told_to_the_sending_units_coordinator(
    staffed: StaffedCountry, unit: MobileUnit, far: Municipality
) -> None:
    notice = notify_officer(staffed, municipality=far, contact=None, unit=unit)
    fallback = Notice.objects.get(purpose=Purpose.FALLBACK)
    assert (fallback.contact, fallback.chases, fallback.unit) == (staffed.coordinator, notice, unit)
    words = str(fallback.brief)
    for expected in ("anti-trafficking police officer", "Fier", "Njësia Vlorë, +355 69 111", staffed.officer.phone):
        assert expected in words


def test_every_coordinator_is_told_where_the_units_own_is_away(
    staffed: StaffedCountry, unit: MobileUnit, far: Municipality
) -> None:
    DutyShift.objects.filter(contact=staffed.coordinator).delete()
    others = {put_on_duty(make_office(Role.COORDINATOR, slug=f"coordinator-{n}")) for n in (1, 2)}
    notify_officer(staffed, municipality=far, contact=None, unit=unit)
    assert {each.contact for each in Notice.objects.filter(purpose=Purpose.FALLBACK)} == others
    assert alarm.get_notices_for_nobody().count() == 0


def test_asking_again_for_days_makes_nothing_more(staffed: StaffedCountry, unit: MobileUnit, far: Municipality) -> None:
    DutyShift.objects.all().delete()
    notify_officer(staffed, municipality=far, contact=None, unit=unit)
    before = Notice.objects.count()
    for hours in range(1, 73):
        resolve_again(timezone.now() + timedelta(hours=hours))
    assert Notice.objects.count() == before == 2


def test_a_chain_is_kept_on_the_notice_and_handed_on(
    staffed: StaffedCountry, unit: MobileUnit, far: Municipality
) -> None:
    chain = ["municipality", "unit_coordinators", "operator"]
    DutyShift.objects.filter(contact=staffed.coordinator).delete()
    put_on_duty(make_office(Role.COORDINATOR, slug="coordinator-1"))
    notice = notify_officer(staffed, municipality=far, contact=None, unit=unit, chain=chain)
    fallback = notice.chasers.get()
    assert (fallback.chain, fallback.contact) == (chain, None)  # “every coordinator” isn't in it


# ---- nobody reached ----


def test_nobody_reached_are_first_notices_and_heirs_of_those_that_are_over(staffed: StaffedCountry) -> None:
    DutyShift.objects.all().delete()
    alone = notify_officer(staffed, contact=None)
    declined = notify_officer(staffed)
    heir = notify_officer(staffed, contact=None, role=Role.COORDINATOR, chases=declined, purpose=Purpose.CALL)
    assert set(Notice.objects.nobody_reached()) == {alone}  # the first of the other one is still open
    now = timezone.now()
    Notice.objects.filter(pk=declined.pk).update(
        state="declined",
        attempts=1,
        sent_at=now,
        opened_at=now,
        declined_at=now,
        next_attempt_at=None,
        next_step_at=None,
    )
    assert set(Notice.objects.nobody_reached()) == {alone, heir}
    cancel(notice=heir, reason="told_instead")
    assert set(Notice.objects.nobody_reached()) == {alone}


# ---- the alarm ----


@pytest.fixture
def operator() -> User:
    user = User.objects.create_user("operator", email="operator@vatra.example", language="en")
    Assignment.objects.create(user=user, role="operator", starts_on=timezone.localdate() - timedelta(days=1))
    return user


def alarmed(staffed: StaffedCountry) -> Notice:
    DutyShift.objects.all().delete()
    return notify_officer(staffed, contact=None, case_reference="9QZ9QZ")


def age(minutes: float) -> None:
    Heartbeat.objects.filter(part=alarm.MAILED).update(at=timezone.now() - timedelta(minutes=minutes))


def as_the_sweeper_finds_it() -> dict[str, Any]:
    """What `/readyz` says once the sweeper has looked around."""
    now = timezone.now()
    Heartbeat.objects.update_or_create(part=FINDINGS, defaults={"at": now, "facts": collect_findings(now)})
    return readiness()[1]


def test_all_is_quiet_while_a_coordinator_is_told(staffed: StaffedCountry, operator: User) -> None:
    notify_officer(staffed, contact=None)
    assert alarm.ring() == 0
    assert as_the_sweeper_finds_it()["parts"]["nobody_told"] == {"ok": True, "cases": 0, "oldest_s": None}


def test_the_operator_is_alarmed_without_a_word_of_the_case(staffed: StaffedCountry, operator: User) -> None:
    notice = alarmed(staffed)
    assert alarm.ring() == 1
    (letter,) = mail.outbox
    assert letter.to == ["operator@vatra.example"]
    text = letter.subject + letter.body
    for secret in ("9QZ9QZ", notice.code, "Vlorë", "police", str(notice.case_id)):
        assert secret not in text
    assert "/cms/dutyshift/" in letter.body
    body = as_the_sweeper_finds_it()
    part = body["parts"]["nobody_told"]
    assert (part["ok"], part["cases"]) == (False, 1)
    assert "nobody_told" in body["degraded"]


def test_mails_are_few_and_become_fewer(staffed: StaffedCountry, operator: User) -> None:
    alarmed(staffed)
    assert [alarm.ring(), alarm.ring()] == [1, 0]
    age(61)
    assert alarm.ring() == 1
    Notice.objects.update(owed_at=timezone.now() - timedelta(days=2))
    age(61)
    assert alarm.ring() == 0
    age(24 * 60 + 1)
    assert alarm.ring() == 1


def test_a_new_case_without_anybody_is_mailed_at_once(staffed: StaffedCountry, operator: User) -> None:
    alarmed(staffed)
    alarm.ring()
    age(6)
    notify_officer(staffed, contact=None)
    assert alarm.ring() == 1


def test_a_drill_alarms_nobody(staffed: StaffedCountry, operator: User) -> None:
    DutyShift.objects.all().delete()
    notify_officer(staffed, contact=None, is_drill=True)
    assert alarm.ring() == 0


def test_the_alarm_ends_when_somebody_is_found(staffed: StaffedCountry, operator: User) -> None:
    alarmed(staffed)
    put_on_duty(staffed.country.coordinator, contact=make_contact(staffed.country.coordinator))
    resolve_again(timezone.now() + timedelta(minutes=1))
    assert alarm.ring() == 0


def test_an_alarm_that_reached_nobody_is_tried_again_in_five_minutes(
    staffed: StaffedCountry, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarmed(staffed)
    Notice.objects.update(owed_at=timezone.now() - timedelta(days=2))
    with monkeypatch.context() as away:
        refused = mock.Mock(side_effect=OSError)
        away.setattr("access.staff_mail.EmailMessage.send", refused)
        assert alarm.ring() == 0
        assert alarm.ring() == 0
        assert refused.call_count == 1
    age(4)
    assert alarm.ring() == 0
    age(5.1)
    assert alarm.ring() == 1
    age(61)
    assert alarm.ring() == 0  # heard: once a day is enough


def test_a_worker_that_died_while_writing_the_alarm_keeps_nobody_from_hearing_it(
    staffed: StaffedCountry, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarmed(staffed)
    Notice.objects.update(owed_at=timezone.now() - timedelta(days=2))
    with monkeypatch.context() as away:
        away.setattr(alarm, "get_operators_to_mail", mock.Mock(side_effect=RuntimeError))
        with pytest.raises(RuntimeError):
            alarm.ring()
    age(5.1)
    assert alarm.ring() == 1
