"""The register of notices. A failed one can be tried again now."""

from datetime import datetime
from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import URLPattern, re_path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail_modeladmin.helpers import ButtonHelper

from audit.chain import get_actor
from notifications.outbox.models import Notice
from notifications.outbox.repeating import retry_notice
from notifications.outbox.states import NO_CONTACT, OPEN, NoticeState

from ..models import Case
from .attempts import list_attempts
from .base import Register, case_link, moment_column
from .exporting import ExportColumn, code_of, columns_of_case, moment_of
from .filters import marks_at


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
    export_related = ("partner", "municipality")
    export_columns = (
        *columns_of_case(lambda notice: notice.case),
        ExportColumn(_("Notice"), code_of("code")),
        ExportColumn(_("Role"), code_of("role")),
        ExportColumn(_("Partner"), lambda notice: notice.partner.slug if notice.partner else None),
        ExportColumn(_("Purpose"), code_of("purpose")),
        ExportColumn(_("Status"), code_of("state")),
        ExportColumn(_("Reason"), code_of("reason")),
        ExportColumn(_("Municipality"), lambda notice: notice.municipality.slug),
        *(
            ExportColumn(label, moment_of(f"{field}_at"))
            for field, label in (
                ("owed", _("Created")),
                ("sent", _("Sent")),
                ("opened", _("Opened")),
                ("accepted", _("Accepted")),
                ("declined", _("Declined")),
                ("closed", _("Closed")),
            )
        ),
        ExportColumn(_("Drill"), code_of("is_drill")),
    )
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

    def rows(self) -> "models.QuerySet[Any]":
        # Deferred: sealed columns, which the register never shows.
        return Notice.objects.defer("brief", "link_token")

    def read_for_export(self, keys: list[Any]) -> dict[Any, Any]:
        rows = super().read_for_export(keys)
        # The outbox stands on a floor of its own and knows a case by its id only.
        cases = Case.objects.select_related("region", "unit", "lead", "opened_by").in_bulk(
            {row.case_id for row in rows.values()}
        )
        for row in rows.values():
            row.case = cases.get(row.case_id)
        return rows

    def overdue(self, now: datetime) -> "models.Q":
        return models.Q(state__in=OPEN, answer_by__lte=now)

    def clock_at(self, colour: str, now: datetime) -> models.Q:
        return models.Q(state__in=OPEN) & marks_at(colour, now)

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

    def of_case(self, notice: Notice) -> str:
        return case_link(notice.case_reference)

    of_case.short_description = _("case")  # type: ignore[attr-defined]

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

    def describe_more(self, row: Any) -> dict[str, Any]:
        """Return what its page shows below the fields: each attempt, how it was worded and encrypted."""
        return {"attempts": list_attempts(row)}

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
