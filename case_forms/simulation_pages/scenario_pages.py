"""The scenarios of a procedure: their list with results, and the page of one."""

from typing import Any
from uuid import UUID, uuid4

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from wagtail.admin import messages
from wagtail.admin.widgets.button import HeaderButton

from access.languages import LANGUAGES, NATIVE_NAMES, get_current_language
from access.models import localize
from case_forms.form_builder.definition import Form
from case_forms.simulation.approval import find_changes
from case_forms.simulation.expectations import ExpectationsRefused, read_expectations
from case_forms.simulation.models import Scenario
from case_forms.simulation.story import StoryRefused

from .actions import (
    MAX_SCENARIOS,
    ScenarioChanged,
    TooManyScenarios,
    delete_scenario,
    get_state,
    restore_scenario,
    save_scenario,
)
from .changes import build_changes
from .pages import SimulatorPage, StoryPage
from .results import build_results
from .rows import Choices, RowSet, build_expectations
from .story_form import DRAFT, IN_FORCE, INVENTED, StoryFields, get_fields, read_fields
from .suggesting import suggest_expectations
from .timeline import read

MAX_TITLE = 200
IS_CHANGED = gettext_lazy(
    "This scenario was saved by %(who)s since you opened it. What you have written stands here, and isn't saved yet."
    " Look at theirs first: if you save now, yours takes its place."
)
IS_GONE = gettext_lazy(
    "This scenario was deleted since you opened it. What you have written stands here: if you save it, it is a new one."
)
CANT_READ = gettext_lazy("This scenario can't be read. Open it and correct it.")
IS_INVENTED = gettext_lazy("A scenario is invented: take the case's reference out, and type invented answers.")


class ScenariosView(SimulatorPage):
    """The scenarios, each run on the draft or on the version in force, and what none of them reaches."""

    template_name = "simulation_pages/scenarios.html"
    page_title = gettext_lazy("Scenarios")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        on = IN_FORCE if request.GET.get("on") == IN_FORCE else DRAFT
        definition, problems = self.get_definition(on), self.find_problems(on)
        is_runnable = definition is not None and not problems
        results = build_results(self.procedure.key, definition) if is_runnable and definition else None
        changes = build_changes(self.procedure.key, self.draft.definition) if on == DRAFT else []
        context = {"on": on, "problems": problems, "results": results, "has_definition": definition is not None}
        return self.render_to_response(self.get_context_data(changes=changes, **context))

    @property
    def header_buttons(self) -> list[Any]:
        return [HeaderButton(_("Try it"), url=self.own_address("try"), icon_name="history")]


