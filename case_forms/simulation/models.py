"""Scenarios, which are stories with what must hold in them, and the results of replays."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import localize
from vault.fields import SealedJSONField


class ScenarioQuerySet(models.QuerySet["Scenario"]):
    def working(self) -> "ScenarioQuerySet":
        """Return the scenarios as they stand now: what somebody has changed, as changed; nothing that was deleted."""
        return self.filter(deleted_at__isnull=True, proposal__isnull=True)

    def superseded(self) -> "ScenarioQuerySet":
        """Return those that two people stood for and one has changed or deleted since."""
        given_up = models.Q(deleted_at__isnull=False) | models.Q(proposal__isnull=False)
        return self.filter(given_up, is_approved=True)


class Scenario(models.Model):
    """A story about one procedure, and what must hold when it is told.

    `is_approved`: it was shipped, or stood when a second person approved a version of the procedure. What one person
    does to such a one is a proposal until the next approval (docs/adr/0101): a change is a row of its own that names it
    in `changes`, a deletion is noted in `deleted_at`. A shipped one whose deletion was approved stays as a row that is
    deleted and not approved, so that no update brings it back.

    `story` as `story.Story` has it, `expectations` as `expectations.read_expectations` reads them. Stories are to be
    invented, and sealed all the same: somebody may type what a person told them. `is_seeded`: it was shipped with the
    service and is refreshed with it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    procedure = models.SlugField(_("procedure"), max_length=64)
    key = models.SlugField(_("key"), max_length=64)
    title = models.JSONField(_("title"))  # {language: text}
    story = SealedJSONField(_("story"))
    expectations = models.JSONField(_("must hold"), default=list)
    is_seeded = models.BooleanField(_("shipped"), default=False)
    position = models.PositiveIntegerField(default=0)
    is_approved = models.BooleanField(_("approved"), default=False)
    changes = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, editable=False, related_name="proposal"
    )
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        verbose_name = _("scenario")
        verbose_name_plural = _("scenarios")
        ordering = ["procedure", "position", "key"]
        constraints = [models.UniqueConstraint(fields=["procedure", "key"], name="one_scenario_per_procedure_and_key")]

    def __str__(self) -> str:
        return localize(self.title) or self.key


class ReplayState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    READY = "ready", _("ready")
    FAILED = "failed", _("failed")


class Replay(models.Model):
    """A draft held against what was submitted: how many submissions it would have treated otherwise.

    `result` holds codes, counts, and references of cases and tips; no answer. It is for whoever asked for it, who could
    see each of these submissions when it ran. `draft`: the canonical definition that was tried.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    procedure = models.SlugField(max_length=64)
    draft = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=ReplayState.choices, default=ReplayState.WAITING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("replay")
        verbose_name_plural = _("replays")
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.procedure} {self.asked_at:%Y-%m-%d %H:%M}"
