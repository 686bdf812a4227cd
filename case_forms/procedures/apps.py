from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProceduresConfig(AppConfig):
    name = "case_forms.procedures"
    verbose_name = _("Procedures")

    def ready(self) -> None:
        from wagtail.permissions import register_permission_policy

        # models and permissions can be imported only when the apps are loaded
        from case_forms.form_builder.dependents import register_dependent
        from case_forms.form_builder.workflow import register_publish_action

        from . import noted_versions
        from .actions import publish_approved_procedure
        from .in_motion import Procedures
        from .permissions import ProcedurePermissionPolicy

        register_dependent(Procedures())
        procedure = self.get_model("Procedure")
        register_permission_policy(procedure, ProcedurePermissionPolicy(procedure))
        register_publish_action(procedure, publish_approved_procedure)
        noted_versions.register()
