"""Wagtail hooks: the preview's URL in the admin."""

from django.urls import URLPattern, path
from wagtail import hooks

from .views import try_form


# before the others: "forms/<...>/" of the form editor must not take the address
@hooks.register("register_admin_urls", order=-100)
def preview_of_a_form() -> list[URLPattern]:
    return [path("forms/try/", try_form, name="try_form")]
