"""Record of the texts that seeding has created here."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SeededText(models.Model):
    """A page, term or hotline that seeding has created once.

    It is never created again, also after an editor deleted it.
    """

    # Of the seeded words: by it a text that nobody has changed since is recognised (docs/adr/0061).
    fingerprint = models.CharField(_("fingerprint"), max_length=64, blank=True, editable=False)
    key = models.CharField(_("key"), max_length=100, unique=True)
    seeded_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name = _("initial text")
        verbose_name_plural = _("initial texts")

    def __str__(self) -> str:
        return self.key
