from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InboundConfig(AppConfig):
    name = "notifications.inbound"
    verbose_name = _("What comes in from telephones")

    def ready(self) -> None:
        from . import checks  # noqa: F401  # registers them
