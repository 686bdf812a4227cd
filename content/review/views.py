"""Admin views: review what somebody submitted, and submit a translation."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.models import Page, TaskState

from ..checks.run import get_findings
from ..models.reviewed_page import get_language_name
from .actions import NotApproved, approve_together, get_others_to_decide, get_translation, submit_translation
from .models import PageReviewTask, Submitted, may_decide


class TogetherForm(forms.Form):
    """What else waits for this person and is published along. Nothing is ticked beforehand."""

    together = forms.MultipleChoiceField(
        label=gettext_lazy("Publish at the same moment"),
        help_text=gettext_lazy("Tick only what you have read: all of it is published, or nothing."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": gettext_lazy(
                "One of the pages that you ticked doesn’t wait for you any more. Nothing was published."
            )
        },
    )

    def __init__(self, others: list[TaskState], *args: Any) -> None:
        super().__init__(*args)
        self.states = {str(each.pk): each for each in others}
        self.fields["together"].choices = [(key, _describe_choice(each)) for key, each in self.states.items()]  # type: ignore[attr-defined]

    def get_chosen(self) -> list[TaskState]:
        return [self.states[key] for key in self.cleaned_data["together"]]


def _describe_choice(state: TaskState) -> SafeString:
    page = state.revision.as_object()
    address, title = reverse("review:decide", args=[state.pk]), page.get_admin_display_title()
    language = get_language_name(page.locale.language_code)
    return format_html('<span><a href="{}" target="_blank">{}</a> ({})</span>', address, title, language)


@dataclass(frozen=True)
class WaitingDraft:
    """A draft that waits for approval, as its preview shows it. `decide_url` is empty for the one decided on here."""

    language: str  # code
    name: str  # of the language, in that language
    title: str
    url: str
    decide_url: str


class ChangesForm(forms.Form):
    comment = forms.CharField(
        label=gettext_lazy("What should change?"),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Say what should change, so that the author can do it.")},
    )


def decide(request: HttpRequest, state_id: int) -> HttpResponse:
    """Show what waits for approval with the findings of the checks; on POST approve it or ask for changes."""
    state = get_object_or_404(TaskState, pk=state_id).specific
    # The submitted revision, not the live page: it is what would be published.
    page = state.revision.as_object()
    if not isinstance(state.task.specific, PageReviewTask) or not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    if state.status != TaskState.STATUS_IN_PROGRESS:
        messages.info(request, _("Somebody has already decided on this page."))
        return redirect("wagtailadmin_pages:edit", page.pk)
    action = request.POST.get("action") if request.method == "POST" else None
    form = ChangesForm(request.POST if action == "reject" else None)
    user: Any = request.user
    others = get_others_to_decide(state, user) if may_decide(state, user) else []
    together = TogetherForm(others, request.POST if action == "approve" else None)
    if request.method == "POST":
        answer = _decided(request, state, page, form, together)
        if answer is not None:
            return answer
    # Of the submitted revision and in this moment: a hotline may have gone stale since it was submitted.
    findings = get_findings(page)
    context = {
        "state": state,
        "page": page,
        "form": form,
        "together": together if others or together.errors else None,
        "findings": findings,
        "stops": [each for each in findings if each.stops],
        "may_decide": may_decide(state, request.user),  # type: ignore[arg-type]
        "is_own": request.user.pk in Submitted.objects.get_authors(state),
        "is_as_submitted": Submitted.objects.is_unchanged(state),
        "has_live": page.live,
        "drafts": get_drafts_beside(state, page, request.user),
    }
    return render(request, "content_admin/review.html", context)


def get_drafts_beside(state: TaskState, page: Page, user: Any) -> list[WaitingDraft]:
    """Return what to show beside the decision: the page as submitted, then its translations that wait too.

    Only those this person may edit: their previews ask the same.
    """
    drafts = [_describe_draft(state, page, is_here=True)]
    for twin in page.get_translations().select_related("locale").order_by("locale__language_code"):
        waiting = twin.current_workflow_task_state
        if waiting is None or not isinstance(waiting.task.specific, PageReviewTask):
            continue
        shown = waiting.revision.as_object()
        if shown.permissions_for_user(user).can_edit():
            drafts.append(_describe_draft(waiting, shown, is_here=False))
    return drafts


def _describe_draft(state: TaskState, page: Page, *, is_here: bool) -> WaitingDraft:
    language = page.locale.language_code
    return WaitingDraft(
        language=language,
        name=get_language_name(language),
        title=page.get_admin_display_title(),
        # The submitted revision by its number: Wagtail's preview of the task is closed to its authors.
        url=reverse("wagtailadmin_pages:revisions_view", args=[page.pk, state.revision_id]),
        decide_url="" if is_here else reverse("review:decide", args=[state.pk]),
    )


def _decided(
    request: HttpRequest, state: TaskState, page: Page, form: ChangesForm, together: TogetherForm
) -> HttpResponse | None:
    """Carry out the decision and return where to go; None when the form must be shown again."""
    task, action = state.task.specific, request.POST.get("action")
    # Asked again on POST: since the page was shown, somebody may have decided or the text may have been changed.
    allowed = {name for name, _label, _asks in task.get_actions(page, request.user)}
    if action not in ("approve", "reject"):
        raise PermissionDenied
    if action not in allowed:
        words = _(
            "You can't decide on this page: another editor must, or the checks found something that must not be "
            "published."
        )
        messages.error(request, words)
        return None
    comment = request.POST.get("comment", "").strip()
    if action == "reject":
        if not form.is_valid():
            return None
        comment = form.cleaned_data["comment"]
    elif not together.is_valid():
        return None
    elif chosen := together.get_chosen():
        return _approved_together(request, page, [state, *chosen])
    try:
        task.on_action(state, request.user, action, comment=comment)
    except PermissionDenied:  # withdrawn or decided on since the page was opened
        messages.error(request, _("Nothing was decided: somebody withdrew the page or decided on it in the meantime."))
        return redirect("wagtailadmin_pages:edit", page.pk)
    words = _("Approved: “%(title)s”.") if action == "approve" else _("Sent back: “%(title)s”.")
    messages.success(request, words % {"title": page.title})
    return redirect("wagtailadmin_explore", page.get_parent().pk)


def _approved_together(request: HttpRequest, page: Page, states: list[TaskState]) -> HttpResponse | None:
    try:
        approve_together(states, user=request.user)  # type: ignore[arg-type]
    except NotApproved as refused:
        words = _(
            "Nothing was published: “%(title)s” can’t be approved. Somebody decided on it, its text was changed, or "
            "the checks found something that must not be published."
        )
        messages.error(request, words % {"title": refused})
        return None
    words = ngettext("Approved together: %(count)d page.", "Approved together: %(count)d pages.", len(states))
    messages.success(request, words % {"count": len(states)})
    return redirect("wagtailadmin_explore", page.get_parent().pk)


def submit(request: HttpRequest, page_id: int) -> HttpResponse:
    """Show what is submitted and to whom; on POST make a draft of the translated sentences and submit it."""
    page = get_object_or_404(Page, pk=page_id).specific
    permissions = page.permissions_for_user(request.user)
    translation = get_translation(page)
    if translation is None or not permissions.can_edit():
        raise PermissionDenied
    if request.method == "POST":
        try:
            submit_translation(page, user=request.user)  # type: ignore[arg-type]
        except PermissionDenied:
            messages.error(request, _("This page is already waiting for approval."))
        except ValidationError as error:
            messages.error(request, _("Not sent: %(why)s") % {"why": " ".join(error.messages)})
        else:
            messages.success(request, _("Sent for approval: “%(title)s”.") % {"title": page.title})
        return redirect("wagtailadmin_pages:edit", page.pk)
    total, done = translation.get_progress()
    context: dict[str, Any] = {"page": page, "total": total, "done": done, "missing": total - done}
    return render(request, "content_admin/submit_translation.html", context)
