from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EscalationConfig(AppConfig):
    name = "notifications.escalation"
    verbose_name = _("Escalation")

    def ready(self) -> None:
        from . import clock  # noqa: F401  # its receivers
