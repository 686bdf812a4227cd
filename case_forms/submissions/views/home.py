"""The staff start page, and the choice of the interface language."""

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from access.languages import get_current_language
from access.models import MobileUnit, Region, User
from access.reach import list_regions_shown, list_units_shown, reads_once
from access.short_lists import ShortList, shorten
from case_forms.cases.closing.shown import describe_home
from case_forms.cases.closing.shown import get_rows as get_closing_rows
from case_forms.cases.finding.home import HomeLines, build_home
from case_forms.cases.finding.home import get_rows as get_rows_between
from case_forms.cases.registers.paging import Cursor
from case_forms.cases.rights.shown import describe_home as describe_rights_home
from case_forms.cases.rights.shown import get_rows as get_rights_rows
from case_forms.session_requests.reading import list_for_home
from case_forms.tips.dashboard import lines_for_home

from .. import dashboard, outcome
from ..models import Submission
from .page import frame, staff

SENT = "sent"
ON_A_LIST = 50
# The lists of the start page that have pages of their own, by their names in `?list=`.
HEADINGS: dict[str, Promise] = {
    "unmatched": _("Nobody was notified"),
    "cases_with_forms": _("Closed cases about which a form came in"),
    "rights_to_decide": _("What persons ask about their data"),
    "rights_to_answer": _("Requests about personal data to answer"),
    "stopped_erasures": _("Erasures that something stops"),
    "data_duties": _("Closed cases with a duty about personal data"),
    "status_changes": _("Statuses to decide"),
    "form_moves": _("Forms in the wrong case, to decide"),
    "ended_statuses": _("Your proposals that ended with a merge"),
    "closings": _("Closings to decide"),
    "requests": _("Other units ask about a person"),
    "asked": _("What your units asked other units"),
    "transfers": _("Handing over"),
    "merges": _("Two cases, one person?"),
    "ended_merges": _("Not merged: a case was closed"),
    "taken_over": _("Cases that others follow now"),
    SENT: _("Sent"),
}
LANGUAGE_COOKIE_SECONDS = 365 * 24 * 3600


@reads_once
def home(request: HttpRequest) -> HttpResponse:
    """Show the start page: workers start forms here, coordinators see what happens in their regions."""
    user = staff(request)
    if (name := request.GET.get("list", "")) in HEADINGS:
        return _whole_list(request, user, name)
    units, regions = list_units_shown(user), list_regions_shown(user)
    first, more = dashboard.forms_to_begin() if units else ([], [])
    wanted = dashboard.CaseFilter.asked(request.GET)
    cases = dashboard.CasePages(user, wanted, timezone.now())
    page = cases.page(request.GET.get("page"))
    sent, more_sent = dashboard.list_newest_sent(user)
    context = frame(
        request,
        units=units,
        regions=regions,
        first_forms=first,
        more_forms=more,
        cases=cases,
        case_page=page,
        case_lines=cases.lines(page),
        wanted=wanted,
        filter_units=_units_to_filter(units, regions),
        other_pages=_address(request),
        drafts=dashboard.draft_lines(user),
        tips=lines_for_home(user),
        session_requests=list_for_home(user, get_current_language()),
        **describe_home(user),
        **describe_rights_home(user),
        finding=build_home(user),
        unmatched=shorten(outcome.unmatched(user), outcome.MAX_ON_HOME),
        sent=sent,
        more_sent=more_sent,
    )
    return render(request, "submissions/home.html", context)


def _whole_list(request: HttpRequest, user: User, name: str) -> HttpResponse:
    """Show one of the lists of which the start page has the beginning, in pages."""
    context = frame(request, heading=HEADINGS[name], name=name, regions=list_regions_shown(user))
    if name == SENT:
        after, before = (Cursor.read(request.GET.get(place, ""), Submission) for place in ("after", "before"))
        places = dashboard.read_sent(user, after=after, before=before)
        return render(request, "submissions/whole_list.html", context | {"places": places, "sent": places.rows})
    between = get_rows_between(user)
    rows = {"unmatched": outcome.unmatched(user), **get_closing_rows(user), **get_rights_rows(user), **between}
    page = Paginator(rows[name], ON_A_LIST).get_page(request.GET.get("page"))
    found = list(page.object_list)
    shown = ShortList(found, len(found))
    lists: dict[str, Any] = {name: shown}
    context |= {"finding": HomeLines(**lists)} if name in between else lists
    return render(request, "submissions/whole_list.html", context | {"page": page})


def _units_to_filter(units: list[MobileUnit], regions: list[Region]) -> list[MobileUnit]:
    """Return the units whose cases a person sees, when they are more than one."""
    others = MobileUnit.objects.filter(region__in=regions) if regions else []
    found = {unit.pk: unit for unit in (*units, *others)}
    return list(found.values()) if len(found) > 1 else []


def _address(request: HttpRequest) -> str:
    """Return the query string of this address, up to the page number."""
    asked = request.GET.copy()
    asked.pop("page", None)
    return f"?{asked.urlencode()}&page=" if asked else "?page="


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Store the language on the account, and in a cookie for the sign-in page. Unknown ones change nothing."""
    chosen = request.POST.get("language", "")
    wanted = request.POST.get("next", "")
    # `next` comes from the request: no redirect to another site
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    answer = redirect(wanted if safe else settings.LOGIN_REDIRECT_URL)
    if chosen in dict(settings.LANGUAGES):
        if isinstance(request.user, User):
            User.objects.filter(pk=request.user.pk).update(language=chosen)
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=LANGUAGE_COOKIE_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return answer
