from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SimulationPagesConfig(AppConfig):
    name = "case_forms.simulation_pages"
    verbose_name = _("Pages of the simulator")

    def ready(self) -> None:
        from case_forms.procedure_editor.checks import register_check

        from .checks import check_scenarios

        register_check(check_scenarios)
