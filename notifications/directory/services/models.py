"""A service's profile, and the standing link at which it says how many places are free."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..standing_links import StandingLink


class Known(models.TextChoices):
    YES = "yes", _("yes")
    PARTLY = "partly", _("partly")
    NO = "no", _("no")
    UNKNOWN = "unknown", _("not known")


class Sex(models.TextChoices):
    FEMALE = "female", _("women and girls")
    MALE = "male", _("men and boys")
    OTHER = "other", _("other")


class ServiceProfile(models.Model):
    """What a service offers, and to whom. What it helps with stands on the partner (`services`).

    `sexes`, `languages`: lists of codes; empty: not recorded. `age_from`, `age_to`: in years, None: no limit. `where`:
    a town or area, never the address of a shelter. `places_free`: None: not known. It was said at `confirmed_at` by
    `confirmed_contact` at the service's link, or by `confirmed_by`, who noted it. `checked_on`: when somebody last
    looked whether the rest still holds.
    """

    partner = models.OneToOneField(
        "directory.Partner", models.PROTECT, related_name="profile", verbose_name=_("partner")
    )
    sexes = models.JSONField(_("for whom, by sex"), default=list, blank=True)
    age_from = models.PositiveSmallIntegerField(_("from age"), null=True, blank=True)
    age_to = models.PositiveSmallIntegerField(_("to age"), null=True, blank=True)
    takes_children = models.CharField(
        _("children can come along"), max_length=8, choices=Known.choices, default=Known.UNKNOWN
    )
    step_free = models.CharField(
        _("accessible with a disability"), max_length=8, choices=Known.choices, default=Known.UNKNOWN
    )
    where = models.CharField(_("where"), max_length=120, blank=True)
    languages = models.JSONField(_("languages"), default=list, blank=True)
    hours = models.CharField(_("hours"), max_length=120, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    places_free = models.PositiveSmallIntegerField(_("places free"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("places said at"), null=True, blank=True, editable=False)
    confirmed_contact = models.ForeignKey(
        "directory.Contact", models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    checked_on = models.DateField(_("checked on"), default=timezone.localdate, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    is_demo = models.BooleanField(_("demo"), default=False, editable=False)

    class Meta:
        app_label = "directory"
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ["partner__role", "partner__slug"]
        constraints = [
            models.CheckConstraint(
                name="service_ages_in_order",
                condition=Q(age_from__isnull=True) | Q(age_to__isnull=True) | Q(age_from__lte=F("age_to")),
                violation_error_message=_("The first age is above the last."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.partner)

    def clean(self) -> None:
        if self.age_from is not None and self.age_to is not None and self.age_from > self.age_to:
            raise ValidationError({"age_to": _("The first age is above the last.")})


class PlacesLink(StandingLink):
    """The standing link of one contact of a service, at which it says its places."""

    contact = models.ForeignKey("directory.Contact", models.PROTECT, related_name="places_links")

    class Meta:
        app_label = "directory"
        verbose_name = _("link for places")
        verbose_name_plural = _("links for places")
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact"], condition=Q(ended_at__isnull=True), name="one_places_link_for_each_contact"
            ),
        ]
