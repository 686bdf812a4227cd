"""Staff views of a card, under /field/sessions/<id>/: its page, its papers, its end, and the feedback."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language_info
from django.views.decorators.http import require_POST

from access.languages import LANGUAGES, get_current_language
from access.models import User
from access.scoping import visible_or_404

from ..feedback.counting import build_results, get_open_phases
from ..handouts import KINDS, list_handouts, render_handout
from ..pages.actions import (
    ChangedMeanwhile,
    NoIndexPage,
    PageEdited,
    PageUnpublished,
    compute_state_mark,
    get_edited_pages,
    get_pages,
    make_session_page,
    renew_session_page,
    restore_from_record,
)
from ..pages.differences import is_edited
from ..records.models import InformativeSession
from ..records.views.sessions import build_context
from .actions import may_manage_card, set_card_expiry
from .codes import build_short_url, format_code, render_qr_png, render_qr_svg
from .forms import CardForm


def card_page(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Show the card, its page and the feedback. POST makes the page; a second POST finds it made."""
    user, session = _get_session_or_404(request, session_id)
    if request.method != "POST":
        return _render_card_page(request, user, session)
    _require_manager(user, session)
    try:
        make_session_page(session=session, by=user)
    except NoIndexPage:
        return _render_card_page(request, user, session, problem="nowhere", status=409)
    return _redirect_done(session, "made")


@require_POST
def renew_page(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Write the page again from the record."""
    user, session = _get_session_or_404(request, session_id)
    _require_manager(user, session)
    try:
        renew_session_page(session=session, by=user)
    except PageEdited:
        return _render_card_page(request, user, session, problem="edited", status=409)
    except PageUnpublished:
        return _render_card_page(request, user, session, problem="taken", status=409)
    return _redirect_done(session, "renewed")


def page_difference(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Show where the editors' published text differs from the record's. POST restores the record's."""
    user, session = _get_session_or_404(request, session_id)
    _require_manager(user, session)
    problem = ""
    if request.method == "POST":
        try:
            restore_from_record(session=session, by=user, seen=request.POST.get("seen", "")[:200])
        except ChangedMeanwhile:
            problem = "meanwhile"
        except PageUnpublished:
            return _render_card_page(request, user, session, problem="taken", status=409)
        else:
            return _redirect_done(session, "renewed")
    found = get_edited_pages(session)
    if not found and not problem:
        return redirect("session_cards:page", session.pk)
    context = build_context(
        request, session=session, parted=found, seen=compute_state_mark(get_pages(session)), problem=problem
    )
    return render(request, "outreach_pages/page_difference.html", context, status=409 if problem else 200)


@require_POST
def set_expiry(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """End the card, or extend it."""
    user, session = _get_session_or_404(request, session_id)
    _require_manager(user, session)
    form = CardForm(request.POST, initial=_get_initial(session))
    if not form.is_valid():
        return _render_card_page(request, user, session, form=form, status=422)
    set_card_expiry(session=session, last_day=form.expires_on(), by=user)
    return _redirect_done(session, "kept" if session.card_is_open() else "ended")


def qr_code(request: HttpRequest, session_id: uuid.UUID, language: str, kind: str) -> HttpResponse:
    """Return the QR code alone, for the unit's own papers."""
    _user, session = _get_session_or_404(request, session_id)
    _one_of_or_404(language, LANGUAGES)
    make, media_type = {"svg": (render_qr_svg, "image/svg+xml"), "png": (render_qr_png, "image/png")}[
        _one_of_or_404(kind, ("svg", "png"))
    ]
    answer = HttpResponse(make(session.card_code, language), content_type=media_type)
    if "save" in request.GET:
        answer["Content-Disposition"] = f'attachment; filename="qr-{session.card_code}-{language}.{kind}"'
    return answer


def handout_list(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """List what can be printed."""
    user, session = _get_session_or_404(request, session_id)
    context = build_context(
        request,
        session=session,
        is_open=session.card_is_open(),
        has_page=any(page.live for page in get_pages(session)),
        may_manage=may_manage_card(user, session),
        handouts=list_handouts(),
    )
    return render(request, "outreach_pages/handouts.html", context)


def handout(request: HttpRequest, session_id: uuid.UUID, kind: str, language: str) -> HttpResponse:
    """Return one paper as PDF, with today's numbers. None for a closed card: nobody should hand that out."""
    _user, session = _get_session_or_404(request, session_id)
    _one_of_or_404(kind, KINDS)
    _one_of_or_404(language, LANGUAGES)
    if not session.card_is_open():
        return redirect("session_cards:handouts", session.pk)
    answer = HttpResponse(render_handout(session, kind, language), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="vatra-{kind}-{session.card_code}-{language}.pdf"'
    return answer


def _render_card_page(
    request: HttpRequest,
    user: User,
    session: InformativeSession,
    *,
    form: CardForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render the page of a card, with a form's errors or a problem."""
    pages = get_pages(session)
    context: dict[str, Any] = build_context(
        request,
        session=session,
        pages=pages,
        has_page=any(page.live for page in pages),
        is_edited=any(page.live and is_edited(page) for page in pages),
        has_draft=any(page.live and page.has_unpublished_changes for page in pages),
        is_open=session.card_is_open(),
        is_over=session.card_expires_on is not None and session.card_expires_on < timezone.localdate(),
        code=format_code(session.card_code),
        addresses=[
            {"language": code, "name": get_language_info(code)["name_local"].capitalize(), "url": url}
            for code in LANGUAGES
            if (url := build_short_url(session.card_code, code))
        ],
        language=get_current_language(),
        may_manage=may_manage_card(user, session),
        form=form or CardForm(initial=_get_initial(session)),
        results=build_results(session),
        phases=get_open_phases(session),
        problem=problem,
        done=request.GET.get("done", "") if request.method == "GET" else "",
    )
    return render(request, "outreach_pages/card_of_session.html", context, status=status)


def _get_initial(session: InformativeSession) -> dict[str, Any]:
    """Return the form's initial choice; none for a card that has ended."""
    if session.card_expires_on is None:
        return {"how_long": CardForm.STAYS}
    if session.card_expires_on < timezone.localdate():
        return {}
    return {"how_long": CardForm.UNTIL, "last_day": session.card_expires_on}


def _redirect_done(session: InformativeSession, what: str) -> HttpResponse:
    answer = redirect("session_cards:page", session.pk)
    answer["Location"] += f"?done={what}"
    return answer


def _get_session_or_404(request: HttpRequest, session_id: uuid.UUID) -> tuple[User, InformativeSession]:
    assert isinstance(request.user, User)
    return request.user, visible_or_404(InformativeSession, request.user, pk=session_id)


def _require_manager(user: User, session: InformativeSession) -> None:
    if not may_manage_card(user, session):
        raise Http404


def _one_of_or_404(value: str, among: Any) -> str:
    if value not in among:
        raise Http404
    return value
