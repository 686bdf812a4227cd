"""The start page, and the language that a person reads in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from access.models import User
from case_forms.intake import desk, outcome
from case_forms.intake.models import Submission
from case_forms.signals.desk import lines_for_home

from .frame import frame, staff

LANGUAGE_COOKIE_SECONDS = 365 * 24 * 3600


def home(request: HttpRequest) -> HttpResponse:
    """Workers begin forms here; coordinators see what happens in their regions."""
    user = staff(request)
    units = list(user.units())
    first, more = desk.forms_to_begin() if units else ([], [])
    sent = Submission.objects.visible_to(user).select_related("form_version__form", "case", "unit", "submitted_by")
    context = frame(
        request,
        units=units,
        regions=list(user.coordinated_regions()),
        first_forms=first,
        more_forms=more,
        cases=desk.open_cases(user),
        drafts=desk.open_drafts(user),
        signals=lines_for_home(user),
        unmatched=outcome.unmatched(user)[: outcome.MOST_ON_HOME],
        sent=sent.defer("answers", "explanation")[: desk.MOST_SENT],
    )
    return render(request, "field/home.html", context)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Keeps the language on the person's account, and in a cookie for the sign-in page. Unknown ones change nothing."""
    chosen = request.POST.get("language", "")
    wanted = request.POST.get("next", "")
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
