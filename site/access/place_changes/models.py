"""A change of a unit or a place that waits for a second person, or that was decided."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from approvals.changes import Change
from approvals.requests import Decision, RequestQuerySet, decided_whole, decision_field, takes_two
from vault.keyring import KeyRingError
from vault.seal import SealBroken


class PlaceKind(models.TextChoices):
    """The kind of row that is changed: its model's name."""

    UNIT = "mobileunit", _("mobile unit")
    MUNICIPALITY = "municipality", _("municipality")
    REGION = "region", _("region")


class PlaceChange(Change):
    """What one manager asked for, and what another one decided.

    `values` holds columns (`police_directorate_id`, not the directorate's name), and beside the two sides "names", as
    they were when it was asked for: {"place": name, "directorates": {key: name}}.
    """

    kind = models.CharField(_("kind"), max_length=16, choices=PlaceKind.choices)
    entry_id = models.BigIntegerField()
    decision = decision_field(Decision.ALONE)  # a number that one manager took away

    objects = RequestQuerySet["PlaceChange"].as_manager()

    class Meta:
        app_label = "access"
        verbose_name = _("change of a unit or place")
        verbose_name_plural = _("changes of units and places")
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["decision", "-asked_at"])]
        constraints = [
            takes_two("place_change_takes_two", alone=("waiting", "withdrawn", "alone")),
            decided_whole("place_change_is_decided_whole"),
            # one request for each row waits at a time: a new one replaces the one before
            models.UniqueConstraint(
                name="one_place_change_waits", fields=["kind", "entry_id"], condition=Q(decision="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.asked_at:%Y-%m-%d}"

    def names(self) -> dict[str, Any]:
        """Return the names of the place and the directorates at the time of asking; {} when they can't be read."""
        try:
            return dict(self.values.get("names", {}))
        except (SealBroken, KeyRingError):
            return {}
