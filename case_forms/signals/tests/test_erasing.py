"""Taken back and forgotten mean it: nothing that was written is left anywhere, except a danger that is still chased."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from case_forms.signals import receiving
from case_forms.signals.answering import CantDo, answer_signal
from case_forms.signals.forgetting import forget_due
from case_forms.signals.models import Outcome, Signal
from notifications.briefs.models import FurtherReport
from notifications.directory.models import Role
from notifications.outbox.models import Notice

from .scene import SECRET_WORDS, make_signal_scene, notices_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return make_signal_scene()


def everything_readable() -> str:
    """All that can be opened of what was written, wherever it stands."""
    found = [notice.brief for notice in Notice.objects.all()]
    found += [report.brief for report in FurtherReport.objects.all()]
    found += [signal.answers for signal in Signal.objects.all()]
    found += [event.explanation for signal in Signal.objects.all() for event in signal.events.all()]
    return json.dumps(found, default=str)


def test_what_is_taken_back_is_gone_from_every_notice_and_their_links_end(scene):
    received = scene.receive(child_involved="yes")
    assert SECRET_WORDS in everything_readable()
    receiving.take_back(signal_id=received.signal.pk)
    assert SECRET_WORDS not in everything_readable()
    assert not Notice.objects.open().exists()
    assert not Notice.objects.filter(link_revoked_at__isnull=True).exists()


def test_what_joined_anothers_notice_is_gone_from_it_and_the_other_stays(scene):
    scene.receive(what="The first.")
    second = scene.receive().signal
    receiving.take_back(signal_id=second.pk)
    assert SECRET_WORDS not in everything_readable()
    assert "The first." in everything_readable()
    assert Notice.objects.open().count() == 1


def test_a_danger_that_was_taken_back_is_still_chased_and_goes_when_its_date_comes(scene, settings):
    received = scene.receive(danger_now="yes")
    taken_back = receiving.take_back(signal_id=received.signal.pk)
    assert taken_back.erase_notices_at is not None
    police = notices_of(received.signal)[Role.POLICE]
    assert police.is_open
    assert SECRET_WORDS in str(police.brief)
    almost = timezone.now() + timedelta(days=settings.SIGNAL_DANGER_NOTICE_DAYS - 1)
    forget_due(almost)
    assert SECRET_WORDS in everything_readable()
    forget_due(almost + timedelta(days=2))
    assert SECRET_WORDS not in everything_readable()
    assert not Notice.objects.open().exists()


def test_what_is_forgotten_after_closing_is_gone_from_the_notices(scene, settings):
    signal = scene.receive(danger_now="yes").signal
    long_ago = timezone.now() - timedelta(days=settings.SIGNAL_CLOSED_DAYS + 1)
    Signal.objects.filter(pk=signal.pk).update(state="closed", outcome=Outcome.HANDLED, closed_at=long_ago)
    forget_due(timezone.now())
    assert SECRET_WORDS not in everything_readable()


def test_a_locked_code_opens_nothing_and_what_was_written_stays_with_the_unit(scene):
    received = scene.receive()
    receiving.freeze(signal_id=received.signal.pk)
    assert receiving.signal_of(received.code) is None
    signal = Signal.objects.get()
    assert signal.answers["what"] == SECRET_WORDS
    assert notices_of(signal)[Role.MOBILE_UNIT].is_open
    with pytest.raises(CantDo, match="frozen"):
        answer_signal(signal=signal, by=scene.worker, text="Hello", key="k")
    receiving.freeze(signal_id=signal.pk)
