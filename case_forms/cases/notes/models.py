"""Notes of a case, and the changes of its flags that people made."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.languages import Texts
from vault.fields import SealedTextField


class CaseNoteQuerySet(models.QuerySet["CaseNote"]):
    def that_hold(self) -> "CaseNoteQuerySet":
        """Leave out what a later note corrects."""
        return self.filter(corrections__isnull=True)

    def for_pages(self) -> "CaseNoteQuerySet":
        """Return them as pages show them, the newest first."""
        return self.select_related("written_by", "corrects").order_by("-written_at", "-pk")


class CaseNote(models.Model):
    """What somebody wrote about a case in their own words. It is never changed: a second note corrects it.

    `text`, sealed; null once the case is forgotten. `corrects`: the note that this one takes the place of.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="notes", verbose_name=_("case"))
    text = SealedTextField(_("note"), null=True, blank=True, owner="case_id")
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("written by")
    )
    written_at = models.DateTimeField(_("written at"), default=timezone.now)
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="corrections", verbose_name=_("corrects")
    )

    objects = CaseNoteQuerySet.as_manager()

    class Meta:
        app_label = "cases"
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-written_at"]
        indexes = [models.Index(fields=["case", "-written_at"], name="note_of_case")]
        constraints = [
            # Of two people who correct one note at once, the second reads what the first wrote.
            models.UniqueConstraint(
                fields=["corrects"], condition=models.Q(corrects__isnull=False), name="one_correction_of_a_note"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.written_at:%Y-%m-%d %H:%M}"


class FlagChange(models.Model):
    """A flag that a person set or cleared by hand. What rules do stands in the case's events.

    `key`: the procedure's; `label`: {language: text} as it was worded then. `reason`, sealed; null once forgotten.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="flag_changes", verbose_name=_("case"))
    key = models.CharField(_("flag"), max_length=64)
    label: "models.JSONField[Texts, Texts]" = models.JSONField()
    is_set = models.BooleanField(_("set"))
    reason = SealedTextField(_("why"), null=True, blank=True, owner="case_id")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("changed by")
    )
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    class Meta:
        app_label = "cases"
        verbose_name = _("change of a flag")
        verbose_name_plural = _("changes of flags")
        ordering = ["-changed_at"]
        indexes = [models.Index(fields=["case", "-changed_at"], name="flag_change_of_case")]

    def __str__(self) -> str:
        return f"{self.case} {self.key} {'+' if self.is_set else '-'}"
