from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DrillsConfig(AppConfig):
    name = "notifications.drills"
    verbose_name = _("Drills")

    def ready(self) -> None:
        from audit.due import register_clocks

        from .ending import DUE

        register_clocks(DUE)
