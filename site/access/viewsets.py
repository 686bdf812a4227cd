"""Base of the admin's screens for rows that others refer to, and that are therefore never deleted."""

from typing import Any

from django.urls import path
from wagtail.admin.viewsets.model import ModelViewSet


class UndeletableModelViewSet(ModelViewSet):
    """Screens of one model with a form of its own, without deletion, copying or a usage page."""

    add_to_reference_index = False
    copy_view_enabled = False
    form_class: type

    def get_form_class(self, for_update: bool = False) -> type:
        return self.form_class

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        # Without these names Wagtail shows no button to delete.
        return super().get_common_view_kwargs(**{"delete_url_name": None, "usage_url_name": None, **kwargs})

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", self.index_view, name="index"),
            path("results/", self.index_results_view, name="index_results"),
            path("new/", self.add_view, name="add"),
            path("edit/<int:pk>/", self.edit_view, name="edit"),
            path("history/<int:pk>/", self.history_view, name="history"),
            path("history-results/<int:pk>/", self.history_results_view, name="history_results"),
        ]
