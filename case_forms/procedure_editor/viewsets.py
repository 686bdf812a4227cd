"""Procedures in the admin: the URLs, and which page answers each."""

from typing import Any

from django.urls import path, re_path
from django.utils.translation import gettext_lazy as _
from wagtail.snippets.views.snippets import SnippetViewSet

from case_forms.form_builder.editing import CurrentView
from case_forms.form_builder.viewsets import COMPARE
from case_forms.procedures.models import Procedure

from . import editing, listing, pages, release_pages, transfer, versions


class ProcedureViewSet(SnippetViewSet):
    """The admin of procedures: Wagtail's snippet views, with pages of our own. None is added or deleted by hand."""

    model = Procedure
    base_url_path = "procedures"
    icon = "list-ol"
    menu_label = _("Procedures")
    menu_order = 201  # beside the forms
    add_to_admin_menu = True
    # The definition is plain JSON, in which Wagtail's reference index finds nothing.
    add_to_reference_index = False
    copy_view_enabled = False
    panels: list[Any] = []  # its parts are no panels
    index_view_class = listing.ProcedureIndex
    edit_view_class = editing.EditView
    revisions_compare_view_class = versions.CompareRevisionsView
    workflow_action_view_class = editing.DecideView

    def get_form_class(self, for_update: bool = False) -> type:
        return editing.ProcedureForm

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        """Return the kwargs without deleting, unpublishing and scheduling; the permission policy denies these, too."""
        absent = {
            "delete_url_name": None,
            "unpublish_url_name": None,
            "revisions_unschedule_url_name": None,
            "usage_url_name": None,
        }
        return super().get_common_view_kwargs(**{"url_namespace": self.url_namespace, **absent, **kwargs})

    def get_edit_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_edit_view_kwargs(**kwargs), "panel": None, "template_name": "procedure_editor/edit.html"}

    def get_urlpatterns(self) -> list[Any]:
        # A URL that doesn't exist needs no rule about who may use it. Comparing comes back below with our own pattern.
        shut = {"add", "delete", "usage", "unpublish", "revisions_unschedule", "revisions_compare"}
        patterns = [pattern for pattern in super().get_urlpatterns() if pattern.name not in shut]
        page = self.construct_view
        return [
            *patterns,
            re_path(COMPARE, page(versions.CompareRevisionsView), name="revisions_compare"),
            path("<int:pk>/", page(pages.ReadView), name="read"),
            path("<int:pk>/current/", page(CurrentView), name="current"),
            path("<int:pk>/scopes/", page(pages.ScopesView), name="scopes"),
            path("<int:pk>/findings/", page(editing.FindingsView), name="findings"),
            path("<int:pk>/first-rule/<slug:form>/", page(pages.FirstRuleView), name="first_rule"),
            path("<int:pk>/release/", page(release_pages.ReleaseView), name="release"),
            path("<int:pk>/versions/", page(versions.VersionsView), name="versions"),
            path("<int:pk>/versions/compare/", page(versions.CompareView), name="compare"),
            path("<int:pk>/versions/<int:number>.json", page(versions.DownloadView), name="version_json"),
            path("<int:pk>/versions/<int:number>/restore/", page(versions.RestoreView), name="restore"),
            path("<int:pk>/versions/<int:number>/withdraw/", page(versions.WithdrawView), name="withdraw"),
            path("<int:pk>/export.json", page(transfer.ExportView), name="export"),
            path("<int:pk>/import/", page(transfer.ImportView), name="import"),
        ]
