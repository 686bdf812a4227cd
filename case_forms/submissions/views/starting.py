"""Start a form: empty, for a case, as the report of a session, or from a tip."""

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from access.models import User
from access.scoping import visible_or_404
from case_forms.cases.models import Case
from case_forms.form_builder.models import FormVersion
from case_forms.tips.models import Tip
from case_forms.tips.staff_actions import TipActionRefused, note_identification_begun

from ..drafts import actions
from ..drafts.filled import filled_from_facts
from ..models import Draft
from ..prefill.from_case import answers_to_continue
from ..prefill.from_tip import answers_from
from ..prefill.registry import prefilled
from ..session_reports import begin_report
from ..validation.validate import NothingToAsk
from .page import nothing_to_fill, staff


@require_POST
def start(request: HttpRequest, form_key: str) -> HttpResponse:
    """Start a form on its newest version."""
    user = staff(request)
    version = get_object_or_404(FormVersion.objects.newest().for_staff(), form__key=form_key)
    units = user.units()
    unit = units.filter(slug=request.POST["unit"]).first() if request.POST.get("unit") else units.first()
    if unit is None:
        raise Http404
    reference = request.POST.get("case", "")
    case = visible_or_404(Case, user, reference=reference) if reference else None
    tip = None if request.POST.get("session") else _tip(request, user)
    try:
        if request.POST.get("session"):
            draft = begin_report(form_version=version, session_id=request.POST["session"], by=user)
        elif tip is None:
            known = answers_to_continue(version=version, case=case, by=user) if case else {}
            facts, filled = filled_from_facts(version, case, user) if case else ({}, {})
            draft = actions.start_draft(
                form_version=version,
                unit=unit,
                owner=user,
                case_reference=reference,
                # what a fact says is newer than the last form of this kind, or the same
                answers=known | facts | prefilled(version, user, unit, request.POST),
                filled=filled,
            )
        else:
            draft = _start_from(tip, version, user)
    except NothingToAsk:
        return nothing_to_fill(request, version)
    except TipActionRefused:
        assert tip is not None
        return redirect("signals:signal", tip.reference)
    return redirect("intake:section", draft.pk, draft.section)


def _start_from(tip: Tip, version: FormVersion, user: User) -> Draft:
    """Start an identification with what a tip says already. Raises TipActionRefused, NothingToAsk."""
    known = answers_from(tip, version.parsed_form)
    # one transaction: a tip that somebody else began from meanwhile leaves no draft behind
    with transaction.atomic():
        draft = actions.start_draft(form_version=version, unit=tip.unit, owner=user, answers=known)
        note_identification_begun(tip=tip, draft_id=draft.pk, by=user)
    return draft


def _tip(request: HttpRequest, user: User) -> Tip | None:
    """Return the tip that the form is started from. Raises Http404 for one of another unit."""
    reference = request.POST.get("signal", "")
    if not reference:
        return None
    found = visible_or_404(Tip, user, reference=reference)
    if not user.units().filter(pk=found.unit_id).exists():
        raise Http404
    return found
