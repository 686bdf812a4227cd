"""The endpoints by which another front end asks for an informative session, and follows it by its receipt words.

The same form, budgets, work and receipts as on the pages; a try at a code takes the challenge of `/tips/receipt/`.
"""

from typing import Any

from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from ninja import Router, Status

from case_forms.session_requests.actions import NothingToWithdraw, get_followed, get_request, withdraw_request
from case_forms.session_requests.following import read_following
from case_forms.session_requests.models import SessionRequest
from content.api.writing import COMMON, SENT, Problem, Refused, describe_body, get_language, read_body

from .. import rate_limits, receipt_session
from ..entry_points import SESSION_REQUESTS, session_request_form
from ..sending import get_code_to_show, send_request
from . import schemas as shapes
from .common import describe_form, not_found, open_filled, read_code, refuse_unsent

router = Router(tags=["session requests"])


@router.get(
    "/session-requests/form",
    url_name="session_request_form",
    response={200: shapes.SessionRequestFormOut, **COMMON},
    by_alias=True,
)
def form(request: HttpRequest) -> Any:
    """Return the form that asks for a session, with a state to send it with, and a challenge.

    The answered municipality decides who answers: the unit of its region, else the centre.
    """
    return describe_form(session_request_form(), SESSION_REQUESTS)


@router.post(
    "/session-requests",
    url_name="session_requests",
    response={201: shapes.SessionRequestOut, **SENT, 409: Problem},
    openapi_extra=describe_body(shapes.SessionRequestIn),
)
@sensitive_variables()
def send(request: HttpRequest) -> Any:
    """Send a filled form. The same state sent again gets the same receipt; nothing is stored twice.

    409 `state-lost`: the state isn't ours or too old: fetch the form again and send the same answers with it. 422:
    `errors` names each thing to correct. 429: send the solved challenge, or wait. 503: it was not received.
    """
    body = read_body(request, shapes.SessionRequestIn)
    language = get_language(body.language)
    with translation.override(language):
        version, sheet, answers = open_filled(body.state, body.answers, SESSION_REQUESTS, language)
        try:
            received = send_request(sheet, version=version, answers=answers, proof=body.proof, language=language)
        except Exception as failure:  # noqa: BLE001  # its text may quote what was written: only where it was is logged
            raise refuse_unsent(failure) from None
        return Status(201, {"code": get_code_to_show(received), "answered_by": _name(received.request)})


@router.post(
    "/session-requests/receipt",
    url_name="session_request_receipt",
    response={200: shapes.FollowingOut, **SENT, 409: Problem},
    openapi_extra=describe_body(shapes.CodeIn),
)
@sensitive_variables()
def receipt(request: HttpRequest) -> Any:
    """Read how far a request is, by its receipt words. Each state is good for one try.

    404: no request is under this code. 409 `state-lost`, 429 `too-soon`: ask for another challenge, and solve it.
    """
    body = read_body(request, shapes.CodeIn)
    with translation.override(get_language(body.language)):
        found = get_request(*read_code(body))
        if found is None:
            rate_limits.WRONG_CODES.hit()
            raise not_found()
        return _follow(receipt_session.ReceiptSession(found.pk, kind=receipt_session.REQUEST), found)


@router.post(
    "/session-requests/receipt/read",
    url_name="session_request_read",
    response={200: shapes.FollowingOut, **SENT},
    openapi_extra=describe_body(shapes.VisitIn),
)
@sensitive_variables()
def read_again(request: HttpRequest) -> Any:
    """Read again how far it is. 403 `visit-over`: the receipt words are asked again."""
    body = read_body(request, shapes.VisitIn)
    with translation.override(get_language(body.language)):
        return _follow(*_get_visit(body.visit))


@router.post(
    "/session-requests/receipt/withdraw",
    url_name="session_request_withdraw",
    response={200: shapes.FollowingOut, **SENT, 409: Problem},
    openapi_extra=describe_body(shapes.VisitIn),
)
@sensitive_variables()
def withdraw(request: HttpRequest) -> Any:
    """Withdraw the request; doing it twice does it once. Ask before, for it can't be undone.

    A session that is planned stays planned until its unit cancels it; the unit is notified. 403 `visit-over`. 409
    `nothing-to-withdraw`: it was declined, or its session was cancelled or held.
    """
    body = read_body(request, shapes.VisitIn)
    with translation.override(get_language(body.language)):
        _visit, found = _get_visit(body.visit)
        try:
            withdraw_request(request_id=found.pk)
        except NothingToWithdraw:
            words = _("There is nothing to withdraw any more: read how the request ended.")
            raise Refused(409, "nothing-to-withdraw", words) from None
        except SessionRequest.DoesNotExist:
            raise _visit_over() from None
        return _follow(*_get_visit(body.visit))


def _get_visit(token: str) -> tuple[receipt_session.ReceiptSession, SessionRequest]:
    """Return the visit and its request. Raises Refused."""
    visit = receipt_session.opened(token)
    found = get_followed(visit.tip_id) if visit and visit.kind == receipt_session.REQUEST else None
    if visit is None or found is None:
        raise _visit_over()
    return visit, found


def _visit_over() -> Refused:
    return Refused(403, "visit-over", _("For your safety this has closed. Enter your code again."))


def _follow(visit: receipt_session.ReceiptSession, found: SessionRequest) -> dict[str, Any]:
    following = read_following(found)
    return {
        "visit": receipt_session.sealed(visit),
        "answered_by": _name(found),
        "state": following.state,
        "day": following.day,
        "answer": following.answer,
        "text": following.text,
        "text_language": following.language if following.text else "",
        "may_withdraw": found.may_be_withdrawn,
    }


def _name(found: SessionRequest) -> str:
    """Name who answers, as the pages do."""
    return found.unit.name if found.unit else _("Vatra's coordinators")
