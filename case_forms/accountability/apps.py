from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountabilityConfig(AppConfig):
    name = "case_forms.accountability"
    verbose_name = _("Records of the controller")

    def ready(self) -> None:
        from case_forms.form_builder.dependents import register_dependent
        from case_forms.procedure_editor.neighbours import register_review_part
        from content.service_facts import register_police_rules, register_terms

        from .at_approval import RecordOfForms, build_review_part
        from .public_terms import iter_police_rules, iter_terms

        register_dependent(RecordOfForms())
        register_review_part(build_review_part)
        register_terms(iter_terms)
        register_police_rules(iter_police_rules)
