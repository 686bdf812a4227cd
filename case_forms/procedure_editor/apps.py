from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProcedureEditorConfig(AppConfig):
    name = "case_forms.procedure_editor"
    verbose_name = _("Editor of procedures")
