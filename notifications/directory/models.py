"""Who must be told: partners, agreements, contacts with their PINs, and who is on duty when."""

from datetime import datetime
from itertools import pairwise

from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import Municipality, PoliceDirectorate, Region, in_language


class Role(models.TextChoices):
    """The roles a recipient can have. The word a procedure uses in `notify`."""

    POLICE = "police", _("anti-trafficking police officer")
    RESPONSIBLE_AUTHORITY = "responsible_authority", _("Responsible Authority")
    CPU = "cpu", _("Child Protection Unit")
    PROTECTION_SERVICE = "protection_service", _("protection service")
    COORDINATOR = "coordinator", _("Vatra coordinator")
    MOBILE_UNIT = "mobile_unit", _("mobile unit on duty")


class Partner(models.Model):
    """An organisation that receives notices.

    Its area: a directorate (police), a municipality (CPU), regions (coordinator, mobile unit), or the country.
    """

    slug = models.SlugField(_("key"), max_length=80, unique=True)
    role = models.CharField(_("role"), max_length=24, choices=Role.choices)
    names = models.JSONField(_("names"))  # {"sq", "en"}
    directorate = models.ForeignKey(
        PoliceDirectorate, models.PROTECT, null=True, blank=True, related_name="partners", verbose_name=_("directorate")
    )
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, null=True, blank=True, related_name="partners", verbose_name=_("municipality")
    )
    regions = models.ManyToManyField(Region, blank=True, related_name="partners", verbose_name=_("regions"))
    services = models.JSONField(_("services"), default=list, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_demo = models.BooleanField(_("demo"), default=False)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ["role", "slug"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.names)


class Agreement(models.Model):
    """A cooperation agreement with a partner."""

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="agreements", verbose_name=_("partner"))
    reference = models.CharField(_("reference"), max_length=80, blank=True)
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    is_demo = models.BooleanField(_("demo"), default=False)

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")

    def __str__(self) -> str:
        return f"{self.partner} {self.reference}".strip()


PIN_FORMAT = RegexValidator(r"^\d{6,10}$", _("A PIN has 6 to 10 digits."))


class Contact(models.Model):
    """A person at a partner. The PIN is agreed beforehand, face to face; only its hash is kept."""

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="contacts", verbose_name=_("partner"))
    name = models.CharField(_("name"), max_length=120)
    duty = models.CharField(_("duty"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"))
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=[("sq", "Shqip"), ("en", "English")], default="sq")
    pin_hash = models.CharField(max_length=256, blank=True, editable=False)
    pin_set_at = models.DateTimeField(_("PIN set at"), null=True, blank=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_demo = models.BooleanField(_("demo"), default=False)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["partner", "name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.partner})"

    def set_pin(self, pin: str) -> None:
        """Stores the hash of a PIN. Raises ValidationError when it isn't 6 to 10 digits or is too easy to guess."""
        PIN_FORMAT(pin)
        steps = {int(b) - int(a) for a, b in pairwise(pin)}
        if steps in ({0}, {1}, {-1}):
            raise ValidationError(_("This PIN is too easy to guess."), code="easy_pin")
        self.pin_hash = make_password(pin)
        self.pin_set_at = timezone.now()

    def check_pin(self, pin: str) -> bool:
        return bool(self.pin_hash) and check_password(pin, self.pin_hash)


class DutyShiftQuerySet(models.QuerySet["DutyShift"]):
    def at(self, moment: datetime) -> "DutyShiftQuerySet":
        return self.filter(Q(starts_at__lte=moment), Q(ends_at__isnull=True) | Q(ends_at__gt=moment))


class DutyShift(models.Model):
    """The duty roster: who answers for a partner, from when to when. Rank 1 is on duty, 2 is the deputy, and so on."""

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="shifts", verbose_name=_("partner"))
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="shifts", verbose_name=_("contact"))
    rank = models.PositiveSmallIntegerField(_("rank"), default=1)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
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
                violation_error_message=_("The end of the shift lies before its beginning."),
            ),
            models.CheckConstraint(
                name="shift_rank_from_one",
                condition=Q(rank__gte=1),
                violation_error_message=_("The rank begins with 1."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner} {self.rank} {self.contact.name}"

    def clean(self) -> None:
        if self.contact_id and self.partner_id and self.contact.partner_id != self.partner_id:
            raise ValidationError({"contact": _("Choose a contact of this partner.")})
