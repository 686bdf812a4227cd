"""Mixin that marks whether a lawyer has read a page (docs/adr/0060)."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail_localize.fields import SynchronizedField

from ..extract import extract_page
from ..legal_wording import fingerprint, names_law


class LegalCheck(models.TextChoices):
    OPEN = "open", _("not checked by a lawyer yet")
    CHECKED = "checked", _("checked by a lawyer")


class LegalMarkMixin(models.Model):
    """The mark that says whether a page speaks of the law, and whether a lawyer has read exactly these words.

    Saving a page that names a law marks it as open by itself. The mark "checked" holds for the words that stood there
    when it was set: one changed word makes the page open again.
    """

    legal_check = models.CharField(
        _("legal check"),
        max_length=8,
        choices=LegalCheck,
        blank=True,
        help_text=_("Readers see it. Empty: the page says nothing of the law. Open again once the text changes."),
    )
    legal_checked_on = models.DateField(_("checked by the lawyer on"), null=True, blank=True)
    legal_checked_by = models.CharField(
        _("name of the lawyer"), max_length=120, blank=True, help_text=_("For colleagues; never shown to readers.")
    )
    legal_checked_text = models.CharField(max_length=80, blank=True, editable=False)  # "<day> <fingerprint>"
    for_lawyer = models.TextField(
        _("questions for the lawyer"),
        blank=True,
        help_text=_("One on each line. Printed by the legal review; never shown to readers."),
    )

    legal_panel = MultiFieldPanel(
        [
            FieldPanel("legal_check"),
            FieldRowPanel([FieldPanel("legal_checked_on"), FieldPanel("legal_checked_by")]),
            FieldPanel("for_lawyer"),
        ],
        heading=_("For the lawyer"),
    )
    # A lawyer reads one language: what was checked in Albanian is not checked in English.
    legal_fields: ClassVar[list[SynchronizedField]] = [
        SynchronizedField(name, overridable=True)
        for name in ("legal_check", "legal_checked_on", "legal_checked_by", "for_lawyer")
    ]
    in_legal_review: ClassVar[bool] = True

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.legal_check == LegalCheck.CHECKED:
            self._validate_lawyer_check()
        elif not self.legal_check and names_law(self.legal_texts()):
            self.legal_check = LegalCheck.OPEN
        if self.legal_check != LegalCheck.CHECKED:
            self.legal_checked_text = ""

    def legal_texts(self) -> Iterator[str]:
        """Return what a reader reads of the page, its sources among it."""
        return (words.text for words in extract_page(self).words)

    def _validate_lawyer_check(self) -> None:
        missing: dict[str, Any] = {
            name: _("Write who checked the text, and when.")
            for name in ("legal_checked_on", "legal_checked_by")
            if not getattr(self, name)
        }
        if missing:
            raise ValidationError(missing)
        # The day stands with the fingerprint, so that a new day means a new reading of whatever stands there now.
        now = f"{self.legal_checked_on} {fingerprint(self.legal_texts())}"
        if not self.legal_checked_text.startswith(f"{self.legal_checked_on} "):
            self.legal_checked_text = now  # checked just now, or again on another day
        elif self.legal_checked_text != now:
            self.legal_check = LegalCheck.OPEN
