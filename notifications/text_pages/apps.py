from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TextPagesConfig(AppConfig):
    name = "notifications.text_pages"
    verbose_name = _("Screens of the texts")
