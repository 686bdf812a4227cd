"""The endpoints, as handlers of the public API's writing half.

No address holds a receipt code, a state or a visit; the log holds none, nor anything that was written. A `state` is
the sealed, empty form of the pages (`form_state`): bound to its place, good for one sending and some hours.
"""

from base64 import b64decode
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import translation
from django.utils.text import normalize_newlines
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from ninja import Router, Status

from case_forms.tips.deciding import ADDED, RECEIVED
from case_forms.tips.models import Tip
from case_forms.tips.public_actions import (
    MAX_MESSAGE_LENGTH,
    MAX_MESSAGES,
    TipClosed,
    TooManyMessages,
    add_message,
    freeze,
    get_tip,
    mark_seen,
    may_add,
    take_back,
)
from case_forms.tips.recipients import get_notified_recipients
from case_forms.tips.voices import read_voice
from case_forms.tips.wav import Recording, VoiceRefused
from content.api.writing import COMMON, SENT, FieldProblem, Problem, Refused, describe_body, get_language, read_body

from .. import rate_limits, receipt_session
from ..entry_points import EntryPoint, place_of_card, place_of_region, public_form
from ..form_state import FormState
from ..sending import get_code_to_show, send_form
from . import schemas as shapes
from .common import BACK, build_challenge, describe_form, not_found, not_received, open_filled, read_code, refuse_unsent

PERSON = "person"

router = Router(tags=["tips"])
log = structlog.get_logger(__name__)


@router.get("/tips/form", url_name="tip_form", response={200: shapes.FormOut, **COMMON}, by_alias=True)
def form(request: HttpRequest, region: str = "", card: str = "") -> Any:
    """Return the public form for a region or for a session's card, with a state to send it with, and a challenge.

    One of the two is named. 404: no unit works there, or the card is unknown or ended, which read alike.
    """
    place = _get_place(region, card)
    return describe_form(public_form(), place) | {"recipient": place.origin.unit.name}


@router.post(
    "/tips",
    url_name="tips",
    response={201: shapes.ReceiptOut, **SENT, 409: Problem},
    openapi_extra=describe_body(shapes.TipIn),
)
@sensitive_variables()
def send(request: HttpRequest) -> Any:
    """Send a filled form. The same state sent again gets the same receipt; nothing is stored twice.

    409 `state-lost`: the state isn't ours, is for another place or too old: fetch the form again and send the same
    answers with it. 422: `errors` names each thing to correct. 429: send the solved challenge, or wait; with the kind
    `too-many-voices` send it without `voice`. 503: it was not received.
    """
    room = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body = read_body(request, shapes.TipIn, max_bytes=room + shapes.VOICE_MAX_LENGTH)
    language = get_language(body.language)
    with translation.override(language):
        place = _get_place(body.region or "", body.card or "")
        version, sheet, answers = open_filled(body.state, body.answers, place, language)
        try:
            received = send_form(
                sheet,
                version=version,
                answers=answers,
                place=place,
                proof=body.proof,
                language=language,
                voice=_read_voice(body.voice),
            )
        except VoiceRefused as refused:
            raise _refuse_voice(refused.code) from None
        except Exception as failure:  # noqa: BLE001  # its text may quote what was written: only where it was is logged
            raise refuse_unsent(failure) from None
        return Status(
            201,
            {
                "code": get_code_to_show(received),
                "is_in_danger": received.tip.is_in_danger,
                "recipients": _recipients(received.tip),
            },
        )


@router.get("/tips/receipt/challenge", url_name="tip_challenge", response={200: shapes.ChallengeOut, **COMMON})
def challenge(request: HttpRequest) -> Any:
    """Return a state and a challenge for one try of a receipt code."""
    return {
        "wait_seconds": rate_limits.TRY_WAIT_SECONDS,
        **build_challenge(FormState(BACK), rate_limits.WRONG_CODES.used()),
    }


@router.post(
    "/tips/receipt",
    url_name="tip_receipt",
    response={200: shapes.ConversationOut, **SENT, 409: Problem},
    openapi_extra=describe_body(shapes.CodeIn),
)
@sensitive_variables()
def receipt(request: HttpRequest) -> Any:
    """Open the conversation by its receipt words. Each state is good for one try.

    404: there is nothing under this code. 409 `state-lost`, 429 `too-soon`: ask for another challenge, and solve it.
    """
    body = read_body(request, shapes.CodeIn)
    with translation.override(get_language(body.language)):
        meant = read_code(body)
        tip = get_tip(*meant)
        if tip is None:
            rate_limits.WRONG_CODES.hit()
            raise not_found()
        return _talk(receipt_session.ReceiptSession(tip.pk), tip)


@router.post(
    "/tips/receipt/read",
    url_name="tip_read",
    response={200: shapes.ConversationOut, **SENT},
    openapi_extra=describe_body(shapes.VisitIn),
)
@sensitive_variables()
def read_again(request: HttpRequest) -> Any:
    """Read the conversation again. 403 `visit-over`: the receipt words are asked again."""
    body = read_body(request, shapes.VisitIn)
    with translation.override(get_language(body.language)):
        return _talk(*_get_visit(body.visit))


