from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BriefsConfig(AppConfig):
    name = "notifications.briefs"
    verbose_name = _("Briefs")

    def ready(self) -> None:
        from . import links  # noqa: F401  # its receivers
        from .talk import awaiting  # noqa: F401  # its receivers
