from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BuilderConfig(AppConfig):
    name = "case_forms.form_builder"
    label = "builder"  # of the tables, which keep the name that the room had first
    verbose_name = _("Forms")

    def ready(self) -> None:
        from wagtail.permissions import register_permission_policy

        from .permissions import FormPermissionPolicy, ListPermissionPolicy
        from .workflow import send_no_mail_about

        form = self.get_model("FormDefinition")
        register_permission_policy(form, FormPermissionPolicy(form))
        choice_list = self.get_model("ChoiceList")
        register_permission_policy(choice_list, ListPermissionPolicy(choice_list))
        send_no_mail_about(form)
