from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "notifications.outbox"
    verbose_name = _("Notices")

    def ready(self) -> None:
        from . import address_check  # noqa: F401  # its receivers
        from .ways import ended  # noqa: F401  # its receiver
