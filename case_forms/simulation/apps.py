from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SimulationConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "case_forms.simulation"
    verbose_name = _("Simulation")

    def ready(self) -> None:
        from . import approval, witness  # noqa: F401  # connect their receivers
