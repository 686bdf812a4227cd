"""The views of a register: filters folded above the table, one count, and a search that an index can answer."""

from collections.abc import Callable
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.core.paginator import InvalidPage
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail_modeladmin.helpers import DjangoORMSearchHandler
from wagtail_modeladmin.views import IndexView, InspectView, WMABaseView

from notifications.outbox.labels import channel_label, language_label, reason_label, yes_or_no

from ..brief_content import moment_words
from ..labels import service_labels
from .filters import RegisterFilter


class RegisterIndex(IndexView):
    """The list of modeladmin with our own filter form instead of its links."""

    @property
    def IGNORED_PARAMS(self) -> tuple[str, ...]:
        # modeladmin would take our filters for lookups of the ORM.
        return (*IndexView.IGNORED_PARAMS, *self.filter_form.fields)

    @cached_property
    def filter_form(self) -> RegisterFilter:
        return self.model_admin.filter_form(self.request)

    def get_queryset(self, request: Any = None) -> Any:
        if not hasattr(self, "request"):
            self.request = request
        return self.filter_form.narrow(super().get_queryset(request), self.model_admin)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Build the context of modeladmin's list with one count.

        modeladmin counts every row three times for a page of fifty.
        """
        paginator = self.paginator_class(self.queryset, self.items_per_page)
        try:
            page = paginator.page(self.page_num)
        except InvalidPage:
            page = paginator.page(1)
        rows = self.model_admin.with_urgency(page.object_list, timezone.now())
        context = {
            "view": self,
            "all_count": paginator.count or self.get_base_queryset().exists(),
            "result_count": paginator.count,
            "paginator": paginator,
            "page_obj": page,
            "elided_page_range": paginator.get_elided_page_range(page.number),
            "object_list": rows,
            "filter_form": self.filter_form,
            "user_can_create": False,
            "show_search": self.search_handler.show_search_form,
            **kwargs,
        }
        return WMABaseView.get_context_data(self, **context)


# fields that the model has no name for, because only the register shows them
FIELD_LABELS = {"next_step_at": _("next step at"), "next_attempt_at": _("next attempt at")}


class RegisterInspect(InspectView):
    """One row, field by field, every code, time and truth value in words; and the link to its case."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(reference=self.model_admin.reference_of(self.instance), **kwargs)

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


class ByBeginning(DjangoORMSearchHandler):
    """A search by the beginning of codes and references, so that an index finds them among 100,000."""

    def search_queryset(self, queryset: Any, search_term: str, **kwargs: Any) -> Any:
        # Codes and references are stored in capitals, so the case needn't be ignored in the database.
        term = search_term.strip().upper()
        if not term:
            return queryset
        lookups = [Q(**{f"{field}__startswith": term}) for field in self.search_fields]
        return queryset.filter(reduce(or_, lookups))
