"""The order in which rows are locked: every chase of a tip, then the tip, then the audit chain.

SQLite locks no rows; what is asked for is the same on PostgreSQL, where another order ends in a deadlock.
"""

import secrets
from datetime import timedelta

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from audit import chain
from audit.models import ChainHead
from notifications.briefs import further
from notifications.escalation import clock
from notifications.outbox import actions, locking, repeating
from notifications.outbox.models import Notice

from .. import deciding, public_actions, staff_actions
from .. import locking as tip_locking
from ..models import Outcome, Tip
from .scene import make_tip_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return make_tip_scene()


@pytest.fixture
def locked(monkeypatch):
    """What is locked, in order: (model, whether others may still refer to the row)."""
    seen = []
    lock_rows, lock_head = QuerySet.select_for_update, chain._lock_head

    def rows(self, **how):
        seen.append((self.model, how.get("no_key", False)))
        return lock_rows(self, **how)

    def head():
        seen.append((ChainHead, False))
        return lock_head()

    monkeypatch.setattr(QuerySet, "select_for_update", rows)
    monkeypatch.setattr(chain, "_lock_head", head)
    return seen


DEEDS = {
    "take": lambda tip, by: staff_actions.take_tip(tip=tip, by=by),
    "answer": lambda tip, by: staff_actions.answer_tip(tip=tip, by=by, text="Come by.", key="k"),
    "close": lambda tip, by: staff_actions.close_tip(tip=tip, by=by, outcome=Outcome.HANDLED),
    "let others know": lambda tip, by: staff_actions.let_others_know(tip=tip, by=by),
    "add": lambda tip, by: public_actions.add_message(tip_id=tip.pk, text="More.", secret=secrets.token_bytes(16)),
    "take back": lambda tip, by: public_actions.take_back(tip_id=tip.pk),
    "shut the code": lambda tip, by: public_actions.freeze(tip_id=tip.pk),
}


# these lock again, before they add or withdraw, what they have locked (the test after this one)
LOCKS_AGAIN = ("add", "let others know")


@pytest.mark.parametrize("deed", DEEDS)
def test_the_chases_are_locked_before_the_tip_and_all_before_the_chain(scene, locked, deed):
    tip = scene.receive_above(danger_now="yes").tip
    locked.clear()
    DEEDS[deed](tip, scene.worker)
    models = [model for model, _no_key in locked]
    assert models.index(Notice) < models.index(Tip) < models.index(ChainHead)
    assert (Tip, False) not in locked
    after_the_chain = models[models.index(ChainHead) :]
    assert Tip not in after_the_chain
    if deed not in LOCKS_AGAIN:
        assert Notice not in after_the_chain


@pytest.fixture
def chases(monkeypatch):
    """The chases of each call that locks some, and what stands between them."""
    seen = []
    lock = locking.lock_chases

    def note(firsts):
        keys = {first.pk if isinstance(first, Notice) else first for first in firsts} - {None}
        seen.append(keys)
        lock(keys)

    for module in (locking, tip_locking, deciding, further, actions, repeating):
        monkeypatch.setattr(module, "lock_chases", note)
    return seen


@pytest.mark.parametrize("deed", DEEDS)
def test_what_joins_another_tips_chase_locks_it_with_its_own(scene, chases, monkeypatch, deed):
    """Two people write at the same moment, and what one writes joins the other's chase: nobody holds one and waits for
    the other."""
    tip = scene.receive_above(danger_now="yes").tip
    with monkeypatch.context() as apart:
        apart.setattr(deciding, "joinable", lambda **which: None)
        other = scene.receive_above(danger_now="yes").tip
    own, theirs = (set(Notice.objects.filter(case_id=s.pk).values_list("chase_id", flat=True)) for s in (tip, other))
    assert own
    assert theirs
    chases.clear()
    DEEDS[deed](tip, scene.worker)
    assert chases[0] >= own
    assert deed != "add" or chases[0] & theirs
    assert all(later <= chases[0] for later in chases[1:]), chases


def test_what_opens_between_the_look_and_the_lock_gets_a_notice_of_its_own(scene, monkeypatch):
    scene.receive_above(danger_now="yes")
    tip = scene.receive_above(danger_now="yes").tip
    monkeypatch.setattr(public_actions, "chases_to_join", lambda *args, **how: set())
    before = set(Notice.objects.values_list("pk", flat=True))
    public_actions.add_message(tip_id=tip.pk, text="More.", secret=secrets.token_bytes(16))
    told = Notice.objects.exclude(pk__in=before)
    assert set(told.values_list("role", flat=True)) >= {"mobile_unit"}
    assert Notice.objects.filter(case_id=tip.pk).exists()


def test_a_step_of_the_clock_locks_its_whole_chase_first(scene, locked):
    scene.receive_above(danger_now="yes")
    later = timezone.now() + timedelta(hours=3)
    locked.clear()
    assert clock.advance(later)
    models = [model for model, _no_key in locked]
    assert models[0] is Notice
    assert models.index(Notice) < models.index(ChainHead)
