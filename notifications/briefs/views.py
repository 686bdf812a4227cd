"""The pages behind a link. A GET changes nothing: every change is a POST, and "opened" happens at the PIN's POST."""

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import get_adapter
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import normalize_newlines
from django.views.decorators.debug import sensitive_post_parameters

from access.models import Municipality
from audit.chain import log_event
from notifications.outbox.models import ReplyKind

from . import documents, sessions
from .choices import get_detail_fields
from .links import NOT_ME, revoke_link
from .pages import before_pin, brief_page, is_readable
from .pin import enter_pin, get_wider_pause_end
from .replies import AnswerRefused, answer
from .steps import describe_steps
from .talk.actions import mark_read
from .talk.awaiting import get_answered_notice
from .visit import Visit, at_link

# Refusals that can be corrected by choosing again on the page; the others say that the moment has passed.
CORRECTABLE = {"unknown_answer", "reason_missing", "outcome_missing", "municipality_missing", "same_municipality"}
CORRECTABLE |= {"note_too_long", "note_missing", "details_elsewhere", "details_too_long", "minutes_wrong"}


@sensitive_post_parameters("pin")
@at_link
def brief(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show a field for the PIN before it is entered, and the brief afterwards. POST enters the PIN."""
    if request.method == "POST":
        return _enter_pin(request, visit)
    if visit.session is None:
        return render(request, "briefs/pin.html", before_pin(visit, get_adapter(request).get_client_ip(request)))
    return render_brief(request, visit)


def _enter_pin(request: HttpRequest, visit: Visit) -> HttpResponse:
    # PINs may be typed in groups, with spaces.
    pin = "".join(request.POST.get("pin", "").split())[:64]
    address = get_adapter(request).get_client_ip(request)
    session = enter_pin(notice=visit.notice, pin=pin, address=address)
    if session is None:
        page = before_pin(visit, address) | {"failed": True}
        page["paused_until"] = page["paused_until"] or get_wider_pause_end(visit.notice, address, timezone.now())
        return render(request, "briefs/pin.html", page, status=403)
    # Whoever opens it has what was added before them in the next moment.
    mark_read(visit.notice)
    response = redirect_to_brief(visit)
    sessions.set_cookie(response, session, visit.path)
    return response


def render_brief(
    request: HttpRequest, visit: Visit, status: int = 200, typed: Mapping[str, str] | None = None, **extra: Any
) -> HttpResponse:
    if is_readable(visit.notice):
        _log("brief.viewed", visit)
    return render(request, "briefs/brief.html", brief_page(visit, typed) | extra, status=status)


@sensitive_post_parameters("note", "detail_number", "detail_prosecutor")
@at_link
def reply(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take one answer. The same one twice is one reply; one that can't be given now is explained on the page."""
    if visit.session is None:
        return render(request, "briefs/pin.html", before_pin(visit) | {"ended": True}, status=403)
    kind = request.POST.get("kind", "")
    to_municipality = Municipality.objects.filter(slug=request.POST.get("municipality", "")).first()
    # Browsers send line breaks as CRLF, which would count twice against the note's length.
    reason, note = request.POST.get(f"{kind}_reason", ""), normalize_newlines(request.POST.get("note", ""))
    # A page that asks for the outcome of another notice takes it for that one.
    answered = get_answered_notice(visit.notice) if kind == ReplyKind.OUTCOME else visit.notice
    details = {key: request.POST.get(f"detail_{key}", "") for key, _label, _most in get_detail_fields(answered)}
    minutes = request.POST.get("minutes", "")
    try:
        # Where steps stand in its place, as after the arrival: nobody declines who is there.
        if kind == ReplyKind.DECLINED and kind in (steps.hidden if (steps := describe_steps(visit.notice)) else ()):
            raise AnswerRefused("unknown_answer")
        answer(
            notice=answered,
            kind=kind,
            reason=reason,
            to_municipality=to_municipality,
            note=note,
            details=details if kind == ReplyKind.OUTCOME else None,
            minutes=minutes,
        )
    except AnswerRefused as refused:
        _log("brief.answer_refused", visit, why=refused.code)
        visit.notice.refresh_from_db()
        correctable = refused.code in CORRECTABLE
        # 422 for what can be corrected on the page, 409 when the moment has passed.
        extra = {"refused": refused, "correctable": correctable, "kind": kind, "reason": reason, "note": note}
        extra["minutes_typed"] = minutes
        return render_brief(request, visit, 422 if correctable else 409, typed=details, **extra)
    return redirect_to_brief(visit, "#answered")


@at_link
def not_me(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Handle "This isn't me": explain what will happen, and revoke the link on POST."""
    if request.method != "POST":
        return render(request, "briefs/not_me.html", {"visit": visit})
    revoke_link(notice=visit.notice, why=NOT_ME)
    return render(request, "briefs/not_me_done.html", {"visit": visit})


@at_link
def close(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Close the session, in this browser and everywhere else."""
    response = render(request, "briefs/closed.html", {"visit": visit})
    if visit.session is not None:
        sessions.close_session(response, visit.session, visit.path)
        _log("brief.closed", visit)
    return response


@at_link
def document(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Return the PDF of the notice. Rendered here when the queue hasn't done it yet; a GET stores nothing."""
    if visit.session is None:
        return redirect_to_brief(visit)
    if not visit.notice.needs_document or not is_readable(visit.notice):
        raise Http404
    response = HttpResponse(documents.build_pdf(visit.notice), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{visit.notice.code}.pdf"'
    _log("brief.document_read", visit)
    return response


def redirect_to_brief(visit: Visit, part: str = "") -> HttpResponse:
    return redirect_to(visit.address() + part)


def redirect_to(address: str) -> HttpResponse:
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response


def _log(action: str, visit: Visit, **detail: Any) -> None:
    log_event(action, actor=visit.actor, target_kind="notice", target_id=visit.notice.pk, **detail)
