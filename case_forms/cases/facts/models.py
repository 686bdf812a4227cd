"""One fact of a case as some form, or a worker, gave it at some moment."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from case_forms.form_builder.models import FormVersion
from vault.fields import SealedJSONField

from ..models import Case, from_corrected_form


class CaseFactQuerySet(models.QuerySet["CaseFact"]):
    def that_hold(self) -> "CaseFactQuerySet":
        """Leave out what a form said that was corrected since: the correction says what holds, or that nothing does."""
        return self.exclude(from_corrected_form())

    def with_form(self) -> "CaseFactQuerySet":
        """Read the forms that say so, too, as `FormVersionQuerySet.with_form` does."""
        return self.select_related("form_version__form").defer("form_version__form__definition")

    def newest_first(self) -> "CaseFactQuerySet":
        """Order so that the first row of a key is the one that holds.

        What happened last counts, whenever it was received: a form that comes in late replaces nothing newer. Of two
        about the same moment, as a form and its correction, the one that came in last holds.
        """
        return self.order_by("-occurred_at", "-received_at", "-pk")


class CaseFact(models.Model):
    """One fact. Rows are only ever added, and go with the answers that they come from (`actions.forget_facts`).

    `key`: of the catalogue (`CaseFactType`). `value` is always an object, so that the database doesn't tell what is
    no longer known from what is: {"value": answer}, with null for "no longer known". `form_version`, `question` and
    `submission_id` say where it is from; a fact that a worker noted on the case page has none of them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Found by what holds of it, and by what is unique per submission and key (`Meta`).
    case = models.ForeignKey(Case, models.PROTECT, db_index=False, related_name="known_facts", verbose_name=_("case"))
    key = models.CharField(_("key"), max_length=64)
    value = SealedJSONField(owner="case_id")
    form_version = models.ForeignKey(
        FormVersion, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("form version")
    )
    question = models.CharField(_("question"), max_length=64, blank=True)
    # An id without a foreign key: submissions stand on a floor above.
    submission_id = models.UUIDField(null=True, blank=True)
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("noted by"))
    occurred_at = models.DateTimeField(_("when it happened"))
    received_at = models.DateTimeField(_("received at"))

    objects = CaseFactQuerySet.as_manager()

    class Meta:
        app_label = "cases"
        verbose_name = _("detail about a person")
        verbose_name_plural = _("details about a person")
        ordering = ["-occurred_at", "-received_at", "-pk"]
        indexes = [models.Index(fields=["case", "key", "-occurred_at", "-received_at"], name="case_fact_that_holds")]
        constraints = [
            # One submission says each fact once, also when it is received twice at the same moment.
            models.UniqueConstraint(
                fields=["submission_id", "key"],
                condition=models.Q(submission_id__isnull=False),
                name="one_fact_per_submission_and_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.key}"
