"""URLs of the field API: what every app uses, and what phones use that store. Under /api/field/v1/."""

from django.urls import URLPattern, URLResolver, path

from case_forms.submissions.field_api.endpoints import api

from ..draft_api import router as drafts
from ..form_package_api import router as form_packages
from ..kit_package_api import router as kit_packages
from ..session_package_api import router as session_packages
from .endpoints import router
from .problems import add_handlers

add_handlers(api)
api.add_router("", router)
api.add_router("", drafts)
api.add_router("", form_packages)
api.add_router("", kit_packages)
api.add_router("", session_packages)
urlpatterns: list[URLPattern | URLResolver] = [path("", api.urls)]
