"""The pages of the simulator: trying a procedure on a story, and the scenarios of a procedure."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from wagtail.admin.widgets.button import HeaderButton

from access.languages import get_current_language
from access.limits import simulations
from access.models import localize
from case_forms.form_builder.definition import Form
from case_forms.procedure_editor.pages import PageOfProcedure
from case_forms.procedure_editor.problems import Placed, place_problems
from case_forms.procedure_editor.reading import published_forms
from case_forms.procedures.definition import Procedure, parse_procedure
from case_forms.simulation.models import Scenario
from case_forms.simulation.simulate import StoryImpossible, simulate
from case_forms.simulation.timeline import Timeline

from .stored import NotFound, open_submission
from .story_form import DRAFT, IN_FORCE, StoryFields, build_view, get_fields, get_tried_forms, read_fields
from .timeline import read

EDITOR = "wagtailsnippets_procedures_procedure"


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class SimulatorPage(PageOfProcedure):
    """A page of the simulator about one procedure. What it shows may hold answers: it is stored by nobody."""

    url_namespace = EDITOR
    header_icon = "history"

    def own_address(self, name: str, *args: Any) -> str:
        return reverse(f"simulation:{name}", args=[self.procedure.pk, *args])

    @cached_property
    def published(self) -> dict[str, Form]:
        return published_forms()

    def get_definition(self, on: str) -> dict[str, Any] | None:
        """Return the definition to try: the draft's, or that of the version in force; None when none is."""
        if on != IN_FORCE:
            return self.draft.definition
        current = self.procedure.get_version_in_force()
        return current.definition if current else None

    def find_problems(self, on: str) -> list[Placed]:
        """Return what keeps the draft from being tried: nothing acts on a procedure that can't be published."""
        if on == IN_FORCE:
            return []
        placed = place_problems(self.draft.key, self.draft.definition, get_current_language())
        return [each for each in placed if each["is_blocking"]]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "try_url": self.own_address("try"),
            "scenarios_url": self.own_address("scenarios"),
            "new_url": self.own_address("new"),
            "replays_url": self.own_address("replays"),
            "has_version": self.procedure.get_version_in_force() is not None,
        }


class StoryPage(SimulatorPage):
    """A page with a story on it, which a press of "Run" lives through."""

    template_name = "simulation_pages/story.html"

    def begin(self) -> StoryFields:
        """Return the story with which the page opens."""
        forms = self.get_forms(DRAFT)
        region = self.me.coordinated_regions().first()
        place = region.municipalities.order_by("name").first() if region else None
        return StoryFields(form=next(iter(forms), ""), municipality=place.slug if place else "")

    def get_forms(self, on: str) -> dict[str, Form]:
        return get_tried_forms(parse_procedure(self.get_definition(on) or self.draft.definition), self.published)

    @sensitive_variables()
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(self.begin())

    @sensitive_variables()
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        fields = read_fields(request.POST, self.published)
        pressed, _colon, value = str(request.POST.get("go") or "").partition(":")
        if pressed == "example":
            fields = self.load_example(fields)
        elif pressed == "run":
            return self.run(fields)
        elif pressed == "remove_act" and value.isascii() and value.isdecimal() and int(value[:4]) < len(fields.acts):
            del fields.acts[int(value[:4])]
        return self.show(fields, empty_acts=1 if pressed == "add_act" else 0)

    # ---- what the buttons do ----

    def load_example(self, fields: StoryFields) -> StoryFields:
        chosen = str(self.request.POST.get("_example") or "")
        known = {str(each.pk): each for each in self.get_scenarios()}
        if chosen not in known:
            fields.errors["example"] = _("Choose an example.")
            return fields
        return get_fields(known[chosen].story, fields.on)

    @sensitive_variables()
    def run(self, fields: StoryFields) -> HttpResponse:
        timeline = self.simulate(fields)
        reading = read(timeline) if timeline is not None else None
        return self.show(fields, show_errors=not fields.fill, reading=reading)

    @sensitive_variables()
    def simulate(self, fields: StoryFields) -> Timeline | None:
        """Live the story through; None with `fields.errors` when it can't be."""
        definition = self.get_definition(fields.on)
        if definition is None:
            fields.errors["on"] = _("No version of this procedure is in force.")
            return None
        if self.find_problems(fields.on):
            fields.errors["on"] = _("The draft has problems. Correct them first: nothing could act on it as it is.")
            return None
        try:
            stored = open_submission(fields.reference, form=fields.form, by=self.me) if fields.reference else None
        except NotFound as found:
            fields.errors["reference"] = str(found)
            return None
        story = fields.build_story(stored)
        if story is None:
            return None
        try:
            with simulations.turn():
                return simulate(story, procedure=definition)
        except StoryImpossible as impossible:
            fields.errors["form" if impossible.code == "unknown_form" else "story"] = localize(impossible.words)
            fields.refused = self._name_problems(fields.form, impossible.problems)
            return None

    def _name_problems(self, key: str, problems: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
        """Return (question, what is wrong) of the answers that the form refused."""
        form = self.published.get(key)
        questions = form.questions_by_key if form else {}
        named = []
        for path, words in problems:
            located = next((questions[step] for step in path.split("/")[::-1] if step in questions), None)
            named.append((localize(located.question.label) if located else "", words))
        return named

    # ---- showing ----

    def show(self, fields: StoryFields, **more: Any) -> HttpResponse:
        context = self.get_context_data(**self.get_story_context(fields, **more))
        return self.render_to_response(context, status=422 if fields.errors else 200)

    def get_story_context(
        self,
        fields: StoryFields,
        *,
        empty_acts: int = 0,
        show_errors: bool = False,
        **more: Any,
    ) -> dict[str, Any]:
        forms = self.get_forms(fields.on)
        procedure = self.get_procedure(fields.on)
        view = build_view(
            fields,
            forms if fields.form in forms or not fields.form else {**forms, **self._get_form(fields.form)},
            user=self.me,
            new_row_in=str(self.request.POST.get("add") or ""),
            empty_acts=empty_acts,
            show_errors=show_errors,
            examples=[(each.pk, str(each)) for each in self.get_scenarios()],
        )
        problems = self.find_problems(fields.on)
        return {"story": view, "problems": problems, "tried": procedure, **more}

    def _get_form(self, key: str) -> Mapping[str, Form]:
        return {key: self.published[key]} if key in self.published else {}

    def get_procedure(self, on: str) -> Procedure:
        return parse_procedure(self.get_definition(on) or self.draft.definition)

    def get_scenarios(self) -> list[Scenario]:
        return list(Scenario.objects.working().filter(procedure=self.procedure.key))


class TryView(StoryPage):
    """Try the procedure: write a story, run it, read its timeline. Nothing is stored, nothing is sent."""

    page_title = gettext_lazy("Try it")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"action_url": self.own_address("try"), "is_try": True}

    @property
    def header_buttons(self) -> list[Any]:
        return [HeaderButton(_("Scenarios"), url=self.own_address("scenarios"), icon_name="list-ul")]
