"""The pages of what was added to a notice: a list, and one report. Behind the same link and PIN as the brief."""

from typing import Any
from uuid import UUID

import structlog
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from audit.chain import log_event
from notifications.outbox.models import Notice
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .floods import get_bundles, mark_flood, put_unlike_first
from .further import may_read_reports, reports_for
from .models import FurtherReport
from .pages import before_pin, is_readable
from .sections import Section, sections_in
from .visit import Visit, at_link

ON_A_PAGE = 50

log = structlog.get_logger(__name__)


@at_link
def reports(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List all reports that were added to this notice, what is unlike the rest first; on POST mark a flood."""
    if visit.session is None:
        if request.method == "POST":
            return render(request, "briefs/pin.html", before_pin(visit) | {"ended": True}, status=403)
        return _redirect_to_pin(visit)
    if not (is_readable(visit.notice) and may_read_reports(visit.notice)):
        raise Http404
    if request.method == "POST":
        return _mark(request, visit)
    found = reports_for(visit.notice).defer("brief")
    bundles = get_bundles(found)
    page = Paginator(put_unlike_first(found, bundles), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {"visit": visit, "notice": visit.notice, "page": page, "bundles": bundles}
    return render(request, "briefs/reports.html", context)


def _mark(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Mark a bundle as a flood, or no longer. A bundle that isn't there (any more) changes nothing."""
    do = request.POST.get("do")
    if do in ("mark", "unmark"):
        key, is_flood = request.POST.get("bundle", ""), do == "mark"
        mark_flood(visit.notice, key, is_flood=is_flood, actor=visit.actor, at=timezone.now())
    response = HttpResponseRedirect(visit.address("reports"))
    response.status_code = 303
    return response


def report(request: HttpRequest, token: str, report: UUID) -> HttpResponse:
    """Show one report, as far as this role may read it. Opening it is audited."""
    # `at_link` passes on the link's token only; the report's id comes in by the closure.
    response: HttpResponse = at_link(lambda request, visit: _show_report(request, visit, report))(request, token)
    return response


def _show_report(request: HttpRequest, visit: Visit, key: UUID) -> HttpResponse:
    if visit.session is None:
        return _redirect_to_pin(visit)
    found = reports_for(visit.notice).filter(pk=key).first()
    if found is None or not (is_readable(visit.notice) and may_read_reports(visit.notice)):
        raise Http404
    log_event(
        "brief.report_viewed",
        actor=visit.actor,
        target_kind="notice",
        target_id=visit.notice.pk,
        report=found.pk,
    )
    sections = _sections_or_none(visit.notice, found, visit.language)
    context = {
        "visit": visit,
        "notice": visit.notice,
        "report": found,
        "sections": sections or (),
        "unreadable": sections is None,
    }
    return render(request, "briefs/report.html", context)


def _sections_or_none(notice: Notice, found: FurtherReport, language: str) -> tuple[Section, ...] | None:
    try:
        brief: Any = found.brief
    except (SealBroken, KeyRingError) as error:
        log.error("report_unreadable", report=str(found.pk), code=type(error).__name__)
        return None
    return sections_in(notice, brief, language)


def _redirect_to_pin(visit: Visit) -> HttpResponse:
    response = HttpResponseRedirect(visit.address())
    response.status_code = 303
    return response
