"""The staff start page, and the choice of the interface language."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from access.models import MobileUnit, Region, User
from access.reach import list_regions_shown, list_units_shown, reads_once
from case_forms.cases.closing.shown import describe_home
from case_forms.cases.finding.home import build_home
from case_forms.cases.rights.shown import describe_home as describe_rights_home
from case_forms.tips.dashboard import lines_for_home

from .. import dashboard, outcome
from .page import frame, staff

LANGUAGE_COOKIE_SECONDS = 365 * 24 * 3600


@reads_once
def home(request: HttpRequest) -> HttpResponse:
    """Show the start page: workers start forms here, coordinators see what happens in their regions."""
    user = staff(request)
    units, regions = list_units_shown(user), list_regions_shown(user)
    first, more = dashboard.forms_to_begin() if units else ([], [])
    wanted = dashboard.CaseFilter.asked(request.GET)
    cases = dashboard.CasePages(user, wanted, timezone.now())
    page = cases.page(request.GET.get("page"))
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
        **describe_home(user),
        **describe_rights_home(user),
        finding=build_home(user),
        unmatched=outcome.unmatched(user)[: outcome.MAX_ON_HOME],
        sent=dashboard.list_newest_sent(user),
    )
    return render(request, "submissions/home.html", context)


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
