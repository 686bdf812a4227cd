"""What of the directory waits for a second person."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.models import StaffRole, User
from approvals.kinds import Kind, Waiting, register

from .changes.who import may_decide
from .conflicts.screens import conflicts_for
from .models import DirectoryChange, DutyRequest, WebhookKeyRequest
from .own_duty.actions import may_agree
from .scope import get_partners


def _find_changes(user: User) -> Iterator[Waiting]:
    if not user.has_role(StaffRole.COORDINATOR):
        return
    for change in DirectoryChange.objects.waiting().select_related("office", "asked_by"):
        if may_decide(change, user):
            url = reverse("directory_changes:change", args=[change.pk])
            what = f"{change.get_kind_display()} · {change.office}" if change.office else change.get_kind_display()
            yield Waiting(what, url, change.asked_at, change.asked_by)


def _find_duty(user: User) -> Iterator[Waiting]:
    if not user.has_role(StaffRole.COORDINATOR):
        return
    for asked in DutyRequest.objects.to_decide().select_related("contact__partner"):
        if may_agree(asked, user):
            what = f"{asked.get_kind_display()} · {asked.contact}"
            yield Waiting(what, reverse("duty_request", args=[asked.pk]), asked.asked_at)


def _find_webhooks(user: User) -> Iterator[Waiting]:
    if not user.has_role(StaffRole.COORDINATOR):
        return
    waiting = WebhookKeyRequest.objects.waiting().exclude(asked_by=user)
    own = waiting.filter(way__contact__partner__in=get_partners(user).values("pk"))
    for asked in own.select_related("way__contact__partner", "asked_by"):
        url = reverse("webhook_keys", args=[asked.way_id])
        yield Waiting(str(asked.way.contact.partner), url, asked.asked_at, asked.asked_by)


def _find_conflicts(user: User) -> Iterator[Waiting]:
    if not user.has_role(StaffRole.COORDINATOR, StaffRole.OPERATOR):
        return
    left = conflicts_for(user).filter(confirmed_by__isnull=True).exclude(checked_by=user)
    for found in left.select_related("kept", "switched_off", "checked_by"):
        yield Waiting(f"{found.kept} · {found.switched_off}", reverse("wagtailadmin_home"), found.found_at)


changes, duty = _("Changes of the directory"), _("Leave and swaps on the roster")
register(Kind("directory", changes, ("directory.DirectoryChange",), _find_changes, is_urgent=True))
register(Kind("duty", duty, ("directory.DutyRequest",), _find_duty, is_urgent=True))
register(Kind("webhooks", _("Keys of webhooks"), ("directory.WebhookKeyRequest",), _find_webhooks, is_urgent=True))
register(Kind("offices", _("Two offices for one area"), ("directory.OfficeConflict",), _find_conflicts))
