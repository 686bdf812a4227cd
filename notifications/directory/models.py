"""The directory of recipients: partners, agreements, contacts with their PINs, the duty roster, and leave."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.models import Municipality, PoliceDirectorate, Region, localize
from audit.sealed_rows import SealedQuerySet, SealedRow, find_broken
from notifications.roles import Role as Role
from notifications.texts.senders import SenderSet

from .changes.models import DirectoryChange as DirectoryChange
from .conflicts.models import OfficeConflict as OfficeConflict
from .pins import is_easy


class Versioned(models.Model):
    """A row that two people may have open at once. Each saving through the admin raises `version` (see `editing`)."""

    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True


class Partner(Versioned):
    """An organisation that receives notices.

    Its area: a directorate (police), a municipality (CPU), regions (coordinator, mobile unit), or the country; `areas`
    says which of them each role has.
    """

    slug = models.SlugField(_("key"), max_length=80, unique=True)
    role = models.CharField(_("role"), max_length=24, choices=Role.choices)
    names = models.JSONField(_("names"))  # {language: name}
    directorate = models.ForeignKey(
        PoliceDirectorate, models.PROTECT, null=True, blank=True, related_name="partners", verbose_name=_("directorate")
    )
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, null=True, blank=True, related_name="partners", verbose_name=_("municipality")
    )
    regions = models.ManyToManyField(Region, blank=True, related_name="partners", verbose_name=_("regions"))
    services = models.JSONField(_("services"), default=list, blank=True)
    # By which name it is written to; "": as `senders` decides by its role and agreement.
    sender_set = models.CharField(
        _("name of the sender"), max_length=8, choices=SenderSet.choices, blank=True, default="", db_default=""
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_demo = models.BooleanField(_("demo"), default=False)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ["role", "slug"]
        constraints = [
            models.UniqueConstraint(
                # One active office each, so that which of two gets the notices is never a question of their order.
                name="one_police_office_per_directorate",
                fields=["directorate"],
                condition=Q(role="police", is_active=True, directorate__isnull=False),
                violation_error_message=_("Another active office answers for this police directorate already."),
            ),
            models.UniqueConstraint(
                name="one_cpu_per_municipality",
                fields=["municipality"],
                condition=Q(role="cpu", is_active=True, municipality__isnull=False),
                violation_error_message=_("Another active office answers for this municipality already."),
            ),
            models.UniqueConstraint(
                name="one_responsible_authority",
                fields=["role"],
                condition=Q(role="responsible_authority", is_active=True),
                violation_error_message=_("There is an active Responsible Authority already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return localize(self.names)


class Agreement(Versioned):
    """A cooperation agreement between the organisation and one or more offices.

    It is signed with `partner` and covers `other_offices`, too. `roles`, `regions`, `municipalities` and `directorates`
    narrow it; empty: whatever its offices answer for. It begins on `valid_from`, else on the day it was signed, and
    ends with `valid_until` or before the day on which it was withdrawn. With `limits_facts` only what a notice always
    says and the kinds in `facts` (see `agreements.shareable`) may be shared under it. What follows from all that is
    decided in `agreements.cover`.
    """

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="agreements", verbose_name=_("partner"))
    other_offices = models.ManyToManyField(
        Partner, blank=True, related_name="agreements_beside", verbose_name=_("further offices that it covers")
    )
    reference = models.CharField(_("reference"), max_length=80, blank=True)
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    signed_by_us = models.CharField(_("signed for Vatra by"), max_length=120, blank=True)
    signed_by_them = models.CharField(_("signed for the partner by"), max_length=120, blank=True)
    valid_from = models.DateField(_("in force from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)
    review_on = models.DateField(_("to be reviewed on"), null=True, blank=True)
    roles = models.JSONField(_("roles"), default=list, blank=True)
    regions = models.ManyToManyField(Region, blank=True, related_name="+", verbose_name=_("regions"))
    municipalities = models.ManyToManyField(
        Municipality, blank=True, related_name="+", verbose_name=_("municipalities")
    )
    directorates = models.ManyToManyField(
        PoliceDirectorate, blank=True, related_name="+", verbose_name=_("police directorates")
    )
    limits_facts = models.BooleanField(_("limits what may be shared"), default=False)
    facts = models.JSONField(_("what may be shared"), default=list, blank=True)
    is_demo = models.BooleanField(_("demo"), default=False)

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")

    def __str__(self) -> str:
        return f"{self.partner} {self.reference}".strip()

    @property
    def begins_on(self) -> date | None:
        """The first day on which it is in force; None: it has always begun."""
        return self.valid_from or self.signed_on

    @property
    def last_day(self) -> date | None:
        """The last day on which it is in force; None: it has no end."""
        before = self.withdrawn_on - timedelta(days=1) if self.withdrawn_on else None
        return min((day for day in (self.valid_until, before) if day is not None), default=None)


PIN_FORMAT = RegexValidator(r"^\d{6,10}$", _("A PIN has 6 to 10 digits."))


class Contact(SealedRow, Versioned):
    """A person at a partner. The PIN is agreed beforehand, face to face; only its hash is stored."""

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="contacts", verbose_name=_("partner"))
    name = models.CharField(_("name"), max_length=120)
    duty = models.CharField(_("duty"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"))
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    language = models.CharField(
        _("language"), max_length=5, choices=settings.WAGTAILADMIN_PERMITTED_LANGUAGES, default=settings.LANGUAGE_CODE
    )
    pin_hash = models.CharField(max_length=256, blank=True, editable=False)
    pin_set_at = models.DateTimeField(_("PIN set at"), null=True, blank=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    # Since when this address and this PIN are known to work together: a test notice was opened with them. Empty: the
    # roster skips this person. Seeds and the shell make rows that count at once; the admin never does.
    reachable_at = models.DateTimeField(
        _("test notice opened at"), null=True, blank=True, default=timezone.now, editable=False
    )
    is_demo = models.BooleanField(_("demo"), default=False)

    SEALED = ("partner_id", "email", "phone", "pin_hash", "pin_set_at", "is_active", "reachable_at")

    objects = SealedQuerySet["Contact"].as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["partner", "name"]
        base_manager_name = "objects"

    def __str__(self) -> str:
        return f"{self.name} ({self.partner})"

    def set_pin(self, pin: str) -> None:
        """Store the hash of a PIN. Raises ValidationError when it isn't 6 to 10 digits or is too easy to guess."""
        PIN_FORMAT(pin)
        if is_easy(pin, phone=self.phone):
            raise ValidationError(
                _(
                    "This PIN is too easy to guess: it is a date, a run or pairs of digits, a part of the phone number,"
                    " or one that many people choose. Take digits that mean nothing."
                ),
                code="easy_pin",
            )
        self.pin_hash = make_password(pin)
        self.pin_set_at = timezone.now()

    def check_pin(self, pin: str) -> bool:
        """Whether this is the PIN. None fits a contact whose row was changed by somebody without a key."""
        is_right = bool(self.pin_hash) and check_password(pin, self.pin_hash)
        return is_right and not find_broken(type(self), [self.pk])


