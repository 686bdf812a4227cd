"""The pages on which a tip is written or a session asked for, with what was typed sealed in the page until it is sent.

A POST answers with the next page itself (nothing is stored that a redirect could lead to). Whatever goes wrong, what
was typed stays in the page, and the numbers to call stand on top.
"""

import json
from traceback import extract_tb
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from case_forms.form_builder.models import FormVersion
from case_forms.submissions.attachments.uploads import keep_in_memory
from case_forms.submissions.pages.section import NoSuchSection
from case_forms.submissions.validation.validate import NothingToAsk
from case_forms.tips.voices import read_voice
from case_forms.tips.wav import Recording, VoiceRefused
from content.page_cache.forbidding import forbid_caching
from content.public_forms import public_form as form_without_cookie

from .. import rate_limits, steps
from ..entry_points import EntryPoint, describe_regions, place_of_card, place_of_region
from ..form_state import FormState, is_too_large, opened, sealed
from ..proof_of_work import new_work
from ..public_forms import PublicForm, Received, SessionRequestForm, TipForm
from ..responses import shown
from ..sending import TooSoon
from ..steps import DANGER, REVIEW, Move

# Of the one page on which a voice message is recorded.
WITH_MICROPHONE = "camera=(), geolocation=(), microphone=(self), interest-cohort=()"

log = structlog.get_logger(__name__)

LOST = _(
    "This page could not be read any more, so what you wrote on the pages before it is gone. What you typed on this"
    " page is still here."
)
OLD = _("This page was open for a long time. What you wrote is still here: check it and continue.")
TOO_SOON = _("You sent that too quickly. Wait a few seconds, then press Send again. Nothing is lost.")
NOT_RECEIVED = _("It was NOT sent: something on our side isn't working. Try again in a minute, or call.")
VOICE_REFUSED = {
    "not_wav": _("The voice message could not be read. Nothing was sent. Record it again, or send without it."),
    "empty": _("Nothing can be heard in the voice message. Nothing was sent. Record it again, or send without it."),
    "too_long": _("The voice message is too long. Nothing was sent. Record a shorter one, or send without it."),
    "busy": _("Too many voice messages are coming in. Nothing was sent. Send without it, or try again later."),
}
VOICE_WORDS = {
    "listen": _("Listen"),
    "stop": _("Stop"),
    "recording": _("Recording. Press “Stop recording” when you are done."),
    "ready": _("Recorded. Nothing has been sent yet: listen to it, delete it, or press Send."),
    "removed": _("The recording is deleted."),
    "denied": _("The microphone isn't allowed or isn't there. You can send what you wrote."),
    "failed": _("The recording can't be used in this browser. You can send what you wrote."),
    "stillRecording": _("Stop the recording first."),
    "leaving": _("If you go to another page now, the recording is deleted. Press again to go on, or send it first."),
    "sending": _("Sending. Leave this page open."),
    "unsent": _("It was NOT sent: there is no network. Nothing is lost. Press Send again, or call."),
    "correct": _("It was NOT sent: an answer has to be corrected first. Press “Change” beside it."),
}
VOICE_ROOM = 16_384  # bytes of an upload besides the longest recording
TOO_LARGE = _("This is too much for one message. Make it shorter, and send the rest afterwards.")


@forbid_caching
@form_without_cookie
def start(request: HttpRequest) -> HttpResponse:
    """Ask which region it is about; also for whoever has no card."""
    return shown(request, "tip_pages/start.html", "asking:start", **describe_regions())


@sensitive_post_parameters()
@sensitive_variables()
@forbid_caching
@form_without_cookie
def card(request: HttpRequest, code: str) -> HttpResponse:
    """Show the form from the card of a session. An unknown and an ended card read alike."""
    return _ask_tip(request, place_of_card(code))


