"""Procedures as versioned data: which events do what, who is notified, and by when. None of it is in Python."""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import DraftStateMixin, LockableMixin, RevisionMixin, WorkflowMixin

from access.models import localize
from audit import clock
from case_forms.form_builder import canonical
from case_forms.form_builder.models import VersionIsImmutable

from .definition import Procedure as ParsedProcedure
from .definition import parse_canonical


class Procedure(WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, models.Model):
    """A procedure as coordinators see it, for example "SOP (DCM 499/2018)". Cases point to its versions."""

    key = models.SlugField(_("key"), max_length=64, unique=True)
    definition = models.JSONField(_("definition"), default=dict)

    class Meta:
        verbose_name = _("procedure")
        verbose_name_plural = _("procedures")
        ordering = ["key"]

    def __str__(self) -> str:
        return localize(self.definition.get("title", {})) or self.key


class ProcedureVersionQuerySet(models.QuerySet["ProcedureVersion"]):
    def in_force(self, at: Any = None) -> "ProcedureVersion":
        """Return the version that new cases open under. Raises ProcedureVersion.DoesNotExist when there is none."""
        moment = at or clock.now()
        found = (
            self.filter(Q(in_force_from__lte=moment), Q(in_force_until__isnull=True) | Q(in_force_until__gt=moment))
            # Two procedures may be in force at once; the one that began last decides.
            .order_by("-in_force_from", "-number")
            .first()
        )
        if found is None:
            raise ProcedureVersion.DoesNotExist("no procedure is in force at this time")
        return found

    # Also held by triggers in the database (`triggers`): this one says it earlier, and in words.
    def update(self, **kwargs: Any) -> NoReturn:
        raise VersionIsImmutable("a published version is never changed")

    def delete(self) -> NoReturn:
        raise VersionIsImmutable("a published version is never deleted")


class ProcedureVersion(models.Model):
    """One immutable version. Only `in_force_until` may be set later, when a newer version takes over."""

    procedure = models.ForeignKey(Procedure, models.PROTECT, related_name="versions", verbose_name=_("procedure"))
    number = models.PositiveIntegerField(_("number"))
    canonical = models.TextField(_("canonical JSON"))
    sha256 = models.CharField(_("sha256"), max_length=64)
    published_at = models.DateTimeField(_("published at"), default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name=_("published by")
    )
    in_force_from = models.DateTimeField(_("in force from"))
    in_force_until = models.DateTimeField(_("in force until"), null=True, blank=True)

    objects = ProcedureVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("procedure version")
        verbose_name_plural = _("procedure versions")
        ordering = ["procedure", "-number"]
        constraints = [models.UniqueConstraint(fields=["procedure", "number"], name="one_procedure_version_per_number")]

    def __str__(self) -> str:
        return f"{self.procedure.key} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding and set(kwargs.get("update_fields") or ["all"]) != {"in_force_until"}:
            raise VersionIsImmutable("a published version is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise VersionIsImmutable("a published version is never deleted")

    @property
    def definition(self) -> dict[str, Any]:
        # Parsed once for each instance: the text never changes.
        if not hasattr(self, "_definition"):
            self._definition = canonical.parse(self.canonical)
        return self._definition

    @property
    def parsed(self) -> ParsedProcedure:
        """The version as typed nodes, cached in the process."""
        return parse_canonical(self.canonical)

    @property
    def title(self) -> str:
        return localize(self.parsed.title)