class DutyShiftQuerySet(models.QuerySet["DutyShift"]):
    def at(self, moment: datetime) -> "DutyShiftQuerySet":
        return self.filter(Q(starts_at__lte=moment), Q(ends_at__isnull=True) | Q(ends_at__gt=moment))

    def between(self, since: datetime, until: datetime) -> "DutyShiftQuerySet":
        """Return the shifts that overlap this stretch of time."""
        return self.filter(Q(starts_at__lt=until), Q(ends_at__isnull=True) | Q(ends_at__gt=since))


class DutyShift(Versioned):
    """The duty roster: who answers for a partner, from when to when. Rank 1 is on duty, 2 is the deputy, and so on.

    Where shifts of one rank overlap, `roster` decides which one counts.
    """

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="shifts", verbose_name=_("partner"))
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="shifts", verbose_name=_("contact"))
    rank = models.PositiveSmallIntegerField(_("rank"), default=1)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    # Added by one person in an emergency: told beside whoever is on duty, and never instead (`changes.emergency`).
    is_beside = models.BooleanField(_("beside the others"), default=False, db_default=False, editable=False)
    is_demo = models.BooleanField(_("demo"), default=False)

    objects = DutyShiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("duty shift")
        verbose_name_plural = _("duty roster")
        ordering = ["partner", "rank", "starts_at"]
        constraints = [
            models.CheckConstraint(
                name="shift_ends_after_start",
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=models.F("starts_at")),
                violation_error_message=_("The shift ends before it starts."),
            ),
            models.CheckConstraint(
                name="shift_rank_from_one",
                condition=Q(rank__gte=1),
                violation_error_message=_("Ranks start at 1."),
            ),
            models.CheckConstraint(
                # In the database too: what one person added ends, whatever becomes of the clocks.
                name="shift_beside_ends",
                condition=Q(is_beside=False) | Q(ends_at__isnull=False),
            ),
        ]
        indexes = [models.Index(name="shift_beside", fields=["starts_at"], condition=Q(is_beside=True))]

    def __str__(self) -> str:
        return f"{self.partner} {self.rank} {self.contact.name}"

    def clean(self) -> None:
        if self.contact_id and self.partner_id and self.contact.partner_id != self.partner_id:
            raise ValidationError({"contact": _("Choose a contact of this partner.")})


