from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HotlinesConfig(AppConfig):
    name = "content.hotlines"
    label = "lines"
    verbose_name = _("Helpline check")
