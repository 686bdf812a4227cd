"""Pages to review a form, submit it, and read submissions."""

import uuid
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from access.models import User
from access.scoping import visible_or_404
from audit.chain import get_actor, log_event
from case_forms.cases.correcting import preview_correction
from case_forms.cases.models import Case
from case_forms.form_builder.sources import Lists
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .. import from_phone, outcome
from ..actions import (
    AnswersRefused,
    ChangedSince,
    ConfirmationNeeded,
    CorrectedSince,
    NotAllowed,
    NotDecided,
    UuidReused,
    submit_draft,
)
from ..attachments.named_files import files_of_submission
from ..case_reference import named_case
from ..cases_from_visits import CasesBegun, Source, find_cases_begun
from ..confirmations import confirmed_in_words, to_confirm
from ..corrected_lines import compare
from ..correcting import REFUSALS, get_newest_version, get_refusal
from ..drafts import actions, unmapped_answers
from ..drafts.filled import carried_over_in, get_filled
from ..languages import get_draft_language, language_among
from ..models import Draft, Submission
from ..offers import list_offers
from ..outreach_visits import FORM as VISIT_FORM
from ..pages.section import checked_for
from ..readable_answers import SectionReading, mark_taken_over, read_sections, read_stored
from ..recipients_preview import preview_recipients, would_match_no_rule
from ..same_person import ask_about_person, build_words, case_of, continue_in_case
from ..validation.validate import CheckContext, Checked
from . import moving
from .page import frame, log, note_reading, redirect_to_page, staff


