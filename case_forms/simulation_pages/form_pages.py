"""The scenarios with the draft of a form in the place of the published one: linked from what the form triggers."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin

from case_forms.form_builder.actions import publishing_problems
from case_forms.form_builder.definition import Form, Problem
from case_forms.form_builder.dependents import InMotion
from case_forms.form_builder.models import FormDefinition
from case_forms.form_builder.versions import as_comparable
from case_forms.procedures.models import ProcedureVersion
from case_forms.simulation.models import Scenario

from .results import build_results


class Scenarios:
    """The scenarios of what is in force, as a `form_builder.dependents.Dependent`. They prevent no publishing."""

    def problems(self, key: str, form: Form | None, *, deep: bool = True) -> list[Problem]:
        return []

    def in_motion(self, key: str, before: Form | None, after: Form | None, language: str) -> InMotion:
        """Lead to the scenarios that the form's draft can be held against; running them takes too long for a page."""
        if after is None or not find_scenarios(key):
            return InMotion()
        return InMotion(links=((reverse("simulation_form", args=[key]), _("Run the scenarios with this form")),))


class FormScenariosView(WagtailAdminTemplateMixin, PermissionCheckedMixin, View):
    """The scenarios in which this form is sent, on the procedure in force and with the form's draft."""

    model = FormDefinition
    permission_required = "change"
    template_name = "simulation_pages/form.html"
    page_title = gettext_lazy("Scenarios with this form")
    header_icon = "list-ul"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = get_object_or_404(FormDefinition, key=kwargs["form"])
        definition = as_comparable(form.working_copy())
        has_problems = bool(publishing_problems(form.key, form.working_copy()))
        scenarios = find_scenarios(form.key)
        results, version = None, _get_version()
        if version is not None and scenarios and not has_problems:
            results = build_results(version.procedure.key, version.definition, scenarios, forms=[definition])
        context = {
            "form": form,
            "results": results,
            "has_problems": has_problems,
            "procedure": version.procedure if version else None,
            "form_url": reverse("wagtailsnippets_builder_formdefinition:edit", args=[form.pk]),
            "edit_url": reverse("wagtailsnippets_procedures_procedure:edit", args=[version.procedure_id])
            if version
            else "",
        }
        return self.render_to_response(self.get_context_data(**context))


def find_scenarios(key: str) -> list[Scenario]:
    """Return the scenarios of the procedure in force in which this form is sent, first or later."""
    version = _get_version()
    if version is None:
        return []
    found = Scenario.objects.working().filter(procedure=version.procedure.key)
    return [each for each in found if key in _iter_forms(each.story)]


def _get_version() -> ProcedureVersion | None:
    try:
        return ProcedureVersion.objects.select_related("procedure").in_force()
    except ProcedureVersion.DoesNotExist:
        return None


def _iter_forms(story: Any) -> list[Any]:
    acts = story.get("acts", ()) if isinstance(story, dict) else ()
    return [story.get("form"), *(act.get("form") for act in acts if isinstance(act, dict))] if story else []
