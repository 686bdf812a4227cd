"""The replay of a draft on what was submitted: start it, watch it, read what it found, in counts and references."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.widgets.button import HeaderButton

from access.models import localize
from case_forms.cases.models import Case
from case_forms.procedures.definition import Procedure, parse_canonical
from case_forms.procedures.rule_actions.registry import ACTIONS
from case_forms.simulation.models import Replay, ReplayState
from case_forms.simulation.replay import DAYS, ask_replay
from case_forms.tips.models import Tip
from notifications.directory.models import Role

from .pages import SimulatorPage
from .story_form import DRAFT

MAX_SHOWN = 20
ON_A_PAGE = 20
UNFINISHED = (ReplayState.WAITING, ReplayState.RUNNING)
PROBLEMS = {
    "left_out": gettext_lazy("older ones that were not looked at: there are too many"),
    "forgotten": gettext_lazy("the answers are deleted"),
    "status_of_today": gettext_lazy("about a case, decided with the status that it has today"),
    "not_decided_now": gettext_lazy("what is in force can't decide about it"),
    "not_decided_then": gettext_lazy("the draft can't decide about it"),
}


@dataclass(frozen=True)
class Difference:
    """What the draft would do more or less often. `references`: (reference, address) of the first of them."""

    words: str
    is_more: bool
    count: int
    references: list[tuple[str, str]]
    left_out: int


class ReplaysView(SimulatorPage):
    """The replays that one has asked for; POST asks for another one."""

    template_name = "simulation_pages/replays.html"
    page_title = gettext_lazy("The draft on past submissions")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = Paginator(self.get_own(), ON_A_PAGE).get_page(request.GET.get("p"))
        return self.render_to_response(
            self.get_context_data(replays=asked, problems=self.find_problems(DRAFT), days=DAYS)
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.find_problems(DRAFT):
            messages.error(request, _("The draft has problems. Correct them first."))
            return redirect(self.own_address("replays"))
        running = self.get_own().filter(state__in=UNFINISHED).first()
        if running is not None:
            messages.warning(request, _("One that you asked for isn't finished yet."))
            return redirect(self.own_address("replay", running.pk))
        return redirect(self.own_address("replay", ask_replay(draft=self.draft.definition, by=self.me).pk))

    def get_own(self) -> Any:
        return Replay.objects.filter(procedure=self.procedure.key, asked_by=self.me)


class ReplayView(SimulatorPage):
    """One replay, for whoever asked for it: its progress, then what would be different."""

    template_name = "simulation_pages/replay.html"
    page_title = gettext_lazy("The draft on past submissions")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        replay = get_object_or_404(Replay, pk=kwargs["replay"], procedure=self.procedure.key, asked_by=self.me)
        context = {"replay": replay, "is_running": replay.state in UNFINISHED, "days": DAYS}
        if replay.state == ReplayState.READY:
            context |= self.read(replay)
        return self.render_to_response(self.get_context_data(**context))

    def read(self, replay: Replay) -> dict[str, Any]:
        procedure = parse_canonical(replay.draft)
        result = replay.result
        seen = self._find_visible(result)
        differences = [
            self._build(sign, code, count, procedure, result["references"].get(f"{sign}{code}", []), seen)
            for sign, counts in (("+", result["more"]), ("-", result["fewer"]))
            for code, count in sorted(counts.items(), key=lambda each: -each[1])
        ]
        problems = [(str(PROBLEMS.get(code, code)), count) for code, count in sorted(result["problems"].items())]
        return {"differences": differences, "problem_counts": problems, "same": result["same"]}

    def _find_visible(self, result: dict[str, Any]) -> dict[str, str]:
        """Map the references that one may still see to their pages: rights may have ended since it ran."""
        named = {each for found in result["references"].values() for each in found[:MAX_SHOWN]}
        cases = Case.objects.visible_to(self.me).filter(reference__in=named).values_list("reference", flat=True)
        tips = Tip.objects.visible_to(self.me).filter(reference__in=named).values_list("reference", flat=True)
        return {each: reverse("signals:signal", args=[each]) for each in tips} | {
            each: reverse("cases:case", args=[each]) for each in cases
        }

    def _build(
        self, sign: str, code: str, count: int, procedure: Procedure, found: list[str], seen: dict[str, str]
    ) -> Difference:
        shown = [each for each in dict.fromkeys(found) if each in seen][:MAX_SHOWN]
        return Difference(
            words=name_code(code, procedure),
            is_more=sign == "+",
            count=count,
            references=[(each, seen[each]) for each in shown],
            left_out=max(count - len(shown), 0),
        )

    def between(self) -> list[dict[str, Any]]:
        listed = {"url": self.own_address("replays"), "label": _("The draft on past submissions")}
        return [*super().between(), listed]

    @property
    def header_buttons(self) -> list[Any]:
        return [HeaderButton(_("Scenarios"), url=self.own_address("scenarios"), icon_name="list-ul")]


def name_code(code: str, procedure: Procedure) -> str:
    """Say in words what an action does: notify:police -> "Notify: anti-trafficking police officer"."""
    action, _colon, about = code.partition(":")
    kind = ACTIONS.get(action)
    words = capfirst(_(kind.words)) if kind is not None else action
    deadline = procedure.deadlines.get(about)
    if about in Role.values:
        about = str(Role(about).label)
    elif deadline is not None:
        about = localize(deadline.label) or about
    return f"{words}: {about}" if about else words
