"""The page on which a procedure is read and edited, its findings, and the decision of a second person about it."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views import snippets

from access.languages import get_current_language
from audit.chain import get_actor, log_event
from case_forms.form_builder import editing as form_editing
from case_forms.form_builder.edits import compute_sha, edited
from case_forms.procedures.actions import ProcedureRefused
from case_forms.procedures.definition import parse_procedure
from case_forms.procedures.models import Procedure, ProcedureVersion, SubmittedProcedure
from case_forms.procedures.release import find_offers

from .checks import run_checks
from .edits import must_be_usable
from .neighbours import build_review_parts, iter_neighbours
from .problems import MAX_REPORTED, Placed, place_findings, place_problems
from .reading import Page, published_forms
from .schema import build_catalogue

NOW, LATER = "now", "later"
KNOWN = "known"  # the parts whose HTML the page has, as their shas, separated by commas


class ProcedureForm(form_editing.DefinitionForm):
    """The form of the page: the changes that its script posts, and what a procedure is submitted with."""

    overtaken_words = gettext_lazy("Somebody else has saved this procedure in the meantime.")

    begins = forms.ChoiceField(
        label=gettext_lazy("In force from"),
        choices=[(NOW, gettext_lazy("As soon as it is approved")), (LATER, gettext_lazy("A chosen time"))],
        widget=forms.RadioSelect,
        required=False,
        initial=NOW,
    )
    in_force_from = forms.DateTimeField(
        label=gettext_lazy("The chosen time"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        help_text=gettext_lazy("In Albania's time. Until then the version before it decides."),
    )
    legal_source = forms.CharField(
        label=gettext_lazy("What the change rests on"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The law, the decision or the article; or who decided it, and when."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note for whoever approves (optional)"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    class Meta:
        model = Procedure
        fields: list[str] = []

    def read_sent(self, sent: str) -> dict[str, Any]:
        return edited(self.before, sent, must_be_usable)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        # Only submitting needs them: a draft is saved without.
        if "action-submit" in self.data:
            self._check_start(cleaned)
            if not cleaned.get("legal_source", "").strip():
                self.add_error("legal_source", _("Say what the change rests on."))
        return cleaned

    def _check_start(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("begins") != LATER:
            cleaned["in_force_from"] = None
        elif "in_force_from" in self.errors:
            return
        elif not isinstance(cleaned.get("in_force_from"), datetime):
            self.add_error("in_force_from", _("Choose the day and the time from which it is in force."))
        elif cleaned["in_force_from"] <= timezone.now():
            self.add_error("in_force_from", _("This time has passed. A version begins in the future, or at once."))


class EditView(form_editing.EditView):
    """The editor's page: Wagtail's edit view, with the procedure's parts in place of panels."""

    alone_words = gettext_lazy("Nobody publishes a procedure alone: submit it, and another coordinator approves it.")
    template_name = "procedure_editor/edit.html"

    # saving

    def get_success_json(self) -> dict[str, Any]:
        """Return the answer to an autosave, with the parts whose sentences the page doesn't have."""
        known = set(self.request.POST.get(KNOWN, "").split(","))
        groups = self.reader.build_groups()
        parts = [self.reader.build_head(), *(part for group in groups for part in group.parts)]
        sent = [
            {"path": part.path, "sha": part.sha, **({} if part.sha in known else {"html": part.html})} for part in parts
        ]
        return super().get_success_json() | {"parts": sent}

    @cached_property
    def reader(self) -> Page:
        return Page(parse_procedure(self.object.definition), self.published, get_current_language())

    @cached_property
    def published(self) -> dict[str, Any]:
        return published_forms()

    # submitting

    @cached_property
    def problems(self) -> list[Placed]:  # type: ignore[override]
        """What is seen at once, for the page and for each save; the page asks for the rest (`FindingsView`)."""
        return place_problems(self.object.key, self.object.definition, get_current_language(), deep=False)

    def refuse_submitting(self) -> bool:
        """Say what prevents publishing, and what the checks of other rooms block; return whether anything does."""
        all_there_are = place_problems(self.object.key, self.object.definition, get_current_language())
        found = [each for each in all_there_are if each["is_blocking"]]
        if not found:
            procedure = parse_procedure(self.object.definition)
            found = [each for each in place_findings(run_checks(procedure), procedure) if each["is_blocking"]]
        if found:
            show_problems(self.request, _("The procedure is saved, but not submitted."), found)
        return bool(found)

    def note_submission(self) -> None:
        asked = self.form.cleaned_data
        SubmittedProcedure.objects.create(
            # read again: Wagtail's copy still knows the state before
            state=self.lock_row().current_workflow_task_state,
            in_force_from=asked.get("in_force_from"),
            legal_source=asked["legal_source"],
            note=asked.get("note", ""),
        )
        log_event(
            "procedure.submitted",
            actor=get_actor(self.request.user),
            target_kind="procedure",
            target_id=self.object.key,
        )

    def get_success_message(self, instance: Any = None) -> str:
        if self.action == "cancel-workflow" and self.is_withdrawn:
            return _("Withdrawn. The procedure can be changed again.")
        return super().get_success_message(instance)

    # showing

    @property
    def header_more_buttons(self) -> list[Button]:
        to = self.address
        return [
            Button(_("Read what is in force"), url=to("read"), icon_name="doc-full", priority=5),
            Button(_("Versions"), url=to("versions"), icon_name="history", priority=10),
            Button(_("Rules of this release"), url=to("release"), icon_name="download", priority=12),
            *(
                Button(str(each.label), url=each.get_address(self.object.pk), icon_name=each.icon, priority=15)
                for each in iter_neighbours(panels=False)
            ),
            Button(_("Download as JSON"), url=to("export"), icon_name="download", priority=30),
            Button(_("Import from JSON"), url=to("import"), icon_name="upload", priority=40),
        ]

    def get_page_context(self, context: dict[str, Any]) -> dict[str, Any]:
        definition = self.object.definition
        newest = self.object.versions.select_related("published_by").order_by("-number").first()
        review = self.review()
        submitted_at = review["submitted_at"] if review and review["is_waiting"] else None
        return {
            "head": self.reader.build_head(),
            "groups": self.reader.build_groups(),
            "newest_version": newest,
            "is_newest": newest is not None and newest.sha256 == self.object.sha256_today(),
            "current": self.object.get_version_in_force(),
            "scheduled": list(self.object.versions.scheduled()),
            "new_rules": len(find_offers(self.object, definition).new),
            "release_url": self.address("release"),
            "versions_url": self.address("versions"),
            "compare_url": self.address("compare"),
            "review": review,
            "review_parts": build_review_parts(self.object, submitted_at, self.request) if submitted_at else [],
            "submitted": SubmittedProcedure.of_revision(self.object.latest_revision),
            "problems": self.problems,
            "panels": [(each.label, each.get_address(self.object.pk)) for each in iter_neighbours(panels=True)],
            "is_read_only": bool(self.locked_for_user),
            "procedure_definition": definition,
            "procedure_catalogue": build_catalogue(self.published, get_current_language()),
            "procedure_settings": {
                "readOnly": bool(self.locked_for_user),
                "base": compute_sha(definition),
                "language": get_current_language(),
                "autosaves": bool(context["autosave_enabled"]) and self.view_name == "edit",
                "urls": {
                    "current": self.address("current"),
                    "scopes": self.address("scopes"),
                    "findings": self.address("findings"),
                },
            },
        }


