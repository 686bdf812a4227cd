"""Exports with names that wait for another coordinator."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import User
from approvals.kinds import Kind, Waiting, register

from .exports.models import AnswerExport


def _find(user: User) -> Iterator[Waiting]:
    for export in AnswerExport.objects.to_decide(user, timezone.now()).select_related("by"):
        yield Waiting(str(export.by), reverse("intake:answers_out"), export.created_at, export.by)


register(Kind("exports", _("Exports of answers with names"), ("intake.AnswerExport",), _find))
