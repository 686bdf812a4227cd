from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BuilderConfig(AppConfig):
    name = "case_forms.builder"
    verbose_name = _("Forms")

    def ready(self) -> None:
        from .workflow import send_no_mail_about

        send_no_mail_about(self.get_model("FormDefinition"))
