"""Grants, phones, what they delivered, and which cases they take along. Nothing here holds a word of a form."""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import FieldToken, Region, User
from access.reach import get_region_keys
from case_forms.cases.models import Case
from case_forms.submissions.models import Attachment

# Letters and digits that can't be mistaken for another, as people may have to type them.
CODE_ALPHABET = "23456789CDFGHJKMNPQRTVWXY"
CODE_LENGTH = 8
CONTACT_HOURS = 72  # without a contact for so long a phone throws its keys away
MAX_ROAD_CASES = 5
ROAD_HOURS = 72


def new_code() -> str:
    """Return a random code that says nothing: of no person, no unit and no place."""
    return "".join(secrets.choice(CODE_ALPHABET) for _letter in range(CODE_LENGTH))


class EndedWhy(models.TextChoices):
    LOST = "lost", _("lost or stolen")
    BY_COORDINATOR = "coordinator", _("ended by a coordinator")
    BY_OWNER = "owner", _("ended by its owner")
    REPLACED = "replaced", _("another phone took its place")
    GRANT = "grant", _("the permission was withdrawn")
    LEFT = "left", _("its owner no longer works in a unit of this region")
    ACCOUNT = "account", _("its owner's sessions were ended")


class GrantQuerySet(models.QuerySet["DeviceGrant"]):
    def visible_to(self, user: User) -> "GrantQuerySet":
        """Return a person's own grants, and those that the coordinators of a region gave there."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        return self.filter(Q(user=user) | Q(region__in=get_region_keys(user)))

    def standing(self) -> "GrantQuerySet":
        return self.filter(ended_at__isnull=True)


class DeviceGrant(models.Model):
    """That a person may have one phone that stores, while they work in a unit of this region."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="device_grants")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+")
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(_("granted at"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("permission for a phone")
        verbose_name_plural = _("permissions for phones")
        ordering = ["-granted_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_at__isnull=True), name="one_standing_grant_for_each_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.granted_at:%Y-%m-%d}"


class DeviceQuerySet(models.QuerySet["Device"]):
    def visible_to(self, user: User) -> "DeviceQuerySet":
        """Return a person's own phones, and for a coordinator those that were granted in their regions."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        return self.filter(Q(user=user) | Q(grant__region__in=get_region_keys(user)))

    def living(self) -> "DeviceQuerySet":
        """Return those that nobody has ended. What ends by itself is found at the next contact (`living.get_end`)."""
        return self.filter(ended_at__isnull=True)


class Device(models.Model):
    """One phone that stores.

    `drafts`, `queued`: how many it said it holds. `clock_seconds`: by how much its clock was behind ours at the last
    contact, negative when ahead. `key_id`: the field key that it was given last, since `key_since`. `end_known_at`:
    when it learned that it has ended, and threw its keys away. `silence_mailed_at`: when it was mailed about that it
    isn't seen any more while something waits on it (`silence`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    grant = models.ForeignKey(DeviceGrant, models.PROTECT, related_name="devices")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="devices")
    name = models.CharField(_("name"), max_length=60)
    created_at = models.DateTimeField(_("set up at"), default=timezone.now)
    queue_token = models.OneToOneField(FieldToken, models.PROTECT, related_name="queue_device")
    pack_token = models.OneToOneField(FieldToken, models.PROTECT, related_name="pack_device")
    # The one before a renewal, until the new one is used: its answer may have got lost on the way to the phone.
    earlier_token = models.OneToOneField(
        FieldToken, models.PROTECT, related_name="earlier_device", null=True, blank=True
    )
    last_seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    app_version = models.CharField(_("version"), max_length=24, blank=True, default="")
    drafts = models.PositiveSmallIntegerField(_("drafts"), default=0)
    queued = models.PositiveSmallIntegerField(_("waiting to be sent"), default=0)
    is_locked = models.BooleanField(default=False)
    clock_seconds = models.IntegerField(_("difference of its clock"), null=True, blank=True)
    key_id = models.CharField(max_length=24, blank=True, default="")
    key_since = models.DateTimeField(default=timezone.now)
    code_normal = models.CharField(max_length=8, unique=True, default=new_code, editable=False)
    code_urgent = models.CharField(max_length=8, unique=True, default=new_code, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    ended_why = models.CharField(max_length=12, choices=EndedWhy.choices, blank=True, default="")
    silence_mailed_at = models.DateTimeField(null=True, blank=True)
    end_known_at = models.DateTimeField(_("knows that it has ended"), null=True, blank=True)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = _("phone that stores")
        verbose_name_plural = _("phones that store")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["grant"], condition=Q(ended_at__isnull=True), name="one_living_device_for_each_grant"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.created_at:%Y-%m-%d}"

    @property
    def silent_at(self) -> datetime:
        """When it throws its keys away unless it is seen before."""
        return self.last_seen_at + timedelta(hours=CONTACT_HOURS)


class ArrivalState(models.TextChoices):
    RECEIVED = "received", _("received")
    RETURNED = "returned", _("returned as a draft")


class Arrival(models.Model):
    """One envelope that came in and opened. `sealed_hash`: SHA-256 of its ciphertext, which is random.

    `uuid` is what the phone chose; `result` the submission's or the draft's, which is another one where the first was
    taken. `reason`: why it was returned (`returning.REASONS`). `clock_seconds`: what was added to the phone's times.
    """

    device = models.ForeignKey(Device, models.PROTECT, related_name="arrivals")
    uuid = models.UUIDField()
    sealed_hash = models.CharField(max_length=64)
    key_id = models.CharField(max_length=24)
    state = models.CharField(max_length=12, choices=ArrivalState.choices)
    result = models.UUIDField()
    reason = models.CharField(max_length=24, blank=True, default="")
    is_urgent = models.BooleanField(default=False)
    made_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(default=timezone.now, db_index=True)
    clock_seconds = models.IntegerField(default=0)
    # Of an urgent one that was returned: how often it was mailed about, and when next (`returned`).
    rounds = models.PositiveSmallIntegerField(default=0)
    next_mail_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = _("delivered form")
        verbose_name_plural = _("delivered forms")
        ordering = ["-arrived_at"]
        constraints = [
            models.UniqueConstraint(fields=["device", "uuid", "sealed_hash"], name="one_arrival_for_each_envelope")
        ]

    def __str__(self) -> str:
        return f"{self.uuid} {self.state}"


class SealedFile(models.Model):
    """A file that arrives in parts: its ciphertext is on the disk (`sealed_files`) until all of it is here.

    `length`, `offset`: bytes of the ciphertext, all of it and how many are here. `attachment`: what it became.
    """

    device = models.ForeignKey(Device, models.PROTECT, related_name="files")
    uuid = models.UUIDField()
    key_id = models.CharField(max_length=24)
    length = models.PositiveIntegerField()
    offset = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField(default=timezone.now, db_index=True)
    attachment = models.ForeignKey(Attachment, models.CASCADE, related_name="+", null=True, blank=True)

    class Meta:
        verbose_name = _("file that arrives in parts")
        verbose_name_plural = _("files that arrive in parts")
        ordering = ["began_at"]
        constraints = [models.UniqueConstraint(fields=["device", "uuid"], name="one_sealed_file_for_each_uuid")]

    def __str__(self) -> str:
        return f"{self.uuid} {self.offset}/{self.length}"


class Rescue(models.Model):
    """A draft of a phone that was handed over: its id there, and the draft that it became here."""

    device = models.ForeignKey(Device, models.PROTECT, related_name="rescues")
    uuid = models.UUIDField()
    draft = models.UUIDField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("rescued draft")
        verbose_name_plural = _("rescued drafts")
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["device", "uuid"], name="one_rescue_for_each_draft")]

    def __str__(self) -> str:
        return f"{self.uuid}"


