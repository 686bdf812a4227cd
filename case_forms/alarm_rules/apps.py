from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AlarmRulesConfig(AppConfig):
    name = "case_forms.alarm_rules"
    verbose_name = _("Rules about alarms of phones")
