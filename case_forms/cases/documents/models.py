"""The documents that were made of a case: sealed PDFs, each with its version, when and by whom it was asked for."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vault.fields import SealedBytesField

from ..models import Case


class DocumentKind(models.TextChoices):
    IDENTIFICATION = "identification", _("initial identification record")
    POLICE = "police", _("report to the police")
    AUTHORITY = "authority", _("notice to the Responsible Authority")
    CPU = "cpu", _("notice to the Child Protection Unit")
    REFERRAL = "referral", _("referral with accompanying file")
    SUMMARY = "summary", _("case summary")
    CARD = "card", _("pocket card of the safety plan")


class CaseDocument(models.Model):
    """One document, first as an order (`pdf` is null), then made. It is never made anew: the next one has a version.

    `event_id`: of the case event by which a rule asked for it; null where a person did. `failures`: how often it could
    not be made, `failed_code` why, as a code. `erased_at`: when its content went with the case.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="documents", verbose_name=_("case"))
    kind = models.CharField(_("kind"), max_length=20, choices=DocumentKind.choices)
    version = models.PositiveSmallIntegerField(_("version"))
    language = models.CharField(_("language"), max_length=5)
    event_id = models.UUIDField(null=True, blank=True)
    ordered_at = models.DateTimeField(_("asked for at"), default=timezone.now)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked for by"),
    )
    pdf = SealedBytesField(null=True, blank=True, owner="case_id")
    pages = models.PositiveSmallIntegerField(_("pages"), default=0)
    made_at = models.DateTimeField(_("made at"), null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    failed_code = models.CharField(max_length=40, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True, db_index=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("document of a case")
        verbose_name_plural = _("documents of cases")
        ordering = ["-ordered_at"]
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "version"], name="one_document_per_version"),
            models.UniqueConstraint(
                fields=["event_id", "kind"],
                condition=Q(event_id__isnull=False),
                name="one_document_per_event_and_kind",
            ),
            models.CheckConstraint(
                name="made_document_is_tried_no_more", condition=Q(made_at__isnull=True) | Q(next_try_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.kind} {self.version}"
