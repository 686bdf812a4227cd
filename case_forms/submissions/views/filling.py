"""Pages for filling a form: show and save a draft's sections, discard it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from access.models import User
from access.scoping import visible_or_404
from access.sessions.actions import get_row, lock
from access.sessions.locked import get_unlocking_url
from case_forms.form_builder.definition import Section

from .. import from_phone
from ..attachments.section_uploads import StoredUploads, refuse_uploads, store_uploads
from ..attachments.uploads import keep_in_memory
from ..drafts import actions, keys, side_copies
from ..drafts.filled import CONFIRM, CONFIRM_SHOWN, get_filled
from ..drafts.merging import OCCURRED, held_by, typed_part
from ..drafts.migration import newer_version
from ..drafts.typed_values import merged, typed_in, without_row
from ..languages import get_draft_language, languages_to_pick
from ..models import Draft
from ..offers import list_offers
from ..pages.consents import mark_uncovered
from ..pages.entries import SectionPage
from ..pages.repeat_rows import after_saving
from ..pages.section import NoSuchSection, get_section, section_page
from ..pages.standings import mark_standings
from ..reception import CLOCK_TOLERANCE, EARLIEST_YEAR
from .conflicts import (
    QUIETLY,
    ask_to_sign_in,
    choose_page,
    chosen_in,
    copy_in,
    not_here_any_more,
    page_copy,
    typed_only,
)
from .page import frame, is_by_script, note_reading, redirect_to_page, staff

# the header that every other page has from config.middleware, but this page may ask for the phone's location
WITH_THE_PHONES_PLACE = "camera=(), geolocation=(self), microphone=(), interest-cohort=()"


# the draft's key guards the saving, not Django's CSRF token: the token changes whenever somebody signs in, and a
# section typed before that must not be lost. Without a valid key nothing is saved (docs/adr/0009)
@csrf_exempt
def section(request: HttpRequest, draft_id: uuid.UUID, section_key: str) -> HttpResponse:
    """Show a section (GET); save it, and then show what needs correcting or go on (POST).

    The policy row lets POST in without a session when it carries the draft's key: what was typed is saved, nothing is
    shown, and the person is sent to sign in and then back here.
    """
    if request.method == "POST":
        return _save(request, draft_id, section_key)
    draft = _own(request, draft_id)
    if draft.submitted_at is not None:
        return redirect("intake:sent", draft.pk)
    note_reading(draft, staff(request))
    both = _typed_beside(request, draft, section_key)
    if both is not None:
        return both
    page = _page(draft, section_key, draft.answers, by=staff(request), show_all="check" in request.GET)
    return _shown(request, draft, page, saved="saved" in request.GET)


def _typed_beside(request: HttpRequest, draft: Draft, section_key: str) -> HttpResponse | None:
    """Show both texts where something typed without a session would have replaced what is saved; None where not."""
    waiting = actions.to_choose(draft, section_key)
    if waiting is None:
        return None
    section, post = _section_or_404(draft, section_key), waiting.post
    post.update({"draft_key": keys.get_key(draft, get_row(request)), side_copies.BESIDE: waiting.page})
    return choose_page(request, actions.SectionDiffers(draft, waiting.differences), section, post, "save", status=200)


def _save(request: HttpRequest, draft_id: uuid.UUID, section_key: str) -> HttpResponse:
    # before `request.POST` is read below: files would go to Django's temporary files otherwise
    keep_in_memory(request)
    key = keys.read_key(request.POST.get("draft_key", ""), draft_id)
    draft = Draft.objects.select_related("form_version__form", "unit", "owner").filter(pk=draft_id).first()
    if draft is None and key is not None:  # discarded meanwhile; what was typed can still be copied
        return not_here_any_more(request, draft_id, section_key, key)
    is_owner = Draft.objects.visible_to(request.user).filter(pk=draft_id).exists()  # type: ignore[arg-type]
    key_is_good = draft is not None and key is not None and key.owner == draft.owner_id and keys.is_alive(key)
    if draft is None or not (key_is_good or is_owner):
        if request.user.is_authenticated:
            _own(request, draft_id)  # raises 404, audited as a denial
        return ask_to_sign_in(request, reverse("intake:home"))
    if key is not None and key_is_good and _has_moved_on(draft, key):
        return not_here_any_more(request, draft_id, section_key, key, draft)
    if draft.submitted_at is not None:
        return redirect_to_page(request, "intake:sent", draft.pk)
    section = _section_or_404(draft, section_key)
    if not key_is_good:
        # the owner with an expired key: the page is shown again with what was typed and a new key, and saved with that
        files = refuse_uploads(request.FILES, request.POST, section=section)
        answers = merged(draft.answers, section, _pressed(files.post, section).typed)
        page = _page(draft, section_key, answers, by=staff(request), file_errors=files.errors)
        return _shown(request, draft, page, is_stale=True, status=409)
    by = staff(request) if is_owner else None
    files = store_uploads(request.FILES, request.POST, section=section, draft=draft, by=by)
    pressed = _pressed(files.post, section)
    # a time that can't be read keeps the saved one; the answers are saved all the same
    occurred_at, occurred_error = _occurred(request)
    try:
        draft = actions.save_section(
            draft_id=draft_id,
            section=section,
            typed=pressed.typed,
            occurred_at=occurred_at,
            by=by,
            copy=copy_in(request.POST),
            chosen=chosen_in(request.POST),
            sent=() if is_owner else side_copies.get_fields(files.post),
            beside=request.POST.get(side_copies.BESIDE),
            known_holds=CONFIRM in request.POST if CONFIRM_SHOWN in request.POST else None,
        )
    except actions.SectionDiffers as differs:
        return _not_overwritten(request, differs, section, pressed, files, is_owner=is_owner)
    except actions.DraftIsSent:  # by another page, after it was looked at above
        return redirect_to_page(request, "intake:sent", draft_id)
    if pressed.going in QUIETLY:
        return _kept(request, draft, section, pressed, files, is_owner=is_owner)
    if not is_owner:
        return _to_sign_in(request, draft, section_key)
    return _after_saving(request, draft, section_key, pressed, occurred_error, files.errors)


def _has_moved_on(draft: Draft, key: keys.DraftKey) -> bool:
    """Return whether a page with this key can't be saved any more: the form was submitted, or changed its version."""
    return draft.submitted_at is not None or key.form_version not in (None, draft.form_version_id)


