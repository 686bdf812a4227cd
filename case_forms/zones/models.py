"""Models of outreach: zones of a municipality, and the visits that are planned to them.

A zone is a neighbourhood, a market, a village: never a person's address. It is switched off, not deleted, so that the
visits of past years keep its name. Actual visits are read from the outreach logs themselves (`reports.visits`).
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import MobileUnit, Municipality, Region, User
from access.reach import get_keys_of_units_of_regions, get_unit_keys


class ZoneKind(models.TextChoices):
    NEIGHBOURHOOD = "neighbourhood", _("neighbourhood")
    VILLAGE = "village", _("village or remote area")
    MARKET = "market", _("market or square")
    STREET = "street", _("street or junction")
    TRANSPORT = "transport", _("bus station or port")
    BORDER = "border", _("border crossing")
    SCHOOL = "school", _("around a school")
    WORKPLACE = "workplace", _("fields or workplaces")
    NIGHTLIFE = "nightlife", _("bars and hotels")
    OTHER = "other", _("other")


class ZoneQuerySet(models.QuerySet["Zone"]):
    def visible_to(self, user: User) -> "ZoneQuerySet":
        """Return the zones of a worker's units' regions and of a coordinator's regions; nobody else sees any."""
        return self.filter(municipality__region__in=_get_regions(user))

    def active(self) -> "ZoneQuerySet":
        return self.filter(is_active=True)


class Zone(models.Model):
    """A part of a municipality where a unit meets people."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="zones", verbose_name=_("municipality"))
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=16, choices=ZoneKind.choices, default=ZoneKind.NEIGHBOURHOOD)
    note = models.CharField(_("note"), max_length=300, blank=True)
    every_days = models.PositiveSmallIntegerField(_("visited every so many days"), null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    is_demo = models.BooleanField(_("demo"), default=False)
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    objects = ZoneQuerySet.as_manager()

    class Meta:
        verbose_name = _("outreach zone")
        verbose_name_plural = _("outreach zones")
        ordering = ["municipality__name", "name"]
        constraints = [models.UniqueConstraint(fields=["municipality", "name"], name="one_zone_per_name_and_place")]

    def __str__(self) -> str:
        return f"{self.name} · {self.municipality}"


class PlannedVisitQuerySet(models.QuerySet["PlannedVisit"]):
    def visible_to(self, user: User) -> "PlannedVisitQuerySet":
        """Return the planned visits of a worker's units, and of the units of a coordinator's regions."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        return self.filter(Q(unit__in=get_unit_keys(user)) | Q(unit__in=get_keys_of_units_of_regions(user)))

    def not_cancelled(self) -> "PlannedVisitQuerySet":
        return self.filter(cancelled_at__isnull=True)


class PlannedVisit(models.Model):
    """A visit that a unit plans. Whether it was made is read from the outreach logs (docs/adr/0056)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    zone = models.ForeignKey(Zone, models.PROTECT, related_name="planned", verbose_name=_("zone"))
    unit = models.ForeignKey(MobileUnit, models.PROTECT, related_name="planned_visits", verbose_name=_("mobile unit"))
    on = models.DateField(_("day"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    is_demo = models.BooleanField(_("demo"), default=False)

    objects = PlannedVisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("planned visit")
        verbose_name_plural = _("planned visits")
        ordering = ["on", "zone"]
        # a cancelled plan doesn't keep the same visit from being planned again
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "zone", "on"], condition=Q(cancelled_at__isnull=True), name="one_plan_per_day_and_zone"
            )
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.zone}"


def _get_regions(user: User) -> "models.QuerySet[Region]":
    """Return the regions where this person works or which they coordinate."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return Region.objects.none()
    return Region.objects.filter(
        Q(units__in=user.units().values("pk")) | Q(pk__in=user.coordinated_regions().values("pk"))
    )