@router.post(
    "/tips/receipt/messages",
    url_name="tip_messages",
    response={201: shapes.ConversationOut, 409: Problem, **SENT},
    openapi_extra=describe_body(shapes.MessageIn),
)
@sensitive_variables()
def add(request: HttpRequest) -> Any:
    """Add something. The same visit sent again adds nothing twice; `recipients` says whom this reached.

    409 `closed`: nothing can be added any more. 429 `too-many`: so much was added within an hour.
    """
    body = read_body(request, shapes.MessageIn)
    with translation.override(get_language(body.language)):
        visit, tip = _get_visit(body.visit)
        text = normalize_newlines(body.text).strip()
        if not text or len(text) > MAX_MESSAGE_LENGTH:
            raise Refused(422, "refused", _("This can't be received as it is."), [_explain_text(text)])
        try:
            add_message(tip_id=tip.pk, text=text, secret=visit.secret)
        except TipClosed:
            raise Refused(
                409, "closed", _("Nothing can be added to this any more. You can write a new message.")
            ) from None
        except TooManyMessages:
            words = _("You have written %(count)s times within an hour. Send it a little later.")
            raise Refused(429, "too-many", words % {"count": MAX_MESSAGES}) from None
        # Its text may stand in the exception, so only the class is logged.
        except DatabaseError as failure:
            log.error("signal_message_not_received", error=type(failure).__name__)
            raise not_received() from None
        # A new secret for the next message, the old time: adding doesn't prolong the visit.
        again = receipt_session.ReceiptSession(tip.pk, visit.at)
        return Status(201, _talk(again, _find_tip(again) or tip, ADDED))


@router.post(
    "/tips/receipt/lock",
    url_name="tip_lock",
    response={200: shapes.EndedOut, **SENT},
    openapi_extra=describe_body(shapes.VisitIn),
)
@sensitive_variables()
def lock(request: HttpRequest) -> Any:
    """Lock the receipt code for good, because somebody may have found it. What was sent stays with the unit."""
    body = read_body(request, shapes.VisitIn)
    with translation.override(get_language(body.language)):
        _visit, tip = _get_visit(body.visit)
        freeze(tip_id=tip.pk)
        return {"is_taken_back": False}


@router.post(
    "/tips/receipt/take-back",
    url_name="tip_take_back",
    response={200: shapes.EndedOut, **SENT},
    openapi_extra=describe_body(shapes.VisitIn),
)
@sensitive_variables()
def withdraw(request: HttpRequest) -> Any:
    """Take back what was written: it is deleted here.

    Ask before. About danger whoever was notified goes on reading for some days.
    """
    body = read_body(request, shapes.VisitIn)
    with translation.override(get_language(body.language)):
        _visit, tip = _get_visit(body.visit)
        take_back(tip_id=tip.pk)
        return {"is_taken_back": True}


# ---- what they share ----


def _get_place(region: str, card: str) -> EntryPoint:
    """Return the place that is named, by exactly one of the two. Raises Refused."""
    if bool(region) == bool(card):
        raise not_found()
    place = place_of_region(region) if region else place_of_card(card)
    if place is None:
        raise not_found()
    return place


def _get_visit(token: str) -> tuple[receipt_session.ReceiptSession, Tip]:
    """Return the visit and what it opens. Raises Refused when it is over, or the code was locked or taken back."""
    visit = receipt_session.opened(token)
    tip = _find_tip(visit) if visit and visit.kind == receipt_session.TIP else None
    if visit is None or tip is None:
        raise Refused(403, "visit-over", _("For your safety this has closed. Enter your code again."))
    return visit, tip


def _find_tip(visit: receipt_session.ReceiptSession) -> Tip | None:
    found = Tip.objects.filter(pk=visit.tip_id, receipt_hash__isnull=False)
    return found.select_related("unit", "form_version__form").first()


def _talk(visit: receipt_session.ReceiptSession, tip: Tip, kind: str = RECEIVED) -> dict[str, Any]:
    """Return the conversation, and note that the unit's messages have been seen.

    Of the person's own messages only that they were sent: somebody else may have the code.
    """
    messages = [
        {"sender": each.sender, "text": "" if each.sender == PERSON else each.text, "at": each.at}
        for each in tip.messages.all()
    ]
    mark_seen(tip)
    return {
        "visit": receipt_session.sealed(visit),
        "may_add": may_add(tip),
        "messages": messages,
        "recipients": _recipients(tip, kind),
    }


def _recipients(tip: Tip, kind: str = RECEIVED) -> dict[str, Any]:
    whom = get_notified_recipients(tip, kind)
    return {
        "reached": [str(each) for each in (*whom.reached, *whom.added)],
        "unreached": [str(each) for each in whom.unreached],
        "instead": [str(each) for each in whom.instead],
        "held_back": whom.held_back,
    }


def _read_voice(text: str) -> Recording | None:
    """Return the recording, or None without one. Raises VoiceRefused."""
    try:
        return read_voice(b64decode(text, validate=True)) if text else None
    except ValueError:
        raise VoiceRefused("not_wav") from None


def _refuse_voice(code: str) -> Refused:
    """Return the refusal of a recording. Nothing was stored; the same can be sent without it."""
    if code == "busy":
        return Refused(429, "too-many-voices", _("Too many voice messages are coming in. Send it without one."))
    words = _("This must be a plain WAV file that isn't too long.")
    error = FieldProblem(path="/voice", code=code, message=words)
    return Refused(422, "refused", _("This can't be received as it is."), [error])


def _explain_text(text: str) -> FieldProblem:
    if not text:
        return FieldProblem(path="/text", code="missing", message=_("Write something first."))
    words = _("This is too long. Write at most %(count)s characters, and send the rest afterwards.")
    return FieldProblem(path="/text", code="too_long", message=words % {"count": MAX_MESSAGE_LENGTH})
