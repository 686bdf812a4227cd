from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ZonesConfig(AppConfig):
    name = "case_forms.zones"
    verbose_name = _("Outreach zones")
