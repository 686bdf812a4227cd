from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from notifications.outbox.delivery import claim, send_due
from notifications.outbox.escalation_chain import get_ladder_owner
from notifications.outbox.models import Notice, Purpose
from tests.world.notices import notify_officer

from ..findings import get_stranded_notices

pytestmark = pytest.mark.django_db


def names():
    return [notice.pk for notice in get_stranded_notices(timezone.now())]


def test_owed_sending_failed_and_sent_notices_all_have_a_next_step(staffed, postbox):
    notify_officer(staffed, contact=None)
    notify_officer(staffed)
    claim(now=timezone.now())
    notify_officer(staffed)
    send_due()
    assert Notice.objects.count() == 4
    assert names() == []


def test_a_sent_notice_without_a_clock_is_stranded(staffed, postbox):
    notice = notify_officer(staffed)
    send_due()
    Notice.objects.update(next_step_at=None)
    assert names() == [notice.pk]


def test_a_chaser_is_covered_by_the_clock_of_its_chase_and_only_by_that(staffed, postbox):
    first = notify_officer(staffed)
    reminder = notify_officer(staffed, purpose=Purpose.REMINDER, chases=first, ladder=())
    assert names() == []  # it has its next attempt
    send_due()
    assert names() == []
    Notice.objects.filter(pk=first.pk).update(state="closed", closed_at=timezone.now(), next_step_at=None)
    assert names() == [reminder.pk]


def test_an_unsent_chaser_of_a_settled_chase_is_still_tried(staffed):
    first = notify_officer(staffed)
    notify_officer(staffed, purpose=Purpose.REMINDER, chases=first, ladder=())
    Notice.objects.filter(pk=first.pk).update(
        state="closed", closed_at=timezone.now(), next_step_at=None, next_attempt_at=None
    )
    assert names() == []


def test_a_notice_that_chases_belongs_to_the_nearest_ladder_above_it(staffed):
    first = notify_officer(staffed)
    deputy = notify_officer(staffed, purpose=Purpose.DEPUTY, chases=first)
    reminder = notify_officer(staffed, purpose=Purpose.REMINDER, chases=deputy, ladder=())
    assert (get_ladder_owner(reminder), get_ladder_owner(deputy), get_ladder_owner(first)) == (deputy, deputy, first)


def test_the_command_says_which_one_and_fails(staffed, postbox):
    notice, out = notify_officer(staffed), StringIO()
    call_command("audit_ladders", stdout=out)
    assert "1 open notice(s)" in out.getvalue()
    send_due()
    Notice.objects.update(next_step_at=None)
    with pytest.raises(CommandError):
        call_command("audit_ladders", stdout=out)
    assert notice.code in out.getvalue()
