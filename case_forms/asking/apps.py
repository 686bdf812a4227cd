from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AskingConfig(AppConfig):
    name = "case_forms.asking"
    verbose_name = _("Asking and reporting")
