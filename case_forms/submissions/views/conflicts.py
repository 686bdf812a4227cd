"""Conflict pages, for a page that is no longer a copy of what is saved: both texts to choose from, or one to copy.

Every name that these pages send besides questions begins with an underscore, which no question's does.
"""

import json
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from access.models import User, localize
from case_forms.form_builder.definition import Section
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists

from ..drafts import actions, keys
from ..drafts.merging import (
    BOTH,
    MINE,
    OCCURRED,
    THEIRS,
    Chosen,
    Difference,
    Marks,
    PageCopy,
    leaves,
    marks_written,
    same_answers,
    typed_part,
)
from ..drafts.side_copies import BESIDE, is_by_phone
from ..drafts.typed_values import typed_in
from ..drafts.unmapped_answers import GONE, LeftOver, LeftOverLine, in_words
from ..from_phone import describe_draft
from ..languages import get_draft_language, language_among
from ..models import Draft, Submission
from ..pages.section import NoSuchSection, get_section
from ..validation.validate import Answers, CheckContext
from .page import frame, is_by_script, redirect_to_page

QUIETLY = ("autosave", "attach")  # the script does these by itself, and the page stays as it is
KEEP, SEEN = "_keep-", "_seen-"
MAX_ID_LENGTH = 64


@dataclass(frozen=True)
class Side:
    """One of two texts. `lines`: one for a question, one per answer in its rows for a group; none: not answered."""

    lines: list[LeftOverLine] = field(repr=False)
    text: str = field(default="", repr=False)


@dataclass(frozen=True)
class Choice:
    """A difference as the page shows it. `error`: nothing was chosen yet, or it changed once more meanwhile."""

    difference: Difference
    label: str
    places: list[str]
    theirs: Side
    mine: Side
    error: str = ""

    @property
    def keep(self) -> str:
        return f"{KEEP}{self.difference.name}"

    @property
    def seen(self) -> str:
        return f"{SEEN}{self.difference.name}"

    @property
    def id(self) -> str:
        return f"c-{self.difference.name}"


def page_copy(version: int, marks: Marks) -> dict[str, Any]:
    """Return what a new page carries of itself, to send it back with what was typed."""
    return {"page": secrets.token_urlsafe(12), "version": version, "marks": json.dumps(marks, separators=(",", ":"))}


def copy_in(post: QueryDict) -> PageCopy:
    """Read what a page says of itself. Without it, the page counts as a copy of a section never saved."""
    return PageCopy(
        page=str(post.get("_page", ""))[:MAX_ID_LENGTH],
        version=_number(post.get("_version", "")),
        turn=_number(post.get("_turn", "")),
        marks=marks_written(str(post.get("_marks", ""))),
    )


def chosen_in(post: QueryDict) -> dict[str, Chosen]:
    """Read what was chosen of each difference."""
    return {
        name.removeprefix(KEEP): Chosen(str(side), str(post.get(f"{SEEN}{name.removeprefix(KEEP)}", "")))
        for name, side in post.items()
        if name.startswith(KEEP) and side in (MINE, THEIRS, BOTH)
    }


def choose_page(
    request: HttpRequest,
    differs: actions.SectionDiffers,
    section: Section,
    post: QueryDict,
    going: str,
    *,
    status: int = 409,
) -> HttpResponse:
    """Show both texts of every answer that differs. The page carries all that was typed, so that nothing is lost."""
    draft = differs.draft
    context = actions.build_context(draft, get_draft_language(draft))
    is_second_time = any(name.startswith(SEEN) for name in post)
    error = _("Choose which of the two to save.") if is_second_time else ""
    carried = [
        (name, value)
        for name in post
        if not name.startswith((KEEP, SEEN)) and name not in ("go", "csrfmiddlewaretoken")
        for value in post.getlist(name)
    ]
    page = frame(
        request,
        draft=draft,
        section=section,
        section_title=localize(section.title, context.language),
        choices=[_choice(difference, draft, context, error) for difference in differs.differences],
        saved_at=actions.section_saved_at(draft, section.key),
        carried=carried,
        going=going,
        is_beside=BESIDE in post,
        is_by_phone=is_by_phone(draft, str(post.get(BESIDE, ""))),
        returned=describe_draft(draft),
    )
    return render(request, "submissions/choose.html", page, status=status)


