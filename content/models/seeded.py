"""Which seeded texts were once laid down here."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SeededText(models.Model):
    """A page or line that seeding has created once. It is never created again, also after an editor deleted it."""

    # of the words laid down, by which a text that nobody has changed since is known (docs/adr/0061)
    fingerprint = models.CharField(_("fingerprint"), max_length=64, blank=True, editable=False)
    key = models.CharField(_("key"), max_length=100, unique=True)
    seeded_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name = _("initial text")
        verbose_name_plural = _("initial texts")

    def __str__(self) -> str:
        return self.key
