"""Purging requests: a question's `keep_for` counts from the day it came; some time after its end everything goes.

The end is when it was declined, or the day of the session that was planned because of it, whether it was held or
cancelled. What stays is that there was one, where, when, and what became of it; its receipt opens nothing any more.
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

from .models import RequestState, SessionRequest

ANSWERS, ALL = "session_request.forget_answers", "session_request.forget"  # what is put aside when it can't be read
AT_MOST = 500  # requests in one pass


def forget_due(now: datetime) -> int:
    """Forget what is due, each request by itself. Returns how many lost something."""
    today = timezone.localdate(now)
    overdue = SessionRequest.objects.filter(forget_after__lte=today).exclude(pk__in=get_put_aside_keys(ANSWERS, now))
    answers = list(overdue.order_by("forget_after").values_list("pk", flat=True)[:AT_MOST])
    lost = for_each_row(ANSWERS, answers, lambda key: _forget_answers(key, today), at=now)
    over = get_over(now).exclude(pk__in=get_put_aside_keys(ALL, now)).order_by("closed_at")
    ended = list(over.values_list("pk", flat=True)[:AT_MOST])
    return lost + for_each_row(ALL, ended, lambda key: _forget_all(key, now), at=now)


def get_over(now: datetime) -> Any:
    """Return the requests whose time is over and that still hold something."""
    limit = now - timedelta(days=settings.SESSION_REQUEST_CLOSED_DAYS)
    ended = Q(state__in=[RequestState.DECLINED, RequestState.WITHDRAWN], closed_at__lte=limit)
    # Also by when it was planned: a session may be entered for a day that is past.
    planned = Q(state=RequestState.PLANNED, closed_at__lte=limit, session__date__lte=timezone.localdate(limit))
    return SessionRequest.objects.filter(ended | planned, forgotten_at__isnull=True)


def _forget_answers(key: Any, today: date) -> bool:
    with transaction.atomic():
        request = SessionRequest.objects.select_for_update(no_key=True).get(pk=key)
        received_on = timezone.localdate(request.received_at)
        form = request.form_version.parsed_form
        answers, forgotten = without_overdue(form, request.answers, received_on, today)
        # Also when nothing was answered that is due now: otherwise it would be looked at in every pass.
        request.forget_after = first_due(form, received_on, after=today)
        if forgotten:
            request.answers = answers
        request.save(update_fields=["answers", "forget_after"])
        if forgotten:
            log_event(
                "answers.forgotten",
                target_kind="session_request",
                target_id=request.pk,
                questions=sorted(forgotten),
            )
    return bool(forgotten)


def _forget_all(key: Any, now: datetime) -> bool:
    with transaction.atomic():
        request = SessionRequest.objects.select_for_update(no_key=True).get(pk=key)
        if not get_over(now).filter(pk=key).exists():
            return False  # its session was moved meanwhile
        request.answers, request.answer_text, request.receipt_hash, request.forget_after = {}, "", None, None
        request.forgotten_at = now
        request.save(update_fields=["answers", "answer_text", "receipt_hash", "forget_after", "forgotten_at"])
        log_event("session_request.forgotten", target_kind="session_request", target_id=request.pk)
    return True