class TakenDraft(models.Model):
    """A draft of the pages that its owner goes on with on their phone: offered here, then taken by the phone.

    `versions`: `meeting.get_versions` of it when the phone first took it. While they are these, nobody went on here.
    """

    device = models.ForeignKey(Device, models.PROTECT, related_name="taken_drafts")
    draft = models.UUIDField()
    versions = models.JSONField(null=True, blank=True)
    offered_at = models.DateTimeField(default=timezone.now)
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("draft that goes on on a phone")
        verbose_name_plural = _("drafts that go on on a phone")
        ordering = ["-offered_at"]
        constraints = [models.UniqueConstraint(fields=["device", "draft"], name="one_taking_for_each_draft")]

    def __str__(self) -> str:
        return f"{self.draft}"


class RoadCaseQuerySet(models.QuerySet["RoadCase"]):
    def standing(self, at: datetime) -> "RoadCaseQuerySet":
        return self.filter(ended_at__isnull=True, expires_at__gt=at)


class RoadCase(models.Model):
    """A case that a worker takes along on their phone, for `ROAD_HOURS`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="road_cases")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    marked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = RoadCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case on the phone")
        verbose_name_plural = _("cases on the phone")
        ordering = ["-marked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "case"], condition=Q(ended_at__isnull=True), name="one_standing_mark_for_each_case"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.case_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.expires_at:
            self.expires_at = self.marked_at + timedelta(hours=ROAD_HOURS)
        super().save(*args, **kwargs)


class PhoneAlarm(models.Model):
    """That the SMS of a phone came in: its owner will call, and somebody must be there. No place, no person.

    `key_hash`: a keyed hash of the gateway's name and its id for the SMS, so that the same one twice is known.
    """

    device = models.ForeignKey(Device, models.PROTECT, related_name="alarms")
    key_hash = models.CharField(max_length=100, unique=True)
    is_urgent = models.BooleanField()
    at = models.DateTimeField(default=timezone.now)
    # When its coordinators are mailed next, and how often they were; null once somebody sees to it.
    next_try_at = models.DateTimeField(null=True, blank=True, db_index=True)
    rounds = models.PositiveSmallIntegerField(default=0)
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        verbose_name = _("alarm of a phone")
        verbose_name_plural = _("alarms of phones")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.device_id} {self.at:%Y-%m-%d %H:%M}"

    @property
    def occurrence(self) -> uuid.UUID:
        """The id under which rules respond to it (`alarm_rules.AlarmEvent`), the same each time."""
        return uuid.uuid5(self.device_id, self.key_hash)
