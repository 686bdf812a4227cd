from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DevicesConfig(AppConfig):
    name = "case_forms.devices"
    verbose_name = _("Phones that store")

    def ready(self) -> None:
        from notifications.inbound.actions import register_reader

        from .alarms import read_sms

        register_reader(read_sms)