class LeaveKind(models.TextChoices):
    """Why somebody is away. A choice and no free text, so that nobody writes an illness into a roster."""

    HOLIDAY = "holiday", _("holiday")
    HEALTH = "health", _("health")
    TRAINING = "training", _("training")
    OTHER_DUTY = "other_duty", _("on duty elsewhere")
    OTHER = "other", _("another reason")


class LeaveQuerySet(models.QuerySet["Leave"]):
    def at(self, moment: datetime) -> "LeaveQuerySet":
        return self.filter(starts_at__lte=moment, ends_at__gt=moment)

    def between(self, since: datetime, until: datetime) -> "LeaveQuerySet":
        """Return the leave that overlaps this stretch of time."""
        return self.filter(starts_at__lt=until, ends_at__gt=since)


class Leave(Versioned):
    """A time in which a contact is notified of nothing, whatever the roster says.

    It always has an end: whoever has left for good is set inactive.
    """

    contact = models.ForeignKey(Contact, models.PROTECT, related_name="leaves", verbose_name=_("contact"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    kind = models.CharField(_("reason"), max_length=16, choices=LeaveKind.choices, default=LeaveKind.HOLIDAY)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("entered by"),
    )
    entered_at = models.DateTimeField(_("entered at"), default=timezone.now, editable=False)
    is_demo = models.BooleanField(_("demo"), default=False)

    objects = LeaveQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("absence", "leave")
        verbose_name_plural = pgettext_lazy("absences", "leave")
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(name="leave_ends_after_start", condition=Q(ends_at__gt=models.F("starts_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.contact.name} {timezone.localtime(self.starts_at):%d.%m.%Y}"


# Django finds models in this module only.
from ..staff_push.models import StaffPhone as StaffPhone  # noqa: E402
from .agreements.models import AgreementDocument as AgreementDocument  # noqa: E402
from .agreements.models import AgreementRule as AgreementRule  # noqa: E402
from .agreements.models import AgreementWarning as AgreementWarning  # noqa: E402
from .own_duty.models import DutyCalendar as DutyCalendar  # noqa: E402
from .own_duty.models import DutyLink as DutyLink  # noqa: E402
from .own_duty.models import DutyMail as DutyMail  # noqa: E402
from .own_duty.models import DutyRequest as DutyRequest  # noqa: E402
from .services.models import PlacesLink as PlacesLink  # noqa: E402
from .services.models import ServiceProfile as ServiceProfile  # noqa: E402
from .ways.models import ContactWay as ContactWay  # noqa: E402
from .webhooks.models import WebhookKeyRequest as WebhookKeyRequest  # noqa: E402