def _choice(difference: Difference, draft: Draft, context: CheckContext, error: str) -> Choice:
    if difference.name == OCCURRED:
        theirs, mine = (Side([], _moment(side)) for side in (difference.theirs, difference.mine))
        return Choice(difference, _("When did it happen?"), [], theirs, mine, error)
    version = draft.form_version
    theirs, mine = (Side(_lines(difference, side, version, context)) for side in (difference.theirs, difference.mine))
    places = next((side.lines[0].places for side in (theirs, mine) if side.lines), [])
    label = localize(difference.item.label, context.language)
    return Choice(difference, label, [] if difference.is_group else places, theirs, mine, error)


def _lines(difference: Difference, side: Any, version: FormVersion, context: CheckContext) -> list[LeftOverLine]:
    found = leaves([difference.item], {difference.item.key: side}, difference.path[:-1])
    return _in_words(found, version, context)


def _in_words(
    found: Iterator[tuple[tuple[str | int, ...], Any]], version: FormVersion, context: CheckContext
) -> list[LeftOverLine]:
    return in_words([LeftOver(path, value, GONE, version.pk) for path, value in found], context)


def _moment(written: str) -> str:
    return datetime.fromisoformat(written).strftime("%d.%m.%Y %H:%M")


def _number(written: Any) -> int:
    text = str(written)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


# ---- a page that can't be saved any more ----


def not_here_any_more(
    request: HttpRequest, draft_id: uuid.UUID, section_key: str, key: keys.DraftKey, draft: Draft | None = None
) -> HttpResponse:
    """Tell that the draft was submitted, discarded or moved by another page, and show what was typed, to be copied.

    Whoever isn't its owner learns nothing of it. When all that was typed is in the submission, redirect there. Raises
    Http404.
    """
    made_from = key.form_version or (draft.form_version_id if draft else None)
    version = FormVersion.objects.filter(pk=made_from or 0).first()
    if version is None:
        raise Http404
    section = _section_or_404(version, section_key)
    typed = typed_in(section, request.POST)
    if not (isinstance(request.user, User) and request.user.pk == key.owner):
        if draft is None:
            raise Http404
        back = reverse("intake:sent", args=[draft_id]) if draft.submitted_at else reverse("intake:home")
        return ask_to_sign_in(request, back) if is_by_script(request) else redirect(back)
    # a submission has the id of its draft
    sent = Submission.objects.visible_to(request.user).filter(pk=draft_id).first()
    if sent is not None and same_answers(typed, typed_part(section.items, sent.answers)):
        return redirect_to_page(request, "intake:sent", draft_id)
    # discarded, and nothing typed: there is nothing to show that the owner could miss
    if draft is None and sent is None and not typed:
        raise Http404
    if _is_quiet(request):
        return JsonResponse({"differs": True, "kept": {}, "errors": {}}, status=409)
    return _typed_page(request, version, section, typed, owner=request.user, draft=draft, sent=sent)


def typed_only(request: HttpRequest, draft: Draft, section: Section) -> HttpResponse:
    """Show whoever isn't signed in as the draft's owner what they typed, to be copied.

    Nothing was saved, and nothing of what is saved is shown.
    """
    if is_by_script(request):
        return ask_to_sign_in(request, reverse("intake:section", args=[draft.pk, section.key]))
    typed = typed_in(section, request.POST)
    return _typed_page(request, draft.form_version, section, typed, owner=draft.owner)


def ask_to_sign_in(request: HttpRequest, back: str) -> HttpResponse:
    """Send to the sign-in page. The script gets the address only: its page stays, with what was typed."""
    address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}"
    return JsonResponse({"sign_in": address}, status=401) if is_by_script(request) else redirect(address)


def _typed_page(
    request: HttpRequest,
    version: FormVersion,
    section: Section,
    typed: Answers,
    *,
    owner: User,
    draft: Draft | None = None,
    sent: Submission | None = None,
) -> HttpResponse:
    language = get_language() or settings.LANGUAGE_CODE
    context = CheckContext(
        sources=Lists(owner),
        today=timezone.localdate(),
        occurred_on=timezone.localdate(),
        language=language_among(version.parsed_form.languages, draft.language if draft else "", language),
        service_language=language,
    )
    page = {
        "is_signed_in": request.user.is_authenticated,
        "is_owner": request.user.pk == owner.pk,
        "draft": draft,
        "sent": sent,
        "form_title": version.title,
        "lines": _in_words(leaves(section.items, typed), version, context),
    }
    return render(
        request, "submissions/gone.html", frame(request, **page) if request.user.is_authenticated else page, status=409
    )


def _section_or_404(version: FormVersion, section_key: str) -> Section:
    try:
        return get_section(version.parsed_form, section_key)
    except NoSuchSection:
        raise Http404 from None


def _is_quiet(request: HttpRequest) -> bool:
    return is_by_script(request) and request.POST.get("go") in QUIETLY
