"""What rules have done about the alarm of a phone. Nothing here says whose phone it is, where they are, or what for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from access.models import MobileUnit
from case_forms.cases.applying.event_without_case import EventWithoutCase


class AlarmEvent(EventWithoutCase):
    """One alarm that rules responded to. Notices carry its id, as event and as what they are about."""

    FAILED = "alarm_rules_failed"

    unit = models.ForeignKey(MobileUnit, models.PROTECT, related_name="+", verbose_name=_("mobile unit"))
    is_urgent = models.BooleanField()
    is_drill = models.BooleanField(default=False)

    class Meta(EventWithoutCase.Meta):
        verbose_name = _("event of an alarm")
        verbose_name_plural = _("events of alarms")

    def __str__(self) -> str:
        return f"{self.pk} {self.at:%Y-%m-%d %H:%M}"

    def get_logged(self) -> dict[str, str]:
        return {"alarm": str(self.pk)}
