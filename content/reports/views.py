"""The reports in the admin's menu. Each downloads as CSV and XLSX."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, LocaleColumn, TitleColumn, UserColumn
from wagtail.admin.views.reports import ReportView
from wagtail.models import Locale, Page, PageLogEntry

from ..checks.results import get_unchecked_pages
from ..checks.rules import Finding
from ..checks.run import get_findings_by_page
from ..hotlines.actions import get_due_ways
from ..hotlines.states import HotlineState, get_state
from ..models import Hotline
from ..models.hotline_audiences import get_without_line
from ..models.hotline_rules import days_left
from ..review.history import CHANGE_NOTE
from .lists import SOON, add_display_titles, get_due_pages, get_editable_pages, get_hotlines_by_state


def get_edit_url(page: Page) -> str:
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def get_kind(page: Page) -> Any:
    model = page.cached_content_type.model_class()
    return model._meta.verbose_name if model else page.cached_content_type.model


class DueFilter(WagtailFilterSet):
    due = django_filters.ChoiceFilter(
        label=_("Review date"),
        choices=[("past", _("past")), ("soon", _("within 30 days")), ("later", _("later")), ("none", _("not set"))],
        method="choose",
        empty_label=_("Past or within 30 days"),
    )
    locale = django_filters.ModelChoiceFilter(label=_("Language"), queryset=lambda request: Locale.objects.all())

    class Meta:
        model = Page
        fields = ["due", "locale"]

    def filter_queryset(self, queryset: Any) -> Any:
        """Filter; without a choice show what is due for review."""
        chosen = super().filter_queryset(queryset)
        if not self.form.cleaned_data.get("due"):
            return chosen.filter(review_by__lte=timezone.localdate() + SOON)
        return chosen

    def choose(self, queryset: Any, name: str, value: str) -> Any:
        today = timezone.localdate()
        return {
            "past": queryset.filter(review_by__lt=today),
            "soon": queryset.filter(review_by__gte=today, review_by__lte=today + SOON),
            "later": queryset.filter(review_by__gt=today + SOON),
            "none": queryset.filter(review_by__isnull=True),
        }[value]


class LocalTimeReport(ReportView):
    """A report whose files give times in local time."""

    custom_value_preprocess = {
        **ReportView.custom_value_preprocess,
        datetime: {
            ReportView.FORMAT_CSV: lambda moment: f"{timezone.localtime(moment):%Y-%m-%d %H:%M}",
            # Excel knows no time zones: a moment with one can't be written.
            ReportView.FORMAT_XLSX: lambda moment: timezone.make_naive(moment),
        },
    }


class ReviewByReport(LocalTimeReport):
    """Pages whose text is due for review."""

    model = Page
    page_title = _("Pages to review")
    header_icon = "calendar-check"
    index_url_name = "review_by_report"
    index_results_url_name = "review_by_report_results"
    filterset_class = DueFilter
    any_permission_required = ["add", "change", "publish"]
    no_results_message = _("No page is due for review.")
    columns = [
        TitleColumn("display_title", label=_("Title"), get_url=get_edit_url),
        LocaleColumn(),
        Column("kind", label=_("Type"), accessor=get_kind),
        DateColumn("review_by", label=_("Next review on")),
        DateColumn("checked_on", label=_("Text checked on")),
        DateColumn("last_published_at", label=_("Last published")),
    ]
    list_export = ["display_title", "locale", "review_by", "checked_on", "last_published_at", "full_url"]
    export_headings = {
        "display_title": _("Title"),
        "locale": _("Language"),
        "review_by": _("Next review on"),
        "checked_on": _("Text checked on"),
        "last_published_at": _("Last published"),
        "full_url": _("Address"),
    }

    def get_queryset(self) -> Any:
        return get_editable_pages(self.request.user).live().select_related("locale").order_by("review_by", "path")

    def decorate_paginated_queryset(self, object_list: Any) -> Any:
        return add_display_titles(object_list)


class TestCallColumn(Column):
    cell_template_name = "content_admin/line_called_cell.html"


def state_label(line: Hotline) -> Any:
    return get_state(line).label


class HotlinesReport(LocalTimeReport):
    """Hotlines, those first that need a call."""

    model = Hotline
    page_title = _("Helplines to call")
    header_icon = "mobile-alt"
    index_url_name = "lines_report"
    index_results_url_name = "lines_report_results"
    results_template_name = "content_admin/lines_report_results.html"
    any_permission_required = ["change"]
    columns = [
        TitleColumn(
            "line", label=_("Helpline"), accessor=str, get_url=lambda line: reverse(EDIT_HOTLINE, args=[line.pk])
        ),
        Column("state", label=_("State"), accessor=state_label),
        DateColumn("verified_on", label=_("Last test call")),
        Column("verified_by", label=_("Tested by")),
        Column("days", label=_("Days left"), accessor=days_left),
        TestCallColumn("called", label=_("Test call")),
    ]
    list_export = ["number", "name", "state_label", "verified_on", "verified_by", "days_left", "publish_label"]
    export_headings = {
        "number": _("Number"),
        "name": _("Name"),
        "state_label": _("State"),
        "verified_on": _("Last test call"),
        "verified_by": _("Tested by"),
        "days_left": _("Days left"),
        "publish_label": _("Show to readers"),
    }

    def get_queryset(self) -> "QuerySet[Hotline]":
        return get_hotlines_by_state()

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add for whom there is no line to talk to, and the lines whose other ways wait for another editor."""
        context: dict[str, Any] = super().get_context_data(*args, **kwargs)
        return context | {
            "without_line": get_without_line(Hotline.objects.published()),
            "untried": [line for line in Hotline.objects.exclude(ways=[]) if line.ways_wait],
            "due_ways": get_due_ways(),
        }

    def decorate_paginated_queryset(self, object_list: Any) -> Any:
        for line in object_list:
            # For the files: exports read attributes by name, not the columns' accessors.
            line.state_label, line.days_left = state_label(line), days_left(line)
            line.publish_label = line.get_publish_display()
        return object_list


