"""The page on which a form is edited: the outline, the problems that prevent publishing, and the way to approval."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.widgets.button import Button
from wagtail.models import WorkflowState
from wagtail.snippets.views import snippets

from access.languages import get_current_language
from access.models import User
from audit.chain import get_actor, log_event

from .actions import DefinitionRefused, publishing_problems
from .catalogue import catalogue
from .definition import Problem, parse_form, shape_problems
from .dependents import InMotion, in_motion
from .edits import EditRefused, Overtaken, compute_sha, edited
from .locked import get_published
from .models import FormDefinition, FormVersion
from .problem_locations import get_name, placed
from .retention_bases import iter_without_term
from .versions import as_comparable
from .workflow import is_as_submitted, may_approve, withdraw

MAX_REPORTED = 10
OVERTAKEN = "invalid_revision"  # Wagtail's word: on hearing it, its script stops saving by itself


class DefinitionForm(WagtailAdminModelForm):
    """The form of the page, with one hidden field: the changes that the outline posts (see edits.py)."""

    definition = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    overtaken_words = gettext_lazy("Somebody else has saved this form in the meantime.")

    class Meta:
        model = FormDefinition
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before: dict[str, Any] = self.instance.definition
        self.is_overtaken = False

    def clean_definition(self) -> dict[str, Any]:
        sent = self.cleaned_data["definition"]
        if not sent:
            return self.before
        try:
            return self.read_sent(sent)
        except Overtaken:
            self.is_overtaken = True
            raise ValidationError(self.overtaken_words) from None
        except EditRefused as refused:
            raise ValidationError(str(refused.message)) from None

    def read_sent(self, sent: str) -> dict[str, Any]:
        """Return the working copy after what was posted. Raises EditRefused, Overtaken."""
        return edited(self.before, sent)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "definition" in cleaned:
            self.instance.definition = cleaned["definition"]
        return cleaned

    def has_changed(self) -> bool:
        return compute_sha(self.instance.definition) != compute_sha(self.before)


class EditView(snippets.EditView):
    """The editor's page: Wagtail's edit view, with the outline in place of panels."""

    is_withdrawn = True
    alone_words = gettext_lazy("Nobody publishes a form alone: submit it, and another coordinator approves it.")
    template_name = "form_builder/edit.html"
    url_namespace = ""

    # saving

    def is_valid(self, form: DefinitionForm) -> bool:
        valid = super().is_valid(form)
        # Wagtail answers an autosave with a code and a message, and its script decides by the code what to do.
        if not valid and form.is_overtaken:
            self.produced_error_code = OVERTAKEN
        if not valid and form.errors and self.produced_error_code != "locked":
            self.produced_error_message = " ".join(map(str, form.errors.get("definition", ())))
        return valid

    def save_instance(self) -> FormDefinition:
        """Store a revision when something changed; whoever only looks or submits leaves none."""
        self.has_content_changes = self.form.has_changed()
        if not self.has_content_changes and self.object.latest_revision:
            self.new_revision = self.object.latest_revision
            return self.object
        # Compared a second time, now under the lock: somebody may have saved between this form's validation and here.
        current = self.lock_row()
        if compute_sha(current.working_copy()) != compute_sha(self.form.before):
            raise PermissionDenied(self.form.overtaken_words)
        if current.workflow_in_progress:  # submitted by somebody else since this request began
            raise PermissionDenied(current.words_under_review)
        return super().save_instance()

    def lock_row(self) -> Any:
        """Hold the row until the transaction ends, and return it as it is in the database."""
        return type(self.object)._default_manager.select_for_update().get(pk=self.object.pk)

    def get_success_json(self) -> dict[str, Any]:
        """Return the answer to an autosave, with the new base and the problems for the outline."""
        return super().get_success_json() | {"base": compute_sha(self.object.definition), "problems": self.problems}

    # submitting

    def get_available_actions(self) -> list[str]:
        """Return Wagtail's actions without publishing.

        Nobody publishes from here, whatever they may do elsewhere (docs/adr/0012).
        """
        return [action for action in super().get_available_actions() if action not in ("publish", "workflow-action")]

    def form_valid(self, form: DefinitionForm) -> HttpResponse:
        # Only a superuser's hand-made request can hold it. It is saved as a draft, and this says so (docs/adr/0012).
        if self.request.POST.get("action-publish"):
            messages.warning(self.request, self.alone_words)
        return super().form_valid(form)

    def refuse_submitting(self) -> bool:
        """Say what prevents publishing; return whether anything does."""
        found = publishing_problems(self.object.key, self.object.definition)
        if found:
            show_problems(self.request, _("The form is saved, but not submitted."), found, self.object)
        return bool(found)

    def submit_action(self) -> HttpResponse | None:
        """Submit for approval, unless something prevents publishing."""
        if self.refuse_submitting():
            return redirect(self.get_edit_url())
        with transaction.atomic():
            self.lock_row()  # saving locks it too
            state = self.object.current_workflow_state  # read again: Wagtail's copy still knows the revision before
            if state and state.status == WorkflowState.STATUS_NEEDS_CHANGES:
                # whoever submits again has asked for it now, and can't be the one to approve it
                state.requested_by = self.request.user
                state.save()
                state.resume(self.request.user)
            else:
                self.workflow.start(self.object, self.request.user)
            self.note_submission()
        return None

    def note_submission(self) -> None:
        """Write the audit entry, in the transaction of submitting."""
        log_event(
            "form.submitted",
            actor=get_actor(self.request.user),
            target_kind="form",
            target_id=self.object.pk,
            form=self.object.key,
        )

    restart_workflow_action = submit_action

    def cancel_workflow_action(self) -> None:
        self.is_withdrawn = withdraw(self.object, user=self.request.user)

    def get_success_message(self, instance: Any = None) -> str:
        if self.action == "submit":
            return _("Submitted. Another coordinator approves it, then it is published.")
        if self.action == "cancel-workflow" and not self.is_withdrawn:
            return _("Not withdrawn: somebody has already decided on it.")
        if self.action == "cancel-workflow":
            return _("Withdrawn. The form can be changed again.")
        return _("Saved.")

    def get_success_url(self) -> str:
        return self.get_edit_url()

    def get_success_buttons(self) -> list[Any]:
        return []

    # showing

    def get_page_subtitle(self) -> str:
        """Return the title in the reader's language.

        Wagtail stores the title in the language in which the form was saved last.
        """
        return str(self.object)

    @cached_property
    def problems(self) -> list[dict[str, str]]:
        """The problems that prevent publishing now, for the page."""
        found = publishing_problems(self.object.key, self.object.definition)
        return placed(found, self.object.definition, get_current_language())

    @property
    def header_more_buttons(self) -> list[Button]:
        """The links to versions, copies, files and archiving."""
        to = self.address
        archive = _("Restore") if self.object.is_archived else _("Archive")
        buttons = [
            Button(_("Versions"), url=to("versions"), icon_name="history", priority=10),
            Button(_("Download as JSON"), url=to("export"), icon_name="download", priority=30),
            Button(_("Download as XLSForm"), url=to("export_xlsform"), icon_name="table", priority=40),
            Button(archive, url=to("archive"), icon_name="folder-open-inverse", priority=50),
        ]
        if self.user_has_permission("add"):
            buttons.append(Button(_("Copy"), url=to("copy"), icon_name="copy", priority=20))
        return buttons

    def address(self, name: str, *args: Any) -> str:
        return reverse(f"{self.url_namespace}:{name}", args=[self.object.pk, *args])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        # An autosave draws no page, and the catalogue reads every list from the database.
        return context if self.expects_json_response else context | self.get_page_context(context)

    def get_page_context(self, context: dict[str, Any]) -> dict[str, Any]:
        """Return what the page has beside Wagtail's context."""
        definition, newest = self.object.definition, self.object.newest_version()
        published = get_published(self.object.key)
        return {
            "outline_definition": definition,
            "outline_catalogue": catalogue(get_current_language()),
            "outline_problems": self.problems,
            "outline_settings": {
                "readOnly": bool(self.locked_for_user),
                "base": compute_sha(definition),
                "language": get_language(),
                "publishedKeys": sorted(published.keys),
                "publishedValues": {key: sorted(values) for key, values in published.values.items()},
                "publishedLists": {name: sorted(values) for name, values in published.of_lists.items()},
                "autosaves": bool(context["autosave_enabled"]) and self.view_name == "edit",
                "urls": {
                    "preview": f"{reverse('wagtailadmin_home')}forms/try/",
                    "current": self.address("current"),
                },
            },
            "newest_version": newest,
            "versions_url": self.address("versions"),
            "compare_url": self.address("compare"),
            "review": self.review(),
            "without_term": self.get_names_without_term(),
            "motion": self.motion(newest) if newest or self.object.current_workflow_state else None,
            "form_is_multipart": True,
        }

    def get_names_without_term(self) -> list[str]:
        """Return the questions about people that don't say how long, or why, their answers are stored."""
        if shape_problems(self.object.definition):
            return []
        language = get_current_language()
        return [get_name(question, language) for question in iter_without_term(parse_form(self.object.definition))]

    def motion(self, newest: FormVersion | None) -> InMotion | None:
        """Return what the form sets in motion as it is in use, and as it would be; None while it is half done."""
        made = as_comparable(self.object.definition)
        if shape_problems(made):
            return None
        before = newest.parsed_form if newest and not self.object.is_archived else None
        return in_motion(self.object.key, before, parse_form(made), get_current_language())

    def review(self) -> dict[str, Any] | None:
        """Return how the approval stands: waiting, or sent back with a comment; None when none is under way."""
        state = self.object.current_workflow_state
        if state is None or state.current_task_state is None:
            return None
        task_state = state.current_task_state
        is_waiting = state.status == WorkflowState.STATUS_IN_PROGRESS
        user: User = self.request.user
        return {
            "is_waiting": is_waiting,
            "submitted_by": state.requested_by,
            "submitted_at": task_state.started_at,
            "sent_back_by": task_state.finished_by,
            "sent_back_at": task_state.finished_at,
            "comment": task_state.comment,
            "is_mine": state.requested_by_id == user.pk,
            "may_decide": is_waiting and may_approve(task_state, user),
            "is_as_submitted": not is_waiting or is_as_submitted(task_state, self.object),
            "approve_url": self.address("workflow_action", "approve", task_state.pk),
            "reject_url": self.address("workflow_action", "reject", task_state.pk),
        }


