from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DevicesConfig(AppConfig):
    name = "case_forms.devices"
    verbose_name = _("Phones that store")

    def ready(self) -> None:
        from case_forms.submissions import offers
        from notifications.inbound.actions import register_reader

        from .alarms import read_sms
        from .taking import build_offer

        register_reader(read_sms)
        offers.register(build_offer)
