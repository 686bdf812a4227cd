"""Regions, municipalities, police directorates, mobile units, staff and their assignments."""

import hashlib
import secrets
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from audit import clock
from audit.sealed_rows import SealedQuerySet, SealedRow, keep_intact

from .languages import DEFAULT_LANGUAGE
from .languages import localize as localize
from .place_changes.models import PlaceChange as PlaceChange
from .rate_limits import RateCount as RateCount
from .sessions.models import DuressAlarm as DuressAlarm
from .sessions.models import FactorSeal as FactorSeal
from .sessions.models import FactorSecret as FactorSecret
from .sessions.models import StaffPin as StaffPin
from .sessions.models import StaffSession as StaffSession
from .staff.models import AddressChange as AddressChange
from .staff.models import FactorReset as FactorReset
from .staff.models import Invitation as Invitation
from .staff.models import RoleRequest as RoleRequest
from .staff.models import SessionEnd as SessionEnd
from .staff.role_conflicts import NOT_BOTH, has_conflicting_role

# Django's own salt, so that sessions from before `session_epoch` stay valid.
SESSION_SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"


class Region(models.Model):
    """A qark. Its key is a slug (`vlore`): an ISO 3166-2 code without its prefix says nothing in a URL."""

    slug = models.SlugField(_("key"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    iso_code = models.CharField(_("ISO 3166-2 code"), max_length=5, unique=True)
    is_outreach = models.BooleanField(_("has a mobile unit"), default=False)

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PoliceDirectorate(models.Model):
    """A local police directorate (DVP). Its area is a set of municipalities, not a region."""

    slug = models.SlugField(_("key"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    short_name = models.CharField(_("short name"), max_length=40)

    class Meta:
        verbose_name = _("police directorate")
        verbose_name_plural = _("police directorates")
        ordering = ["short_name"]

    def __str__(self) -> str:
        return self.short_name


class Municipality(models.Model):
    """A bashki. `police_directorate` is stored, never derived from the region."""

    slug = models.SlugField(_("key"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    region = models.ForeignKey(Region, models.PROTECT, related_name="municipalities", verbose_name=_("region"))
    police_directorate = models.ForeignKey(
        PoliceDirectorate, models.PROTECT, related_name="municipalities", verbose_name=_("police directorate")
    )
    aliases = models.JSONField(_("other names"), default=list, blank=True)

    class Meta:
        verbose_name = _("municipality")
        verbose_name_plural = _("municipalities")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class MobileUnit(models.Model):
    """A mobile unit (Njësia Lëvizëse): two social workers in one region."""

    slug = models.SlugField(_("key"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    region = models.ForeignKey(Region, models.PROTECT, related_name="units", verbose_name=_("region"))
    working_since = models.CharField(_("working since"), max_length=10, blank=True)  # a year, or year-month
    callback_phone = models.CharField(_("number to call back"), max_length=32, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("mobile unit")
        verbose_name_plural = _("mobile units")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class StaffRole(models.TextChoices):
    WORKER = "worker", _("mobile unit worker")
    COORDINATOR = "coordinator", _("coordinator")
    EDITOR = "editor", _("editor")
    OPERATOR = "operator", _("operator")
    AUDITOR = "auditor", _("keeper of the record")


class User(AbstractUser):
    """A member of staff. What they may see follows from their assignments, never from `is_superuser`."""

    language = models.CharField(
        _("language"), max_length=5, choices=settings.WAGTAILADMIN_PERMITTED_LANGUAGES, default=DEFAULT_LANGUAGE
    )
    is_demo = models.BooleanField(_("demo account"), default=False)
    # raised to end every session and every draft's key of this person at once
    session_epoch = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")

    @property
    def stands_in(self) -> bool:
        """Whether this is the stand-in that a duress PIN opens, not an account (`access.sessions.duress`)."""
        return hasattr(self, "_stands_for")

    @property
    def person(self) -> "User":
        """The person behind a stand-in; for everybody else themselves."""
        return getattr(self, "_stands_for", self)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Hash the password, as Django does, together with `session_epoch`."""
        # Epoch 0 adds nothing, so that sessions from before the field stay valid.
        made_of = f"{self.password}/{self.session_epoch}" if self.session_epoch else self.password
        return salted_hmac(SESSION_SALT, made_of, secret=secret, algorithm="sha256").hexdigest()

    def current_assignments(self, on: date | None = None) -> "models.QuerySet[Assignment]":
        """Return what is held on a day, today by default, without a row whose seal is broken."""
        held = self.assignments.current(on)
        return held.exclude(pk__in=self._get_broken()) if self._get_broken() else held

    def roles(self) -> frozenset[str]:
        """Return the roles held today; queried once per instance."""
        if not hasattr(self, "_roles"):
            today = clock.localdate()
            held = self._get_assignments() if self.is_active else []
            current = (one for one in held if one.is_current(today) and one.pk not in self._get_broken())
            self._roles = frozenset(one.role for one in current)
        return self._roles

    def _get_assignments(self) -> "list[Assignment]":
        """Return all that were ever given; queried once per instance."""
        if not hasattr(self, "_assignments"):
            self._assignments = list(self.assignments.order_by())
        return self._assignments

    def _get_broken(self) -> "frozenset[int]":
        """Return the keys of assignments that somebody without a key has made or changed (`audit.sealed_rows`)."""
        if not hasattr(self, "_broken"):
            intact = {one.pk for one in keep_intact(self._get_assignments())}
            self._broken = frozenset(one.pk for one in self._get_assignments()) - intact
        return self._broken

    def has_role(self, *roles: str) -> bool:
        return bool(self.roles() & set(roles))

    def units_shown(self) -> "models.QuerySet[MobileUnit]":
        """Return the units whose names this person's pages show, under duress too.

        A stand-in works nowhere; without the names the page would look different from an ordinary day.
        """
        return self.person.units()

    def regions_shown(self) -> "models.QuerySet[Region]":
        """Return the regions that a coordinator's pages name; as `units_shown`."""
        return self.person.coordinated_regions()

    def units(self) -> "models.QuerySet[MobileUnit]":
        """Return the units this person works in today."""
        return MobileUnit.objects.filter(
            assignments__in=self.current_assignments().filter(role=StaffRole.WORKER)
        ).distinct()

    def coordinated_regions(self) -> "models.QuerySet[Region]":
        return Region.objects.filter(
            assignments__in=self.current_assignments().filter(role=StaffRole.COORDINATOR)
        ).distinct()


class AssignmentQuerySet(SealedQuerySet["Assignment"]):
    def current(self, on: date | None = None) -> "AssignmentQuerySet":
        day = on or clock.localdate()
        return self.filter(Q(starts_on__lte=day), Q(ends_on__isnull=True) | Q(ends_on__gte=day))


class Assignment(SealedRow):
    """A role for a period: a worker in a unit, a coordinator of a region, the other roles everywhere."""

    user = models.ForeignKey(User, models.CASCADE, related_name="assignments", verbose_name=_("member of staff"))
    role = models.CharField(_("role"), max_length=16, choices=StaffRole.choices)
    unit = models.ForeignKey(
        MobileUnit, models.PROTECT, related_name="assignments", null=True, blank=True, verbose_name=_("mobile unit")
    )
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="assignments", null=True, blank=True, verbose_name=_("region")
    )
    starts_on = models.DateField(_("from"), default=timezone.localdate)
    ends_on = models.DateField(_("until"), null=True, blank=True)

    SEALED = ("user_id", "role", "unit_id", "region_id", "starts_on", "ends_on")

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["user", "role"]
        constraints = [
            models.CheckConstraint(
                name="assignment_scope_fits_role",
                condition=(
                    Q(role="worker", unit__isnull=False, region__isnull=True)
                    | Q(role="coordinator", unit__isnull=True, region__isnull=False)
                    | Q(role__in=["editor", "operator", "auditor"], unit__isnull=True, region__isnull=True)
                ),
            ),
            models.CheckConstraint(
                name="assignment_ends_after_start",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
            ),
        ]

    def is_current(self, day: date) -> bool:
        """Whether it is held on this day, as `current` says of many."""
        return self.starts_on <= day and (self.ends_on is None or self.ends_on >= day)

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.unit or self.region or ''}".rstrip(" ·")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuse a new role that the person may not hold beside another, whoever gives it.

        Existing assignments can always be saved, so that they can be ended. Raises ValidationError.
        """
        if self._state.adding:
            self.clean()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        held = Assignment.objects.filter(user=self.user_id).exclude(pk=self.pk)
        if has_conflicting_role(held, self.role, self.starts_on, self.ends_on):
            raise ValidationError({"role": NOT_BOTH})


def find_units(user: User) -> list[MobileUnit]:
    """Return what `User.units` holds today: asked for each form that comes in."""
    return list(user.units())


class FieldToken(SealedRow):
    """A bearer token for the field API. Only its hash is stored; it is shown once, when made.

    One that was added or changed without a key opens nothing (`audit.sealed_rows`).
    """

    class Scope(models.TextChoices):
        ALL = "all", _("read and send")
        READ = "read", _("read forms and follow cases")
        SEND = "send", _("download forms and send them")
        QUEUE = "queue", _("deliver what a phone has stored")
        PACK = "pack", _("what a phone needs without a network")

    user = models.ForeignKey(User, models.CASCADE, related_name="field_tokens", verbose_name=_("member of staff"))
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(_("made at"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    name = models.CharField(_("name"), max_length=60, blank=True, default="")
    scope = models.CharField(_("what it may do"), max_length=8, choices=Scope.choices, default=Scope.ALL)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    SEALED = ("user_id", "token_hash", "scope", "expires_at", "revoked_at")

    objects = SealedQuerySet.as_manager()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("field token")
        verbose_name_plural = _("field tokens")

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d}"

    @staticmethod
    def hash_of(token: str) -> str:
        """Hash a token. It is random and long, so a plain SHA-256 is enough and can be looked up."""
        return hashlib.sha256(token.encode()).hexdigest()

    @classmethod
    def issue(cls, user: User, *, days: int = 30, scope: str = Scope.ALL, name: str = "") -> str:
        """Create a token for this person and return it; it can't be read again."""
        token = "vft_" + secrets.token_urlsafe(32)
        cls.objects.create(
            user=user,
            token_hash=cls.hash_of(token),
            expires_at=timezone.now() + timedelta(days=days),
            scope=scope,
            name=name,
        )
        return token

    def note_use(self) -> None:
        """Record when it was last used, to the hour: often enough for the list, without a write for each request."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at > timedelta(hours=1):
            type(self).objects.filter(pk=self.pk).update(last_used_at=now)

    def may(self, scope: str) -> bool:
        """Whether the token reaches a route of this scope ("" for a route that every token of an app reaches).

        A phone's token reaches the routes of its own scope and nothing else, and no other token reaches those.
        """
        if self.scope in DEVICE_SCOPES or scope in (*DEVICE_SCOPES, BY_SESSION):
            return self.scope == scope
        return not scope or self.scope in (self.Scope.ALL, scope)

    @classmethod
    def found_by(cls, token: str, at: datetime | None = None) -> "FieldToken | None":
        """Return the valid row of this token with its active holder, or None."""
        found = cls.objects.select_related("user").filter(
            token_hash=cls.hash_of(token),
            revoked_at__isnull=True,
            expires_at__gt=at or timezone.now(),
            user__is_active=True,
        )
        return next(iter(keep_intact(found)), None)

    @classmethod
    def holder_of(cls, token: str, at: datetime | None = None) -> User | None:
        """Return the active person this token stands for, or None."""
        found = cls.found_by(token, at)
        return found.user if found else None


# The scopes of tokens that belong to a phone and end with it (`case_forms.devices`).
DEVICE_SCOPES = (FieldToken.Scope.QUEUE, FieldToken.Scope.PACK)
BY_SESSION = "session"  # a route's scope that no token has
