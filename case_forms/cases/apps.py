from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "case_forms.cases"
    verbose_name = _("Cases")

    def ready(self) -> None:
        from notifications.outbox.sharing import Gate, register_gate

        from . import (
            date_clock,
            deadline_clock,
            receivers,  # noqa: F401
        )
        from .consent import clock as consent_clock
        from .consent.gate import check_notice, check_request
        from .finding import requests

        deadline_clock.register()
        requests.register()
        date_clock.register()
        consent_clock.register()
        register_gate(Gate(check_request, check_notice))
