"""The signed documents of an agreement, which roles need an agreement at all, and which warnings have been given."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vault.fields import SealedBytesField


class AgreementDocument(models.Model):
    """One version of the signed document: a clean copy, sealed. A newer one is added; none is ever replaced.

    `number`: 1 is the oldest. `size`: of the clean copy, in bytes.
    """

    # An id that is known before the row is stored: the sealed content is bound to it.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agreement = models.ForeignKey("directory.Agreement", models.PROTECT, related_name="documents")
    number = models.PositiveSmallIntegerField(_("version"))
    content = SealedBytesField()
    size = models.PositiveIntegerField(_("size"))
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("added by"))
    added_at = models.DateTimeField(_("added at"), default=timezone.now)

    class Meta:
        app_label = "directory"
        verbose_name = _("signed document")
        verbose_name_plural = _("signed documents")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="one_agreement_document_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.number}"


class AgreementRule(models.Model):
    """Whether offices of a role are notified by routine only while an agreement with them is in force.

    A role without a row needs none. Only a change that takes two people switches it on (docs/adr/0147).
    """

    role = models.CharField(_("role"), max_length=24, unique=True)
    is_on = models.BooleanField(_("only under an agreement in force"), default=False)
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        app_label = "directory"
        verbose_name = _("rule about agreements")
        verbose_name_plural = _("rules about agreements")
        ordering = ["role"]

    def __str__(self) -> str:
        return self.role


class WarningKind(models.TextChoices):
    ENDS = "ends", _("ends soon")
    OVER = "over", _("over")
    REVIEW = "review", _("review due")


class AgreementWarning(models.Model):
    """A warning about an agreement that its coordinators have been mailed: once for each kind and day that it is about.

    `day`: the last day, or the day of the review; another day is another warning.
    """

    agreement = models.ForeignKey("directory.Agreement", models.CASCADE, related_name="warnings")
    kind = models.CharField(max_length=8, choices=WarningKind.choices)
    day = models.DateField()
    mailed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "directory"
        verbose_name = _("warning about an agreement")
        verbose_name_plural = _("warnings about agreements")
        ordering = ["-mailed_at"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "kind", "day"], name="one_agreement_warning_per_day"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.kind} {self.day}"
