"""Procedures as versioned data: which events do what, who is notified, and by when. None of it is in Python."""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Revision, TaskState

from access.models import localize
from audit import clock
from case_forms.form_builder import canonical
from case_forms.form_builder.models import VersionIsImmutable
from case_forms.form_builder.workflow import ReviewedDefinition

from .definition import Procedure as ParsedProcedure
from .definition import parse_canonical


class Procedure(ReviewedDefinition):
    """A procedure as coordinators see it, for example "SOP (DCM 499/2018)". Cases point to its versions.

    What they work on is in the newest revision (`working_copy`); `definition` is what was published last, or what
    seeding has written. Publishing makes a ProcedureVersion.
    """

    words_under_review = _("Nobody can change the procedure until it is approved, sent back or withdrawn")

    key = models.SlugField(_("key"), max_length=64, unique=True)
    definition = models.JSONField(_("definition"), default=dict)

    class Meta:
        verbose_name = _("procedure")
        verbose_name_plural = _("procedures")
        ordering = ["key"]

    def __str__(self) -> str:
        title = self.definition.get("title") if isinstance(self.definition, dict) else None
        return (localize(title) if isinstance(title, dict) else "") or self.key

    def get_version_in_force(self, at: Any = None) -> "ProcedureVersion | None":
        """Return the version of this procedure that is in force; None when none is."""
        moment = at or timezone.now()
        begun = self.versions.ever_in_force().filter(in_force_from__lte=moment).exclude(in_force_until__lte=moment)
        return begun.order_by("-in_force_from", "-number").first()

    def sha256_today(self) -> str:
        """Return the sha256 of the version that publishing the working copy would make."""
        return canonical.compute_sha256(canonical.dump(self.working_copy()))


class SubmittedProcedure(models.Model):
    """What somebody submitted a procedure for approval with: from when it is to hold, and what it rests on.

    `in_force_from`: None for the moment of approval.
    """

    wagtail_reference_index_ignore = True

    state = models.OneToOneField(TaskState, models.CASCADE, related_name="submitted_procedure", verbose_name=_("state"))
    in_force_from = models.DateTimeField(_("in force from"), null=True, blank=True)
    legal_source = models.TextField(_("what it rests on"))
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("procedure sent for approval")
        verbose_name_plural = _("procedures sent for approval")

    def __str__(self) -> str:
        return f"{self.state_id}"

    @classmethod
    def of_revision(cls, revision: Revision | None) -> "SubmittedProcedure | None":
        """Return what this revision was submitted with last; None when nobody did."""
        return cls.objects.filter(state__revision=revision).order_by("-pk").first() if revision else None


class ProcedureVersionQuerySet(models.QuerySet["ProcedureVersion"]):
    def in_force(self, at: Any = None) -> "ProcedureVersion":
        """Return the version that new cases open under. Raises ProcedureVersion.DoesNotExist when there is none."""
        found = self.running(at or clock.now()).first()
        if found is None:
            raise ProcedureVersion.DoesNotExist("no procedure is in force at this time")
        return found

    def running(self, moment: Any) -> "ProcedureVersionQuerySet":
        """Return the versions in force then. Two procedures may be; the first, which began last, decides."""
        begun = self.filter(Q(in_force_from__lte=moment), Q(in_force_until__isnull=True) | Q(in_force_until__gt=moment))
        return begun.order_by("-in_force_from", "-number")

    def ever_in_force(self) -> "ProcedureVersionQuerySet":
        """Return the versions that have been in force, are, or will be: not those withdrawn or overtaken before."""
        return self.filter(Q(in_force_until__isnull=True) | Q(in_force_until__gt=F("in_force_from")))

    def scheduled(self, at: Any = None) -> "ProcedureVersionQuerySet":
        """Return the versions that have yet to begin, the next one first."""
        coming = self.ever_in_force().filter(in_force_from__gt=at or timezone.now())
        return coming.order_by("in_force_from", "number")

    # Also held by triggers in the database (`triggers`): this one says it earlier, and in words.
    def update(self, **kwargs: Any) -> NoReturn:
        raise VersionIsImmutable("a published version is never changed")

    def delete(self) -> NoReturn:
        raise VersionIsImmutable("a published version is never deleted")


class ProcedureVersion(models.Model):
    """One immutable version. Only `in_force_until` may be set later, when a newer version takes over.

    A version that was withdrawn or overtaken before it began ends where it begins: it is never in force.
    """

    procedure = models.ForeignKey(Procedure, models.PROTECT, related_name="versions", verbose_name=_("procedure"))
    number = models.PositiveIntegerField(_("number"))
    canonical = models.TextField(_("canonical JSON"))
    sha256 = models.CharField(_("sha256"), max_length=64)
    published_at = models.DateTimeField(_("published at"), default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name=_("published by")
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="submitted_procedure_versions",
        verbose_name=_("submitted by"),
    )
    legal_source = models.TextField(_("what it rests on"), blank=True)
    note = models.TextField(_("note"), blank=True)
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
    def is_void(self) -> bool:
        """Whether it was withdrawn or overtaken before it began."""
        return self.in_force_until is not None and self.in_force_until <= self.in_force_from

    @property
    def definition(self) -> dict[str, Any]:
        # Parsed once for each instance: the text never changes.
        if not hasattr(self, "_definition"):
            self._definition = canonical.parse(self.canonical)
        return self._definition

    @property
    def parsed(self) -> ParsedProcedure:
        """The version as typed nodes, cached in the process."""
        return canonical.parse_version(self, parse_canonical, _PARSED)

    @property
    def title(self) -> str:
        return localize(self.parsed.title)


_PARSED: dict[str, ParsedProcedure] = {}


class ProcedureWithdrawal(models.Model):
    """Who took a scheduled version back before it began, and why."""

    version = models.OneToOneField(
        ProcedureVersion, models.PROTECT, related_name="withdrawal", verbose_name=_("procedure version")
    )
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("withdrawn by")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), default=timezone.now)
    reason = models.TextField(_("reason"))

    class Meta:
        verbose_name = _("withdrawal of a procedure version")
        verbose_name_plural = _("withdrawals of procedure versions")

    def __str__(self) -> str:
        return str(self.version)


class DeclinedRule(models.Model):
    """A rule that a release brought and that isn't for this organisation: who said so, when and why.

    `sha256`: of the rule as it then was. One that a later release ships otherwise is offered again.
    """

    procedure = models.ForeignKey(Procedure, models.CASCADE, related_name="declined_rules", verbose_name=_("procedure"))
    rule = models.CharField(_("rule"), max_length=64)
    sha256 = models.CharField(max_length=64)
    reason = models.TextField(_("reason"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("declined by"))
    at = models.DateTimeField(_("declined at"), default=timezone.now)

    class Meta:
        verbose_name = _("declined rule of a release")
        verbose_name_plural = _("declined rules of a release")
        constraints = [models.UniqueConstraint(fields=["procedure", "rule"], name="one_answer_per_offered_rule")]

    def __str__(self) -> str:
        return self.rule
