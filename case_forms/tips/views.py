"""The unit's pages: the list of tips, and one tip with everything that was said."""

import secrets
from http import HTTPStatus
from io import BytesIO
from typing import Any, cast

import structlog
from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from access.models import User
from access.scoping import visible_or_404
from access.short_lists import ShortList
from audit.chain import get_actor, log_event
from case_forms.cases.dashboard import Dashboard, build_dashboard, get_reasons
from case_forms.cases.timeline import Timeline, notice_lines
from case_forms.form_builder.models import FormVersion
from content.media_files.ranges import respond_with_range
from notifications.briefs.models import FurtherReport
from notifications.directory.models import Role
from notifications.outbox.models import Notice

from . import staff_actions
from .dashboard import MAX_CLOSED, MAX_OPEN, OpenTips, TipLines, get_closed_tips, held_back
from .deciding import get_roles_not_notified
from .models import CHOSEN_BY_STAFF, Tip, TipState, TipVoice
from .public_actions import may_add
from .reading import read_tip
from .voices import VoiceLost, get_content
from .wav import MEDIA_TYPE

BEGUN_WITH = "initial_identification"  # the form a worker begins from a tip, else the first of this kind
KIND = "identification"
ON_A_PAGE = 60
log = structlog.get_logger(__name__)
MANY = 10  # open ones, from which several can be closed at once

PROBLEMS: dict[str, str | Promise] = {
    "closed": _("This message is already closed."),
    "frozen": _("The person locked their code: nobody can read an answer here any more."),
    "empty": _("Write an answer first."),
    "too_long": _("The answer is too long. Write at most 4000 characters."),
    "no_outcome": _("Choose why it is closed."),
}


def tips(request: HttpRequest) -> HttpResponse:
    """Show the list: where, when and how far, and nothing of what was written."""
    user = _staff(request)
    units = list(user.units())
    shows_closed = request.GET.get("state") == TipState.CLOSED
    closed, open_ones = get_closed_tips(user), OpenTips(user)
    lines: TipLines = closed if shows_closed else open_ones
    page: Page[Any] = Paginator(cast(Any, lines), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "place_name": units[0].name if len(units) == 1 else "",
        "page": page,
        "lines": page.object_list,
        "held_back": held_back(user),
        "shows_closed": shows_closed,
        "unsorted": open_ones.unsorted,
        "max_sorted": MAX_OPEN,
        "may_close_several": not shows_closed and len(lines) >= MANY,
        "just_closed": _number(request.GET.get("closed", "")),
        "closed": None if shows_closed else ShortList(closed[:MAX_CLOSED], len(closed)),
        "regions": list(user.coordinated_regions()),
    }
    return render(request, "tips/list.html", context)


def _number(text: str) -> int:
    """Read a number from an address; 0 for what is none."""
    return int(text) if text.isdecimal() and len(text) < 4 else 0


@sensitive_variables()
def tip(request: HttpRequest, reference: str) -> HttpResponse:
    """Show one tip. Opening it is recorded, and changes nothing else."""
    user = _staff(request)
    found = visible_or_404(Tip, user, reference=reference)
    return _read(request, user, found)


@sensitive_variables()
def voice(request: HttpRequest, reference: str) -> HttpResponseBase:
    """Play what the person said: the whole recording, or the part of it that the browser asks for.

    Hearing it is recorded, once for each time it is played from its beginning. Never stored by a browser.
    """
    user = _staff(request)
    found = visible_or_404(Tip, user, reference=reference)
    said = TipVoice.objects.filter(tip=found).first()
    if said is None:
        raise Http404
    try:
        content = get_content(said)
    except VoiceLost as lost:
        log.error("voice_lost", voice=str(said.pk), reason=str(lost))
        raise Http404 from None
    # Some browsers (Safari) play only what they may ask for in parts, each with a request of its own.
    answer = respond_with_range(
        BytesIO(content),
        len(content),
        asked=request.headers.get("Range", ""),
        content_type=MEDIA_TYPE,
        is_head=request.method == "HEAD",
    )
    if answer.status_code == HTTPStatus.OK or answer.get("Content-Range", "").startswith("bytes 0-"):
        log_event("signal.voice_heard", actor=get_actor(user), target_kind="signal", target_id=found.pk)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@require_POST
def take(request: HttpRequest, reference: str) -> HttpResponse:
    """Take care of a tip; the unit's notices stop."""
    user = _staff(request)
    found = visible_or_404(Tip, user, reference=reference)
    try:
        staff_actions.take_tip(tip=found, by=user)
    except staff_actions.TipActionRefused as problem:
        return _read(request, user, found, problem=PROBLEMS[problem.code], status=409)
    return redirect("signals:signal", reference)


