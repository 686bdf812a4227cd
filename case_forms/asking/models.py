"""What keeps floods away without knowing anybody: how many came in this hour, and which proofs were spent."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Tally(models.Model):
    """How many of one kind came in one hour, by where they came from: a card, a region, or (key "") anywhere.

    kind: sent (with a proof), unproven (without JavaScript), wrong_code.
    """

    kind = models.CharField(max_length=16)
    key = models.CharField(max_length=64, blank=True)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("count of an hour")
        verbose_name_plural = _("counts of hours")
        constraints = [models.UniqueConstraint(fields=["kind", "key", "hour"], name="one_tally_per_hour")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} {self.hour:%Y-%m-%d %H}"


class Spent(models.Model):
    """A form's secret that has been used for a try at a receipt code: good for one. Says nothing of who used it."""

    digest = models.CharField(primary_key=True, max_length=64)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("spent proof")
        verbose_name_plural = _("spent proofs")

    def __str__(self) -> str:
        return self.digest[:8]
