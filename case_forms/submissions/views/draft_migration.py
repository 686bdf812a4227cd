"""Pages for moving a draft to a newer version: what it would change, and moving it."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from access.scoping import visible_or_404
from case_forms.form_builder.models import FormVersion

from ..drafts import actions, unmapped_answers
from ..drafts.migration import move_draft, newer_version, plan_for
from ..drafts.version_changes import changes_between
from ..languages import get_draft_language
from ..models import Draft
from ..validation.validate import NothingToAsk
from .page import frame, nothing_to_fill, staff


def move(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Show what moving to the newest version would change (GET); move to the version that the page showed (POST)."""
    draft = visible_or_404(Draft, staff(request), pk=draft_id)
    if draft.submitted_at is not None:
        return redirect("intake:sent", draft.pk)
    waiting = actions.to_choose(draft)
    if waiting is not None:  # it was typed for this version: chosen about before the move
        return redirect("intake:section", draft.pk, waiting.section)
    to = newer_version(draft)
    if to is None:
        return redirect("intake:section", draft.pk, draft.section)
    if request.method == "POST" and request.POST.get("version") == str(to.number):
        return _moved(request, draft, to)
    return _page(request, draft, to)


def _moved(request: HttpRequest, draft: Draft, to: FormVersion) -> HttpResponse:
    try:
        moved = move_draft(draft=draft, to=to, by=staff(request))
    except actions.DraftIsSent:
        return redirect("intake:sent", draft.pk)
    except Draft.DoesNotExist:
        raise Http404 from None
    except NothingToAsk:
        return nothing_to_fill(request, to, draft)
    return redirect(f"{reverse('intake:section', args=[moved.pk, moved.section])}?moved")


def _page(request: HttpRequest, draft: Draft, to: FormVersion) -> HttpResponse:
    context = actions.build_context(draft, get_draft_language(draft))
    plan = plan_for(draft, to)
    page = frame(
        request,
        draft=draft,
        to=to,
        plan=plan,
        left_over=unmapped_answers.in_words(plan.left_over, context),
        returning=unmapped_answers.in_words(plan.returning, context),
        changes=changes_between(draft.form_version.parsed_form, to.parsed_form, context.language),
    )
    return render(request, "submissions/move.html", page)
