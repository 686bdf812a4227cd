"""Storing what was checked, weighed by the budget of the place that it comes from: for the pages and for the API."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from case_forms.form_builder.models import FormVersion
from case_forms.session_requests.actions import ReceivedRequest, find_sent_request, receive_request
from case_forms.tips.public_actions import ReceivedTip, find_sent_tip, receive_tip
from case_forms.tips.wav import Recording

from . import rate_limits
from .entry_points import EntryPoint
from .form_state import FormState
from .steps import DANGER_QUESTION

CODE_SHOWN_SECONDS = 15 * 60  # for a form that is sent twice: a double click, a lost answer


class TooSoon(Exception):
    """Neither work nor a moment of patience stands behind it. Nothing was stored."""


def send_form(
    sheet: FormState,
    *,
    version: FormVersion,
    answers: Mapping[str, Any],
    place: EntryPoint,
    proof: str,
    language: str,
    voice: Recording | None = None,
) -> ReceivedTip:
    """Store what was checked and cleaned, once for each form state; again it finds what it stored.

    Raises TooSoon and, with a recording, VoiceRefused.
    """
    # What is sent again has been weighed before.
    received = find_sent_tip(sheet.secret)
    if received is not None:
        return received
    _refuse_too_soon(sheet, proof)
    is_in_danger = answers.get(DANGER_QUESTION) == "yes"
    return receive_tip(
        secret=sheet.secret,
        form_version=version,
        answers=answers,
        origin=place.origin,
        language=language,
        voice=voice,
        # Counted inside the transaction that stores it (ADR 70).
        is_above_budget=lambda: rate_limits.is_above(sheet, proof, is_in_danger=is_in_danger),
    )


def send_request(
    sheet: FormState, *, version: FormVersion, answers: Mapping[str, Any], proof: str, language: str
) -> ReceivedRequest:
    """Store a request for a session, as `send_form` does a tip. Raises TooSoon."""
    received = find_sent_request(sheet.secret)
    if received is not None:
        return received
    _refuse_too_soon(sheet, proof)
    return receive_request(
        secret=sheet.secret,
        form_version=version,
        answers=answers,
        language=language,
        is_above_budget=lambda: rate_limits.is_above(sheet, proof, is_in_danger=False),
    )


def get_code_to_show(received: ReceivedTip | ReceivedRequest) -> str:
    """Return the receipt code while it is fresh and still opens something, else ""."""
    stored = received.tip if isinstance(received, ReceivedTip) else received.request
    is_fresh = (timezone.now() - stored.received_at).total_seconds() < CODE_SHOWN_SECONDS
    return received.code if is_fresh and stored.receipt_hash else ""


def _refuse_too_soon(sheet: FormState, proof: str) -> None:
    if rate_limits.may_send(sheet, proof) != rate_limits.GOOD:
        raise TooSoon
