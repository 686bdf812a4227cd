"""Which files of the library were cleaned, or can't be."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ExaminedFile(models.Model):
    """A picture or document, by its content: clean as it is, or with the reason why no clean copy could be made.

    What has no row is examined by `content.library_files`.
    """

    file_hash = models.CharField(_("hash"), max_length=40, unique=True)  # as Wagtail's `file_hash`: SHA-1
    problem = models.CharField(_("reason"), max_length=20, blank=True)  # a code of `sanitizer.file_types.FileRefused`
    examined_at = models.DateTimeField(_("examined at"), default=timezone.now)

    class Meta:
        verbose_name = _("examined file")
        verbose_name_plural = _("examined files")

    def __str__(self) -> str:
        return self.file_hash
