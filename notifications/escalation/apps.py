from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EscalationConfig(AppConfig):
    name = "notifications.escalation"
    verbose_name = _("Escalation")

    def ready(self) -> None:
        from notifications.briefs.talk import awaiting, unread

        from . import beside, checks, clock  # noqa: F401  # what they register
        from .passes import Clock, register_clock

        register_clock(Clock(beside.CLOCK, beside.advance, lambda now: []))
        register_clock(Clock("notice.talk", awaiting.advance, awaiting.find_stranded))
        register_clock(Clock("notice.unread", unread.chase_unread, unread.find_stranded))
