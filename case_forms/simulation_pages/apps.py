from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SimulationPagesConfig(AppConfig):
    name = "case_forms.simulation_pages"
    verbose_name = _("Pages of the simulator")

    def ready(self) -> None:
        from case_forms.form_builder.dependents import register_dependent
        from case_forms.procedure_editor.checks import register_check
        from case_forms.procedure_editor.neighbours import Neighbour, register_neighbour, register_review_part

        from .changes import build_review_part
        from .checks import check_scenarios
        from .form_pages import Scenarios

        register_check(check_scenarios)
        register_review_part(build_review_part)
        register_dependent(Scenarios())
        register_neighbour(Neighbour("simulation:try", _("Try it"), "history"))
        register_neighbour(Neighbour("simulation:scenarios", _("Scenarios"), "list-ul"))
        register_neighbour(Neighbour("simulation:panel", _("Scenarios"), is_panel=True))
