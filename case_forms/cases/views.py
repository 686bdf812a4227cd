"""The pages of a case, the part that renews itself, and choosing whom to notify when a notice has nobody."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from access.models import User
from access.reach import reads_once
from access.scoping import visible_or_404
from audit import clock
from audit.chain import get_actor, log_event
from case_forms.form_builder.groups import FormGroup, asks_for_a_case, grouped
from case_forms.form_builder.models import FormVersion

from .adopting import newer_version
from .as_recipient import describe_as_recipient
from .calling import get_duty, to_call_about
from .closing.shown import describe_end
from .consent.held_back import list_held_back
from .consent.section import build_section
from .dashboard import build_dashboard, compute_fingerprint, get_reasons
from .facts.reading import get_head
from .facts.views import in_lines
from .finding.links import find_visible, get_standing_references
from .finding.related import build_related
from .finding.sides import is_of_unit, may_act_for
from .journeys import list_journeys
from .labels import flags_in_words
from .lead import CannotLead, may_lead, take_lead
from .models import Case
from .notes.reading import list_notes
from .notifying_instead import MAX_REASON, CannotNotify, get_notice_without_recipient, list_choices, notify_instead
from .referring.shown import build_cards
from .rights.erasure import ASKED
from .rights.shown import describe_rights
from .talk.writing import may_write
from .timeline import build_timeline

REST_AWAITED = "identification_rest"  # the procedure's clock for what follows an urgent notice (docs/procedures.md)
PROBLEMS = {
    "unknown_contact": gettext_lazy("Choose a person from the list."),
    "no_reason": gettext_lazy("Write in a few words why you are notifying this person."),
    "too_long": gettext_lazy("Write at most 300 characters."),
}


@reads_once
def case(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the whole page. Opening it is recorded: it holds the decision's reasons and what recipients wrote."""
    assert isinstance(request.user, User)
    user = request.user
    # The reference of a case that was merged leads to the one that stays.
    if (stays := get_standing_references([reference]).get(reference)) and find_visible(stays, user):
        return redirect("cases:case", stays)
    found = visible_or_404(Case, user, reference=reference)
    # Only here, not in `timeline`: an open page asks for that part again and again, and would fill the audit chain.
    with transaction.atomic():
        head = get_head(found)
        shown = [known.fact.key for known in head]
        log_event("case.read", actor=get_actor(user), target_kind="case", target_id=found.pk, facts=shown)
    # A coordinator reads the case too; only its own unit fills in the next form.
    may_fill = _may_fill(found, user)
    next_forms = _forms_about_a_case() if may_fill else []
    notes, more_notes = list_notes(found)
    lines = build_timeline(found, language=_language())
    duties = {line.key for line in lines.deadlines if line.met_at is None and line.ended_at is None}
    context = {
        "place_name": found.unit.name,
        "case": found,
        "notes": notes,
        "more_notes": more_notes,
        "may_see_readers": may_act_for(found, user),
        "board": build_dashboard(lines),
        "referrals": build_cards(found, user),
        "to_complete": _to_complete(duties, next_forms),
        "fingerprint": compute_fingerprint(found, now=timezone.now(), language=_language()),
        "reasons": get_reasons(found.events.all(), _language()),
        "submissions": found.submissions.select_related("form_version__form", "submitted_by")
        .annotate(was_corrected=Count("corrected_by"))
        .defer("answers", "form_version__form__definition"),
        "may_fill": may_fill,
        "next_forms": next_forms,
        # by its reverse name: drafts stand on a floor above
        "drafts": found.drafts.visible_to(user)
        .open()
        .select_related("form_version__form", "owner")
        .defer("answers", "form_version__form__definition"),
        "newer_version": newer_version(found),
        "flags": flags_in_words(found, _language()),
        **describe_end(found, user),
        **describe_rights(found, user),
        # Said without reading the form.
        "asked_in_form": ASKED in duties,
        "consents": build_section(found, timezone.now()),
        "held_back": list_held_back(found, timezone.now()),
        "head": in_lines(head, user),
        "may_document": may_write(found, user),
        "may_lead": may_lead(found, user) and found.lead_worker.pk != user.pk,
        "related": build_related(found, user),
        "journeys": list_journeys(found, _language()),
    }
    return render(request, "cases/case.html", context)


