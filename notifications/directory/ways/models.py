"""A way to a contact beside their e-mail address."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.sealed_rows import SealedQuerySet, SealedRow
from notifications.channels.mail_keys.keys import group_fingerprint
from vault.fields import SealedJSONField

from ..models import Versioned

MAX_WAIT_MINUTES = 60
# So many days before the key of an encrypted e-mail expires, coordinators are mailed; once for each.
KEY_WARN_DAYS = (60, 14)
KEY_UNUSABLE = "key_unusable"  # why a way ended: nothing can be encrypted to its key any more


class WayKind(models.TextChoices):
    """By which channel a way leads; the names of settings.NOTIFICATION_CHANNELS."""

    SMS = "sms", _("SMS")
    VOICE = "voice", _("automatic call")
    PUSH = "push", _("notification on a phone")
    WEBHOOK = "webhook", _("the institution's own system")
    MAIL_KEY = "mailkey", _("encrypted e-mail")


class SentFor(models.TextChoices):
    """Which notices take a way."""

    ALL = "all", _("every notice")
    URGENT = "urgent", _("urgent notices, and every one that was not answered")
    UNANSWERED = "unanswered", _("only what was not answered")


class ContactWayQuerySet(SealedQuerySet["ContactWay"]):
    def counted(self) -> "ContactWayQuerySet":
        """Return the ways that notices take: active, and known to reach their contact."""
        return self.filter(is_active=True, confirmed_at__isnull=False)


class ContactWay(SealedRow, Versioned):
    """One way to a contact, and when it is taken.

    `address`: a number in E.164 form, the name that its owner gave a phone, a webhook's URL, or a key's fingerprint.
    `secret` is what a channel needs beside it, sealed: {"endpoint", "p256dh", "auth"} of a push subscription,
    {"keys": [...]} of a webhook.

    An encrypted e-mail is the one way that nothing is sent along beside the e-mail: it is that e-mail. `mail_key`: the
    public key, `mail_key_until`: when it expires, `mail_key_warned`: the least of KEY_WARN_DAYS that was mailed about.

    It is taken `after_minutes` after the notice was created, unless somebody opened it before: 0 is beside the e-mail,
    more is in that order; earlier, when a way before it fails. `hours_from`/`hours_until`: local times of day between
    which it is taken, over midnight where the first is the later one; both or neither.

    It counts from `confirmed_at`: a test sent along it was opened with the contact's PIN, or its owner added it there.
    """

    contact = models.ForeignKey("directory.Contact", models.PROTECT, related_name="ways", verbose_name=_("contact"))
    channel = models.CharField(_("way"), max_length=16, choices=WayKind.choices)
    address = models.CharField(_("number or address"), max_length=254)
    secret = SealedJSONField(null=True, blank=True, editable=False)
    mail_key = models.TextField(_("public key"), blank=True, editable=False)
    mail_key_until = models.DateTimeField(_("key expires at"), null=True, blank=True, editable=False)
    mail_key_warned = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    sent_for = models.CharField(_("for"), max_length=12, choices=SentFor.choices, default=SentFor.ALL)
    hours_from = models.TimeField(_("from (time of day)"), null=True, blank=True)
    hours_until = models.TimeField(_("until (time of day)"), null=True, blank=True)
    after_minutes = models.PositiveSmallIntegerField(_("minutes after the e-mail"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    confirmed_at = models.DateTimeField(_("test notice opened at"), null=True, blank=True, editable=False)
    added_at = models.DateTimeField(_("added at"), default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)
    end_reason = models.CharField(max_length=40, blank=True, editable=False)  # a machine code: "gone", "stopped" ...
    is_demo = models.BooleanField(_("demo"), default=False)

    SEALED = ("contact_id", "channel", "address", "mail_key", "is_active", "confirmed_at")

    objects = ContactWayQuerySet.as_manager()

    class Meta:
        app_label = "directory"
        base_manager_name = "objects"
        verbose_name = _("way to a contact")
        verbose_name_plural = _("ways to contacts")
        ordering = ["contact", "after_minutes", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="one_way_per_address",
                fields=["contact", "channel", "address"],
                condition=Q(is_active=True),
                violation_error_message=_("This contact has this way already."),
            ),
            models.CheckConstraint(
                name="way_hours_are_whole",
                condition=Q(hours_from__isnull=True, hours_until__isnull=True)
                | Q(hours_from__isnull=False, hours_until__isnull=False),
                violation_error_message=_("Give both times of day, or neither."),
            ),
            models.CheckConstraint(
                name="way_waits_an_hour_at_most",
                condition=Q(after_minutes__lte=MAX_WAIT_MINUTES),
                violation_error_message=_("A way waits 60 minutes at most."),
            ),
            models.CheckConstraint(
                name="way_key_is_of_a_mail",
                condition=(Q(channel="mailkey") & ~Q(mail_key="")) | (~Q(channel="mailkey") & Q(mail_key="")),
                violation_error_message=_("Paste or upload the public key."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.shown_address}"

    @property
    def shown_address(self) -> str:
        """Return the address as people read it; a key's fingerprint in groups of four."""
        return group_fingerprint(self.address) if self.channel == WayKind.MAIL_KEY else self.address

    def clean(self) -> None:
        if self.hours_from is not None and self.hours_from == self.hours_until:
            raise ValidationError({"hours_until": _("The two times are the same. Leave both empty for the whole day.")})
