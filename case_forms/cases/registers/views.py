"""The views of a register: filters beside the table, pages by place, and a search that an index can answer."""

from collections.abc import Callable
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail_modeladmin.helpers import DjangoORMSearchHandler
from wagtail_modeladmin.views import IndexView, InspectView, WMABaseView

from audit import clock
from audit.chain import get_actor, log_event
from notifications.outbox.labels import channel_label, language_label, reason_label, yes_or_no

from ..brief_content import moment_words
from ..labels import service_labels
from .filters import RegisterFilter
from .paging import MAX_COUNTED, Cursor, count_some, read_page
from .table import list_heads, list_lines


class RegisterIndex(IndexView):
    """The list of modeladmin with our own filter form, and pages that are read from where the last one ended."""

    sortable_by = ()  # rows stand by their time; sorting by anything else would read them all

    @property
    def IGNORED_PARAMS(self) -> tuple[str, ...]:
        # modeladmin would take our filters for lookups of the ORM.
        return (*IndexView.IGNORED_PARAMS, "after", "before", *self.filter_form.fields)

    @cached_property
    def filter_form(self) -> RegisterFilter:
        return self.model_admin.filter_form(self.request)

    def get_queryset(self, request: Any = None) -> Any:
        """Return what fits the filters and the search, in no order."""
        if not hasattr(self, "request"):
            self.request = request
        rows, self.scope = self.model_admin.chosen(self.request.user, self.filter_form)
        if self.model_admin.list_select_related:
            rows = rows.select_related(*self.model_admin.list_select_related)
        return self.get_search_results(self.request, rows, self.query)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Build the context of modeladmin's list; nothing in it grows with the number of rows."""
        admin = self.model_admin
        for name in ("after", "before"):
            self.params.pop(name, None)  # a search begins with the first page
        after, before = (Cursor.read(self.request.GET.get(name, ""), self.model) for name in ("after", "before"))
        page = read_page(self.queryset, field=admin.date_field, size=self.items_per_page, after=after, before=before)
        looked = self.scope.looked if self.scope else None
        if looked is not None:
            # Facts of persons were opened for this page, as on the case's own.
            log_event(
                "register.facts_read",
                actor=get_actor(self.request.user),
                target_kind="register",
                target_id=self.opts.model_name,
                fact="exploitation",
                cases=looked.count,
            )
        context = {
            "view": self,
            "page": page,
            "count": count_some(self.queryset),
            "max_counted": MAX_COUNTED,
            "looked": looked,
            "newer_url": self.get_page_url("before", page.newer),
            "older_url": self.get_page_url("after", page.older),
            "export_url": self.url_helper.get_action_url("export"),
            "kept": [(name, value) for name, value in self.request.GET.items() if name in self.filter_form.fields],
            "object_list": page.rows,
            "heads": list_heads(self),
            "lines": list_lines(self, admin.prepare(page.rows, clock.now())),
            "filter_form": self.filter_form,
            "user_can_create": False,
            "show_search": self.search_handler.show_search_form,
            **kwargs,
        }
        return WMABaseView.get_context_data(self, **context)

    def get_page_title(self) -> str:
        return str(self.model_admin.get_menu_label())

    def get_page_url(self, name: str, place: str) -> str:
        """Return the address of a page beside this one, "" where there is none."""
        kept = self.request.GET.copy()
        for each in ("after", "before", "p", "o", "ot"):
            kept.pop(each, None)
        kept[name] = place
        return f"?{kept.urlencode()}" if place else ""


# fields that the model has no name for, because only the register shows them
FIELD_LABELS = {"next_step_at": _("next step at"), "next_attempt_at": _("next attempt at")}


class RegisterInspect(InspectView):
    """One row, field by field, every code, time and truth value in words; and the link to its case."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        admin, row = self.model_admin, self.instance
        return super().get_context_data(reference=admin.reference_of(row), **admin.describe_more(row), **kwargs)

    def get_field_label(self, field_name: str, field: Any = None) -> str:
        label: str = super().get_field_label(field_name, field)
        return str(FIELD_LABELS.get(field_name, label))

    def get_field_display_value(self, field_name: str, field: Any = None) -> Any:
        value = getattr(self.instance, field_name)
        # Before `int`: True is one, too.
        if isinstance(value, bool):
            return yes_or_no(value)
        # modeladmin would show 0 as if there were no value.
        if isinstance(value, int):
            return str(value)
        if isinstance(value, datetime):
            return moment_words(value)
        in_words = WORDED.get(field_name)
        return in_words(value) if in_words else super().get_field_display_value(field_name, field)


WORDED: dict[str, Callable[[Any], str]] = {
    "reason": lambda code: reason_label(code) or "–",
    "channel": channel_label,
    "language": language_label,
    "services": lambda codes: ", ".join(service_labels(codes)) or "–",
}


LAST_LETTER = "\uffff"  # after every letter of a code


class ByBeginning(DjangoORMSearchHandler):
    """A search by the beginning of codes and references, so that an index finds them among 100,000."""

    def search_queryset(self, queryset: Any, search_term: str, **kwargs: Any) -> Any:
        # Codes and references are stored in capitals, so the case needn't be ignored in the database.
        term = search_term.strip().upper()
        if not term:
            return queryset
        # Between two ends, which an index answers in every database; "starts with" only where its letters are compared
        # one by one.
        ends = {"gte": term, "lt": term + LAST_LETTER}
        return queryset.filter(
            reduce(
                or_, (Q(**{f"{field}__{end}": value for end, value in ends.items()}) for field in self.search_fields)
            )
        )
