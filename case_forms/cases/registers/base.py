"""The base of the registers: a read-only list of one model, scoped to the coordinator's regions.

modeladmin looks rows up without asking whose they are, and filters by any lookup that stands in the address
(`?opened_by__password__startswith=`). So a register answers only index and inspect, from its scoped queryset and with
the parameters of its own filters (`filters`); there is no export.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
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
from .filters import RegisterFilter
from .views import ByBeginning, RegisterIndex, RegisterInspect

# modeladmin's own parameters: ordering, page, search, error.
PLAIN_PARAMETERS = frozenset({"o", "ot", "p", "q", "e"})


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
    ordering: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()  # the fields that can be filtered by one of their values
    date_field = ""  # what "from" and "until" of the filter ask for

    def scoped(self, user: User) -> "models.QuerySet[Any]":
        """Return the rows that this person may see."""
        raise NotImplementedError

    def of_cases(self, cases: "models.QuerySet[Case]") -> "models.Q":
        """Return the condition for rows of this register that belong to these cases."""
        raise NotImplementedError

    def overdue(self, now: datetime) -> "models.Q":
        """Return the condition for rows whose answer is late at this moment."""
        raise NotImplementedError

    def with_urgency(self, rows: "models.QuerySet[Any]", now: datetime) -> "models.QuerySet[Any]":
        """Annotate the rows of a page with what `urgency_of` needs."""
        return rows

    def reference_of(self, row: Any) -> str:
        """Return the reference of the row's case."""
        raise NotImplementedError

    def urgency_of(self, row: Any) -> str:
        """Return a state of `config.templatetags.ui.STATES`."""
        raise NotImplementedError

    def filter_form(self, request: HttpRequest) -> RegisterFilter:
        user: Any = request.user
        return RegisterFilter(request.GET, user=user, model=self.model, exact=self.exact)

    # Words and links, where modeladmin would draw an icon of django.contrib.admin, which isn't installed here.
    def urgency(self, row: Any) -> str:
        is_drill = bool(getattr(row, "is_drill", False))
        return render_to_string("registers/urgency.html", {"state": self.urgency_of(row), "is_drill": is_drill})

    urgency.short_description = _("urgency")  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> "models.QuerySet[Any]":
        if not is_coordinator(request.user):
            # modeladmin looks rows up from here and doesn't ask whose they are.
            return self.model._default_manager.none()
        return self.scoped(request.user).order_by(*self.ordering)  # type: ignore[arg-type]

    def index_view(self, request: HttpRequest) -> HttpResponse:
        self._coordinators_only(request)
        allowed = PLAIN_PARAMETERS | set(self.filter_form(request).fields)
        # modeladmin would pass any other parameter to `filter()`, over relations and into fields that nobody shows.
        if not allowed.issuperset(request.GET):
            raise Http404
        return super().index_view(request)

    def inspect_view(self, request: HttpRequest, instance_pk: str) -> HttpResponse:
        pk = self.row_or_404(request, instance_pk).pk
        kind = self.opts.model_name
        log_event(f"{kind}.read", actor=get_actor(request.user), target_kind=kind, target_id=pk, by="register")
        return super().inspect_view(request, str(pk))

    def row_or_404(self, request: HttpRequest, instance_pk: str) -> Any:
        """Return the row, if this person may see it. Raises Http404; asking for somebody else's row is recorded."""
        self._coordinators_only(request)
        try:
            pk = UUID(instance_pk)
        except ValueError:
            raise Http404 from None
        found = self.get_queryset(request).filter(pk=pk).first()
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
        """Register index and inspect only; what modeladmin would create, change or delete has no address."""
        return tuple(
            re_path(self.url_helper.get_action_url_pattern(name), view, name=self.url_helper.get_action_url_name(name))
            for name, view in (("index", self.index_view), ("inspect", self.inspect_view))
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
    """Build a column with the day and hour of a field, sorted by it."""

    def column(register: Register, row: Any) -> str:
        return day_and_hour(getattr(row, field))

    column.admin_order_field = field  # type: ignore[attr-defined]
    return column
