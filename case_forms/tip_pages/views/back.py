"""Coming back with a receipt code: follow or withdraw a request for a session; read a tip's answer, add, lock, undo.

The code is typed into a form and never stands in an address. After it, the page itself carries a sealed visit, good for
half an hour. What was typed stays when the visit is over.
"""

from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.text import normalize_newlines
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from case_forms.session_requests.actions import NothingToWithdraw, get_followed, get_request, withdraw_request
from case_forms.session_requests.following import read_following
from case_forms.session_requests.models import SessionRequest
from case_forms.tips import codes
from case_forms.tips.deciding import ADDED
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
from content.page_cache.forbidding import forbid_caching
from content.public_forms import public_form

from .. import rate_limits, receipt_session
from ..form_state import FormState, opened, sealed
from ..proof_of_work import new_work
from ..responses import shown

BACK = "back"
MAX_TYPED_LENGTH = 10 * MAX_MESSAGE_LENGTH  # what a page carries on of an addition that is too long

log = structlog.get_logger(__name__)

NO_SUCH_CODE = _(
    "There is nothing under this code. Check each word again. If the message was withdrawn, or was closed long ago, or"
    " the code was locked, it no longer opens anything."
)
NOT_A_CODE = _(
    "This isn't a code. A code is four words, as they were shown when you wrote to us. Older codes have twelve letters"
    " and digits."
)
TOO_SOON = _("You pressed that too quickly. Wait two seconds and press the button again.")
TOO_MANY = _("Too many codes have been tried. Try again in %(minutes)s minutes.")
VISIT_OVER = _("For your safety the page has closed. Enter your code again; what you typed is still here.")
EMPTY = _("Write something first.")
TOO_LONG = _("This is too long. Write at most %(count)s characters, and send the rest afterwards.")
CLOSED = _("Nothing can be added to this any more. You can write us a new message.")
MANY = _("You have written %(count)s times within an hour. What you typed is still here: send it a little later.")
NOT_RECEIVED = _("It was NOT sent: something on our side isn't working. Try again in a minute, or call.")
NOT_WITHDRAWN = _("There is nothing to withdraw any more: this is how the request ended.")
SENT_ON = _("Your message has been sent. The unit is being notified.")
SENT_TO_COORDINATOR = _(
    "Your message has been sent. No one in the unit could be reached, so its coordinator is being notified."
)
SENT_TO_NOBODY = _(
    "Your message has been sent and saved, but no contact in the unit could be found. If it can't wait, call."
)


@sensitive_post_parameters()
@sensitive_variables()
@forbid_caching
@public_form
def back(request: HttpRequest) -> HttpResponse:
    """Ask for the code; on POST with a code show the conversation, with a visit add to it, lock it or take it back."""
    if request.method != "POST":
        return _ask_code(request)
    going = request.POST.get("go", "")
    if going in ("add", "ask_take_back", "take_back", "ask_freeze", "freeze", "look", "ask_withdraw", "withdraw"):
        visit = receipt_session.opened(request.POST.get("visit", ""))
        if visit is not None and visit.kind == receipt_session.REQUEST:
            asked = get_followed(visit.tip_id)
            return _within_request(request, going, visit, asked) if asked else _ask_code(request, VISIT_OVER, 403)
        tip = _tip(visit) if visit else None
        if visit is None or tip is None:
            return _ask_code(request, VISIT_OVER, 403)
        return _within(request, going, visit, tip)
    return _enter(request)


# ---- the code ----


def _enter(request: HttpRequest) -> HttpResponse:
    # Read first: what can't be a code costs no try.
    """Check a typed code against what a try costs, then look the tip up."""
    meant = codes.read(request.POST.get("code", ""))
    if not meant:
        return _ask_code(request, status=422, problem=NOT_A_CODE)
    sheet = opened(request.POST.get("sheet", ""), BACK)
    if sheet is None or sheet.is_old:
        return _ask_code(request, TOO_SOON, 409)
    verdict = rate_limits.may_try_code(sheet, request.POST.get("proof", ""))
    if verdict == rate_limits.TOO_MANY:
        return _ask_code(request, str(TOO_MANY) % {"minutes": rate_limits.minutes_to_the_next_hour()}, 429)
    if verdict != rate_limits.GOOD:
        # A page is good for one try; a second press within a moment gets a new page. The code isn't in it: after the
        # exit, "Back" makes a browser send the page again, and somebody else may be reading by then.
        spent = verdict == rate_limits.SPENT
        return _ask_code(request, TOO_SOON, 429, sheet=None if spent else sheet, code="" if spent else None)
    tip, asked = get_tip(*meant), get_request(*meant)
    if tip is None and asked is not None:
        return _follow(request, receipt_session.ReceiptSession(asked.pk, kind=receipt_session.REQUEST), asked)
    if tip is None:
        # Counted for all together, never by address (docs/adr/0071): the work for the next try grows, nobody is
        # locked out.
        rate_limits.WRONG_CODES.hit()
        return _ask_code(request, status=404, problem=NO_SUCH_CODE)
    return _talk(request, receipt_session.ReceiptSession(tip.pk), tip, typed=_typed(request))


def _ask_code(
    request: HttpRequest,
    told: "str | Promise" = "",
    status: int = 200,
    *,
    problem: "str | Promise" = "",
    sheet: FormState | None = None,
    code: str | None = None,
) -> HttpResponse:
    """Render the page that asks for the code.

    `told` stands above, `problem` beside the field; `code` is what stands in it: what was typed, unless given.
    """
    fresh = sheet or FormState(BACK)
    return shown(
        request,
        "tip_pages/code.html",
        "asking:back",
        status=status,
        told=told,
        problem=problem,
        code=request.POST.get("code", "")[: codes.MAX_TYPED_LENGTH] if code is None else code,
        typed=_typed(request),
        sheet=sealed(fresh),
        work=new_work(fresh.secret, sent_this_hour=rate_limits.WRONG_CODES.used()).as_json,
    )