@require_POST
def lead(request: HttpRequest, reference: str) -> HttpResponse:
    """Make whoever presses it the lead worker of the case. 404 for everybody but its unit's workers."""
    assert isinstance(request.user, User)
    found = visible_or_404(Case, request.user, reference=reference)
    try:
        take_lead(case=found, by=request.user, at=clock.now())
    except CannotLead:
        raise Http404 from None
    return redirect("cases:case", found.reference)


def timeline(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the dashboard alone, for static/js/timeline.js. 304 without a body when nothing would read differently."""
    assert isinstance(request.user, User)
    found = visible_or_404(Case, request.user, reference=reference)
    etag = f'"{compute_fingerprint(found, now=timezone.now(), language=_language())}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    context = {
        "case": found,
        "board": build_dashboard(build_timeline(found, language=_language())),
        "referrals": build_cards(found, request.user),
        "may_fill": _may_fill(found, request.user),
    }
    answer = render(request, "cases/timeline.html", context)
    answer["ETag"] = etag
    return answer


@sensitive_post_parameters("why")
@sensitive_variables("why", "typed")
def instead(request: HttpRequest, reference: str, notice_id: UUID) -> HttpResponse:
    """Show who can be chosen; on POST notify that person. When somebody has been found meanwhile: back to the case."""
    assert isinstance(request.user, User)
    found = visible_or_404(Case, request.user, reference=reference)
    typed: dict[str, Any] = {}
    try:
        if request.method == "POST":
            chosen, why = request.POST.get("contact", ""), request.POST.get("why", "")
            typed = {"chosen": chosen, "why": why}
            # At most 18 digits: SQLite refuses a number beyond 64 bits with an error instead of finding nothing.
            contact_id = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else None
            notify_instead(case=found, notice_id=notice_id, contact_id=contact_id, why=why, by=request.user)
            return redirect("cases:case", found.reference)
        return _instead_page(request, found, notice_id)
    except CannotNotify as problem:
        if problem.code == "unknown_notice":
            raise Http404 from None
        if problem.code == "not_needed":
            return redirect("cases:case", found.reference)
        return _instead_page(request, found, notice_id, problem=problem.code, **typed)


def _instead_page(
    request: HttpRequest, case: Case, notice_id: UUID, *, problem: str = "", **typed: Any
) -> HttpResponse:
    notice = get_notice_without_recipient(case, notice_id)
    context = {
        "place_name": case.unit.name,
        "case": case,
        "duty": get_duty(notice),
        "notice": notice,
        "choices": list_choices(notice),
        "recipient": describe_as_recipient(get_duty(notice)),
        "callees": to_call_about(notice, now=timezone.now(), language=_language()),
        "problem": PROBLEMS.get(problem, ""),
        "problem_at": "contact" if problem == "unknown_contact" else "why",
        "max_reason": MAX_REASON,
        **typed,
    }
    return render(request, "cases/instead.html", context, status=422 if problem else 200)


def _may_fill(case: Case, user: User) -> bool:
    """Tell whether this person can begin a form about the case: a worker of its unit, while it is open."""
    return case.closed_at is None and is_of_unit(case, user)


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


def _to_complete(duties: set[str], groups: list[FormGroup]) -> FormVersion | None:
    """Return the identification form, while its rest is awaited after an urgent notice."""
    forms = (form for group in groups for form in group.versions)
    return next((form for form in forms if REST_AWAITED in duties and form.parsed_form.kind == "identification"), None)


def _forms_about_a_case() -> list[FormGroup]:
    """List the newest versions of forms that ask which case they belong to, by what they are for."""
    return grouped(version for version in FormVersion.objects.newest().for_staff() if asks_for_a_case(version))
