"""The screens of the texts: the list, one text with its history, one version with its decision, and previews."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from access.languages import LANGUAGES, NATIVE_NAMES, SPOKEN_LANGUAGES
from access.limits import Busy
from access.models import User
from approvals.requests import Decision
from notifications.briefs.sample_paper import render_sample
from notifications.directory.models import Role
from notifications.texts.actions import (
    MAX_REASON,
    TextRefused,
    decide_text,
    ensure_may_take_effect,
    get_waiting,
    propose_text,
    withdraw_text,
)
from notifications.texts.checks import MAX_WRITTEN, find_problems_in, measure, normalize
from notifications.texts.definitions import Medium, Text
from notifications.texts.filling import NotFilled
from notifications.texts.gsm import count_sms, fold
from notifications.texts.in_force import StoredText, Wording, get_in_force, get_shipped
from notifications.texts.models import TextVersion
from notifications.texts.placeholders import PLACEHOLDERS
from notifications.texts.registry import TEXTS, get_texts
from notifications.texts.senders import SENDERS, SenderSet

from .differences import compare
from .previews import OF_MEDIUM, ROLES, Situation, build_preview, choose_situation, list_situations

VERSIONS_ON_A_PAGE = 20


class ProposalForm(forms.Form):
    """What is said about a proposal beside its texts."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The second coordinator reads it. Write nothing about a case or a person."),
    )
    wanted_from = forms.DateTimeField(
        label=gettext_lazy("To take effect at"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Empty: as soon as the second coordinator agrees."),
    )


@never_cache
@require_GET
def texts(request: HttpRequest) -> HttpResponse:
    """List the texts of one medium in one language, what became of each, and what waits for a second person."""
    medium = request.GET.get("in", Medium.MAIL.value)
    language = request.GET.get("language", LANGUAGES[0])
    if medium not in Medium.values or language not in LANGUAGES:
        raise Http404
    now = timezone.now()
    waiting = {each.key: each for each in TextVersion.objects.waiting().select_related("proposed_by")}
    rows = [_describe(text, language, now, waiting) for text in get_texts(medium)]
    page = {
        "media": [(value, label, value == medium) for value, label in Medium.choices],
        "medium": medium,
        "languages": [(code, NATIVE_NAMES[code], code == language) for code in LANGUAGES],
        "language": language,
        "rows": rows,
        "waiting": [(each, _get_title(each.key), each.proposed_by_id != _me(request).pk) for each in waiting.values()],
    }
    return render(request, "text_pages/list.html", page)


def _describe(text: Text, language: str, now: datetime, waiting: Mapping[str, TextVersion]) -> dict[str, Any]:
    stored = get_in_force(text.key, now)
    return {
        "key": text.key,
        "title": text.title,
        "text": _get_text(text.key, language, stored),
        "is_changed": stored is not None and bool(stored.texts) and stored.fits,
        "is_broken": stored is not None and not stored.fits,
        "waiting": waiting.get(text.key),
    }


def _get_text(key: str, language: str, stored: StoredText | None) -> str:
    written = stored.texts.get(language, "") if stored is not None and stored.fits else ""
    return written or get_shipped(key, language)


@never_cache
def text(request: HttpRequest, key: str) -> HttpResponse:
    """Show one text in every language, with its history. POST checks what is written, or proposes it."""
    found = TEXTS.get(key)
    if found is None:
        raise Http404
    now = timezone.now()
    if request.method != "POST":
        written = _get_beginning(request, found, now)
        return _render_text(request, found, written, ProposalForm(), now)
    written = {code: normalize(request.POST.get(f"text_{code}", "")[: MAX_WRITTEN + 1]) for code in LANGUAGES}
    if request.POST.get("do") != "propose":
        is_part = request.headers.get("X-Requested-With") == "XMLHttpRequest"
        template = "text_pages/_check.html" if is_part else "text_pages/text.html"
        return _render_text(
            request, found, written, ProposalForm(request.POST), now, template=template, is_checked=True
        )
    form = ProposalForm(request.POST)
    if not form.is_valid():
        return _render_text(request, found, written, form, now, is_checked=True, status=422)
    try:
        version = propose_text(
            key=key,
            texts={} if _is_shipped(found, written) else written,
            reason=form.cleaned_data["reason"],
            wanted_from=form.cleaned_data["wanted_from"],
            by=_me(request),
        )
    except TextRefused:
        return _render_text(request, found, written, form, now, is_checked=True, status=422)
    except ValidationError as refused:
        errors = list(refused.messages)
        return _render_text(request, found, written, form, now, is_checked=True, errors=errors, status=409)
    messages.success(request, _("Proposed. Nothing changes until another coordinator agrees."))
    return redirect("text_version", version.pk)


def _is_shipped(found: Text, written: Mapping[str, str]) -> bool:
    return all(written[code] in ("", normalize(get_shipped(found.key, code))) for code in LANGUAGES)


def _get_beginning(request: HttpRequest, found: Text, now: datetime) -> dict[str, str]:
    """Return what the fields begin with: an earlier version (`?as=7`), what is shipped (`?as=shipped`), the text now.

    A version of another text, or none, is a 404.
    """
    wanted = request.GET.get("as", "")
    if not wanted:
        stored = get_in_force(found.key, now)
        return {code: _get_text(found.key, code, stored) for code in LANGUAGES}
    if wanted == "shipped":
        return {code: get_shipped(found.key, code) for code in LANGUAGES}
    if not wanted.isascii() or not wanted.isdigit() or len(wanted) > 9:
        raise Http404
    version = get_object_or_404(TextVersion, pk=int(wanted), key=found.key)
    return _get_texts_of(version)


def _get_texts_of(version: TextVersion | None, key: str = "") -> dict[str, str]:
    """Return a version's text in each language, what is shipped where it has none."""
    key = version.key if version is not None else key
    stored = version.texts if version is not None and isinstance(version.texts, dict) else {}
    shipped = {code: get_shipped(key, code) if key in TEXTS else "" for code in LANGUAGES}
    return {code: str(stored.get(code) or shipped[code]) for code in LANGUAGES}


def _render_text(
    request: HttpRequest,
    found: Text,
    written: Mapping[str, str],
    form: ProposalForm,
    now: datetime,
    *,
    template: str = "text_pages/text.html",
    is_checked: bool = False,
    errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    sides = [_build_side(found, code, written[code], is_checked=is_checked) for code in LANGUAGES]
    is_wrong = any(side["problems"] for side in sides)
    right = {side["language"]: side["value"] for side in sides if not side["problems"] and side["value"]}
    history = TextVersion.objects.filter(key=found.key).select_related("proposed_by", "decided_by")
    is_proposing = status != 200
    page = {
        "text": found,
        "sides": sides,
        "form": form,
        "errors": errors or [],
        "is_proposing": is_proposing,
        "has_problems": is_proposing and (is_wrong or bool(form.errors) or bool(errors)),
        "placeholders": [(PLACEHOLDERS[name], name in found.required) for name in found.placeholders],
        "previews": _build_previews(found.key, right, now),
        "paper": None if is_wrong or is_checked else _get_paper_address(found.key),
        "history": Paginator(history, VERSIONS_ON_A_PAGE).get_page(request.GET.get("p")),
        "waiting": get_waiting(found.key),
        "in_force": get_in_force(found.key, now),
    }
    return render(request, template, page, status=status)


def _build_side(found: Text, code: str, value: str, *, is_checked: bool) -> dict[str, Any]:
    """Describe the field of one language, with what is wrong with it and how long it gets."""
    problems = find_problems_in(found, value, code) if value else []
    if not value and is_checked and code in SPOKEN_LANGUAGES:
        problems = [_("Write the text in this language, too.")]
    return {
        "language": code,
        "name": NATIVE_NAMES[code],
        "value": value,
        "shipped": get_shipped(found.key, code),
        "rows": 4 if found.has_lines or found.max_length > 120 else 2,
        "problems": problems,
        "length": _measure(found, value),
        "limit": found.max_length,
        "size": count_sms(fold(value)) if found.medium == Medium.SMS else None,
    }


def _measure(found: Text, value: str) -> int | None:
    try:
        return measure(found, value)
    except NotFilled:
        return None  # with a placeholder that there isn't; the problems say so


def _build_previews(key: str, written: Mapping[str, str], now: datetime) -> list[Any]:
    """Build what recipients of each language would get; empty for papers, which are shown as PDF."""
    situation = choose_situation(key)
    if situation.medium == Medium.DOCUMENT:
        return []
    return [build_preview(situation, code, now=now, trial={key: written}) for code in written]


def _get_paper_address(key: str) -> str | None:
    situation = choose_situation(key)
    if situation.medium != Medium.DOCUMENT:
        return None
    flags = f"&urgent={int(situation.is_urgent)}&drill={int(situation.is_drill)}"
    return f"role={situation.role}{flags}"


@never_cache
def text_version(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one version beside the text that it replaces, as recipients would get it. POST decides or withdraws it."""
    version = get_object_or_404(TextVersion.objects.select_related("proposed_by", "decided_by", "replaces"), pk=pk)
    me = _me(request)
    error, status = "", 200
    if request.method == "POST":
        try:
            _decide(request, version, me)
        except ValidationError as refused:
            error, status = " ".join(refused.messages), 409
            version.refresh_from_db()
        else:
            messages.success(request, _("Done."))
            return redirect("text_version", version.pk)
    old, new = _get_texts_of(version.replaces, version.key), _get_texts_of(version)
    is_known = version.key in TEXTS
    page = {
        "version": version,
        "title": _get_title(version.key),
        "text": TEXTS.get(version.key),
        "sides": [(code, NATIVE_NAMES[code], compare(old[code], new[code])) for code in LANGUAGES],
        "previews": _build_previews(version.key, new, timezone.now()) if is_known and _fits(version, new) else [],
        "paper": _get_paper_address(version.key) if is_known else None,
        "is_waiting": version.decision == Decision.WAITING,
        "is_mine": version.proposed_by_id == me.pk,
        "obstacle": _find_obstacle(version) if version.decision == Decision.WAITING else "",
        "error": error,
        "answer": request.POST.get("answer", "")[:MAX_REASON] if error else "",
    }
    return render(request, "text_pages/version.html", page, status=status)


def _decide(request: HttpRequest, version: TextVersion, me: User) -> None:
    decision, answer = request.POST.get("decision", ""), request.POST.get("answer", "")
    if decision == "withdraw":
        withdraw_text(version=version, by=me)
    elif decision in ("agree", "refuse"):
        decide_text(version=version, agree=decision == "agree", by=me, answer=answer)
    else:
        raise ValidationError(_("Choose one of the buttons."))


def _fits(version: TextVersion, texts: Mapping[str, str]) -> bool:
    found = TEXTS[version.key]
    return not any(find_problems_in(found, value, code) for code, value in texts.items())


def _find_obstacle(version: TextVersion) -> str:
    """Return why nobody can agree to it, "" where somebody can."""
    try:
        ensure_may_take_effect(version)
    except ValidationError as refused:
        return " ".join(refused.messages)
    return ""


@never_cache
@require_GET
def text_preview(request: HttpRequest) -> HttpResponse:
    """Show a whole message as its recipient gets it today, by way, situation, language, urgency and role."""
    situation, language = _read_situation(request)
    page = {
        "situation": situation,
        "language": language,
        "shown": [build_preview(situation, language, now=timezone.now())],
        "media": Medium.choices,
        "situations": list_situations(situation.medium),
        "languages": [(code, NATIVE_NAMES[code]) for code in LANGUAGES],
        "roles": [(role, Role(role).label) for role in ROLES],
        "senders": SenderSet.choices,
        "paper": f"role={situation.role}&urgent={int(situation.is_urgent)}&drill={int(situation.is_drill)}"
        f"&sender={situation.sender}",
    }
    return render(request, "text_pages/preview.html", page)


@never_cache
@require_GET
def text_preview_paper(request: HttpRequest) -> HttpResponse:
    """Return a made-up paper as a PDF, worded as papers are now, or with one version that is tried (`?version=`)."""
    situation, language = _read_situation(request)
    number = request.GET.get("version", "")
    trial: dict[str, dict[str, str]] = {}
    if number:
        if not number.isascii() or not number.isdigit() or len(number) > 9:
            raise Http404
        version = get_object_or_404(TextVersion, pk=int(number))
        texts = _get_texts_of(version)
        if version.key not in TEXTS or not _fits(version, texts):
            raise Http404
        trial = {version.key: texts}
    wording = Wording(language, timezone.now(), sender=SENDERS[SenderSet(situation.sender)], trial=trial)
    try:
        pdf = render_sample(
            situation.role, is_drill=situation.is_drill, is_urgent=situation.is_urgent, wording=wording
        ).pdf
    except Busy:
        return HttpResponse(_("Busy. Try again in a moment."), status=503, content_type="text/plain; charset=utf-8")
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="preview.pdf"'
    return response


def _read_situation(request: HttpRequest) -> tuple[Situation, str]:
    """Read what is to be shown from the address. Raises Http404 for what there isn't."""
    asked = request.GET
    medium = asked.get("in", Medium.MAIL.value)
    language, role = asked.get("language", LANGUAGES[0]), asked.get("role", Role.POLICE.value)
    if medium not in Medium.values or language not in LANGUAGES or role not in ROLES:
        raise Http404
    purpose = asked.get("situation", "first")
    if not any(purpose in known for known in OF_MEDIUM.values()):
        raise Http404
    if purpose not in OF_MEDIUM[medium]:
        purpose = OF_MEDIUM[medium][0]  # another way was chosen, by which it isn't sent
    sender = asked.get("sender", SenderSet.NAMED.value)
    if sender not in SenderSet.values:
        raise Http404
    flags = {name: asked.get(name) in ("1", "on") for name in ("urgent", "drill", "again")}
    is_urgent, is_drill, is_again = flags.values()
    return Situation(medium, purpose, role, is_urgent, is_drill, is_again, sender=sender), language


def _get_title(key: str) -> str:
    found = TEXTS.get(key)
    return f"{Medium(found.medium).label}: {found.title}" if found is not None else key


def _me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the policy table let nobody else in
    return request.user