def _not_overwritten(
    request: HttpRequest,
    differs: actions.SectionDiffers,
    section: Section,
    pressed: "Pressed",
    files: StoredUploads,
    *,
    is_owner: bool,
) -> HttpResponse:
    """Answer that another page or phone saved this section meanwhile; show both texts, to its owner only."""
    if pressed.going in QUIETLY:
        return JsonResponse({"differs": True, **_describe_uploads(files)}, status=409)
    if not is_owner:
        return typed_only(request, differs.draft, section)
    return choose_page(request, differs, section, files.post, pressed.going)


@dataclass(frozen=True)
class Pressed:
    """The button that was pressed, and what was typed. `new_row_in`: the group that gets a row."""

    going: str
    typed: dict[str, Any] = field(repr=False)
    new_row_in: str = ""


def _pressed(post: QueryDict, section: Section) -> Pressed:
    button = {name: str(post.get(name) or "") for name in ("remove", "add", "go")}
    if button["remove"]:
        return Pressed("stay", without_row(post, section, button["remove"]))
    typed = typed_in(section, post)
    if button["add"]:
        return Pressed("stay", typed, after_saving(section.items, post, button["add"]))
    return Pressed(button["go"] or "next", typed)


def _kept(
    request: HttpRequest, draft: Draft, section: Section, pressed: Pressed, files: StoredUploads, *, is_owner: bool
) -> HttpResponse:
    """Tell the script, which saves and uploads by itself, what its page is a copy of now."""
    if pressed.going == "autosave" and not is_by_script(request):
        return HttpResponse(status=204)
    version = actions.version_held(draft, section.key, copy_in(request.POST))
    marks = actions.page_marks(draft, section, pressed.typed, request.POST.get(OCCURRED))
    if not is_owner:
        # with the key alone not all of it was saved: marked as held, the rest would count as unchanged and be lost
        moment = timezone.localtime(draft.occurred_at).strftime(actions.MOMENT)
        saved = actions.page_marks(draft, section, typed_part(section.items, draft.answers), moment)
        marks = side_copies.marks_held(marks, saved, copy_in(request.POST).marks)
    return JsonResponse({"version": version, "marks": marks, **_describe_uploads(files)})


def _describe_uploads(files: StoredUploads) -> dict[str, Any]:
    """Return which of the uploaded files were stored and which weren't, by field."""
    stored = {
        name: {
            "id": str(row.pk),
            "name": row.name,
            "size": row.size,
            "address": reverse("intake:attachment", args=[row.pk]),
        }
        for name, row in files.stored.items()
    }
    return {"kept": stored, "errors": files.errors}


