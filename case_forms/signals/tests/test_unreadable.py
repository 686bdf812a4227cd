"""One message from the public that can't be read stops neither the list nor the forgetting of the others."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import PutAside
from case_forms.signals.desk import open_lines
from case_forms.signals.forgetting import forget_due
from case_forms.signals.models import Signal
from case_forms.signals.tests.scene import make_signal_scene
from vault.tests.spoiling import spoil

pytestmark = pytest.mark.django_db


def test_what_cannot_be_read_stands_among_those_of_danger_and_the_others_are_listed():
    scene = make_signal_scene()
    bad, good = scene.receive().signal, scene.receive().signal
    spoil(bad, "answers")
    found = {line.signal.pk: line for line in open_lines(scene.worker)}
    assert set(found) == {bad.pk, good.pk}
    assert (found[bad.pk].is_in_danger, found[good.pk].is_in_danger) == (True, False)


def test_what_cannot_be_read_keeps_no_other_from_being_forgotten():
    scene = make_signal_scene()
    bad, good = scene.receive().signal, scene.receive().signal
    Signal.objects.update(received_at=timezone.now() - timedelta(days=800), forget_after=timezone.localdate())
    spoil(bad, "answers")
    assert forget_due(timezone.now()) == 1
    assert "what" not in Signal.objects.get(pk=good.pk).answers
    assert [(aside.kind, aside.row) for aside in PutAside.objects.all()] == [("signal.forget_answers", str(bad.pk))]
