"""Forms in the admin: the listing and the pages of each."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.snippets.views.snippets import SnippetViewSet

from . import editing
from .models import FormDefinition


class FormViewSet(SnippetViewSet):
    model = FormDefinition
    base_url_path = "forms"
    icon = "form"
    menu_label = _("Forms")
    menu_order = 200
    add_to_admin_menu = True
    copy_view_enabled = False
    list_display = ["__str__", "key"]
    add_view_class = editing.AddView
    edit_view_class = editing.EditView
    add_to_reference_index = False
    panels: list[Any] = []

    @property
    def create_template_name(self) -> str:
        return "builder/add.html"

    @property
    def edit_template_name(self) -> str:
        return "builder/edit.html"

    def get_form_class(self, for_update: bool = False) -> type:
        return editing.DefinitionForm if for_update else editing.AddForm

    def get_add_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_add_view_kwargs(**kwargs) | {"panel": None}

    def get_edit_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_edit_view_kwargs(**kwargs) | {"panel": None}
