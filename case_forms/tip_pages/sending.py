"""Storing a checked tip, weighed by the budget of the place that it comes from: for the pages and for the API."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from case_forms.form_builder.models import FormVersion
from case_forms.tips.public_actions import ReceivedTip, find_sent_tip, receive_tip

from . import rate_limits
from .entry_points import EntryPoint
from .form_state import FormState
from .steps import DANGER_QUESTION

CODE_SHOWN_SECONDS = 15 * 60  # for a form that is sent twice: a double click, a lost answer


class TooSoon(Exception):
    """Neither work nor a moment of patience stands behind it. Nothing was stored."""


def send_form(
    sheet: FormState, *, version: FormVersion, answers: Mapping[str, Any], place: EntryPoint, proof: str, language: str
) -> ReceivedTip:
    """Store what was checked and cleaned, once for each form state; again it finds what it stored. Raises TooSoon."""
    # What is sent again has been weighed before.
    received = find_sent_tip(sheet.secret)
    if received is not None:
        return received
    if rate_limits.may_send(sheet, proof) != rate_limits.GOOD:
        raise TooSoon
    is_in_danger = answers.get(DANGER_QUESTION) == "yes"
    return receive_tip(
        secret=sheet.secret,
        form_version=version,
        answers=answers,
        origin=place.origin,
        language=language,
        # Counted inside the transaction that stores it (ADR 70).
        is_above_budget=lambda: rate_limits.is_above(sheet, proof, is_in_danger=is_in_danger),
    )


def get_code_to_show(received: ReceivedTip) -> str:
    """Return the receipt code while it is fresh and still opens something, else ""."""
    tip = received.tip
    is_fresh = (timezone.now() - tip.received_at).total_seconds() < CODE_SHOWN_SECONDS
    return received.code if is_fresh and tip.receipt_hash else ""
