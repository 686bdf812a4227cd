from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TipsConfig(AppConfig):
    name = "case_forms.tips"
    label = "signals"  # of the tables, which keep the name that the room had first
    verbose_name = _("Messages from the public")

    def ready(self) -> None:
        from vault import lasting

        from . import receivers  # noqa: F401

        lasting.register_hash_column(lasting.RECEIPTS, "signals.Tip", "receipt_hash")
