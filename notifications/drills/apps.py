from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DrillsConfig(AppConfig):
    name = "notifications.drills"
    verbose_name = _("Drills")

    def ready(self) -> None:
        from notifications.escalation.passes import Clock, register_clock

        from .ending import end_due, find_unended

        register_clock(Clock("drill", end_due, find_unended))
