"""The state of a hotline that editors were last mailed about, so that each change is mailed once."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import Hotline
from .states import HotlineState


class ToldState(models.Model):
    """The state of a hotline when editors were last mailed about it."""

    line = models.OneToOneField(Hotline, models.CASCADE, related_name="told", verbose_name=_("helpline"))
    state = models.CharField(_("state"), max_length=16, choices=HotlineState.choices, default=HotlineState.FINE)
    told_at = models.DateTimeField(_("notified at"), default=timezone.now)

    class Meta:
        verbose_name = _("helpline notice to editors")
        verbose_name_plural = _("helpline notices to editors")

    def __str__(self) -> str:
        return f"{self.line_id} {self.state}"
