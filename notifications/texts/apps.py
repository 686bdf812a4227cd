from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TextsConfig(AppConfig):
    name = "notifications.texts"
    verbose_name = _("Texts of messages and documents")
