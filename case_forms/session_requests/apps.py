from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SessionRequestsConfig(AppConfig):
    name = "case_forms.session_requests"
    verbose_name = _("Session requests")

    def ready(self) -> None:
        from . import clock, waiting

        clock.register()
        waiting.register()