class PanelView(SimulatorPage):
    """How the scenarios stand on the saved draft, for the editor to show beside it. Changes nothing."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        problems = self.find_problems(DRAFT)
        results = None if problems else build_results(self.procedure.key, self.draft.definition)
        changes = find_changes(self.procedure.key, self.draft.definition)
        context = self.get_context_data(results=results, changes=changes)
        html = render_to_string("simulation_pages/panel.html", context, request)
        return JsonResponse({"html": html, "red": results.red if results else None})


class ScenarioPage(StoryPage):
    """A page with a story and what must hold in it."""

    template_name = "simulation_pages/scenario.html"
    scenario: Scenario | None = None

    def get_expectation_rows(self, fields: StoryFields) -> RowSet:
        return build_expectations(self.get_procedure(fields.on), self.get_questions(fields.form))

    def get_questions(self, key: str) -> Choices:
        form: Form | None = self.published.get(key)
        language = get_current_language()
        return [
            (name, f"{localize(each.question.label, language)} ({name})")
            for name, each in (form.questions_by_key if form else {}).items()
        ]

    @sensitive_variables()
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        fields = read_fields(request.POST, self.published)
        rows = self.get_expectation_rows(fields)
        self.expected = rows.read(request.POST)
        self.titles = {code: str(request.POST.get(f"_title_{code}") or "").strip() for code in LANGUAGES}
        self.opened_as = str(request.POST.get("_opened_as") or "")
        self.new_id = None if self.scenario else _read_id(str(request.POST.get("_new_id") or ""))
        pressed, _colon, value = str(request.POST.get("go") or "").partition(":")
        if pressed == "save":
            return self.save(fields)
        if pressed == "add_must":
            self.empty_rows = 1
            return self.show(fields)
        if pressed == "remove_must":
            if value.isascii() and value.isdecimal() and int(value[:4]) < len(self.expected):
                del self.expected[int(value[:4])]
            return self.show(fields)
        return super().post(request, *args, **kwargs)

    # what is expected, as it stands on the page
    expected: list[dict[str, Any]] = []
    titles: dict[str, str] = {}
    empty_rows = 0
    # the state of the scenario with which the page was opened (`actions.get_state`)
    opened_as = ""
    # of a new scenario, from when its page was opened: pressed twice, it is saved once
    new_id: UUID | None = None

    @sensitive_variables()
    def save(self, fields: StoryFields) -> HttpResponse:
        story = fields.build_story()
        if fields.reference:
            fields.errors["reference"] = str(IS_INVENTED)
        if not any(self.titles.values()):
            fields.errors["title"] = _("Give the scenario a title.")
        if any(len(title) > MAX_TITLE for title in self.titles.values()):
            fields.errors["title"] = _("A title has at most 200 characters.")
        if not self.expected:
            fields.errors["must"] = _("Say at least one thing that must hold.")
        if story is None or fields.errors:
            return self.show(fields)
        try:
            saved = save_scenario(
                scenario=self.scenario,
                procedure=self.procedure.key,
                title={code: title for code, title in self.titles.items() if title},
                story=story.to_json(),
                expectations=self.expected,
                by=self.me,
                opened_as=self.opened_as,
                new_id=self.new_id,
            )
        except ExpectationsRefused as refused:
            for problem in refused.problems:
                fields.errors[f"must{problem.path}"] = str(problem.message)
            return self.show(fields)
        except ScenarioChanged as changed:
            return self.show_changed(fields, changed.current)
        except TooManyScenarios:
            words = _("A procedure has at most %(count)s scenarios. Delete one that isn't needed.")
            fields.errors["story"] = words % {"count": MAX_SCENARIOS}
            return self.show(fields)
        messages.success(self.request, _("The scenario “%(title)s” is saved.") % {"title": str(saved)})
        return redirect(self.own_address("scenarios"))

    def show_changed(self, fields: StoryFields, current: Scenario | None) -> HttpResponse:
        """Say that the scenario isn't as it was opened, with what was written; saving again then means this one."""
        self.scenario, self.opened_as = current, get_state(current) if current else ""
        who = current.changed_by.get_full_name() if current and current.changed_by else _("somebody")
        fields.errors["story"] = str(IS_CHANGED) % {"who": who} if current else str(IS_GONE)
        return self.show(fields)

    @sensitive_variables()
    def run(self, fields: StoryFields) -> HttpResponse:
        """Run the story, and hold it against what must hold."""
        timeline = self.simulate(fields)
        if timeline is None:
            return self.show(fields, show_errors=not fields.fill)
        tried = Scenario(procedure=self.procedure.key, key="", title={}, story={}, expectations=self.expected)
        checked = self._check(fields, tried, timeline)
        return self.show(fields, reading=read(timeline), checked=checked)

    def _check(self, fields: StoryFields, tried: Scenario, timeline: Any) -> list[dict[str, Any]]:
        try:
            expectations = read_expectations(tried.expectations)
        except ExpectationsRefused as refused:
            for problem in refused.problems:
                fields.errors[f"must{problem.path}"] = str(problem.message)
            return []
        procedure = self.get_procedure(fields.on)
        return [
            {"words": localize(each.describe(procedure)), "holds": outcome.holds, "why": localize(outcome.why)}
            for each in expectations
            for outcome in [each.check(timeline)]
        ]

    def get_story_context(self, fields: StoryFields, **more: Any) -> dict[str, Any]:
        rows = {path.removeprefix("must"): words for path, words in fields.errors.items() if path.startswith("must/")}
        built = self.get_expectation_rows(fields).build(self.expected, rows, self.empty_rows)
        titles = [(code, NATIVE_NAMES.get(code, code), self.titles.get(code, "")) for code in LANGUAGES]
        new_id = None if self.scenario else self.new_id or uuid4()
        shown = {"expected": built, "titles": titles, "opened_as": self.opened_as, "new_id": new_id}
        return super().get_story_context(fields, **more) | shown

    def between(self) -> list[dict[str, Any]]:
        return [*super().between(), {"url": self.own_address("scenarios"), "label": _("Scenarios")}]


