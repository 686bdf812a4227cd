"""The pages that were used to try a receipt code: they limit guesses without knowing anybody."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Spent(models.Model):
    """A form's secret that was used for a try at a receipt code: good for one. Says nothing of who used it."""

    digest = models.CharField(primary_key=True, max_length=64)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("spent proof")
        verbose_name_plural = _("spent proofs")

    def __str__(self) -> str:
        return self.digest[:8]
