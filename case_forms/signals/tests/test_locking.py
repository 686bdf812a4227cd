"""The order in which rows are locked: every chase of a signal, then the signal, then the audit chain.

SQLite locks no rows; what is asked for is the same on PostgreSQL, where another order ends in a deadlock.
"""

import secrets

import pytest
from django.db.models import QuerySet

from audit import chain
from audit.models import ChainHead
from case_forms.signals import answering, receiving
from case_forms.signals.models import Outcome, Signal
from notifications.outbox.models import Notice

from .scene import make_signal_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return make_signal_scene()


@pytest.fixture
def locked(monkeypatch):
    """What is locked, in order: (model, whether others may still refer to the row)."""
    seen = []
    lock_rows, lock_head = QuerySet.select_for_update, chain._locked_head

    def rows(self, **how):
        seen.append((self.model, how.get("no_key", False)))
        return lock_rows(self, **how)

    def head():
        seen.append((ChainHead, False))
        return lock_head()

    monkeypatch.setattr(QuerySet, "select_for_update", rows)
    monkeypatch.setattr(chain, "_locked_head", head)
    return seen


DEEDS = {
    "take": lambda signal, by: answering.take_signal(signal=signal, by=by),
    "answer": lambda signal, by: answering.answer_signal(signal=signal, by=by, text="Come by.", key="k"),
    "close": lambda signal, by: answering.close_signal(signal=signal, by=by, outcome=Outcome.HANDLED),
    "let others know": lambda signal, by: answering.let_others_know(signal=signal, by=by),
    "add": lambda signal, by: receiving.add_message(signal_id=signal.pk, text="More.", secret=secrets.token_bytes(16)),
    "take back": lambda signal, by: receiving.take_back(signal_id=signal.pk),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_the_chases_are_locked_before_the_signal_and_all_before_the_chain(scene, locked, deed):
    signal = scene.receive_above(danger_now="yes").signal
    locked.clear()
    DEEDS[deed](signal, scene.worker)
    models = [model for model, _no_key in locked]
    assert models.index(Notice) < models.index(Signal) < models.index(ChainHead)
    assert (Signal, False) not in locked
    after_the_chain = models[models.index(ChainHead) :]
    assert Signal not in after_the_chain
    if deed != "add":  # locks again, before it adds, what it has locked
        assert Notice not in after_the_chain