def _read_id(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None


class NewScenarioView(ScenarioPage):
    """POST: a story that was tried becomes a scenario: what happened in it is offered as what must hold."""

    page_title = gettext_lazy("New scenario")
    http_method_names = ["post"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"action_url": self.own_address("new")}

    @sensitive_variables()
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("go") != "prepare":
            return super().post(request, *args, **kwargs)
        fields = read_fields(request.POST, self.published)
        # What must hold is asked of the procedure, so the directory of this week is left out of it.
        fields.directory = INVENTED
        self.prepare(fields)
        return self.show(fields)

    @sensitive_variables()
    def prepare(self, fields: StoryFields) -> None:
        if fields.reference:
            fields.errors["reference"] = str(IS_INVENTED)
            return
        timeline = self.simulate(fields)
        if timeline is not None:
            # The moment is fixed: "now" would be another one each time it runs.
            fields.fix_moment(timeline.begins_at)
            self.expected = suggest_expectations(timeline, self.get_procedure(fields.on))


class ScenarioView(ScenarioPage):
    """A scenario: its story and what must hold in it, to run, change and save."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        # Of one that was changed since the page was opened, the change; of one that was deleted, nothing.
        named = Q(pk=kwargs["scenario"]) | Q(changes=kwargs["scenario"])
        working = Scenario.objects.working().filter(named, procedure=self.procedure.key)
        self.scenario = working.select_related("changes", "changed_by").first()
        if self.scenario is None and not request.POST.get("_opened_as"):
            raise Http404

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        assert self.scenario is not None
        self.expected, self.titles = list(self.scenario.expectations), dict(self.scenario.title)
        self.opened_as = get_state(self.scenario)
        return self.run(get_fields(self.scenario.story))

    @sensitive_variables()
    def save(self, fields: StoryFields) -> HttpResponse:
        return super().save(fields) if self.scenario is not None else self.show_changed(fields, None)

    def get_page_title(self) -> str:
        return str(self.scenario or _("New scenario"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.scenario is None:
            return super().get_context_data(**kwargs) | {"action_url": self.own_address("new")}
        return super().get_context_data(**kwargs) | {
            "scenario": self.scenario,
            "action_url": self.own_address("scenario", self.scenario.pk),
            "copy_url": self.own_address("copy", self.scenario.pk),
            "delete_url": self.own_address("delete", self.scenario.pk),
        }


class CopyView(SimulatorPage):
    """POST: copy a scenario, and open the copy."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found = get_object_or_404(Scenario, pk=kwargs["scenario"], procedure=self.procedure.key)
        title = {code: _("Copy of %(title)s") % {"title": text} for code, text in found.title.items()}
        try:
            copied = save_scenario(
                scenario=None,
                procedure=found.procedure,
                title=title,
                story=found.story,
                expectations=found.expectations,
                by=self.me,
            )
        except TooManyScenarios:
            messages.error(request, _("This procedure has as many scenarios as there may be."))
            return redirect(self.own_address("scenarios"))
        except (StoryRefused, ExpectationsRefused):
            messages.error(request, str(CANT_READ))
            return redirect(self.own_address("scenarios"))
        return redirect(self.own_address("scenario", copied.pk))


class DeleteView(SimulatorPage):
    """Ask whether a scenario is to be deleted, and delete it on POST."""

    template_name = "simulation_pages/delete.html"
    page_title = gettext_lazy("Delete a scenario")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(scenario=self._find(kwargs)))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found = self._get_working().filter(pk=kwargs["scenario"]).first()
        if found is None:  # pressed twice, or by a colleague a moment ago
            if Scenario.objects.filter(pk=kwargs["scenario"]).exclude(procedure=self.procedure.key).exists():
                raise Http404
            messages.info(request, _("There is no such scenario any more."))
            return redirect(self.own_address("scenarios"))
        title, was_approved = str(found), found.is_approved or found.changes is not None
        delete_scenario(scenario=found, by=self.me)
        words = _("The scenario “%(title)s” is deleted.") % {"title": title}
        more = _("Until the procedure is approved next, it can be restored, and whoever approves sees it.")
        messages.success(request, f"{words} {more}" if was_approved else words)
        return redirect(self.own_address("scenarios"))

    def _find(self, kwargs: dict[str, Any]) -> Scenario:
        return get_object_or_404(self._get_working(), pk=kwargs["scenario"])

    def _get_working(self) -> "QuerySet[Scenario]":
        return Scenario.objects.working().select_related("changes").filter(procedure=self.procedure.key)


class RestoreView(SimulatorPage):
    """POST: take back the change or deletion of an approved scenario."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found = get_object_or_404(Scenario, pk=kwargs["scenario"], procedure=self.procedure.key)
        if Scenario.objects.superseded().filter(pk=found.pk).exists():
            restore_scenario(scenario=found, by=self.me)
            words = _("The scenario “%(title)s” stands as it was approved.") % {"title": str(found)}
            messages.success(request, words)
        else:
            messages.error(request, _("Nothing was restored: the scenario stands as it was approved."))
        return redirect(self.own_address("scenarios"))