def review(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Show every answer and who will be notified (GET); submit (POST). Submitting twice submits once."""
    user = staff(request)
    draft = Draft.objects.visible_to(user).filter(pk=draft_id).first()
    # a draft is its owner's alone; others who follow its link may still read what was submitted from it
    if draft is None and Submission.objects.visible_to(user).filter(pk=draft_id).exists():
        return redirect_to_page(request, "intake:sent", draft_id)
    if draft is None:
        draft = visible_or_404(Draft, user, pk=draft_id)
    if draft.submitted_at is not None:
        return redirect_to_page(request, "intake:sent", draft.pk)
    waiting = actions.to_choose(draft)
    if waiting is not None:  # what was typed without a session is chosen about first
        return redirect_to_page(request, "intake:section", draft.pk, waiting.section)
    if request.method == "POST":
        return _send(request, user, draft)
    note_reading(draft, user)
    return _review_page(request, draft)


def _send(request: HttpRequest, user: User, draft: Draft) -> HttpResponse:
    try:
        received = submit_draft(
            draft=draft,
            user=user,
            confirmed=request.POST.getlist("confirmed"),
            looked_over=request.POST.get("looked_over"),
        )
    except ChangedSince:
        return _review_page(request, visible_or_404(Draft, user, pk=draft.pk), has_changed=True, status=409)
    except ConfirmationNeeded:
        return _review_page(request, draft, is_unconfirmed=True, status=422)
    except AnswersRefused:
        return _review_page(request, draft, status=422)
    except CorrectedSince:
        return _review_page(request, draft, status=409)
    except NotDecided:
        return _review_page(request, draft, is_undecided=True, status=503)
    except UuidReused:
        return redirect_to_page(request, "intake:sent", draft.pk)
    except (NotAllowed, Draft.DoesNotExist):
        raise Http404 from None
    return _where(request, received.submission)


def _review_page(
    request: HttpRequest,
    draft: Draft,
    *,
    is_undecided: bool = False,
    is_unconfirmed: bool = False,
    has_changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    user = staff(request)
    context = actions.build_context(draft, get_draft_language(draft), by=user)
    not_asked = {key: each for key, each in get_filled(draft, context).items() if not each.is_confirmed}
    checked = checked_for(draft.form_version.parsed_form, draft.answers, context, user)
    case, _unknown = named_case(draft.form_version.parsed_form, checked.answers, user)
    ticked = request.POST.getlist("confirmed")
    asked = to_confirm(draft.form_version.parsed_form, checked.answers, context, case) if checked.ok else []
    if checked.ok:
        asked += ask_about_person(_as_submission(draft), checked.answers, user, case)
    page = frame(
        request,
        draft=draft,
        returned=from_phone.describe_draft(draft),
        offers=list_offers(draft, user),
        closed_case=case if case is not None and case.closed_at is not None else None,
        asked=[(warning, warning.key in ticked) for warning in asked],
        is_unconfirmed=is_unconfirmed,
        sections=mark_taken_over(read_sections(checked, context), not_asked),
        is_ready=checked.ok,
        is_undecided=is_undecided,
        has_changed=has_changed,
        looked_over=actions.get_versions(draft),
        left_over=unmapped_answers.in_words(unmapped_answers.get_left_over(draft), context),
        told=preview_recipients(draft, checked.answers, user) if checked.ok else [],
        is_unmatched=checked.ok and would_match_no_rule(draft, checked.answers, user),
        **_correction(draft, checked, context, user),
    )
    return render(request, "submissions/review.html", page, status=status)


def _correction(draft: Draft, checked: Checked, context: CheckContext, user: User) -> dict[str, Any]:
    """Return what the review page says of a correction: what it changes, and whether it can still be sent."""
    if draft.corrects is None:
        return {}
    code = get_refusal(draft.corrects, user)
    return {
        "changed": compare(_read_corrected(draft.corrects, context), read_sections(checked, context)),
        "cannot_correct": REFUSALS.get(code, ""),
        "recipient": preview_correction(is_drill=draft.corrects.is_drill) if draft.corrects.case_id else None,
        "newest": get_newest_version(draft.corrects) if code == "corrected_since" else None,
    }


def _read_corrected(earlier: Submission, context: CheckContext) -> list[SectionReading]:
    """Return an earlier version's answers, in the reader's language; none where it can't be opened."""
    try:
        answers: Any = earlier.answers
    except (SealBroken, KeyRingError) as error:
        log.error("submission_unreadable", submission=str(earlier.pk), code=type(error).__name__)
        return []
    own = replace(context, attachments=files_of_submission(earlier))
    return read_stored(earlier.form_version.parsed_form, answers or {}, own)


def _as_submission(draft: Draft) -> Submission:
    """Return a draft as the submission that it would become, unsaved."""
    return Submission(pk=draft.pk, form_version=draft.form_version, unit=draft.unit, occurred_at=draft.occurred_at)


@require_POST
def continue_in(request: HttpRequest, draft_id: uuid.UUID, reference: str) -> HttpResponse:
    """Let a draft go on in a case that may be about the same person, and show the review page again."""
    user = staff(request)
    draft = visible_or_404(Draft, user, pk=draft_id)
    case = visible_or_404(Case, user, reference=reference)
    try:
        continue_in_case(draft_id=draft.pk, case=case, by=user)
    except actions.DraftIsSent:
        return redirect("intake:sent", draft.pk)
    except ValueError:
        raise Http404 from None
    return redirect("intake:review", draft.pk)


def sent(request: HttpRequest, submission_id: uuid.UUID) -> HttpResponse:
    """Redirect to a submission's case, or to its own page when it opened no case."""
    return _where(request, visible_or_404(Submission, staff(request), pk=submission_id))


def submission(request: HttpRequest, submission_id: uuid.UUID) -> HttpResponse:
    """Show a submission without a case; audited."""
    found = visible_or_404(Submission, staff(request), pk=submission_id)
    if found.case_id is not None:
        return _where(request, found)
    return _reading(request, found)


def case_submission(request: HttpRequest, reference: str, submission_id: uuid.UUID) -> HttpResponse:
    """Show a submission of this case; audited. 404 for another case's."""
    user = staff(request)
    case = visible_or_404(Case, user, reference=reference)
    return _reading(request, visible_or_404(Submission, user, pk=submission_id, case=case))


def _where(request: HttpRequest, found: Submission) -> HttpResponse:
    if found.case is not None:
        return redirect_to_page(request, "cases:case", found.case.reference)
    return redirect_to_page(request, "intake:submission", found.pk)


def _reading(request: HttpRequest, found: Submission) -> HttpResponse:
    user, form = staff(request), found.form_version.parsed_form
    context = CheckContext(
        sources=Lists(user),
        today=timezone.localdate(found.received_at),
        occurred_on=timezone.localdate(found.occurred_at),
        language=language_among(form.languages, get_language() or settings.LANGUAGE_CODE),
        attachments=files_of_submission(found),
    )
    # the event first, in one transaction: what can't be audited isn't shown
    with transaction.atomic():
        log_event("submission.read", actor=get_actor(user), target_kind="submission", target_id=found.pk)
        sections = mark_taken_over(read_stored(form, found.answers, context), carried_over_in(found))
    page = frame(
        request,
        submission=found,
        sections=sections,
        confirmed=[*confirmed_in_words(found, context.language), *_other_people(found, context.language)],
        words=outcome.get_words(found),
        begun=_begun(request, found),
        to_call=outcome.to_call(found.unit) if found.is_unmatched and found.handled_at is None else [],
        is_of_unit=user.units().filter(pk=found.unit_id).exists(),
        may_correct=not get_refusal(found, user),
        move=moving.describe(found, user),
        changed=compare(_read_corrected(found.corrects, context), sections) if found.corrects else None,
        corrected_by=Submission.objects.visible_to(user).filter(corrects=found).first(),
        phone=from_phone.describe_submission(found),
    )
    return render(request, "submissions/submission.html", page)


def _other_people(found: Submission, language: str) -> list[str]:
    """Return which cases the sender confirmed to be about somebody else, in words."""
    stored: Any = found.confirmed
    references = [case_of(entry["warning"]) for entry in stored or ()]
    return [build_words(reference, language) for reference in references if reference]


def _begun(request: HttpRequest, found: Submission) -> CasesBegun | None:
    """Return what came of an outreach visit; None for every other form."""
    if found.form_version.form.key != VISIT_FORM:
        return None
    source = Source(found.pk, found.unit_id, found.received_at)
    return find_cases_begun([source], user=staff(request), page=request.GET.get("page"))


@require_POST
def handled(request: HttpRequest, submission_id: uuid.UUID) -> HttpResponse:
    """Mark a submission that no rule matched as handled."""
    user = staff(request)
    found = visible_or_404(Submission, user, pk=submission_id)
    outcome.handle(submission=found, by=user)
    return redirect("intake:submission", found.pk)
