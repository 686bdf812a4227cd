"""What editors were last told of a line, so that they are told of each change once."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import Hotline
from .states import LineState


class ToldState(models.Model):
    """The state of a line when editors last heard of it."""

    line = models.OneToOneField(Hotline, models.CASCADE, related_name="told", verbose_name=_("helpline"))
    state = models.CharField(_("state"), max_length=16, choices=LineState.choices, default=LineState.FINE)
    told_at = models.DateTimeField(_("notified at"), default=timezone.now)

    class Meta:
        verbose_name = _("helpline notice to editors")
        verbose_name_plural = _("helpline notices to editors")

    def __str__(self) -> str:
        return f"{self.line_id} {self.state}"
