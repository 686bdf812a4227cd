from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProceduresConfig(AppConfig):
    name = "case_forms.procedures"
    verbose_name = _("Procedures")

    def ready(self) -> None:
        from case_forms.form_builder.dependents import register_dependent

        from .in_motion import Procedures

        register_dependent(Procedures())
