"""The registers: read-only lists of cases, referrals and notices in the admin, for coordinators.

The one thing that can be done here is to have a failed notice tried again now.

modeladmin looks rows up without asking whose they are, and filters by any lookup that stands in the address
(`?opened_by__password__startswith=`). So a register answers only index and inspect, from its scoped queryset and with
the parameters of its own filters (`register_filters`); there is no export.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import URLPattern, re_path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail_modeladmin.helpers import ButtonHelper, PermissionHelper
from wagtail_modeladmin.options import ModelAdmin, ModelAdminGroup

from access.models import StaffRole, User
from audit.chain import get_actor, log_event
from audit.denials import record_denial
from notifications.outbox.labels import yes_or_no
from notifications.outbox.models import Notice
from notifications.outbox.repeating import retry_notice
from notifications.outbox.states import AWAITING_ANSWER, NO_CONTACT, OPEN, NoticeState

from .models import Case, Deadline, Referral, ReferralState
from .register_filters import RegisterFilter
from .register_views import ByBeginning, RegisterIndex, RegisterInspect
from .urgency import URGENCIES, bearers, with_urgency

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


class PageFirst(ButtonHelper):
    """Buttons of the case register: the reference leads to the case's own page; *Inspect* stands beside it."""

    def get_primary_button(self, obj: Any) -> None:
        return None


class CaseRegister(Register):
    model = Case
    menu_icon = "folder-open-inverse"
    list_display = (
        "urgency",
        "page",
        "status",
        "on_child_track",
        "where",
        "opened",
    )
    list_display_add_buttons = "page"
    button_helper_class = PageFirst
    exact = ("status", "child_track", "formal_identification", "is_drill")
    date_field = "opened_at"
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

    def of_cases(self, cases: "models.QuerySet[Case]") -> "models.Q":
        return models.Q(pk__in=cases.values("pk"))

    def overdue(self, now: datetime) -> "models.Q":
        return models.Q(closed_at__isnull=True) & (models.Q(_breached(now)) | models.Q(_late(now)))

    def with_urgency(self, rows: "models.QuerySet[Any]", now: datetime) -> "models.QuerySet[Any]":
        return with_urgency(rows, now)

    def urgency_of(self, row: Any) -> str:
        return "closed" if row.closed_at else URGENCIES[row.urgency]

    def reference_of(self, row: Any) -> str:
        return row.reference

    def on_child_track(self, case: Case) -> str:
        return yes_or_no(case.child_track)

    on_child_track.short_description = _("child")  # type: ignore[attr-defined]
    on_child_track.admin_order_field = "child_track"  # type: ignore[attr-defined]

    def where(self, case: Case) -> str:
        return format_html("{}<br>{}", case.municipality, case.unit)

    where.short_description = _("municipality and unit")  # type: ignore[attr-defined]
    where.admin_order_field = "municipality__name"  # type: ignore[attr-defined]

    def opened(self, case: Case) -> str:
        """Return when it was opened and, below, when it was closed."""
        opened = day_and_hour(case.opened_at)
        if not case.closed_at:
            return opened
        return format_html("{}<br>{} {}", opened, gettext("closed"), day_and_hour(case.closed_at))

    opened.short_description = Case._meta.get_field("opened_at").verbose_name  # type: ignore[attr-defined]
    opened.admin_order_field = "opened_at"  # type: ignore[attr-defined]

    def page(self, case: Case) -> str:
        return case_link(case.reference)

    page.short_description = Case._meta.get_field("reference").verbose_name  # type: ignore[attr-defined]
    page.admin_order_field = "reference"  # type: ignore[attr-defined]


def _late(now: datetime) -> models.Exists:
    """Build the condition that a notice bearing a duty of the outer query's case should have been answered by now."""
    late = bearers().filter(state__in=AWAITING_ANSWER, answer_by__lte=now)
    return models.Exists(late.filter(case_id=models.OuterRef("pk")))


def _breached(now: datetime) -> models.Exists:
    unmet = Deadline.objects.filter(case=models.OuterRef("pk"), met_at__isnull=True)
    return models.Exists(unmet.filter(breach_at__lte=now))


class ReferralRegister(Register):
    model = Referral
    menu_icon = "link-external"
    list_display = ("urgency", "partner", "of_case", "made", "answered")
    list_display_add_buttons = "partner"
    exact = ("state",)
    date_field = "made_at"
    list_select_related = ("case", "partner")
    search_fields = ("case__reference",)
    ordering = ("-made_at",)
    inspect_view_fields = ("case", "partner", "services", "state", "made_at", "answered_at")

    def scoped(self, user: User) -> "models.QuerySet[Any]":
        return Referral.objects.filter(case__in=Case.objects.visible_to(user))

    def of_cases(self, cases: "models.QuerySet[Case]") -> "models.Q":
        return models.Q(case__in=cases)

    def overdue(self, now: datetime) -> "models.Q":
        # The referral's notice may have gone on to a deputy; the chase's id stands on all of them.
        late = bearers().filter(chase_id=models.OuterRef("notice_id"), state__in=OPEN, answer_by__lte=now)
        return models.Q(state=ReferralState.PENDING) & models.Q(models.Exists(late))

    def with_urgency(self, rows: "models.QuerySet[Any]", now: datetime) -> "models.QuerySet[Any]":
        yes, no = models.Value(True), models.Value(False)
        return rows.annotate(is_late=models.Case(models.When(self.overdue(now), then=yes), default=no))

    def urgency_of(self, row: Any) -> str:
        return "late" if row.is_late else row.state

    def reference_of(self, row: Any) -> str:
        return row.case.reference

    def of_case(self, referral: Referral) -> str:
        return case_link(referral.case.reference)

    of_case.short_description = _("case")  # type: ignore[attr-defined]
    of_case.admin_order_field = "case__reference"  # type: ignore[attr-defined]

    made = moment_column("made_at")
    made.short_description = Referral._meta.get_field("made_at").verbose_name
    answered = moment_column("answered_at")
    answered.short_description = Referral._meta.get_field("answered_at").verbose_name


