"""One message from the public that can't be read stops neither the list nor the forgetting of the others."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import PutAside
from vault.tests.spoiling import spoil

from ..dashboard import OpenTips
from ..models import Tip
from ..purge import forget_due
from .scene import make_tip_scene

pytestmark = pytest.mark.django_db


def test_what_cannot_be_read_stands_among_those_of_danger_and_the_others_are_listed():
    scene = make_tip_scene()
    bad, good = scene.receive().tip, scene.receive().tip
    spoil(bad, "answers")
    found = {line.tip.pk: line for line in OpenTips(scene.worker).sorted}
    assert set(found) == {bad.pk, good.pk}
    assert (found[bad.pk].is_in_danger, found[good.pk].is_in_danger) == (True, False)


def test_what_cannot_be_read_keeps_no_other_from_being_forgotten():
    scene = make_tip_scene()
    bad, good = scene.receive().tip, scene.receive().tip
    Tip.objects.update(received_at=timezone.now() - timedelta(days=800), forget_after=timezone.localdate())
    spoil(bad, "answers")
    assert forget_due(timezone.now()) == 1
    assert "what" not in Tip.objects.get(pk=good.pk).answers
    assert [(aside.kind, aside.row) for aside in PutAside.objects.all()] == [("signal.forget_answers", str(bad.pk))]
