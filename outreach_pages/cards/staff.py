"""Staff views of a card, under /field/sessions/<id>/: its page, its papers, its end, and the feedback."""

import uuid
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, get_language_info
from django.views.decorators.http import require_POST

from access.models import User
from access.scoping import visible_or_404

from ..feedback.counting import build_results
from ..feedback.times import open_phases
from ..handouts.making import KINDS, handout_pdf, handouts
from ..pages.making import (
    ChangedMeanwhile,
    EditedByHand,
    NowhereToStand,
    TakenAway,
    compute_mark,
    get_pages,
    make_session_page,
    parted,
    renew_session_page,
    take_record,
)
from ..pages.parting import is_edited
from ..records.models import InformativeSession
from ..records.views.frame import frame
from .actions import keep_card_until, may_manage
from .codes import written
from .forms import CardForm
from .qr import qr_png, qr_svg, short_address


def page(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Show the card, its page and the feedback. POST makes the page; a second POST finds it made."""
    user, session = _found(request, session_id)
    if request.method != "POST":
        return _card_page(request, user, session)
    _only_managers(user, session)
    try:
        make_session_page(session=session, by=user)
    except NowhereToStand:
        return _card_page(request, user, session, problem="nowhere", status=409)
    return _done(session, "made")


@require_POST
def renew(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Write the page again from the record."""
    user, session = _found(request, session_id)
    _only_managers(user, session)
    try:
        renew_session_page(session=session, by=user)
    except EditedByHand:
        return _card_page(request, user, session, problem="edited", status=409)
    except TakenAway:
        return _card_page(request, user, session, problem="taken", status=409)
    return _done(session, "renewed")


def difference(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Show where the editors' published text differs from the record's. POST restores the record's."""
    user, session = _found(request, session_id)
    _only_managers(user, session)
    problem = ""
    if request.method == "POST":
        try:
            take_record(session=session, by=user, seen=request.POST.get("seen", "")[:200])
        except ChangedMeanwhile:
            problem = "meanwhile"
        except TakenAway:
            return _card_page(request, user, session, problem="taken", status=409)
        else:
            return _done(session, "renewed")
    found = parted(session)
    if not found and not problem:
        return redirect("session_cards:page", session.pk)
    context = frame(request, session=session, parted=found, seen=compute_mark(get_pages(session)), problem=problem)
    return render(request, "outreach_pages/page_difference.html", context, status=409 if problem else 200)


@require_POST
def keep(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """End the card, or extend it."""
    user, session = _found(request, session_id)
    _only_managers(user, session)
    form = CardForm(request.POST, initial=_initial(session))
    if not form.is_valid():
        return _card_page(request, user, session, form=form, status=422)
    keep_card_until(session=session, last_day=form.expires_on(), by=user)
    return _done(session, "kept" if session.card_is_open() else "ended")


def qr(request: HttpRequest, session_id: uuid.UUID, language: str, kind: str) -> HttpResponse:
    """Return the QR code alone, for the unit's own papers."""
    _user, session = _found(request, session_id)
    _known(language, dict(settings.LANGUAGES))
    make, media_type = {"svg": (qr_svg, "image/svg+xml"), "png": (qr_png, "image/png")}[_known(kind, ("svg", "png"))]
    answer = HttpResponse(make(session.card_code, language), content_type=media_type)
    if "save" in request.GET:
        answer["Content-Disposition"] = f'attachment; filename="qr-{session.card_code}-{language}.{kind}"'
    return answer


def papers(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """List what can be printed."""
    user, session = _found(request, session_id)
    context = frame(
        request,
        session=session,
        is_open=session.card_is_open(),
        has_page=any(page.live for page in get_pages(session)),
        may_manage=may_manage(user, session),
        handouts=handouts(),
    )
    return render(request, "outreach_pages/handouts.html", context)


def paper(request: HttpRequest, session_id: uuid.UUID, kind: str, language: str) -> HttpResponse:
    """Return one paper as PDF, with today's numbers. None for a closed card: nobody should hand that out."""
    _user, session = _found(request, session_id)
    _known(kind, KINDS)
    _known(language, dict(settings.LANGUAGES))
    if not session.card_is_open():
        return redirect("session_cards:handouts", session.pk)
    answer = HttpResponse(handout_pdf(session, kind, language), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="vatra-{kind}-{session.card_code}-{language}.pdf"'
    return answer


def _card_page(
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
    context: dict[str, Any] = frame(
        request,
        session=session,
        pages=pages,
        has_page=any(page.live for page in pages),
        is_edited=any(page.live and is_edited(page) for page in pages),
        has_draft=any(page.live and page.has_unpublished_changes for page in pages),
        is_open=session.card_is_open(),
        is_over=session.card_expires_on is not None and session.card_expires_on < timezone.localdate(),
        code=written(session.card_code),
        addresses=[
            {"language": code, "name": get_language_info(code)["name_local"].capitalize(), "url": url}
            for code, _name in settings.LANGUAGES
            if (url := short_address(session.card_code, code))
        ],
        language=get_language() or settings.LANGUAGE_CODE,
        may_manage=may_manage(user, session),
        form=form or CardForm(initial=_initial(session)),
        results=build_results(session),
        phases=open_phases(session),
        problem=problem,
        done=request.GET.get("done", "") if request.method == "GET" else "",
    )
    return render(request, "outreach_pages/card_of_session.html", context, status=status)


def _initial(session: InformativeSession) -> dict[str, Any]:
    """Return the form's initial choice; none for a card that has ended."""
    if session.card_expires_on is None:
        return {"how_long": CardForm.STAYS}
    if session.card_expires_on < timezone.localdate():
        return {}
    return {"how_long": CardForm.UNTIL, "last_day": session.card_expires_on}


def _done(session: InformativeSession, what: str) -> HttpResponse:
    answer = redirect("session_cards:page", session.pk)
    answer["Location"] += f"?done={what}"
    return answer


def _found(request: HttpRequest, session_id: uuid.UUID) -> tuple[User, InformativeSession]:
    assert isinstance(request.user, User)
    return request.user, visible_or_404(InformativeSession, request.user, pk=session_id)


def _only_managers(user: User, session: InformativeSession) -> None:
    if not may_manage(user, session):
        raise Http404


def _known(value: str, among: Any) -> str:
    if value not in among:
        raise Http404
    return value
