"""The registers: cases, referrals and notices in the admin, for coordinators to look through. Nothing is changed here.

modeladmin looks rows up without asking whose they are, and filters by any lookup that stands in the address
(`?opened_by__password__startswith=`). So a register answers only index and inspect, from its scoped queryset and with
the parameters of its own filters; there is no export.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, re_path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail_modeladmin.helpers import PermissionHelper
from wagtail_modeladmin.options import ModelAdmin, ModelAdminGroup
from wagtail_modeladmin.views import InspectView

from access.models import StaffRole, User
from audit.chain import actor_of, record
from notifications.outbox.labels import channel_label, language_label, reason_label, yes_or_no
from notifications.outbox.models import Notice

from .brief_content import moment_words
from .labels import service_labels
from .models import Case, Referral

# modeladmin's own parameters: ordering, page, search, error.
PLAIN_PARAMETERS = frozenset({"o", "ot", "p", "q", "e"})


def is_coordinator(user: Any) -> bool:
    return isinstance(user, User) and user.has_role(StaffRole.COORDINATOR)


class CoordinatorsLook(PermissionHelper):
    """Coordinators list and inspect; nobody makes, changes or deletes."""

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


# fields that the model has no name for, because only the register shows them
FIELD_LABELS = {"next_step_at": _("next step at"), "next_attempt_at": _("next attempt at")}


class InWords(InspectView):
    """One row, field by field: every code, time and truth value in words."""

    def get_field_label(self, field_name: str, field: Any = None) -> str:
        label: str = super().get_field_label(field_name, field)
        return str(FIELD_LABELS.get(field_name, label))

    def get_field_display_value(self, field_name: str, field: Any = None) -> Any:
        value = getattr(self.instance, field_name)
        if isinstance(value, bool):
            return yes_or_no(value)
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


class Register(ModelAdmin):
    """One table, scoped to the coordinator's regions."""

    permission_helper_class = CoordinatorsLook
    inspect_view_class = InWords
    inspect_view_enabled = True
    history_view_enabled = False
    list_export = ()
    list_per_page = 50
    ordering: tuple[str, ...] = ()

    def scoped(self, user: User) -> "models.QuerySet[Any]":
        """The rows that this person may see."""
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> "models.QuerySet[Any]":
        if not is_coordinator(request.user):
            return self.model._default_manager.none()
        return self.scoped(request.user).order_by(*self.ordering)  # type: ignore[arg-type]

    def index_view(self, request: HttpRequest) -> HttpResponse:
        self._coordinators_only(request)
        allowed = PLAIN_PARAMETERS | {f"{name}__exact" for name in self.list_filter}
        if not allowed.issuperset(request.GET):
            raise Http404
        return super().index_view(request)

    def inspect_view(self, request: HttpRequest, instance_pk: str) -> HttpResponse:
        self._coordinators_only(request)
        kind = self.opts.model_name
        try:
            pk = UUID(instance_pk)
        except ValueError:
            raise Http404 from None
        if not self.get_queryset(request).filter(pk=pk).exists():
            if self.model._default_manager.filter(pk=pk).exists():
                record("access.denied", actor=actor_of(request.user), target_kind=kind, target_id=pk)
            raise Http404
        record(f"{kind}.read", actor=actor_of(request.user), target_kind=kind, target_id=pk, by="register")
        return super().inspect_view(request, str(pk))

    def _coordinators_only(self, request: HttpRequest) -> None:
        if not is_coordinator(request.user):
            kind = self.opts.model_name
            record("access.denied", actor=actor_of(request.user), target_kind="register", target_id=kind)
            raise Http404

    def get_admin_urls_for_registration(self) -> tuple[URLPattern, ...]:
        """Only these two; what modeladmin would make, change or delete has no address."""
        return tuple(
            re_path(self.url_helper.get_action_url_pattern(name), view, name=self.url_helper.get_action_url_name(name))
            for name, view in (("index", self.index_view), ("inspect", self.inspect_view))
        )

    def get_permissions_for_registration(self) -> "models.QuerySet[Permission]":
        """None to hand out: the scope is the coordinator's assignment."""
        return Permission.objects.none()

    def register_admin_url_finders(self) -> None:
        """Nothing here can be edited, so nobody is led here to edit."""

    def register_indexing(self) -> None:
        """No copy of who is tied to which case in Wagtail's reference index."""