# ---- behind it ----


def _within(request: HttpRequest, going: str, visit: receipt_session.ReceiptSession, tip: Tip) -> HttpResponse:
    if going == "add":
        return _add(request, visit, tip)
    if going == "ask_take_back":
        return shown(
            request,
            "tip_pages/take_back.html",
            "asking:back",
            visit=receipt_session.sealed(visit),
            tip=tip,
            danger_days=settings.SIGNAL_DANGER_NOTICE_DAYS,
            twins=[],
        )
    if going == "take_back":
        gone = take_back(tip_id=tip.pk)
        return shown(request, "tip_pages/taken_back.html", "asking:back", unit=tip.unit, tip=gone)
    if going == "ask_freeze":
        return shown(
            request, "tip_pages/freeze.html", "asking:back", visit=receipt_session.sealed(visit), tip=tip, twins=[]
        )
    if going == "freeze":
        freeze(tip_id=tip.pk)
        return shown(request, "tip_pages/frozen.html", "asking:back", unit=tip.unit)
    return _talk(request, visit, tip)


def _add(request: HttpRequest, visit: receipt_session.ReceiptSession, tip: Tip) -> HttpResponse:
    """Store an addition and show whom it reached."""
    text = normalize_newlines(request.POST.get("text", "")).strip()
    problem: str | Promise = ""
    if not text:
        problem = EMPTY
    elif len(text) > MAX_MESSAGE_LENGTH:
        problem = str(TOO_LONG) % {"count": MAX_MESSAGE_LENGTH}
    if problem:
        return _talk(request, visit, tip, typed=_typed(request), problem=problem, status=422)
    try:
        add_message(tip_id=tip.pk, text=text, secret=visit.secret)
    except TipClosed:
        return _talk(request, visit, tip, typed=text, problem=CLOSED, status=409)
    except TooManyMessages:
        many = str(MANY) % {"count": MAX_MESSAGES}
        return _talk(request, visit, tip, typed=text, problem=many, status=429)
    # What was typed must come back with the page; its text may stand in the exception, so only the class is logged.
    except DatabaseError as failure:
        log.error("signal_message_not_received", error=type(failure).__name__)
        return _talk(request, visit, tip, typed=text, problem=NOT_RECEIVED, status=503)
    # Read from the notices: the page says what happened, not what was meant to.
    whom = get_notified_recipients(tip, ADDED)
    told = SENT_ON if whom.reached else SENT_TO_COORDINATOR if whom.instead else SENT_TO_NOBODY
    # A new secret for the next message, the old time: adding doesn't prolong the visit.
    return _talk(request, receipt_session.ReceiptSession(tip.pk, visit.at), _tip(visit) or tip, told=told)


def _talk(
    request: HttpRequest, visit: receipt_session.ReceiptSession, tip: Tip, *, status: int = 200, **more: Any
) -> HttpResponse:
    """Show the conversation, and note that the unit's messages have been seen."""
    said = list(tip.messages.all())
    if status == 200:
        mark_seen(tip)
    return shown(
        request,
        "tip_pages/talk.html",
        "asking:back",
        status=status,
        visit=receipt_session.sealed(visit),
        tip=tip,
        said=said,
        has_answer=any(message.sender == "unit" for message in said),
        may_add=may_add(tip),
        whom=get_notified_recipients(tip),
        twins=[],
        **more,
    )


def _within_request(
    request: HttpRequest, going: str, visit: receipt_session.ReceiptSession, asked: SessionRequest
) -> HttpResponse:
    """Show how far a request is, ask before it is withdrawn, or withdraw it; what belongs to tips does nothing."""
    if going == "ask_withdraw" and asked.may_be_withdrawn:
        return shown(
            request,
            "tip_pages/withdraw.html",
            "asking:back",
            visit=receipt_session.sealed(visit),
            asked=asked,
            following=read_following(asked),
            days=settings.SESSION_REQUEST_CLOSED_DAYS,
            twins=[],
        )
    if going not in ("ask_withdraw", "withdraw"):
        return _follow(request, visit, asked)
    try:
        if going == "withdraw":
            withdraw_request(request_id=asked.pk)
    except (NothingToWithdraw, SessionRequest.DoesNotExist):
        # Answered, or forgotten, since the page was opened.
        found = get_followed(asked.pk)
        return _follow(request, visit, found, NOT_WITHDRAWN, 409) if found else _ask_code(request, VISIT_OVER, 403)
    found = get_followed(asked.pk) or asked
    is_over = going == "ask_withdraw" and found.withdrawn_at is None
    return _follow(request, visit, found, NOT_WITHDRAWN if is_over else "", 409 if is_over else 200)


def _follow(
    request: HttpRequest,
    visit: receipt_session.ReceiptSession,
    asked: SessionRequest,
    told: "str | Promise" = "",
    status: int = 200,
) -> HttpResponse:
    """Show how far a request for a session is."""
    return shown(
        request,
        "tip_pages/following.html",
        "asking:back",
        status=status,
        told=told,
        visit=receipt_session.sealed(visit),
        asked=asked,
        following=read_following(asked),
        twins=[],
    )


def _tip(visit: receipt_session.ReceiptSession) -> Tip | None:
    """Return the tip of a visit, unless it has been taken back or forgotten meanwhile."""
    found = Tip.objects.filter(pk=visit.tip_id, receipt_hash__isnull=False)
    return found.select_related("unit", "form_version__form").first()


def _typed(request: HttpRequest) -> str:
    return request.POST.get("text", "")[:MAX_TYPED_LENGTH]
