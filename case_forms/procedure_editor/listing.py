"""The list of procedures: which version is in force, what is scheduled, and how the draft stands."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin.ui.menus import MenuItem
from wagtail.admin.ui.tables import BaseColumn, Column, TitleColumn
from wagtail.snippets.views import snippets

from case_forms.form_builder.listing import WIDE, StateColumn
from case_forms.procedures.models import Procedure
from case_forms.procedures.release import find_offers


class ProcedureIndex(snippets.IndexView):
    """The index of procedures. The title leads to the page on which one is read."""

    default_ordering = "key"
    url_namespace = ""

    def get_base_queryset(self) -> QuerySet[Procedure]:
        return super().get_base_queryset().select_related("latest_revision").prefetch_related("versions")

    @cached_property
    def columns(self) -> list[BaseColumn]:
        titled = self._get_title_column_class(TitleColumn)
        return [
            titled("title", label=_("Procedure"), accessor=str, get_url=self.get_read_url),
            Column("key", label=_("Key"), sort_key="key", classname=WIDE),
            StateColumn("state", label=_("Draft"), accessor=get_state),
            Column("in_force", label=_("In force"), accessor=describe_current),
            Column("scheduled", label=_("Scheduled"), accessor=describe_scheduled, classname=WIDE),
            Column("release", label=_("New in this release"), accessor=describe_release, classname=WIDE),
        ]

    def get_read_url(self, procedure: Procedure) -> str:
        return reverse(f"{self.url_namespace}:read", args=[procedure.pk])

    @cached_property
    def header_buttons(self) -> list[Any]:
        return []

    def get_list_more_buttons(self, instance: Procedure) -> list[Any]:
        if not self.user_has_permission("change"):
            return [MenuItem(_("Read"), self.get_read_url(instance), icon_name="doc-full")]
        versions = reverse(f"{self.url_namespace}:versions", args=[instance.pk])
        return [*super().get_list_more_buttons(instance), MenuItem(_("Versions"), versions, icon_name="history")]


def get_state(procedure: Procedure) -> dict[str, str]:
    """Return how the draft stands: {"name", "words"}."""
    if procedure.workflow_in_progress:
        return {"name": "waiting", "words": _("awaiting approval")}
    newest = procedure.versions.order_by("-number").first()
    if newest is None:
        return {"name": "draft", "words": _("draft")}
    if newest.sha256 != procedure.sha256_today():
        return {"name": "changed", "words": _("changed since")}
    return {"name": "live", "words": _("as published")}


def describe_current(procedure: Procedure) -> str:
    current = procedure.get_version_in_force()
    if current is None:
        return _("none")
    words = {"number": current.number, "day": date_format(localtime(current.in_force_from), "SHORT_DATETIME_FORMAT")}
    return _("version %(number)s, since %(day)s") % words


def describe_scheduled(procedure: Procedure) -> str:
    coming = [
        _("version %(number)s, from %(day)s")
        % {"number": each.number, "day": date_format(localtime(each.in_force_from), "SHORT_DATETIME_FORMAT")}
        for each in procedure.versions.scheduled()
    ]
    return "; ".join(coming) or "–"


def describe_release(procedure: Procedure) -> str:
    count = len(find_offers(procedure, procedure.working_copy()).new)
    return (ngettext("%(count)s rule", "%(count)s rules", count) % {"count": count}) if count else "–"
