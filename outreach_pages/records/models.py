"""The record of an informative session, and its participants as counts.

There is no field for a participant's name, and free texts refuse what identifies a person (`no_names`).
"""

import datetime
import hashlib
import secrets
import uuid
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import MobileUnit, Municipality, Region, User
from access.reach import get_keys_of_units_of_regions, get_region_keys, get_unit_keys

from .labels import (
    AgeGroup,
    Audience,
    CancelReason,
    DisabilityAccess,
    Method,
    PlaceType,
    SessionState,
    Sex,
    SpokenLanguage,
    Topic,
)
from .no_names import without_details

# No vowels (so no words come out), no 0 and 1, no I, L, O, U. 27^8 codes: nobody finds one by trying.
CARD_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
CARD_LENGTH = 8
MAX_PER_CELL = 2000  # a march is larger than a class, and even there no cell exceeds this


def new_card_code() -> str:
    """Return a random card code such as 7K2M9QXB: no region, date, school or sequence is in it."""
    return "".join(secrets.choice(CARD_ALPHABET) for _i in range(CARD_LENGTH))


class SessionQuerySet(models.QuerySet["InformativeSession"]):
    def visible_to(self, user: User) -> "SessionQuerySet":
        """Return a worker's units' sessions and a coordinator's regions' sessions; nobody else sees any."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        near = Q(unit__in=get_unit_keys(user)) | Q(unit__in=get_keys_of_units_of_regions(user))
        return self.filter(near | Q(municipality__region__in=get_region_keys(user)))

    def public(self) -> "SessionQuerySet":
        """Return what anyone may see, and of it only `PUBLIC_FIELDS`: never the place's name, the unit or the card."""
        return self.filter(is_public=True).exclude(state=SessionState.CANCELLED)

    def with_open_card(self, on: datetime.date | None = None) -> "SessionQuerySet":
        """Return sessions whose card is open on this day (today).

        Cards are handed out at the session, so a planned one's is open already.
        """
        day = on or timezone.localdate()
        return self.exclude(state=SessionState.CANCELLED).filter(
            Q(card_expires_on__isnull=True) | Q(card_expires_on__gte=day)
        )

    def took_place(self) -> "SessionQuerySet":
        """Return the sessions that statistics count."""
        return self.filter(state__in=[SessionState.HELD, SessionState.REPORTED])

    def in_region(self, region: Region) -> "SessionQuerySet":
        return self.filter(municipality__region=region)


