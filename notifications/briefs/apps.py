from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BriefsConfig(AppConfig):
    name = "notifications.briefs"
    verbose_name = _("Briefs")

    def ready(self) -> None:
        from notifications.directory.agreements.shareable import register_kinds

        from . import links, pin_alarm  # noqa: F401  # their receivers
        from .parts import get_kinds_of_facts
        from .talk import awaiting, unread  # noqa: F401  # their receivers

        register_kinds(get_kinds_of_facts)
