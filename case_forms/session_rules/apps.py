from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SessionRulesConfig(AppConfig):
    name = "case_forms.session_rules"
    verbose_name = _("Rules about informative sessions")

    def ready(self) -> None:
        from audit.due import register_clocks

        from . import calendar, clock, receivers, waiting  # noqa: F401

        register_clocks(clock.clock.due)
        calendar.register()
        waiting.register()
