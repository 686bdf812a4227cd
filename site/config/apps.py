"""App configuration of `config`, with what must be set once at start."""

from django.apps import AppConfig
from django.conf import settings
from django.core.mail.utils import DNS_NAME
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class SiteConfig(AppConfig):
    name = "config"
    label = "house"
    verbose_name = _("General")

    def ready(self) -> None:
        # Each room's `approvals` says what of it takes two people.
        autodiscover_modules("approvals")
        from .admin_scripts import begin_choosers_without_inline_scripts

        begin_choosers_without_inline_scripts()
        # Django takes the machine's own name for the Message-ID of a mail and for the SMTP greeting (HELO): behind a
        # relay that is "localhost", which receiving servers hold against a mail.
        DNS_NAME._fqdn = settings.MESSAGE_ID_DOMAIN
