"""What coordinators find of this room in the admin."""

from django.urls import URLPattern, path
from wagtail import hooks

from case_forms.form_preview.views import try_form


@hooks.register("register_admin_urls", order=-100)
def preview_of_a_form() -> list[URLPattern]:
    return [path("forms/try/", try_form, name="try_form")]