class DecideView(snippets.WorkflowActionView):
    """The decision of another coordinator: approve, which publishes, or ask for changes."""

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = super().post(request, *args, **kwargs)
        except DefinitionRefused as refused:
            # The transaction has been rolled back with the workflow's rows: the form still waits for a decision.
            form = self.object.get_latest_revision_as_object()
            show_problems(request, _("Not published. The form is still waiting for approval."), refused.problems, form)
            return redirect(self.redirect_url)
        # Read again: this view's object is from before the publication.
        newest = FormDefinition.objects.get(pk=self.object.pk).newest_version()
        if self.action_name == "approve" and newest:
            words = _("Version %(number)s is published and in use.") % {"number": newest.number}
            messages.success(request, words)
        elif self.action_name == "reject":
            messages.success(request, _("Sent back with your comment."))
        return response


class CurrentView(snippets.EditView):
    """The working copy as it is now, for a page that somebody else's saving has overtaken. Changes nothing."""

    http_method_names = ["get"]

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        revision = self.object.latest_revision
        return JsonResponse(
            {
                "base": compute_sha(self.object.definition),
                "definition": self.object.definition,
                "by": revision.user.get_full_name() or revision.user.username if revision and revision.user else "",
                "at": date_format(localtime(revision.created_at), "SHORT_DATETIME_FORMAT") if revision else "",
                "revision_id": revision.pk if revision else "",
                "revision_created_at": revision.created_at.isoformat() if revision else "",
                "locked": bool(self.locked_for_user),
            }
        )


def show_problems(request: Any, what: str, problems: list[Problem], form: FormDefinition) -> None:
    """Show a message with the places of the problems, each a link to its item in the outline."""
    found = placed(problems, form.definition, get_current_language())
    lines = format_html_join(
        "",
        '<li><a href="#item-{}">{}</a>: {}</li>',
        ((each["item"], each["where"] or str(form), each["message"]) for each in found[:MAX_REPORTED]),
    )
    more = len(found) - MAX_REPORTED
    rest = format_html("<li>{}</li>", _("and %(count)s more") % {"count": more}) if more > 0 else ""
    messages.error(request, format_html("{}<ul>{}{}</ul>", what, lines, rest))
