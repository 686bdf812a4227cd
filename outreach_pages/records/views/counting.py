"""Views of the statistics: as tables, and as a file for a spreadsheet."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from audit.chain import get_actor, log_event

from ..conversions import LABELS
from ..labels import AgeGroup, Sex
from ..models import InformativeSession
from ..numbers import Numbers, NumbersForm, as_csv, build_numbers, small_note
from .frame import frame, staff


def numbers(request: HttpRequest) -> HttpResponse:
    """Show the statistics."""
    form = NumbersForm(request.GET, user=staff(request))
    found = _numbers(request, form)
    context = frame(
        request,
        form=form,
        numbers=found,
        sexes=Sex.labels,
        ages=AgeGroup.labels,
        steps=LABELS,
        small_note=small_note(),
        query=request.GET.urlencode(),
    )
    return render(request, "outreach_pages/records/numbers.html", context, status=422 if form.errors else 200)


def numbers_file(request: HttpRequest) -> HttpResponse:
    """Download the same numbers, all sexes by all age groups. Each download is logged."""
    user = staff(request)
    form = NumbersForm(request.GET, user=user)
    if not form.is_valid():
        return numbers(request)
    found = _numbers(request, form)
    log_event("sessions.numbers_exported", actor=get_actor(user), target_kind="session", lines=len(found.lines))
    answer = HttpResponse(as_csv(found), content_type="text/csv; charset=utf-8")
    since, until = (form.cleaned_data[name] for name in ("since", "until"))
    months = "_".join(f"{month:%Y-%m}" for month in (since, until) if month) or "all"
    answer["Content-Disposition"] = f'attachment; filename="vatra-sessions-{months}.csv"'
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _numbers(request: HttpRequest, form: NumbersForm) -> Numbers:
    if not form.is_valid():
        return Numbers([])
    return build_numbers(form.narrow(InformativeSession.objects.visible_to(staff(request))))
