"""Views of the statistics: as tables, and as a file for a spreadsheet."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from access.scoping import get_signed_in_user
from audit.chain import get_actor, log_event

from ..conversions import LABELS
from ..labels import AgeGroup, Sex
from ..models import InformativeSession
from ..statistics import Statistics, StatisticsForm, build_csv, build_statistics, get_hidden_note
from .sessions import build_context


def statistics(request: HttpRequest) -> HttpResponse:
    """Show the statistics."""
    form = StatisticsForm(request.GET, user=get_signed_in_user(request))
    found = _build_statistics(request, form)
    context = build_context(
        request,
        form=form,
        numbers=found,
        sexes=Sex.labels,
        ages=AgeGroup.labels,
        steps=LABELS,
        hidden_note=get_hidden_note(),
        query=request.GET.urlencode(),
    )
    return render(request, "outreach_pages/records/numbers.html", context, status=422 if form.errors else 200)


def statistics_file(request: HttpRequest) -> HttpResponse:
    """Download the same numbers, all sexes by all age groups. Each download is logged."""
    user = get_signed_in_user(request)
    form = StatisticsForm(request.GET, user=user)
    if not form.is_valid():
        return statistics(request)
    found = _build_statistics(request, form)
    log_event("sessions.numbers_exported", actor=get_actor(user), target_kind="session", lines=len(found.lines))
    answer = HttpResponse(build_csv(found), content_type="text/csv; charset=utf-8")
    since, until = (form.cleaned_data[name] for name in ("since", "until"))
    months = "_".join(f"{month:%Y-%m}" for month in (since, until) if month) or "all"
    answer["Content-Disposition"] = f'attachment; filename="vatra-sessions-{months}.csv"'
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _build_statistics(request: HttpRequest, form: StatisticsForm) -> Statistics:
    if not form.is_valid():
        return build_statistics(InformativeSession.objects.none())
    return build_statistics(form.narrow(InformativeSession.objects.visible_to(get_signed_in_user(request))))
