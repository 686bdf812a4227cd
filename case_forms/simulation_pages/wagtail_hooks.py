"""Wagtail hooks: the simulator's pages in the admin, beside the editor of procedures."""

from django.urls import URLPattern, URLResolver, include, path
from wagtail import hooks

from . import form_pages, pages, replay_pages, scenario_pages

PATTERNS = [
    path("try/", pages.TryView.as_view(), name="try"),
    path("scenarios/", scenario_pages.ScenariosView.as_view(), name="scenarios"),
    path("scenarios/panel/", scenario_pages.PanelView.as_view(), name="panel"),
    path("scenarios/new/", scenario_pages.NewScenarioView.as_view(), name="new"),
    path("scenarios/<uuid:scenario>/", scenario_pages.ScenarioView.as_view(), name="scenario"),
    path("scenarios/<uuid:scenario>/copy/", scenario_pages.CopyView.as_view(), name="copy"),
    path("scenarios/<uuid:scenario>/delete/", scenario_pages.DeleteView.as_view(), name="delete"),
    path("scenarios/<uuid:scenario>/restore/", scenario_pages.RestoreView.as_view(), name="restore"),
    path("replays/", replay_pages.ReplaysView.as_view(), name="replays"),
    path("replays/<uuid:replay>/", replay_pages.ReplayView.as_view(), name="replay"),
]


@hooks.register("register_admin_urls")
def pages_of_the_simulator() -> list[URLResolver | URLPattern]:
    return [
        path("procedures/<int:pk>/", include((PATTERNS, "simulation"))),
        path("procedures/forms/<slug:form>/", form_pages.FormScenariosView.as_view(), name="simulation_form"),
    ]