class FindingsView(snippets.EditView):
    """All problems of the draft, and what the checks of other rooms say, for the editor to show. Changes nothing."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        procedure = parse_procedure(self.object.definition)
        return JsonResponse(
            {
                "base": compute_sha(self.object.definition),
                "problems": place_problems(self.object.key, self.object.definition, get_current_language()),
                "findings": place_findings(run_checks(procedure), procedure),
            }
        )


class DecideView(snippets.WorkflowActionView):
    """The decision of another coordinator: approve, which publishes, or ask for changes."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = super().post(request, *args, **kwargs)
        except ProcedureRefused as refused:
            # The transaction has been rolled back with the workflow's rows: it still waits for a decision.
            found = place_problems(self.object.key, self.object.definition, get_current_language(), refused.problems)
            show_problems(request, _("Not published. The procedure is still waiting for approval."), found)
            return redirect(self.redirect_url)
        newest = ProcedureVersion.objects.filter(procedure=self.object.pk).order_by("-number").first()
        if self.action_name == "approve" and newest:
            words = _("Version %(number)s is approved.") % {"number": newest.number}
            messages.success(request, words)
        elif self.action_name == "reject":
            messages.success(request, _("Sent back with your comment."))
        return response


def show_problems(request: Any, what: str, found: list[Placed]) -> None:
    """Show a message with the places of the problems, each a link to its part."""
    lines = format_html_join(
        "",
        '<li><a href="#{}">{}</a>: {}</li>',
        ((each["anchor"], each["where"], each["message"]) for each in found[:MAX_REPORTED]),
    )
    more = len(found) - MAX_REPORTED
    rest = format_html("<li>{}</li>", _("and %(count)s more") % {"count": more}) if more > 0 else ""
    messages.error(request, format_html("{}<ul>{}{}</ul>", what, lines, rest))
