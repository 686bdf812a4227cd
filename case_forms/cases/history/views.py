"""The pages on which a case is read backwards, and on which its unit sees who has read it."""

from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from access.models import User
from access.scoping import visible_or_404
from audit.chain import get_actor, log_event

from ..finding.sides import may_act_for
from ..models import Case
from .lines import KINDS, build_lines, iter_moments
from .seen_by import list_readers

ON_A_PAGE = 50


def history(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what happened in a case, the newest first, of all kinds or of one, in pages. Recorded as a reading."""
    case, user = _case(request, reference)
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    # The record first: what can't be recorded isn't shown.
    with transaction.atomic():
        log_event("case.read", actor=get_actor(user), target_kind="case", target_id=case.pk, part="history", kind=kind)
    # By the name and key last, so that what happened at one moment always stands in one order.
    moments = sorted(iter_moments(case, kind), key=lambda each: (each[0], each[1], str(each[2])), reverse=True)
    page = Paginator(moments, ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "place_name": case.unit.name,
        "case": case,
        "kind": kind,
        "kinds": [("", None), *KINDS.items()],
        "page": page,
        "lines": build_lines(case, list(page.object_list)),
        "may_see_readers": may_act_for(case, user),
    }
    return render(request, "cases/history/history.html", context)


def readers(request: HttpRequest, reference: str) -> HttpResponse:
    """Show who has read the case; 404 for whom another unit has opened it to. Recorded."""
    case, user = _case(request, reference)
    if not may_act_for(case, user):
        raise Http404
    with transaction.atomic():
        log_event("case.readers_read", actor=get_actor(user), target_kind="case", target_id=case.pk)
    found, is_cut = list_readers(case)
    context = {"place_name": case.unit.name, "case": case, "readers": found, "is_cut": is_cut}
    return render(request, "cases/history/readers.html", context)


def _case(request: HttpRequest, reference: str) -> tuple[Case, User]:
    assert isinstance(request.user, User)
    return visible_or_404(Case, request.user, reference=reference), request.user
