from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    name = "case_forms.submissions"
    label = "intake"  # the tables keep the first name of this room (docs/adr/0084)
    verbose_name = _("Intake")

    def ready(self) -> None:
        from case_forms.cases.rule_events import register_loader
        from case_forms.session_rules import reports
        from vault import lasting

        from . import (
            conversions,  # noqa: F401
            drill_road,
            identity_index,
            journeys,
            outreach_visits,  # noqa: F401
            rights_in_forms,
            rights_source,
        )
        from .attachments import receivers  # noqa: F401
        from .rule_events import load_report, load_submission

        register_loader(load_submission)
        reports.register_loader(load_report)
        identity_index.register()
        rights_source.register()
        rights_in_forms.register()
        journeys.register()
        drill_road.register()

        # so that `vault_rotate` can count the hashes that were made with each key
        lasting.register_hash_column(lasting.SUBMISSIONS, "intake.Submission", "fingerprint")
