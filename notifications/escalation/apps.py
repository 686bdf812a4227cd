from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EscalationConfig(AppConfig):
    name = "notifications.escalation"
    verbose_name = _("Escalation")

    def ready(self) -> None:
        from audit.due import Clock, register_clocks
        from notifications.briefs.talk import awaiting, unread

        from . import beside, checks, clock  # noqa: F401  # what they register

        register_clocks(
            Clock(name=beside.CLOCK, advance=beside.advance),
            Clock(name="notice.talk", advance=awaiting.advance, find_stranded=awaiting.find_stranded),
            unread.DUE,
        )
