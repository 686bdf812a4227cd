from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BuilderConfig(AppConfig):
    """The app of this room. Registers its permission policies and publishing."""

    name = "case_forms.form_builder"
    label = "builder"  # of the tables, which keep the name that the room had first
    verbose_name = _("Forms")

    def ready(self) -> None:
        from wagtail.permissions import register_permission_policy

        # models and permissions can be imported only when the apps are loaded
        from . import noted_versions
        from .actions import publish_form
        from .permissions import FactPermissionPolicy, FormPermissionPolicy, ListPermissionPolicy
        from .workflow import register_publish_action

        form = self.get_model("FormDefinition")
        register_permission_policy(form, FormPermissionPolicy(form))
        choice_list = self.get_model("ChoiceList")
        register_permission_policy(choice_list, ListPermissionPolicy(choice_list))
        fact_type = self.get_model("CaseFactType")
        register_permission_policy(fact_type, FactPermissionPolicy(fact_type))
        register_publish_action(form, publish_form)
        noted_versions.register()
