from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChecksConfig(AppConfig):
    name = "content.checks"
    label = "checks"
    verbose_name = _("Checks of texts")

    def ready(self) -> None:
        from . import results  # models are loaded by now

        results.connect()
