"""Forms and their shared lists in the admin: the URLs, and which page answers each."""

from typing import Any

from django.urls import path, re_path
from django.utils.translation import gettext_lazy as _
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from . import adding, choice_lists, editing, fact_list, listing, transfer, versions
from .models import CaseFactType, ChoiceList, FormDefinition

SIDES = r"(?P<revision_id_a>live|earliest|\d+)\.\.\.(?P<revision_id_b>live|latest|\d+)"
COMPARE = rf"history/(?P<pk>\d+)/revisions/compare/{SIDES}/$"


class FormViewSet(SnippetViewSet):
    """The admin of forms: Wagtail's snippet views, with the outline as edit view and pages of our own."""

    model = FormDefinition
    base_url_path = "forms"
    icon = "form"
    menu_label = _("Forms")
    list_per_page = 50
    # The definition is plain JSON, in which Wagtail's reference index finds nothing.
    add_to_reference_index = False
    search_fields = ["key", "definition__title__sq", "definition__title__en"]
    panels: list[Any] = []  # the outline is no panel
    index_view_class = listing.FormIndex
    add_view_class = adding.AddView
    copy_view_class = adding.CopyView
    edit_view_class = editing.EditView
    revisions_compare_view_class = versions.CompareRevisionsView
    workflow_action_view_class = editing.DecideView

    def get_form_class(self, for_update: bool = False) -> type:
        return editing.DefinitionForm

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        """Return the kwargs without deleting, unpublishing and scheduling; `permissions` denies these, too."""
        absent = {"delete_url_name": None, "unpublish_url_name": None, "revisions_unschedule_url_name": None}
        return super().get_common_view_kwargs(**{"url_namespace": self.url_namespace, **absent, **kwargs})

    def get_add_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_add_view_kwargs(**kwargs), "template_name": "form_builder/add.html"}

    def get_edit_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_edit_view_kwargs(**kwargs), "panel": None, "template_name": "form_builder/edit.html"}

    def get_urlpatterns(self) -> list[Any]:
        # A URL that doesn't exist needs no rule about who may use it. Comparing comes back below with our own pattern.
        shut = {"delete", "unpublish", "revisions_unschedule", "revisions_compare"}
        patterns = [pattern for pattern in super().get_urlpatterns() if pattern.name not in shut]
        page = self.construct_view
        return [
            *patterns,
            re_path(COMPARE, page(versions.CompareRevisionsView), name="revisions_compare"),
            path("import/", page(transfer.ImportView), name="import"),
            path("<int:pk>/current/", page(editing.CurrentView), name="current"),
            path("<int:pk>/versions/", page(versions.VersionsView), name="versions"),
            path("<int:pk>/versions/compare/", page(versions.CompareView), name="compare"),
            path("<int:pk>/versions/<int:number>.json", page(versions.DownloadView), name="version_json"),
            path("<int:pk>/versions/<int:number>/restore/", page(versions.RestoreView), name="restore"),
            path("<int:pk>/export.json", page(transfer.ExportView), name="export"),
            path("<int:pk>/export.xlsx", page(transfer.ExportSheetView), name="export_xlsform"),
            path("<int:pk>/archive/", page(transfer.ArchiveView), name="archive"),
        ]


class ChoiceListViewSet(SnippetViewSet):
    """The admin of shared lists of choices."""

    model = ChoiceList
    base_url_path = "choice-lists"
    icon = "list-ul"
    menu_label = _("Lists of choices")
    list_per_page = 50
    add_to_reference_index = False
    copy_view_enabled = False
    search_fields = ["key", "title__sq", "title__en"]
    panels: list[Any] = []
    index_view_class = choice_lists.ListIndex
    add_view_class = choice_lists.AddListView
    edit_view_class = choice_lists.EditListView
    delete_view_class = choice_lists.DeleteListView

    def get_form_class(self, for_update: bool = False) -> type:
        return choice_lists.ChoiceListForm

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_common_view_kwargs(**{"url_namespace": self.url_namespace, "usage_url_name": None, **kwargs})

    def get_add_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_add_view_kwargs(**kwargs), "panel": None, "template_name": "form_builder/list_add.html"}

    def get_edit_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_edit_view_kwargs(**kwargs), "panel": None, "template_name": "form_builder/list_edit.html"}

    def get_urlpatterns(self) -> list[Any]:
        # Wagtail's usage page counts references in the database; a list's uses are inside definitions.
        shut = {"usage", "revisions_compare"}
        patterns = [pattern for pattern in super().get_urlpatterns() if pattern.name not in shut]
        compare = self.construct_view(choice_lists.CompareListView)
        return [*patterns, re_path(COMPARE, compare, name="revisions_compare")]


class FactViewSet(SnippetViewSet):
    """The admin of the catalogue of facts that cases remember. Nothing is deleted: cases may hold it."""

    model = CaseFactType
    base_url_path = "case-facts"
    icon = "tag"
    menu_label = _("Details about a person")
    list_per_page = 100
    add_to_reference_index = False
    copy_view_enabled = False
    search_fields = ["key", "label__sq", "label__en"]
    panels: list[Any] = []
    index_view_class = fact_list.FactIndex
    add_view_class = fact_list.AddFactView
    edit_view_class = fact_list.EditFactView

    def get_form_class(self, for_update: bool = False) -> type:
        return fact_list.FactForm

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        absent = {"delete_url_name": None, "usage_url_name": None}
        return super().get_common_view_kwargs(**{"url_namespace": self.url_namespace, **absent, **kwargs})

    def get_add_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_add_view_kwargs(**kwargs), "panel": None, "template_name": "form_builder/fact_add.html"}

    def get_edit_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_edit_view_kwargs(**kwargs), "panel": None, "template_name": "form_builder/fact_edit.html"}

    def get_urlpatterns(self) -> list[Any]:
        patterns = [pattern for pattern in super().get_urlpatterns() if pattern.name not in ("delete", "usage")]
        decide = self.construct_view(fact_list.DecideFactView)
        return [*patterns, path("<int:pk>/decide/", decide, name="decide")]


class BuilderGroup(SnippetViewSetGroup):
    items = (FormViewSet, ChoiceListViewSet, FactViewSet)
    menu_label = _("Forms")
    menu_icon = "form"
    menu_order = 200
