"""Small, bounded tables about the service itself. No row says anything about a person, a case or a place."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RequestCount(models.Model):
    """How often something happened in all web processes together, since the database was made.

    `name`, `label`: one of `counting.NAMES` and, say, a lane; a few dozen rows, however many requests came.
    """

    name = models.CharField(max_length=32)
    label = models.CharField(max_length=32)
    total = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("count of requests")
        verbose_name_plural = _("counts of requests")
        constraints = [models.UniqueConstraint(fields=["name", "label"], name="one_count_per_name_and_label")]

    def __str__(self) -> str:
        return f"{self.name} {self.label}"
