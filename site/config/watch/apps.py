from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WatchConfig(AppConfig):
    name = "config.watch"
    label = "watch"
    verbose_name = _("State of the service")

    def ready(self) -> None:
        from audit.removals import removed

        from . import checks  # noqa: F401  # what it registers
        from .stored import on_removed

        removed.connect(on_removed, dispatch_uid="watch.removed")
