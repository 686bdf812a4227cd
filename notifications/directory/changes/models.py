"""A change of the directory that waits for a second person, or that took effect at once in an emergency."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from approvals.changes import Change
from approvals.requests import Decision, RequestQuerySet, decision_field, takes_two


class ChangedKind(models.TextChoices):
    """Which kind of entry is changed: the model's name."""

    PARTNER = "partner", _("partner")
    CONTACT = "contact", _("contact")
    SHIFT = "dutyshift", _("duty shift")
    LEAVE = "leave", _("leave of absence")
    WAY = "contactway", _("way to a contact")
    AGREEMENT = "agreement", _("agreement")
    AGREEMENT_RULE = "agreementrule", _("rule about agreements")


class Act(models.TextChoices):
    ADD = "add", _("add")
    CHANGE = "change", _("change")
    DELETE = "delete", _("delete")


class DirectoryChange(Change):
    """What one person asked for, and what another one decided.

    `entry_id` is the row's key, empty for a new one until it is made. `office_id` is the office concerned, empty for a
    new office. `values` may hold the hash of a PIN, and beside the two sides whom it concerns:
    {"concerned": {address: language}, "contacts": {address: key of the contact}}. An emergency (`at_once`) took effect
    when it was asked for; a second person still agrees or undoes it, or it ends by itself (`emergency`).
    """

    kind = models.CharField(_("kind"), max_length=16, choices=ChangedKind.choices)
    act = models.CharField(_("what"), max_length=8, choices=Act.choices)
    entry_id = models.BigIntegerField(null=True, blank=True)
    office = models.ForeignKey(
        "directory.Partner", models.CASCADE, null=True, blank=True, related_name="changes", verbose_name=_("partner")
    )
    at_once = models.BooleanField(_("emergency"), default=False)
    decision = decision_field(Decision.ENDED)

    objects = RequestQuerySet["DirectoryChange"].as_manager()

    class Meta:
        app_label = "directory"
        verbose_name = _("change of the directory")
        verbose_name_plural = _("changes of the directory")
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["decision", "-asked_at"])]
        constraints = [
            takes_two("directory_change_takes_two"),
            models.CheckConstraint(
                name="directory_change_is_decided_whole",
                condition=Q(decision="waiting", decided_by__isnull=True, decided_at__isnull=True)
                | Q(decision="ended", decided_by__isnull=True, decided_at__isnull=False)
                | (~Q(decision__in=["waiting", "ended"]) & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.asked_at:%Y-%m-%d}"
