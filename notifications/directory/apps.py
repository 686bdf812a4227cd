from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DirectoryConfig(AppConfig):
    name = "notifications.directory"
    verbose_name = _("Directory")

    def ready(self) -> None:
        from ..staff_push import phones as staff_phones  # noqa: F401  # its receivers
        from ..staff_push import waking  # noqa: F401  # its receiver
        from . import sender_checks  # noqa: F401

        # Its receiver: workers load no page of it.
        from .keys import changed  # noqa: F401
        from .own_duty import links  # noqa: F401
        from .ways import phones  # noqa: F401  # its receivers
