from django.apps import AppConfig


class FormPreviewConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "case_forms.form_preview"
