"""Pages about one procedure beside the editor: reading it, what conditions may read, a form's first rule."""

from typing import Any, cast

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.widgets.button import HeaderButton

from access.languages import get_current_language
from access.models import User
from case_forms.form_builder.definition import Form
from case_forms.procedures.actions import ProcedureIsLocked, replace_draft
from case_forms.procedures.definition import parse_procedure
from case_forms.procedures.models import Procedure, ProcedureVersion
from case_forms.procedures.release import find_offers

from .first_rule import with_first_rule
from .reading import Page, published_forms
from .schema import build_scopes


class PageOfProcedure(WagtailAdminTemplateMixin, PermissionCheckedMixin, View):
    """A page about one procedure. `procedure` is the row, `draft` its newest revision as an object."""

    model = Procedure
    permission_required = "change"
    header_icon = "list-ol"
    url_namespace = ""
    procedure: Procedure
    draft: Procedure

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.procedure = get_object_or_404(Procedure, pk=kwargs["pk"])
        self.draft = self.procedure.get_latest_revision_as_object()

    @property
    def me(self) -> User:
        """The user who asks. The policy table lets in nobody who isn't signed in."""
        return cast(User, self.request.user)

    def address(self, name: str, *args: Any) -> str:
        return reverse(f"{self.url_namespace}:{name}", args=[self.procedure.pk, *args])

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        listed = {"url": reverse(f"{self.url_namespace}:list"), "label": capfirst(str(_("procedures")))}
        return [*super().get_breadcrumbs_items(), listed, *self.between(), {"url": "", "label": self.get_page_title()}]

    def between(self) -> list[dict[str, Any]]:
        return [{"url": self.address("edit"), "label": str(self.draft)}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "procedure": self.procedure,
            "draft": self.draft,
            "edit_url": self.address("edit"),
            "versions_url": self.address("versions"),
            "compare_url": self.address("compare"),
        }


class ReadView(PageOfProcedure):
    """A version to read from top to bottom: the one in force, or another (?version=3)."""

    permission_required = "view"
    template_name = "procedure_editor/read.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        version = self.get_version(request.GET.get("version", ""))
        page = Page(version.parsed, published_forms(), get_current_language()) if version else None
        return self.render_to_response(
            self.get_context_data(
                version=version,
                current=self.procedure.get_version_in_force(),
                head=page.build_head() if page else None,
                groups=page.build_groups() if page else [],
                new_rules=self.count_new_rules(),
                release_url=self.address("release"),
            )
        )

    def count_new_rules(self) -> int:
        """Return how many rules of the installed release wait for an answer; 0 for those who can't give one."""
        if not self.user_has_permission("change"):
            return 0
        return len(find_offers(self.procedure, self.draft.definition).new)

    def get_version(self, name: str) -> ProcedureVersion | None:
        if not name:
            return self.procedure.get_version_in_force()
        # more than nine digits could overflow the database's integer
        if not (name.isascii() and name.isdecimal() and len(name) <= 9):
            raise Http404
        return get_object_or_404(self.procedure.versions, number=int(name))

    def get_page_title(self) -> str:
        return str(self.procedure)

    def between(self) -> list[dict[str, Any]]:
        return []

    @property
    def header_buttons(self) -> list[Any]:
        if not self.user_has_permission("change"):
            return []
        return [
            HeaderButton(_("Edit the draft"), url=self.address("edit"), icon_name="edit"),
            HeaderButton(_("Versions"), url=self.address("versions"), icon_name="history"),
        ]

    def user_has_permission(self, permission: str) -> bool:
        # Whoever may change it may read it, whatever else their group was given.
        allowed = [permission, "change"] if permission == "view" else [permission]
        return any(super(ReadView, self).user_has_permission(each) for each in allowed)


class ScopesView(PageOfProcedure):
    """What conditions may read: the questions of the published forms, and the lists that they choose from."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return JsonResponse(build_scopes(published_forms(), get_current_language()))


class FirstRuleView(PageOfProcedure):
    """POST: give a form without rules its first one, in the draft, and open it there."""

    http_method_names = ["post"]
    page_title = gettext_lazy("First rule of a form")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        forms = published_forms()
        form = forms.get(kwargs["form"])
        if form is None:
            messages.error(request, _("Publish the form first: a rule can only be about a form that is in use."))
            return redirect(self.address("edit"))
        try:
            key = self.begin(kwargs["form"], form)
        except ProcedureIsLocked:
            messages.error(request, _("Nothing was added: the procedure is locked or awaiting approval."))
            return redirect(self.address("edit"))
        return redirect(f"{self.address('edit')}#rule-{key}")

    @transaction.atomic
    def begin(self, name: str, form: Form) -> str:
        """Add the rule to the draft, if the form has none. Return its key; raises ProcedureIsLocked."""
        # Read under the lock that saving takes: what somebody saves at this moment is in it.
        draft = Procedure.objects.select_for_update().get(pk=self.procedure.pk).working_copy()
        definition, key = with_first_rule(parse_procedure(draft), name, form)
        if definition != draft:
            replace_draft(procedure=self.procedure, definition=definition, by=self.me, origin=f"form:{name}")
        return key
