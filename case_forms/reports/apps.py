from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "case_forms.reports"
    verbose_name = _("Outreach and reports")

    def ready(self) -> None:
        from case_forms.submissions.prefill.registry import register_prefill

        from .monthly import begin_with

        register_prefill("monthly_report", begin_with)