@sensitive_post_parameters()
@sensitive_variables()
@forbid_caching
@form_without_cookie
def region(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the form from a region's page."""
    return _ask_tip(request, place_of_region(slug))


@sensitive_post_parameters()
@sensitive_variables()
@forbid_caching
@form_without_cookie
def session(request: HttpRequest) -> HttpResponse:
    """Show the form by which a school, a municipality or a teacher asks for a session."""
    return _ask(request, SessionRequestForm())


def _ask_tip(request: HttpRequest, place: EntryPoint | None) -> HttpResponse:
    if place is None:
        return shown(request, "tip_pages/no_place.html", "asking:start", status=404, **describe_regions())
    return _ask(request, TipForm(place))


def _ask(request: HttpRequest, asked: PublicForm) -> HttpResponse:
    place, version = asked.place, asked.get_version()
    if version is None:
        return _no_form(request, asked)
    try:
        if request.method == "POST":
            # Nothing is ever written to a temporary file; what is longer is dropped on the way.
            most = settings.VOICE_MAX_BYTES + VOICE_ROOM if asked.takes_voice else 0
            keep_in_memory(request, each=most, together=most)
            return _pressed(request, asked, version)
        return _page(request, asked, version, Move(FormState(place.key, version.pk), steps.first_step(version, {})))
    except NothingToAsk as failure:
        log.error("form_asks_nothing", form=failure.form, version=failure.number)
        return _no_form(request, asked)


def _no_form(request: HttpRequest, asked: PublicForm) -> HttpResponse:
    place = asked.place
    return shown(
        request, "tip_pages/no_form.html", place.name, *place.args, status=503, heading=asked.heading, asked=asked
    )


def _pressed(request: HttpRequest, asked: PublicForm, newest: FormVersion) -> HttpResponse:
    """Answer a POST with the page that its button leads to; with the same page when something is wrong."""
    place = asked.place
    step, going = request.POST.get("step", "")[:64], request.POST.get("go", "next")[:80]
    sheet = opened(request.POST.get("sheet", ""), place.key)
    version = FormVersion.objects.filter(pk=sheet.version).select_related("form").first() if sheet else None
    # Sealed under a key that is gone, changed, or of another card: only what this request itself brought can be saved.
    if sheet is None or version is None:
        empty = FormState(place.key, newest.pk)
        sheet = steps.with_typed(empty, newest, step, request.POST)
        if is_too_large(sheet):
            return _page(request, asked, newest, Move(sheet, step), TOO_LARGE, 413, carried_on=empty)
        # These two pages hold no fields: whoever comes from them begins at the first section.
        there = step if step not in (REVIEW, DANGER) else ""
        return _page(request, asked, newest, steps.move(sheet, newest, there, "stay", frozenset()), LOST, 409)
    before, sheet = sheet, steps.with_typed(sheet, version, step, request.POST)
    if is_too_large(sheet):
        return _page(request, asked, version, Move(sheet, step), TOO_LARGE, 413, carried_on=before)
    # A new secret, too: the old page's challenge has expired with it.
    if sheet.is_old:
        return _page(request, asked, version, steps.move(sheet.renewed(), version, step, "stay", frozenset()), OLD, 409)
    # Only from the last page, on which stands who will read it.
    if going == "send" and step == REVIEW:
        return _send(request, asked, version, sheet)
    moved = steps.move(sheet, version, step, going, frozenset(request.POST.getlist("shown")))
    return _page(request, asked, version, moved, status=422 if moved.has_problems else 200)


# ---- sending ----


def _send(request: HttpRequest, asked: PublicForm, version: FormVersion, sheet: FormState) -> HttpResponse:
    """Store it and show the receipt; with any failure the last page again, and what was typed in it."""
    checked = steps.validate_form_state(sheet, version)
    if not checked.ok:
        # Everything is checked again: a page that was changed by hand may skip sections.
        broken = steps.first_broken(checked) or steps.first_step(version, sheet.answers)
        return _page(request, asked, version, Move(sheet, broken, show_all=True), status=422)
    try:
        voice = _read_voice(request) if asked.takes_voice else None
        received = asked.send(
            sheet,
            version=version,
            answers=checked.answers,
            proof=request.POST.get("proof", ""),
            language=get_language() or settings.LANGUAGE_CODE,
            voice=voice,
        )
    except VoiceRefused as refused:
        return _page(request, asked, version, Move(sheet, REVIEW), VOICE_REFUSED[refused.code], 422)
    except TooSoon:
        return _page(request, asked, version, Move(sheet, REVIEW), TOO_SOON, 429)
    except Exception as failure:  # noqa: BLE001  # whatever failed on our side, what was typed stays in the page
        log.error("signal_not_received", form=version.form.key, error=type(failure).__name__, at=_where(failure))
        return _page(request, asked, version, Move(sheet, REVIEW), NOT_RECEIVED, 503)
    return _receipt(request, asked, received)


def _read_voice(request: HttpRequest) -> Recording | None:
    """Return what was recorded in the page, or None. Its name and declared type count for nothing."""
    upload = request.FILES.get("voice")
    if upload is None:
        return None
    if getattr(upload, "is_too_large", False):
        raise VoiceRefused("too_long")
    return read_voice(upload.read())


def _where(failure: Exception) -> str:
    """Name function and line of a failure, for whoever fixes it; an exception's own text may quote what was typed."""
    last = extract_tb(failure.__traceback__)[-1]
    return f"{last.name}:{last.lineno}"


def _receipt(request: HttpRequest, asked: PublicForm, received: Received) -> HttpResponse:
    """Show the receipt. The code only while it is fresh, and only if it still opens something."""
    return shown(
        request,
        f"{asked.folder}/receipt.html",
        "asking:back",
        heading=asked.heading,
        place=asked.place,
        twins=[],  # the other language would be another page, without the code
        **asked.describe_receipt(received),
    )


# ---- pages ----


def _page(
    request: HttpRequest,
    asked: PublicForm,
    version: FormVersion,
    moved: Move,
    told: "str | Promise" = "",
    status: int = 200,
    carried_on: FormState | None = None,
) -> HttpResponse:
    """Render one page. `carried_on`: the form state to carry on with instead, when this one is too large for a page."""
    place = asked.place
    context: dict[str, Any] = {
        "place": place,
        "heading": asked.heading,
        "folder": asked.folder,
        "version": version,
        "form_title": version.parsed_form.title,
        "step": moved.step,
        "sheet": sealed(carried_on or moved.sheet),
        "told": told,
        **asked.describe_first(),
    }
    if moved.step == DANGER:
        return shown(request, "tip_pages/danger.html", place.name, *place.args, status=status, **context)
    if moved.step == REVIEW:
        work = new_work(moved.sheet.secret, sent_this_hour=rate_limits.sent().used(place.key))
        review = steps.build_review(moved.sheet, version)
        context |= asked.describe_readers(version, review.answers) | {
            "review": review,
            "work": work.as_json,
            "is_flooded": rate_limits.is_flooded(place.key),
            "takes_voice": asked.takes_voice,
            "voice_seconds": settings.VOICE_MAX_SECONDS,
            "voice_minutes": max(settings.VOICE_MAX_SECONDS // 60, 1),
            "voice_words": json.dumps({name: str(words) for name, words in VOICE_WORDS.items()}),
        }
        response = shown(request, "tip_pages/review.html", place.name, *place.args, status=status, **context)
        if asked.takes_voice:
            response["Permissions-Policy"] = WITH_MICROPHONE
        return response
    try:
        page = steps.build_page(moved.sheet, version, moved.step, shown=moved.shown, show_all=moved.show_all)
    # An old or altered page may name a section that isn't there.
    except NoSuchSection:
        first = steps.first_step(version, moved.sheet.answers)
        page = steps.build_page(moved.sheet, version, first)
        context["step"] = first
    context |= {"part": page, "grown": moved.grown}
    return shown(request, "tip_pages/section.html", place.name, *place.args, status=status, **context)
