from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WatchConfig(AppConfig):
    name = "config.watch"
    label = "watch"
    verbose_name = _("State of the service")
