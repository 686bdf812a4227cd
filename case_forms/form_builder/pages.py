"""Base classes of the pages around the outline: access, breadcrumbs, the line about a form."""

from typing import Any, cast

from django.db.models import Model
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.text import capfirst
from django.views.generic import View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin

from access.models import User

from .models import FormDefinition


class BuilderPage(WagtailAdminTemplateMixin, PermissionCheckedMixin, View):
    """A page about forms in general. `url_namespace` is the viewset's."""

    model: type[Model] = FormDefinition
    permission_required = "change"
    header_icon = "form"
    url_namespace = ""

    def address(self, name: str, *args: Any) -> str:
        return reverse(f"{self.url_namespace}:{name}", args=args)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": self.address("list"), "label": capfirst(str(self.model._meta.verbose_name_plural))},
            *self.between(),
            {"url": "", "label": self.get_page_title()},
        ]

    def between(self) -> list[dict[str, Any]]:
        return []

    @property
    def me(self) -> User:
        """The user who asks. The policy table lets in nobody who isn't signed in."""
        return cast(User, self.request.user)


class PageOfForm(BuilderPage):
    """A page about one form. `form` is the row, `draft` its newest revision as an object."""

    form: FormDefinition
    draft: FormDefinition

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.form = get_object_or_404(FormDefinition, pk=kwargs["pk"])
        self.draft = self.form.get_latest_revision_as_object()

    def between(self) -> list[dict[str, Any]]:
        return [{"url": self.address("edit", self.form.pk), "label": str(self.draft)}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "form_definition": self.form,
            "draft": self.draft,
            "edit_url": self.address("edit", self.form.pk),
            "versions_url": self.address("versions", self.form.pk),
        }
