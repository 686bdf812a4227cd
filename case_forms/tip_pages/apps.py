from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AskingConfig(AppConfig):
    name = "case_forms.tip_pages"
    label = "asking"  # of the tables, which keep the name that the room had first
    verbose_name = _("Asking and reporting")
