"""The list of forms: what each is, its state, and how much is filled on it."""

from typing import Any

import django_filters
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Count, Exists, IntegerField, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.menus import MenuItem
from wagtail.admin.ui.tables import BaseColumn, Column, NumberColumn, TitleColumn, UpdatedAtColumn
from wagtail.admin.widgets.button import HeaderButton
from wagtail.models import WorkflowState
from wagtail.snippets.views import snippets

from .catalogue import KINDS
from .models import FormDefinition, FormVersion

ARCHIVED, ALL = "archived", "all"
WIDE = "builder-wide"  # columns for which a telephone has no room


class FormFilter(WagtailFilterSet):
    """The filters of the list. Archived forms are left out unless asked for."""

    kind = django_filters.ChoiceFilter(
        field_name="definition__kind", label=gettext_lazy("Kind"), choices=list(KINDS.items())
    )
    archived = django_filters.ChoiceFilter(
        method="by_archive",
        label=gettext_lazy("Archived"),
        empty_label=gettext_lazy("Without archived forms"),
        choices=[(ARCHIVED, gettext_lazy("Archived only")), (ALL, gettext_lazy("All"))],
    )

    class Meta:
        model = FormDefinition
        fields: list[str] = []

    def by_archive(self, forms: QuerySet, name: str, value: str) -> QuerySet:
        return forms.filter(is_archived=True) if value == ARCHIVED else forms

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        found = super().filter_queryset(queryset)
        # django-filter skips a filter without a value, and without a value archived forms are left out.
        return found if self.form.cleaned_data.get("archived") else found.filter(is_archived=False)


class StateColumn(Column):
    cell_template_name = "form_builder/state_cell.html"


class FormIndex(snippets.IndexView):
    """The index of forms, with their version, state and submissions."""

    filterset_class = FormFilter
    default_ordering = "key"
    url_namespace = ""

    def get_base_queryset(self) -> QuerySet[FormDefinition]:
        newest = FormVersion.objects.filter(form=OuterRef("pk")).values("form")
        kind = ContentType.objects.get_for_model(FormDefinition)
        waiting = WorkflowState.objects.filter(
            base_content_type=kind,
            # Wagtail stores the object's id as text; without the cast PostgreSQL refuses the comparison.
            object_id=Cast(OuterRef("pk"), CharField()),
            status=WorkflowState.STATUS_IN_PROGRESS,
        )
        return (
            super()
            .get_base_queryset()
            .select_related("latest_revision")
            .annotate(
                # Subqueries, not joins: of two aggregates over joined tables, each would count the other's rows as
                # well.
                number=Subquery(newest.annotate(most=Max("number")).values("most"), output_field=IntegerField()),
                submissions=Subquery(newest.annotate(all=Count("submissions")).values("all"), IntegerField()),
                is_waiting=Exists(waiting),
            )
        )

    @cached_property
    def columns(self) -> list[BaseColumn]:
        titled = self._get_title_column_class(TitleColumn)
        return [
            titled("title", label=_("Form"), accessor=get_title, get_url=self.get_edit_url),
            Column("key", label=_("Key"), sort_key="key", classname=WIDE),
            Column("kind", label=_("Kind"), accessor=get_kind, classname=WIDE),
            StateColumn("state", label=_("State"), accessor=get_state),
            NumberColumn("number", label=_("Version"), sort_key="number", accessor=lambda form: form.number or "–"),
            NumberColumn("submissions", label=_("Submissions"), sort_key="submissions", classname=WIDE),
            UpdatedAtColumn(classname=WIDE),
        ]

    @cached_property
    def header_buttons(self) -> list[Any]:
        buttons = [*super().header_buttons]
        if self.user_has_permission("add"):
            address = reverse(f"{self.url_namespace}:import")
            buttons.append(HeaderButton(_("Import"), url=address, icon_name="upload"))
        return buttons

    def get_list_more_buttons(self, instance: FormDefinition) -> list[Any]:
        address = reverse(f"{self.url_namespace}:versions", args=[instance.pk])
        return [*super().get_list_more_buttons(instance), MenuItem(_("Versions"), address, icon_name="history")]


def get_title(form: FormDefinition) -> str:
    """Return the title in the reader's language.

    Wagtail stores the title in the language in which the form was saved last.
    """
    return str(form.get_latest_revision_as_object())


def get_kind(form: FormDefinition) -> str:
    kind = form.definition.get("kind", "")
    return str(KINDS.get(kind, kind))


def get_state(form: Any) -> dict[str, str]:
    """Return the state of a form in the list: {"name", "words"}."""
    if form.is_archived:
        return {"name": "archived", "words": _("archived")}
    if form.is_waiting:
        return {"name": "waiting", "words": _("awaiting approval")}
    if form.number is None:
        return {"name": "draft", "words": _("draft")}
    if form.has_unpublished_changes:
        return {"name": "changed", "words": _("in use, changed since")}
    return {"name": "live", "words": _("in use")}
