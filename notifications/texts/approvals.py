"""Texts of messages that wait for a second person."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from access.models import StaffRole, User
from approvals.kinds import Kind, Waiting, register

from .models import TextVersion


def _find(user: User) -> Iterator[Waiting]:
    if not user.has_role(StaffRole.COORDINATOR):
        return
    for version in TextVersion.objects.waiting().exclude(proposed_by=user).select_related("proposed_by"):
        yield Waiting(str(version), reverse("texts"), version.proposed_at, version.proposed_by)


register(Kind("texts", _("Texts of messages"), ("texts.TextVersion",), _find))