def _after_saving(
    request: HttpRequest,
    draft: Draft,
    section_key: str,
    pressed: Pressed,
    occurred_error: str,
    file_errors: Mapping[str, str],
) -> HttpResponse:
    going, new_row_in = pressed.going, pressed.new_row_in
    shown = set(request.POST.getlist("shown"))
    # errors only of what the person has seen, and only when they want to go on
    with_errors = shown if going == "next" else ()
    page = _page(
        draft,
        section_key,
        draft.answers,
        by=staff(request),
        shown=with_errors,
        new_row_in=new_row_in,
        file_errors=file_errors,
    )
    if occurred_error or file_errors:
        return _shown(request, draft, page, occurred_error=occurred_error, status=422)
    if going == "next":
        if page.problems:
            return _shown(request, draft, page, status=422)
        # what was typed may make further questions apply: they are asked before the next section
        grown = page.names() - shown
        if grown:
            return _shown(request, draft, page, grown=grown)
        return (
            redirect_to_page(request, "intake:section", draft.pk, page.next)
            if page.next
            else redirect_to_page(request, "intake:review", draft.pk)
        )
    wanted = page.previous if going == "back" else going.removeprefix("to:")
    if wanted in {step.key for step in page.steps}:
        return redirect_to_page(request, "intake:section", draft.pk, wanted)
    if going == "back":
        return redirect_to_page(request, "intake:home")
    if going == "newer":
        return redirect_to_page(request, "intake:move", draft.pk)
    if going.startswith("in:"):
        actions.choose_language(draft=draft, language=going.removeprefix("in:"))
        return redirect_to_page(request, "intake:section", draft.pk, section_key)
    if going == "stay":
        return _shown(request, draft, page)
    if going == "lock":
        lock(request)
        back = reverse("intake:section", args=[draft.pk, section_key])
        return redirect_to_page(request, get_unlocking_url(staff(request), next=back))
    return redirect_to_page(request, f"{reverse('intake:section', args=[draft.pk, section_key])}?saved")


def _to_sign_in(request: HttpRequest, draft: Draft, section_key: str) -> HttpResponse:
    """Send to the sign-in page and back to this section; somebody else who is signed in goes to the start page."""
    if request.user.is_authenticated:
        return redirect_to_page(request, "intake:home")
    back = reverse("intake:section", args=[draft.pk, section_key])
    return redirect_to_page(request, f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back, 'kept': 1})}")


@require_POST
def discard(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Discard a draft. The page asks first, in a disclosure of its own."""
    draft = _own(request, draft_id)
    if draft.owner_id != staff(request).pk:  # a colleague continues it or leaves it
        raise Http404
    if draft.submitted_at is None:
        actions.discard_draft(draft=draft, by=staff(request))
    return redirect("intake:home")


def _own(request: HttpRequest, draft_id: uuid.UUID) -> Draft:
    return visible_or_404(Draft, staff(request), pk=draft_id)


def _section_or_404(draft: Draft, section_key: str) -> Section:
    try:
        return get_section(draft.form_version.parsed_form, section_key)
    except NoSuchSection:
        raise Http404 from None


def _page(
    draft: Draft, section_key: str, answers: dict[str, Any], *, by: User | None = None, **options: Any
) -> SectionPage:
    """Build a section's page. Raises Http404 for a section that the form doesn't have or that doesn't apply."""
    context = actions.build_context(draft, get_draft_language(draft), by=by)
    filled = get_filled(draft, context)
    form = draft.form_version.parsed_form
    try:
        return section_page(form, section_key, answers, context, user=by or draft.owner, filled=filled, **options)
    except NoSuchSection:
        raise Http404 from None


def _shown(request: HttpRequest, draft: Draft, page: SectionPage, *, status: int = 200, **extra: Any) -> HttpResponse:
    moment = timezone.localtime(draft.occurred_at).strftime(actions.MOMENT)
    section = get_section(draft.form_version.parsed_form, page.key)
    # marks of what the page shows, not of what is saved: initial values that it adds aren't the person's changes
    marks = actions.page_marks(draft, section, held_by(page.entries), moment if page.is_first else None)
    mark_standings(page)
    consents = mark_uncovered(page, draft, draft.answers)
    context = frame(
        request,
        draft=draft,
        returned=from_phone.describe_draft(draft),
        offers=list_offers(draft, staff(request)),
        page=page,
        consents=consents,
        is_own=draft.owner_id == staff(request).pk,
        draft_key=keys.get_key(draft, get_row(request)),
        copy=page_copy(actions.section_version(draft, page.key), marks),
        newer=newer_version(draft),
        moved="moved" in request.GET,
        form_language=get_draft_language(draft),
        form_languages=languages_to_pick(draft.form_version.parsed_form),
        occurred_value=request.POST.get(OCCURRED, moment),
        latest=timezone.localtime().strftime("%Y-%m-%dT23:59"),
        **extra,
    )
    response = render(request, "submissions/section.html", context, status=status)
    # the header opens geolocation for a page that asks for a point, and stays shut for all others
    if any(view.question.type == "geopoint" for view in page.questions):
        response["Permissions-Policy"] = WITH_THE_PHONES_PLACE
    return response


def _occurred(request: HttpRequest) -> tuple[datetime | None, str]:
    """Return (when it happened, what is wrong with what was typed). (None, "") on pages that don't ask."""
    written = request.POST.get(OCCURRED)
    if written is None:
        return None, ""
    try:
        # a browser's field for day and time has no offset: it is Albanian time, whatever offset a text may name
        moment = timezone.make_aware(datetime.fromisoformat(written.strip()).replace(tzinfo=None))
    except (ValueError, OverflowError):
        return None, _("Write the day and the time, for example 24.11.2026 14:05.")
    if moment.year < EARLIEST_YEAR:
        return None, _("This is too long ago. Write when it happened.")
    if moment > timezone.now() + CLOCK_TOLERANCE:
        return None, _("This time is in the future. Write when it happened.")
    return moment, ""
