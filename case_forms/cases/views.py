"""A case's page and the part of it that renews itself."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

from access.models import User
from access.scoping import visible_or_404
from audit.chain import actor_of, record
from case_forms.builder.models import FormVersion

from .board import Board, board_of, fingerprint_of, reasons_of
from .models import Case
from .timeline import timeline_of


def case(request: HttpRequest, reference: str) -> HttpResponse:
    """The whole page. Opening it is recorded: it holds the decision's reasons and what recipients wrote."""
    assert isinstance(request.user, User)
    user = request.user
    found = visible_or_404(Case, user, reference=reference)
    record("case.read", actor=actor_of(user), target_kind="case", target_id=found.pk)
    is_ours = user.units().filter(pk=found.unit_id).exists()
    context = {
        "place_name": found.unit.name,
        "case": found,
        "board": _board(found),
        "fingerprint": fingerprint_of(found, now=timezone.now(), language=_language()),
        "reasons": reasons_of(found, _language()),
        "submissions": found.submissions.select_related("form_version__form", "submitted_by").defer("answers"),
        "next_forms": _forms_about_a_case() if is_ours and found.closed_at is None else [],
    }
    return render(request, "cases/case.html", context)


def timeline(request: HttpRequest, reference: str) -> HttpResponse:
    """The board alone, for static/js/timeline.js. 304 without a body when nothing would read differently."""
    assert isinstance(request.user, User)
    found = visible_or_404(Case, request.user, reference=reference)
    etag = f'"{fingerprint_of(found, now=timezone.now(), language=_language())}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    answer = render(request, "cases/timeline.html", {"case": found, "board": _board(found)})
    answer["ETag"] = etag
    return answer


def _board(case: Case) -> Board:
    return board_of(timeline_of(case, language=_language()))


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


def _forms_about_a_case() -> list[FormVersion]:
    """The newest versions of forms that ask which case they belong to."""
    return [
        version
        for version in FormVersion.objects.newest().for_staff()
        if any(
            item.get("type") == "case_reference"
            for section in version.definition["sections"]
            for item in section["items"]
        )
    ]
