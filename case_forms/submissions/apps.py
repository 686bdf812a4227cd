from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    name = "case_forms.submissions"
    label = "intake"  # of the tables, which keep the name that the room had first
    verbose_name = _("Intake")

    def ready(self) -> None:
        from vault import lasting

        from . import conversions, outreach_visits  # noqa: F401
        from .attachments import receivers  # noqa: F401

        lasting.is_kept_in(lasting.SUBMISSIONS, "intake.Submission", "fingerprint")