class InformativeSession(models.Model):
    """One informative session of a mobile unit. Planned, then held, then reported; or cancelled.

    topics: list of Topic keys. partners: list of PartnerKind keys. materials: list of {"kind": Material, "number": n}.
    """

    # Fields of `public()`. The public API and every public page take their fields from here and nowhere else.
    PUBLIC_FIELDS = ("date", "region", "municipality", "audience", "topics", "state")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    card_code = models.CharField(_("card code"), max_length=8, unique=True, default=new_card_code, editable=False)
    unit = models.ForeignKey(MobileUnit, models.PROTECT, related_name="sessions", verbose_name=_("mobile unit"))

    # where
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="sessions", verbose_name=_("municipality")
    )
    administrative_unit = models.CharField(
        _("administrative unit or village"), max_length=80, blank=True, validators=[without_details]
    )
    place_type = models.CharField(_("kind of place"), max_length=20, choices=PlaceType.choices)
    place_name = models.CharField(_("name of the school or place"), max_length=120, validators=[without_details])
    show_place = models.BooleanField(_("the session's page may name the school or place"), default=False)
    disability_access = models.CharField(
        _("accessibility for people with disabilities"), max_length=8, choices=DisabilityAccess.choices, blank=True
    )

    # when
    date = models.DateField(_("day"))
    starts_at = models.TimeField(_("from"))
    ends_at = models.TimeField(_("until"))

    # for whom, and what about
    audience = models.CharField(_("for whom"), max_length=20, choices=Audience.choices)
    grades = models.CharField(_("grades"), max_length=40, blank=True, validators=[without_details])
    topics = models.JSONField(_("topics"), default=list, blank=True)
    method = models.CharField(_("method"), max_length=16, choices=Method.choices, blank=True)
    language = models.CharField(_("language"), max_length=8, choices=SpokenLanguage.choices, default=SpokenLanguage.SQ)
    partners = models.JSONField(_("partners present"), default=list, blank=True)
    partner_names = models.CharField(
        _("names of the organisations"), max_length=200, blank=True, validators=[without_details]
    )
    materials = models.JSONField(_("materials used"), default=list, blank=True)
    # Kept for good: which version a class saw stays known when the kit goes on, or is gone.
    kit_version = models.ForeignKey(
        "outreach_pages.KitVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sessions",
        verbose_name=_("kit of session materials"),
    )
    materials_note = models.CharField(_("which materials"), max_length=160, blank=True, validators=[without_details])
    questions_raised = models.TextField(
        _("questions raised"), max_length=4000, blank=True, validators=[without_details]
    )

    # how it is counted
    krat_activity = models.BooleanField(_("activity of the regional anti-trafficking committee (KRAT)"), default=False)
    project = models.CharField(_("project or donor"), max_length=80, blank=True, validators=[without_details])

    # what the public may see
    is_public = models.BooleanField(_("may be listed for the public"), default=False)
    card_expires_on = models.DateField(_("card active until"), null=True, blank=True)

    # its state
    state = models.CharField(
        _("state"), max_length=10, choices=SessionState.choices, default=SessionState.PLANNED, editable=False
    )
    planned_at = models.DateTimeField(_("planned at"), default=timezone.now, editable=False)
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name=_("planned by")
    )
    held_at = models.DateTimeField(_("recorded as held at"), null=True, blank=True, editable=False)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )
    reported_at = models.DateTimeField(_("reported at"), null=True, blank=True, editable=False)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )
    report_submission = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True, editable=False)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )
    cancel_reason = models.CharField(
        _("why it was cancelled"), max_length=8, choices=CancelReason.choices, blank=True, editable=False
    )
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)
    is_demo = models.BooleanField(_("demo"), default=False, editable=False)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("informative session")
        verbose_name_plural = _("informative sessions")
        ordering = ["date", "starts_at", "id"]
        indexes = [
            models.Index(fields=["unit", "date"], name="session_unit_day"),
            models.Index(fields=["municipality", "date"], name="session_town_day"),
            models.Index(fields=["state", "date"], name="session_state_day"),
        ]
        constraints = [
            models.CheckConstraint(name="session_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="session_state_fits_its_times",
                condition=(
                    Q(state="planned", held_at=None, reported_at=None, cancelled_at=None)
                    | Q(state="held", held_at__isnull=False, reported_at=None, cancelled_at=None)
                    | Q(state="reported", held_at__isnull=False, reported_at__isnull=False, cancelled_at=None)
                    | Q(state="cancelled", held_at=None, reported_at=None, cancelled_at__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="session_times_have_their_people",
                condition=(
                    Q(held_at__isnull=True, held_by__isnull=True) | Q(held_at__isnull=False, held_by__isnull=False)
                )
                & (
                    Q(reported_at__isnull=True, reported_by__isnull=True, report_submission__isnull=True)
                    | Q(reported_at__isnull=False, reported_by__isnull=False, report_submission__isnull=False)
                )
                & (
                    Q(cancelled_at__isnull=True, cancelled_by__isnull=True, cancel_reason="")
                    | Q(cancelled_at__isnull=False, cancelled_by__isnull=False) & ~Q(cancel_reason="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date:%d.%m.%Y} · {self.place_name}"

    @property
    def region(self) -> Region:
        """The region where it is held, which needn't be the unit's."""
        return self.municipality.region

    def topic_names(self) -> list[str]:
        """Return its topics in the active language, in the order of the choices."""
        return [str(label) for key, label in Topic.choices if key in self.topics]

    def begins_at(self) -> datetime.datetime:
        return timezone.make_aware(datetime.datetime.combine(self.date, self.starts_at))

    def finishes_at(self) -> datetime.datetime:
        return timezone.make_aware(datetime.datetime.combine(self.date, self.ends_at))

    def card_is_open(self, on: datetime.date | None = None) -> bool:
        """Whether its card is open, as `SessionQuerySet.with_open_card` defines it."""
        day = on or timezone.localdate()
        return self.state != SessionState.CANCELLED and (self.card_expires_on is None or self.card_expires_on >= day)


class SessionCount(models.Model):
    """How many people of one sex and age group came. What isn't known is counted as unknown, never guessed."""

    session = models.ForeignKey(
        InformativeSession, models.CASCADE, related_name="counts", verbose_name=_("informative session")
    )
    sex = models.CharField(_("sex"), max_length=8, choices=Sex.choices)
    age_group = models.CharField(_("age group"), max_length=8, choices=AgeGroup.choices)
    number = models.PositiveSmallIntegerField(
        _("number"), validators=[MinValueValidator(1), MaxValueValidator(MAX_PER_CELL)]
    )

    class Meta:
        verbose_name = _("participants")
        verbose_name_plural = _("participants")
        ordering = ["session", "sex", "age_group"]
        constraints = [
            models.UniqueConstraint(fields=["session", "sex", "age_group"], name="one_count_per_sex_and_age"),
            models.CheckConstraint(name="session_count_in_range", condition=Q(number__gte=1, number__lte=MAX_PER_CELL)),
            models.CheckConstraint(name="session_count_sex_known", condition=Q(sex__in=["female", "male", "unknown"])),
            models.CheckConstraint(
                name="session_count_age_known",
                condition=Q(age_group__in=["under_15", "15_17", "18_24", "25_59", "60_plus", "unknown"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sex} {self.age_group}: {self.number}"


class UsedMaterial(models.Model):
    """A material of the session's kit that was really used.

    `page_id` and `digest` are those in the version's content: no foreign key, so that it outlives the material.
    """

    session = models.ForeignKey(
        InformativeSession, models.CASCADE, related_name="used_materials", verbose_name=_("informative session")
    )
    page_id = models.BigIntegerField(_("session material"), db_index=True)
    digest = models.CharField(_("fingerprint"), max_length=64)

    class Meta:
        verbose_name = _("material used at a session")
        verbose_name_plural = _("materials used at sessions")
        ordering = ["session", "pk"]
        constraints = [models.UniqueConstraint(fields=["session", "page_id"], name="material_used_once_per_session")]

    def __str__(self) -> str:
        return f"{self.session_id} {self.page_id}"


class CalendarAddress(models.Model):
    """A person's own address of the calendar. Whoever knows it reads what that person may see, until it is revoked.

    Only the hash of its secret is stored, so that the table reveals no address. `with_tasks`: it also says when the
    person's duties are due, without a word of what they are.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_addresses", verbose_name=_("member of staff")
    )
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(_("made at"), default=timezone.now, editable=False)
    read_on = models.DateField(_("last read on"), null=True, blank=True, editable=False)
    with_tasks = models.BooleanField(_("with tasks"), default=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(revoked_at__isnull=True), name="one_open_calendar_address_per_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.made_at:%Y-%m-%d}"

    @staticmethod
    def hash_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    @classmethod
    def holder_of(cls, secret: str) -> "CalendarAddress | None":
        """Return the valid address with this secret, of a person who still works here, or None."""
        found: Any = cls.objects.select_related("user").filter(
            secret_hash=cls.hash_of(secret), revoked_at__isnull=True, user__is_active=True
        )
        return found.first()
