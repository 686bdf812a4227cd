"""Invitations to set a password, and requests that need two people: second factors, roles, addresses, sessions."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.sealed_rows import SealedQuerySet, SealedRow, keep_intact


class InvitationQuerySet(SealedQuerySet["Invitation"]):
    def open(self, at: datetime | None = None) -> "InvitationQuerySet":
        """Return invitations whose link still works."""
        return self.filter(used_at__isnull=True, revoked_at__isnull=True, expires_at__gt=at or timezone.now())

    def find_open(self, token: str) -> "Invitation | None":
        """Return the invitation whose link this is, while it works; None also for one made or changed without a key."""
        return next(iter(keep_intact(self.open().filter(token_hash=Invitation.hash_of(token)))), None)


class Invitation(SealedRow):
    """A link by mail with which one person sets their own password, once. Only the link's hash is stored."""

    SEALED = ("user_id", "token_hash", "expires_at", "used_at", "revoked_at")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="invitations")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)  # when the mail server took it
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        app_label = "access"
        base_manager_name = "objects"
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return f"{self.user_id} {self.created_at:%Y-%m-%d}"

    @staticmethod
    def hash_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    @classmethod
    def issue(cls, *, user: models.Model, made_by: models.Model | None) -> tuple["Invitation", str]:
        """Create an invitation and return it with its token, which can't be read again."""
        token = secrets.token_urlsafe(32)
        expires_at = timezone.now() + timedelta(hours=settings.INVITATION_HOURS)
        made = cls.objects.create(user=user, made_by=made_by, token_hash=cls.hash_of(token), expires_at=expires_at)
        return made, token


def _takes_two(what: str) -> list[models.BaseConstraint]:
    """Build the constraints of a request: who decides is a third person, and a decision is stored completely.

    A third person: neither who asked nor whom it is about.
    """
    return [
        models.CheckConstraint(
            name=f"{what}_takes_two",
            condition=~Q(asked_by=F("user"))
            & (Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")))
            & (Q(decided_by__isnull=True) | ~Q(decided_by=F("user"))),
        ),
        models.CheckConstraint(
            name=f"{what}_is_decided_whole",
            condition=Q(decided_by__isnull=True, decided_at__isnull=True, is_approved__isnull=True)
            | Q(decided_by__isnull=False, decided_at__isnull=False, is_approved__isnull=False),
        ),
    ]


class TwoPeopleQuerySet(SealedQuerySet[Any]):
    def waiting(self, at: datetime | None = None) -> Self:
        """Return requests that a second person can still decide."""
        oldest = (at or timezone.now()) - timedelta(hours=self.model.hours())
        return self.filter(decided_at__isnull=True, asked_at__gt=oldest)

    def of_sessions(self) -> Self:
        """Return the requests to end sessions and nothing else."""
        return self.filter(closes_account=False, assignment__isnull=True)


class TwoPeople(SealedRow):
    """A request about somebody's account that one manager makes and another one decides.

    Sealed, so that who asked can't write somebody else there and agree alone (`audit.sealed_rows`).
    """

    SEALED: ClassVar[tuple[str, ...]] = (
        "user_id",
        "asked_by_id",
        "asked_at",
        "decided_by_id",
        "decided_at",
        "is_approved",
    )

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="%(class)ss")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    is_approved = models.BooleanField(null=True)

    objects = TwoPeopleQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def __str__(self) -> str:
        return f"{self.user_id} {self.asked_at:%Y-%m-%d}"

    @staticmethod
    def hours() -> int:
        """Return for how many hours a request waits for its second person."""
        return int(settings.FACTOR_RESET_HOURS)


class FactorReset(TwoPeople):
    """A request to reset a lost second factor.

    Who asks, who decides and whose factor it is are three people.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="factor_resets")

    class Meta:
        app_label = "access"
        base_manager_name = "objects"
        verbose_name = _("request to reset a second factor")
        verbose_name_plural = _("requests to reset a second factor")
        constraints = _takes_two("factor_reset")


class SessionEnd(TwoPeople):
    """A request to end all sessions of somebody, because a phone was lost or seized, say.

    With `closes_account` the account is closed, too; with `assignment` only that role ends, with `last_day`
    (`dual_control.takes_two_to_end`).
    """

    SEALED = (*TwoPeople.SEALED, "closes_account", "assignment_id", "last_day")

    closes_account = models.BooleanField(default=False, db_default=False)
    assignment = models.ForeignKey("access.Assignment", models.CASCADE, null=True, related_name="+")
    last_day = models.DateField(null=True)

    class Meta:
        app_label = "access"
        base_manager_name = "objects"
        verbose_name = _("request to end sessions")
        verbose_name_plural = _("requests to end sessions")
        constraints = _takes_two("session_end")


class AddressChange(TwoPeople):
    """A request for another e-mail address of somebody with a role: whoever reads it chooses the account's password."""

    SEALED = (*TwoPeople.SEALED, "email")

    email = models.EmailField()

    class Meta:
        app_label = "access"
        base_manager_name = "objects"
        verbose_name = _("request to change an address")
        verbose_name_plural = _("requests to change addresses")
        constraints = [
            # As for roles: who asks may be the person, who decides never is.
            models.CheckConstraint(
                name="address_change_takes_two",
                condition=Q(decided_by__isnull=True) | (~Q(decided_by=F("asked_by")) & ~Q(decided_by=F("user"))),
            ),
            _takes_two("address_change")[1],
        ]

    @staticmethod
    def hours() -> int:
        return int(settings.ROLE_REQUEST_HOURS)


class RoleRequest(TwoPeople):
    """A request for a new role, or a role in another region. It holds once a second person has agreed."""

    SEALED = (*TwoPeople.SEALED, "role", "unit_id", "starts_on", "ends_on", "invites")

    role = models.CharField(max_length=16)
    unit = models.ForeignKey("access.MobileUnit", models.CASCADE, null=True, related_name="+")
    regions = models.ManyToManyField("access.Region", related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    invites = models.BooleanField(default=False)  # the person is new: the invitation goes out with the agreement

    class Meta:
        app_label = "access"
        base_manager_name = "objects"
        verbose_name = _("request for a role")
        verbose_name_plural = _("requests for roles")
        constraints = [
            # Who asks may be the person (an operator who wants to coordinate); who decides never is.
            models.CheckConstraint(
                name="role_request_takes_two",
                condition=Q(decided_by__isnull=True) | (~Q(decided_by=F("asked_by")) & ~Q(decided_by=F("user"))),
            ),
            _takes_two("role_request")[1],
        ]

    @staticmethod
    def hours() -> int:
        return int(settings.ROLE_REQUEST_HOURS)

    @property
    def role_name(self) -> str:
        from ..models import StaffRole  # it imports this module

        return str(StaffRole(self.role).label)
