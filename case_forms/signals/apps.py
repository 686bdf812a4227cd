from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SignalsConfig(AppConfig):
    name = "case_forms.signals"
    verbose_name = _("Messages from the public")

    def ready(self) -> None:
        from vault import lasting

        from . import receivers  # noqa: F401

        lasting.is_kept_in(lasting.RECEIPTS, "signals.Signal", "receipt_hash")
