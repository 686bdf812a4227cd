"""The base of the registers: a read-only list of one model, scoped to the coordinator's regions.

modeladmin looks rows up without asking whose they are, and filters by any lookup that stands in the address
(`?opened_by__password__startswith=`). So a register answers only index, inspect and its own export (`exporting`), from
its scoped queryset and with the parameters of its own filters (`filters`).
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import URLPattern, re_path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail_modeladmin.helpers import PermissionHelper
from wagtail_modeladmin.options import ModelAdmin

from access.models import StaffRole, User
from audit.chain import get_actor, log_event
from audit.denials import record_denial

from ..models import Case
from .exporting import ExportColumn, export_rows
from .filters import RegisterFilter
from .scope import CaseScope, read_scope
from .views import ByBeginning, RegisterIndex, RegisterInspect

# modeladmin's own parameters: ordering, page, search, error (old addresses have them; only the search counts). And the
# places of a page's neighbours.
PLAIN_PARAMETERS = frozenset({"o", "ot", "p", "q", "e", "after", "before"})


def is_coordinator(user: Any) -> bool:
    return isinstance(user, User) and user.has_role(StaffRole.COORDINATOR)


class CoordinatorsLook(PermissionHelper):
    """Permissions of a register: coordinators list and inspect; nobody creates, changes or deletes."""

    def user_can_list(self, user: Any) -> bool:
        return is_coordinator(user)

    def user_can_inspect_obj(self, user: Any, obj: models.Model) -> bool:
        return is_coordinator(user)

    def user_can_create(self, user: Any) -> bool:
        return False

    def user_can_edit_obj(self, user: Any, obj: models.Model) -> bool:
        return False

    def user_can_delete_obj(self, user: Any, obj: models.Model) -> bool:
        return False


class Register(ModelAdmin):
    """A read-only list of one model, scoped to the coordinator's regions."""

    permission_helper_class = CoordinatorsLook
    index_view_class = RegisterIndex
    inspect_view_class = RegisterInspect
    search_handler_class = ByBeginning
    index_template_name = "registers/index.html"
    inspect_template_name = "registers/inspect.html"
    inspect_view_enabled = True
    history_view_enabled = False
    list_export = ()
    list_per_page = 50
    # The time by which rows stand, and which "from" and "until" ask for. Pages are read along its index.
    date_field = ""
    case_field = "case_id"  # what names a row's case
    exact: tuple[str, ...] = ()  # the fields that can be filtered by one of their values
    has_clock = True
    export_columns: tuple[ExportColumn, ...] = ()
    export_related: tuple[str, ...] = ("case__region", "case__unit", "case__lead", "case__opened_by")

    def rows(self) -> "models.QuerySet[Any]":
        """Return all rows that the register could show to anybody, without what it never shows."""
        return self.model._default_manager.all()

    def among(self, scope: CaseScope) -> models.Q:
        """Return the condition for rows whose case is in this scope."""
        return scope.condition(self.case_field)

    def overdue(self, now: datetime) -> models.Q:
        """Return the condition for rows whose answer is late at this moment."""
        raise NotImplementedError

    def clock_at(self, colour: str, now: datetime) -> models.Q:
        """Return the condition for rows whose clock has this colour: green, amber, red, breach."""
        raise NotImplementedError

    def own_choices(self) -> dict[str, tuple[Any, list[tuple[str, Any]]]]:
        """Return filters that are no field's: {name: (label, choices)}. `narrow_by` carries them out."""
        return {}

    def narrow_by(self, name: str, value: str, rows: "models.QuerySet[Any]") -> "models.QuerySet[Any]":
        raise NotImplementedError

    def prepare(self, rows: "list[Any]", now: datetime) -> "list[Any]":
        """Give the rows of one page what their columns need, each in one query."""
        return rows

    def case_of(self, row: Any) -> Case | None:
        """Return the case of a row that `read_for_export` gave; None for a row without one."""
        return row.case

    def read_for_export(self, keys: list[Any]) -> dict[Any, Any]:
        """Return {key: row} with everything that the columns of the file read."""
        return self.rows().select_related(*self.export_related).in_bulk(keys)

    def reference_of(self, row: Any) -> str:
        """Return the reference of the row's case."""
        raise NotImplementedError

    def urgency_of(self, row: Any) -> str:
        """Return a state of `config.templatetags.ui.STATES`."""
        raise NotImplementedError

    def filter_form(self, request: HttpRequest) -> RegisterFilter:
        user: Any = request.user
        data = request.POST if request.method == "POST" else request.GET
        return RegisterFilter(
            data,
            user=user,
            model=self.model,
            exact=self.exact,
            choices=self.own_choices(),
            has_clock=self.has_clock,
        )

    # Words and links, where modeladmin would draw an icon of django.contrib.admin, which isn't installed here.
    def urgency(self, row: Any) -> str:
        is_drill = bool(getattr(row, "is_drill", False))
        return render_to_string("registers/urgency.html", {"state": self.urgency_of(row), "is_drill": is_drill})

    urgency.short_description = _("urgency")  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> "models.QuerySet[Any]":
        user: Any = request.user
        # modeladmin looks rows up from here and doesn't ask whose they are.
        return self.chosen(user, self.filter_form(request))[0] if is_coordinator(user) else self.rows().none()

    def chosen(self, user: User, form: RegisterFilter) -> "tuple[models.QuerySet[Any], CaseScope | None]":
        """Return the rows that this person sees and that fit the filters, in no order.

        A filter that can't be understood finds nothing: its error stands beside it.
        """
        if not form.is_valid():
            return self.rows().none(), None
        scope = read_scope(user, form.about_the_case)
        rows = form.narrow(self.rows().filter(self.among(scope)), self)
        for name in self.own_choices():
            if form.cleaned_data.get(name):
                rows = self.narrow_by(name, form.cleaned_data[name], rows)
        return rows, scope

    def index_view(self, request: HttpRequest) -> HttpResponse:
        self._coordinators_only(request)
        allowed = PLAIN_PARAMETERS | set(self.filter_form(request).fields)
        # modeladmin would pass any other parameter to `filter()`, over relations and into fields that nobody shows.
        if not allowed.issuperset(request.GET):
            raise Http404
        return super().index_view(request)

    def describe_more(self, row: Any) -> dict[str, Any]:
        """Return what the page of one row shows below its fields; nothing, unless a register says more."""
        return {}

    def inspect_view(self, request: HttpRequest, instance_pk: str) -> HttpResponse:
        pk = self.row_or_404(request, instance_pk).pk
        kind = self.opts.model_name
        log_event(f"{kind}.read", actor=get_actor(request.user), target_kind=kind, target_id=pk, by="register")
        return super().inspect_view(request, str(pk))

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Write the rows that fit the filters into a file. Only by POST: it leaves an entry in the chain."""
        self._coordinators_only(request)
        return export_rows(request, self)

    def row_or_404(self, request: HttpRequest, instance_pk: str) -> Any:
        """Return the row, if this person may see it. Raises Http404; asking for somebody else's row is recorded."""
        self._coordinators_only(request)
        user: Any = request.user
        try:
            pk = self.model._meta.pk.to_python(instance_pk)
        except ValidationError:
            raise Http404 from None
        found = self.rows().filter(self.among(read_scope(user)), pk=pk).first()
        if found is None:
            if self.model._default_manager.filter(pk=pk).exists():
                kind = self.opts.model_name
                record_denial(actor=get_actor(request.user), target_kind=kind, target_id=pk)
            raise Http404
        return found

    def _coordinators_only(self, request: HttpRequest) -> None:
        if not is_coordinator(request.user):
            kind = self.opts.model_name
            record_denial(actor=get_actor(request.user), target_kind="register", target_id=kind)
            raise Http404

    def get_admin_urls_for_registration(self) -> tuple[URLPattern, ...]:
        """Register index, inspect and export; what modeladmin would create, change or delete has no address."""
        index = self.url_helper.get_action_url_pattern("index")
        patterns: dict[str, tuple[str, Callable[..., HttpResponseBase]]] = {
            "index": (index, self.index_view),
            "inspect": (self.url_helper.get_action_url_pattern("inspect"), self.inspect_view),
            "export": (f"{index.removesuffix('$')}export/$", self.export_view),
        }
        return tuple(
            re_path(pattern, view, name=self.url_helper.get_action_url_name(name))
            for name, (pattern, view) in patterns.items()
        )

    def get_permissions_for_registration(self) -> "models.QuerySet[Permission]":
        """Offer no permissions: what a coordinator may see follows from their regions."""
        return Permission.objects.none()

    def register_admin_url_finders(self) -> None:
        """Register none: nothing here can be edited, so nobody is led here to edit."""

    def register_indexing(self) -> None:
        """Register nothing: Wagtail's reference index would copy who is tied to which case."""


def day_and_hour(moment: datetime | None) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT") if moment else ""


def case_link(reference: str) -> str:
    return format_html('<a href="{}">{}</a>', reverse("cases:case", args=[reference]), reference)


def moment_column(field: str) -> Any:
    """Build a column with the day and hour of a field."""

    def column(register: Register, row: Any) -> str:
        return day_and_hour(getattr(row, field))

    return column