EDIT_HOTLINE = "wagtailsnippets_content_hotline:edit"
OFF = HotlineState.OFF


class FindingsColumn(Column):
    cell_template_name = "content_admin/findings_cell.html"


BATCH_SIZE = 200


def iter_batches(pages: list[Page], size: int) -> Iterator[list[Page]]:
    return (pages[start : start + size] for start in range(0, len(pages), size))


def get_findings(page: Page) -> list[Finding]:
    return page.findings


class FindingsReport(LocalTimeReport):
    """What the checks found in the pages that readers see now."""

    model = Page
    page_title = _("Checks of all pages")
    header_icon = "glasses"
    index_url_name = "findings_report"
    index_results_url_name = "findings_report_results"
    results_template_name = "content_admin/findings_report_results.html"
    any_permission_required = ["add", "change", "publish"]
    no_results_message = _("The checks found nothing.")
    columns = [
        TitleColumn("display_title", label=_("Title"), get_url=get_edit_url),
        LocaleColumn(),
        FindingsColumn("findings", label=_("What to look at"), accessor=get_findings),
    ]
    list_export = ["display_title", "locale", "findings_text", "full_url"]
    export_headings = {
        "display_title": _("Title"),
        "locale": _("Language"),
        "findings_text": _("What to look at"),
        "full_url": _("Address"),
    }

    def get_queryset(self) -> Any:
        """Return pages with stored findings (`checks.results`), those first that must not be read as they are."""
        found = get_editable_pages(self.request.user).live().filter(Q(checked__stops__gt=0) | Q(checked__others__gt=0))
        return found.select_related("locale").order_by("-checked__stops", "path")

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(*args, waiting=get_unchecked_pages().count(), **kwargs)

    def decorate_paginated_queryset(self, object_list: Any) -> Any:
        """Add the findings as the pages are now. A page that was corrected since leaves at its next check."""
        pages = list(object_list)
        specific = Page.objects.select_related("locale").specific()
        found: dict[int, list[Finding]] = {}
        # In parts: a download has all pages, and each is loaded with its whole text.
        for bundle in iter_batches(pages, BATCH_SIZE):
            found |= get_findings_by_page(specific.filter(pk__in=[page.pk for page in bundle]))
        for page in add_display_titles(pages):
            page.findings = found.get(page.pk, [])
            page.findings_text = "\n".join(str(each) for each in page.findings)
        return pages


def get_words(entry: PageLogEntry) -> str:
    return entry.data.get("words", "")


def get_history_url(entry: PageLogEntry) -> str | None:
    return reverse("wagtailadmin_pages:history", args=[entry.page_id]) if entry.page_id else None


class ChangesReport(LocalTimeReport):
    """What changed on the site, in the words of those who changed it."""

    model = PageLogEntry
    page_title = _("What changed, in words")
    header_icon = "history"
    index_url_name = "changes_report"
    index_results_url_name = "changes_report_results"
    no_results_message = _("Nobody has recorded a change yet.")
    # No model's permissions: `get_queryset` leaves the entries that this person may see.
    permission_policy = None
    columns = [
        DateColumn("timestamp", label=_("When")),
        TitleColumn("label", label=_("Page"), get_url=get_history_url),
        Column("words", label=_("What changed"), accessor=get_words),
        UserColumn("user", label=_("By")),
    ]
    list_export = ["timestamp", "label", "words", "user"]
    export_headings = {"timestamp": _("When"), "label": _("Page"), "words": _("What changed"), "user": _("By")}

    def get_queryset(self) -> Any:
        entries = PageLogEntry.objects.viewable_by_user(self.request.user).filter(action=CHANGE_NOTE)
        return entries.select_related("user").order_by("-timestamp")

    def decorate_paginated_queryset(self, object_list: Any) -> Any:
        for entry in object_list:
            entry.words = get_words(entry)
        return object_list


__all__ = ["ChangesReport", "FindingsReport", "HotlinesReport", "ReviewByReport", "get_due_pages"]
