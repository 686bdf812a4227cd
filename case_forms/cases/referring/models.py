"""The steps of a referral: rows that are only added."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.directory.models import Contact, Partner
from vault.fields import SealedJSONField


class StepKind(models.TextChoices):
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    PASSED_ON = "passed_on", _("passed on to another office")
    NO_ANSWER = "no_answer", _("nobody answered")
    AGREED = "agreed", _("accompaniment agreed")
    ARRIVED = "arrived", _("the person has arrived")
    FINISHED = "finished", _("the referral has ended")
    WITHDRAWN = "withdrawn", _("withdrawn")
    CASE_CLOSED = "case_closed", _("ended with its case")


class Way(models.TextChoices):
    """How a step came to be known."""

    LINK = "link", _("by the service, at its link")
    UNIT = "unit", _("by the unit")
    PHONE = "phone", _("said on the phone")
    SYSTEM = "system", _("by the system")


class ReferralStep(models.Model):
    """One step of a referral: what happened, who noted it and in which way.

    `case`: the referral's own, whose key seals `words`; both go along when two cases are merged. `at`: when it was
    noted. `reason`: the code of why it was declined (`briefs.role_choices`), or of how it ended (`outcomes`). `due_at`:
    when the person is to arrive. `office`: to which the referral was passed on. `words`: {"note", "who" (accompanies),
    "said_by" (on the phone)}, those that were written. `by`: the worker; `contact`: who answered at the link; neither
    where the system did it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    referral = models.ForeignKey("cases.Referral", models.PROTECT, related_name="steps", verbose_name=_("referral"))
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="referral_steps", verbose_name=_("case"))
    kind = models.CharField(_("step"), max_length=12, choices=StepKind.choices)
    way = models.CharField(_("way"), max_length=8, choices=Way.choices)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
    office = models.ForeignKey(
        Partner, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("passed on to")
    )
    reason = models.CharField(max_length=40, blank=True)
    due_at = models.DateTimeField(_("arrival due"), null=True, blank=True)
    words = SealedJSONField(null=True, blank=True, owner="case_id")

    class Meta:
        app_label = "cases"
        verbose_name = _("step of a referral")
        verbose_name_plural = _("steps of referrals")
        ordering = ["at"]
        indexes = [models.Index(fields=["referral", "at"], name="steps_of_referral")]
        constraints = [
            models.CheckConstraint(
                name="referral_step_passed_on_names_its_office",
                condition=~Q(kind="passed_on") | Q(office__isnull=False),
            ),
            models.CheckConstraint(
                name="referral_step_agreed_has_a_time", condition=~Q(kind="agreed") | Q(due_at__isnull=False)
            ),
            models.CheckConstraint(
                name="referral_step_by_a_person_names_them",
                condition=Q(way="unit", by__isnull=False)
                | Q(way="phone", by__isnull=False)
                | Q(way__in=["link", "system"], by__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.referral_id} {self.kind}"