class RetryButtons(ButtonHelper):
    """Buttons of the notice register: *Try again now* beside *Inspect*, on a notice that failed."""

    def get_buttons_for_obj(self, obj: Any, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
        buttons: list[dict[str, Any]] = super().get_buttons_for_obj(obj, *args, **kwargs)
        if obj.state == NoticeState.FAILED:
            buttons.append(
                {
                    "url": self.url_helper.get_action_url("retry", obj.pk),
                    "label": gettext("Try again now"),
                    "classname": "button button-small button-secondary",
                    "title": gettext("Try this notice again now"),
                }
            )
        return buttons


class NoticeRegister(Register):
    model = Notice
    menu_icon = "mail"
    button_helper_class = RetryButtons
    list_display = ("urgency", "what", "of_case", "owed", "so_far")
    list_display_add_buttons = "what"
    exact = ("state", "role", "purpose", "is_drill")
    date_field = "owed_at"
    list_select_related = ("partner",)
    search_fields = ("code", "case_reference")
    ordering = ("-owed_at",)
    inspect_view_fields = (
        "code",
        "case_reference",
        "role",
        "purpose",
        "partner",
        "state",
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
        # Deferred: sealed columns, which the register never shows.
        return Notice.objects.filter(case_id__in=Case.objects.visible_to(user).values("pk")).defer(
            "brief", "link_token"
        )

    def of_cases(self, cases: "models.QuerySet[Case]") -> "models.Q":
        return models.Q(case_id__in=cases.values("pk"))

    def overdue(self, now: datetime) -> "models.Q":
        return models.Q(state__in=OPEN, answer_by__lte=now)

    def urgency_of(self, row: Any) -> str:
        if row.state == NoticeState.FAILED and row.reason == NO_CONTACT:
            return NO_CONTACT
        if row.state in OPEN and row.answer_by and row.answer_by <= timezone.now():
            return row.state if row.state == NoticeState.FAILED else "late"
        return row.state

    def reference_of(self, row: Any) -> str:
        return row.case_reference

    def what(self, notice: Notice) -> str:
        office = notice.partner.name if notice.partner else notice.get_role_display()
        return format_html("{}<br>{}, {}", office, notice.get_purpose_display(), notice.code)

    what.short_description = _("notice")  # type: ignore[attr-defined]
    what.admin_order_field = "role"  # type: ignore[attr-defined]

    def of_case(self, notice: Notice) -> str:
        return case_link(notice.case_reference)

    of_case.short_description = _("case")  # type: ignore[attr-defined]
    of_case.admin_order_field = "case_reference"  # type: ignore[attr-defined]

    owed = moment_column("owed_at")
    owed.short_description = Notice._meta.get_field("owed_at").verbose_name

    def so_far(self, notice: Notice) -> str:
        """Render what became of it, with each time."""
        return render_to_string("registers/so_far.html", {"notice": notice})

    so_far.short_description = _("result")  # type: ignore[attr-defined]

    def get_admin_urls_for_registration(self) -> tuple[URLPattern, ...]:
        pattern = self.url_helper.get_action_url_pattern("retry")
        name = self.url_helper.get_action_url_name("retry")
        return (*super().get_admin_urls_for_registration(), re_path(pattern, self.retry_view, name=name))

    def retry_view(self, request: HttpRequest, instance_pk: str) -> HttpResponse:
        """Ask for confirmation, and on POST have the notice tried now.

        Whether it goes out is the sender's to say, not this page's.
        """
        notice = self.row_or_404(request, instance_pk)
        if request.method == "POST":
            if retry_notice(notice=notice, actor=get_actor(request.user)):
                messages.success(request, gettext("It is being tried now. Check here again in a minute."))
            else:
                messages.warning(request, gettext("This notice is no longer waiting after a failure."))
            return redirect(self.url_helper.get_action_url("inspect", str(notice.pk)))
        back = self.url_helper.get_action_url("inspect", str(notice.pk))
        return render(request, "registers/retry.html", {"notice": notice, "back": back})


class Registers(ModelAdminGroup):
    menu_label = _("Registers")
    menu_icon = "list-ul"
    menu_order = 300
    items = (CaseRegister, ReferralRegister, NoticeRegister)
