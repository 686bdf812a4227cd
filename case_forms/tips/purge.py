"""Purging tips: what is forgotten of them, and when.

A question's `keep_for` counts from the day the tip came, open or closed: that is what the public page promises. Some
time after a tip was closed everything that was written goes, and its receipt opens nothing any more. What was made
from it, in notices and their papers, goes in the same transaction. What stays is that there was one, where, when, and
what became of it.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit.chain import log_event
from audit.put_aside import for_each_row, get_put_aside_keys
from case_forms.form_builder.retention import first_due, without_overdue
from notifications.briefs.erasing import erase_all_from, erase_answers
from notifications.outbox.models import Notice

from .locking import lock_tip
from .models import Outcome, Tip, TipState
from .voices import forget_voice

ANSWERS, ALL, NOTICES = (
    "signal.forget_answers",
    "signal.forget",
    "signal.erase_notices",
)  # what is put aside when one can't be read
AT_MOST = 500  # tips in one pass


def forget_due(now: datetime) -> int:
    """Forget what is due, each tip by itself. Returns how many lost something."""
    today = timezone.localdate(now)
    # Without what was put aside: one tip that can't be read would stand first in every pass (ADR 39).
    overdue = (
        Tip.objects.filter(forget_after__lte=today)
        .exclude(pk__in=get_put_aside_keys(ANSWERS, now))
        .order_by("forget_after")
    )
    answers = list(overdue.values_list("pk", flat=True)[:AT_MOST])
    lost = for_each_row(ANSWERS, answers, lambda key: _forget_answers(key, today), at=now)
    taken_back = Tip.objects.filter(erase_notices_at__lte=now).exclude(pk__in=get_put_aside_keys(NOTICES, now))
    lost += for_each_row(
        NOTICES, list(taken_back.values_list("pk", flat=True)[:AT_MOST]), lambda key: _erase(key, now), at=now
    )
    over = list(
        _due_for_erasing(now).exclude(pk__in=get_put_aside_keys(ALL, now)).values_list("pk", flat=True)[:AT_MOST]
    )
    return lost + for_each_row(ALL, over, lambda key: _forget_all(key, now), at=now)


def _due_for_erasing(now: datetime) -> Any:
    """Return the closed tips whose time is over: those sent by mistake sooner than the others."""
    spam = Q(outcome=Outcome.SPAM, closed_at__lte=now - timedelta(days=settings.SIGNAL_SPAM_DAYS))
    others = Q(closed_at__lte=now - timedelta(days=settings.SIGNAL_CLOSED_DAYS))
    return Tip.objects.filter(spam | others, state=TipState.CLOSED, forgotten_at__isnull=True)


def _forget_answers(key: Any, today: date) -> bool:
    """Delete the answers whose `keep_for` is over, and what was made from them."""
    with transaction.atomic():
        tip = lock_tip(key)
        received_on = timezone.localdate(tip.received_at)
        form = tip.form_version.parsed_form
        answers, forgotten = without_overdue(form, tip.answers, received_on, today)
        # Also when nothing was answered that is due now: otherwise the tip would be looked at in every pass.
        tip.forget_after = first_due(form, received_on, after=today)
        if forgotten:
            tip.answers = answers
            # It may say whatever was answered: it goes with the first answer whose term is over.
            forget_voice(tip)
            _forget_reasons(tip)
            keys = {str(key) for key in forgotten}
            erase_answers(Notice.objects.filter(case_id=tip.pk), keys, sources=[tip.pk])
        tip.save(update_fields=["answers", "forget_after"])
        if forgotten:
            log_event("answers.forgotten", target_kind="signal", target_id=tip.pk, questions=sorted(forgotten))
    return bool(forgotten)


def _forget_all(key: Any, now: datetime) -> bool:
    """Delete everything that was written, some time after the tip was closed."""
    with transaction.atomic():
        tip = lock_tip(key)
        if tip.state != TipState.CLOSED or tip.forgotten_at is not None:
            return False  # the person wrote again meanwhile
        tip.messages.all().delete()
        forget_voice(tip)
        tip.answers, tip.receipt_hash, tip.forget_after = {}, None, None
        tip.forgotten_at = now
        tip.save(update_fields=["answers", "receipt_hash", "forget_after", "forgotten_at"])
        _forget_reasons(tip)
        erase_all_from(tip.pk, at=now)
        log_event("signal.forgotten", target_kind="signal", target_id=tip.pk)
    return True


def _erase(key: Any, now: datetime) -> bool:
    """Erase the notices of a danger that was taken back, once the time is over for which they stayed readable."""
    with transaction.atomic():
        tip = lock_tip(key)
        if tip.erase_notices_at is None or tip.erase_notices_at > now:
            return False
        tip.erase_notices_at = None
        tip.save(update_fields=["erase_notices_at"])
        return bool(erase_all_from(tip.pk, at=now))


def _forget_reasons(tip: Tip) -> None:
    """Delete the explanations: why the procedure decided so quotes what was answered."""
    for event in tip.events.filter(explanation__isnull=False):
        event.explanation = None
        event.save(update_fields=["explanation"])
