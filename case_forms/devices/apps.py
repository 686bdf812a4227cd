from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DevicesConfig(AppConfig):
    name = "case_forms.devices"
    verbose_name = _("Phones that store")

    def ready(self) -> None:
        from case_forms.submissions import offers
        from notifications.inbound.actions import register_reader
        from outreach_pages.records.phones.ending import register_writer

        from .alarms import read_sms
        from .record_mails import write_record_waits
        from .taking import build_offer

        register_reader(read_sms)
        register_writer(write_record_waits)
        offers.register(build_offer)