class CaseRegister(Register):
    model = Case
    menu_icon = "folder-open-inverse"
    list_display = (
        "reference",
        "status",
        "on_child_track",
        "municipality",
        "unit",
        "opened_at",
        "closed_at",
        "drill",
        "page",
    )
    list_filter = ("status", "child_track", "formal_identification", "is_drill")
    list_select_related = ("municipality", "unit")
    search_fields = ("reference",)
    ordering = ("-opened_at",)
    inspect_view_fields = (
        "reference",
        "status",
        "formal_identification",
        "child_track",
        "region",
        "municipality",
        "unit",
        "procedure_version",
        "opened_at",
        "closed_at",
        "is_drill",
    )

    def scoped(self, user: User) -> "models.QuerySet[Any]":
        return Case.objects.visible_to(user)

    # Words, where modeladmin would draw an icon of django.contrib.admin's, which isn't in this house.
    def on_child_track(self, case: Case) -> str:
        return yes_or_no(case.child_track)

    on_child_track.short_description = Case._meta.get_field("child_track").verbose_name  # type: ignore[attr-defined]
    on_child_track.admin_order_field = "child_track"  # type: ignore[attr-defined]

    def drill(self, case: Case) -> str:
        return yes_or_no(case.is_drill)

    drill.short_description = Case._meta.get_field("is_drill").verbose_name  # type: ignore[attr-defined]
    drill.admin_order_field = "is_drill"  # type: ignore[attr-defined]

    def page(self, case: Case) -> str:
        address = reverse("cases:case", args=[case.reference])
        return format_html('<a href="{}">{}</a>', address, _("Open the case's page"))

    page.short_description = _("Page")  # type: ignore[attr-defined]


class ReferralRegister(Register):
    model = Referral
    menu_icon = "link-external"
    list_display = ("case", "partner", "state", "made_at", "answered_at")
    list_filter = ("state",)
    list_select_related = ("case", "partner")
    search_fields = ("case__reference",)
    ordering = ("-made_at",)
    inspect_view_fields = ("case", "partner", "services", "state", "made_at", "answered_at")

    def scoped(self, user: User) -> "models.QuerySet[Any]":
        return Referral.objects.filter(case__in=Case.objects.visible_to(user))


class NoticeRegister(Register):
    model = Notice
    menu_icon = "mail"
    list_display = (
        "code",
        "case_reference",
        "role",
        "purpose",
        "partner",
        "state",
        "why",
        "attempts",
        "owed_at",
        "sent_at",
        "opened_at",
        "accepted_at",
    )
    list_filter = ("state", "role", "purpose", "is_drill")
    list_select_related = ("partner",)
    search_fields = ("code", "case_reference")
    ordering = ("-owed_at",)
    inspect_view_fields = (
        *list_display[:6],
        "reason",
        "attempts",
        "municipality",
        "channel",
        "language",
        "needs_document",
        "is_drill",
        "owed_at",
        "sent_at",
        "delivered_at",
        "opened_at",
        "accepted_at",
        "declined_at",
        "escalated_at",
        "closed_at",
        "cancelled_at",
        "answer_by",
        "next_step_at",
        "next_attempt_at",
    )

    def scoped(self, user: User) -> "models.QuerySet[Any]":
        return Notice.objects.filter(case_id__in=Case.objects.visible_to(user).values("pk")).defer(
            "brief", "link_token"
        )

    def why(self, notice: Notice) -> str:
        return reason_label(notice.reason)

    why.short_description = Notice._meta.get_field("reason").verbose_name  # type: ignore[attr-defined]
    why.admin_order_field = "reason"  # type: ignore[attr-defined]


class Registers(ModelAdminGroup):
    menu_label = _("Registers")
    menu_icon = "list-ul"
    menu_order = 300
    items = (CaseRegister, ReferralRegister, NoticeRegister)
