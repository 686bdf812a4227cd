from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SessionRequestsConfig(AppConfig):
    name = "case_forms.session_requests"
    verbose_name = _("Session requests")

    def ready(self) -> None:
        from audit.due import register_clocks

        from . import clock, waiting

        register_clocks(clock.clock.due)
        waiting.register()
