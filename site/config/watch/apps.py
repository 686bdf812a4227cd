from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WatchConfig(AppConfig):
    name = "config.watch"
    label = "watch"
    verbose_name = _("State of the service")

    def ready(self) -> None:
        from . import checks  # noqa: F401  # what it registers
