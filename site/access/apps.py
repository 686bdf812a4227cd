from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    name = "access"
    verbose_name = _("Accessibility")

    def ready(self) -> None:
        from . import events  # noqa: F401  # connects its receivers
        from .admin_lists import keep_lists_plain
        from .sessions import factors  # noqa: F401  # connects its receivers

        keep_lists_plain()
