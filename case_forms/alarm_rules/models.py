"""What rules have done about the alarm of a phone. Nothing here says whose phone it is, where they are, or what for."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from access.models import MobileUnit
from case_forms.procedures.models import ProcedureVersion


class AlarmEvent(models.Model):
    """One alarm that rules responded to. Notices carry its id, as event and as what they are about.

    `detail`: {"rules": keys, "by_rule": {notice: rule}, "failed": code, "where": part}; ids and codes only.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit = models.ForeignKey(MobileUnit, models.PROTECT, related_name="+", verbose_name=_("mobile unit"))
    is_urgent = models.BooleanField()
    is_drill = models.BooleanField(default=False)
    at = models.DateTimeField(_("at"))
    procedure_version = models.ForeignKey(ProcedureVersion, models.PROTECT, related_name="+")
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("event of an alarm")
        verbose_name_plural = _("events of alarms")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.pk} {self.at:%Y-%m-%d %H:%M}"
