"""Wagtail hooks: the preview's URL in the admin."""

from django.urls import URLPattern, path
from wagtail import hooks

from .views import try_form


# before the form editor's own URLs, which lie under forms/ as well
@hooks.register("register_admin_urls", order=-100)
def preview_of_a_form() -> list[URLPattern]:
    return [path("forms/try/", try_form, name="try_form")]