@require_POST
def close_several(request: HttpRequest) -> HttpResponse:
    """Close those that were chosen on the list as sent by mistake, in a flood. One of danger never is."""
    user = _staff(request)
    chosen = request.POST.getlist("reference")[:ON_A_PAGE]
    found = Tip.objects.visible_to(user).open().filter(reference__in=chosen)
    closed = staff_actions.close_as_spam(tips=list(found), by=user)
    return redirect(f"{reverse('signals:list')}?closed={closed}")


@require_POST
def let_others_know(request: HttpRequest, reference: str) -> HttpResponse:
    """Notify the others of the procedure, after one that was held back has been looked at."""
    user = _staff(request)
    found = visible_or_404(Tip, user, reference=reference)
    try:
        staff_actions.let_others_know(tip=found, by=user)
    except staff_actions.TipActionRefused as problem:
        return _read(request, user, found, problem=PROBLEMS[problem.code], status=409)
    return redirect("signals:signal", reference)


@require_POST
@sensitive_post_parameters("text")
@sensitive_variables()
def answer(request: HttpRequest, reference: str) -> HttpResponse:
    """Answer the person. What was typed stays on the page when it can't be sent."""
    user = _staff(request)
    found = visible_or_404(Tip, user, reference=reference)
    text, key = request.POST.get("text", ""), request.POST.get("key", "")[:64]
    try:
        # Without the page's key (a script, an old page) each press is an answer of its own.
        staff_actions.answer_tip(tip=found, by=user, text=text, key=key or secrets.token_hex(16))
    except staff_actions.TipActionRefused as problem:
        return _read(request, user, found, answer_problem=PROBLEMS[problem.code], typed=text, status=422)
    return redirect("signals:signal", reference)


@require_POST
def close(request: HttpRequest, reference: str) -> HttpResponse:
    user = _staff(request)
    found = visible_or_404(Tip, user, reference=reference)
    try:
        staff_actions.close_tip(tip=found, by=user, outcome=request.POST.get("outcome", ""))
    except staff_actions.TipActionRefused as problem:
        return _read(request, user, found, close_problem=PROBLEMS[problem.code], status=422)
    return redirect("signals:signal", reference)


def _read(request: HttpRequest, user: User, found: Tip, *, status: int = 200, **more: Any) -> HttpResponse:
    log_event("signal.read", actor=get_actor(user), target_kind="signal", target_id=found.pk)
    language = get_language() or settings.LANGUAGE_CODE
    # Read again: after an action that failed the row may differ from the one that was looked up.
    found = Tip.objects.select_related(
        "unit__region", "municipality", "region", "form_version__form", "procedure_version", "taken_by"
    ).get(pk=found.pk)
    context = {
        "place_name": found.unit.name,
        "tip": found,
        "sections": read_tip(found, language),
        "voice": TipVoice.objects.filter(tip=found).first(),
        "messages_said": list(found.messages.select_related("by")),
        "board": board_for(found),
        "reasons": get_reasons(found.events.all(), language),
        "untold": [str(Role(role).label) for role in get_roles_not_notified(found) if role in Role.values],
        "outcomes": [(outcome.value, outcome.label) for outcome in CHOSEN_BY_STAFF],
        "may_add": may_add(found),
        "is_ours": user.units().filter(pk=found.unit_id).exists(),
        "form_to_begin": _form_to_begin(),
        "answer_key": secrets.token_hex(16),
        "written_in": dict(settings.LANGUAGES).get(found.language, found.language),
        **more,
    }
    return render(request, "tips/tip.html", context, status=status)


def board_for(found: Tip) -> Dashboard:
    """Build the cards of who was notified, and what became of it: the same as a case's."""
    # A tip that was added to an open notice has none of its own; the card is that notice's.
    joined = FurtherReport.objects.filter(source_id=found.pk).values("notice")
    shown = Notice.objects.shown().filter(Q(case_id=found.pk) | Q(chase_id__in=joined))
    notices = notice_lines(shown, now=timezone.now())
    return build_dashboard(Timeline(notices=notices, deadlines=[], referrals=[], events=[]))


def _form_to_begin() -> FormVersion | None:
    versions = [version for version in FormVersion.objects.newest().for_staff() if version.parsed_form.kind == KIND]
    return next((version for version in versions if version.form.key == BEGUN_WITH), versions[0] if versions else None)


def _staff(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
