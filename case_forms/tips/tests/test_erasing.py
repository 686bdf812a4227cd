"""Taken back and forgotten mean it: nothing that was written is left anywhere, except a danger that is still chased."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.briefs.models import FurtherReport
from notifications.directory.models import Role
from notifications.outbox.models import Notice

from .. import public_actions
from ..models import Outcome, Tip
from ..purge import forget_due
from ..staff_actions import TipActionRefused, answer_tip
from .scene import SECRET_WORDS, get_notices, make_tip_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return make_tip_scene()


def everything_readable() -> str:
    """All that can be opened of what was written, wherever it stands."""
    found = [notice.brief for notice in Notice.objects.all()]
    found += [report.brief for report in FurtherReport.objects.all()]
    found += [tip.answers for tip in Tip.objects.all()]
    found += [event.explanation for tip in Tip.objects.all() for event in tip.events.all()]
    return json.dumps(found, default=str)


def test_what_is_taken_back_is_gone_from_every_notice_and_their_links_end(scene):
    received = scene.receive(child_involved="yes")
    assert SECRET_WORDS in everything_readable()
    public_actions.take_back(tip_id=received.tip.pk)
    assert SECRET_WORDS not in everything_readable()
    assert not Notice.objects.open().exists()
    assert not Notice.objects.filter(link_revoked_at__isnull=True).exists()


def test_what_joined_anothers_notice_is_gone_from_it_and_the_other_stays(scene):
    scene.receive(what="The first.")
    second = scene.receive().tip
    public_actions.take_back(tip_id=second.pk)
    assert SECRET_WORDS not in everything_readable()
    assert "The first." in everything_readable()
    assert Notice.objects.open().count() == 1


def test_a_danger_that_was_taken_back_is_still_chased_and_goes_when_its_date_comes(scene, settings):
    received = scene.receive(danger_now="yes")
    taken_back = public_actions.take_back(tip_id=received.tip.pk)
    assert taken_back.erase_notices_at is not None
    police = get_notices(received.tip)[Role.POLICE]
    assert police.is_open
    assert SECRET_WORDS in str(police.brief)
    almost = timezone.now() + timedelta(days=settings.SIGNAL_DANGER_NOTICE_DAYS - 1)
    forget_due(almost)
    assert SECRET_WORDS in everything_readable()
    forget_due(almost + timedelta(days=2))
    assert SECRET_WORDS not in everything_readable()
    assert not Notice.objects.open().exists()


def test_what_is_forgotten_after_closing_is_gone_from_the_notices(scene, settings):
    tip = scene.receive(danger_now="yes").tip
    long_ago = timezone.now() - timedelta(days=settings.SIGNAL_CLOSED_DAYS + 1)
    Tip.objects.filter(pk=tip.pk).update(state="closed", outcome=Outcome.HANDLED, closed_at=long_ago)
    forget_due(timezone.now())
    assert SECRET_WORDS not in everything_readable()


def test_a_locked_code_opens_nothing_and_what_was_written_stays_with_the_unit(scene):
    received = scene.receive()
    public_actions.freeze(tip_id=received.tip.pk)
    assert public_actions.get_tip(received.code) is None
    tip = Tip.objects.get()
    assert tip.answers["what"] == SECRET_WORDS
    assert get_notices(tip)[Role.MOBILE_UNIT].is_open
    with pytest.raises(TipActionRefused, match="frozen"):
        answer_tip(tip=tip, by=scene.worker, text="Hello", key="k")
    public_actions.freeze(tip_id=tip.pk)
