"""A contact's link to their own shifts, what they ask for there, the mails about it, and their calendar's address."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..standing_links import StandingLink


class DutyLink(StandingLink):
    """The standing link of one contact to their own shifts. Only ever mailed to the contact, shown to nobody."""

    contact = models.ForeignKey("directory.Contact", models.PROTECT, related_name="duty_links")

    class Meta:
        app_label = "directory"
        verbose_name = _("link to one's shifts")
        verbose_name_plural = _("links to one's shifts")
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact"], condition=Q(ended_at__isnull=True), name="one_duty_link_for_each_contact"
            ),
        ]


class RequestKind(models.TextChoices):
    LEAVE = "leave", _("leave of absence")
    SWAP = "swap", _("swap of a shift")


class Stage(models.TextChoices):
    """Where a request stands. The first three are open; the others are how it ended."""

    COLLEAGUE = "colleague", _("waits for the colleague")
    COORDINATOR = "coordinator", _("waits for the coordinator")
    SECOND = "second", _("waits for a second coordinator")
    AGREED = "agreed", _("agreed")
    REFUSED = "refused", _("refused by the coordinator")
    DECLINED = "declined", _("declined by the colleague")
    WITHDRAWN = "withdrawn", _("withdrawn")
    LAPSED = "lapsed", _("no longer possible")


OPEN_STAGES = (Stage.COLLEAGUE, Stage.COORDINATOR, Stage.SECOND)


class DutyRequestQuerySet(models.QuerySet["DutyRequest"]):
    def open(self) -> "DutyRequestQuerySet":
        return self.filter(stage__in=OPEN_STAGES)

    def to_decide(self) -> "DutyRequestQuerySet":
        """Return what waits for a coordinator."""
        return self.filter(stage__in=(Stage.COORDINATOR, Stage.SECOND))


class DutyRequest(models.Model):
    """What a contact asks for at their own link: leave, or that a colleague takes one of their shifts.

    `starts_at`, `ends_at`: of the leave, or of the shift that is given up. `in_return`: the colleague's shift that the
    asker takes for it; None when the colleague just takes it over. `terms`: both shifts as they were when it was asked
    ({"shift": values, "in_return": values}, as `changes.values` has them): when one of them is another by then, the
    swap is no longer possible. `agreed_by`: the first coordinator where it takes two; `ended_by`: who decided.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=RequestKind.choices)
    contact = models.ForeignKey(
        "directory.Contact", models.PROTECT, related_name="duty_requests", verbose_name=_("contact")
    )
    colleague = models.ForeignKey(
        "directory.Contact",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="asked_swaps",
        verbose_name=_("colleague"),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    leave_kind = models.CharField(_("reason"), max_length=16, blank=True)
    shift = models.ForeignKey("directory.DutyShift", models.SET_NULL, null=True, blank=True, related_name="+")
    in_return = models.ForeignKey("directory.DutyShift", models.SET_NULL, null=True, blank=True, related_name="+")
    terms = models.JSONField(default=dict)
    stage = models.CharField(_("state"), max_length=12, choices=Stage.choices)
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = DutyRequestQuerySet.as_manager()

    class Meta:
        app_label = "directory"
        verbose_name = _("request about the roster")
        verbose_name_plural = _("requests about the roster")
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["stage", "starts_at"])]
        constraints = [
            models.CheckConstraint(name="duty_request_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="duty_request_swap_has_a_colleague",
                condition=Q(kind="leave", colleague__isnull=True) | (Q(kind="swap") & Q(colleague__isnull=False)),
            ),
            models.CheckConstraint(
                name="duty_request_colleague_is_another",
                condition=Q(colleague__isnull=True) | ~Q(colleague=F("contact")),
            ),
            models.CheckConstraint(
                # In the database too, so that no fault of ours lets one coordinator be both.
                name="duty_request_takes_two",
                condition=Q(agreed_by__isnull=True) | ~Q(stage="agreed") | ~Q(ended_by=F("agreed_by")),
            ),
            models.CheckConstraint(
                name="duty_request_is_ended_whole",
                condition=Q(stage__in=["colleague", "coordinator", "second"], ended_at__isnull=True)
                | (~Q(stage__in=["colleague", "coordinator", "second"]) & Q(ended_at__isnull=False)),
            ),
            models.UniqueConstraint(
                name="one_open_swap_for_each_shift",
                fields=["shift"],
                condition=Q(stage__in=["colleague", "coordinator", "second"], shift__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.asked_at:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN_STAGES


class MailKind(models.TextChoices):
    """What a mail says. The words stand in templates/directory/own_duty/mails/."""

    BEGINS = "begins", _("your duty begins")
    CHANGED = "changed", _("your duty does not begin")
    PAGE = "page", _("your own page")
    CONFIRM = "confirm", _("a swap waits for you")
    ENDED = "ended", _("how a request ended")
    DECIDE = "decide", _("a request waits for a coordinator")


class DutyMail(models.Model):
    """One mail that is to go out, to a contact or to one of our own. `sent_at`: when the mail server took it.

    `key` makes it one: two sweepers, or the same moment looked at twice, make no second. `begins_at`, `is_deputy`: of
    the duty that begins. `tries`: how often a sweeper took it up, at `tried_at` the last time.
    """

    kind = models.CharField(max_length=12, choices=MailKind.choices)
    key = models.CharField(max_length=120, unique=True)
    contact = models.ForeignKey("directory.Contact", models.CASCADE, null=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    request = models.ForeignKey(DutyRequest, models.CASCADE, null=True, related_name="mails")
    begins_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    is_deputy = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "directory"
        verbose_name = _("mail about the roster")
        verbose_name_plural = _("mails about the roster")
        ordering = ["made_at", "pk"]
        indexes = [models.Index(fields=["sent_at", "made_at"])]
        constraints = [
            models.CheckConstraint(
                name="duty_mail_has_one_reader",
                condition=Q(contact__isnull=False, user__isnull=True) | Q(contact__isnull=True, user__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.key


class DutyCalendar(models.Model):
    """A contact's own address of their shifts for a calendar program. Only the hash of its secret is stored.

    Whoever knows it reads when this contact is on duty and for which office, until it is stopped.
    """

    contact = models.ForeignKey("directory.Contact", models.CASCADE, related_name="duty_calendars")
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(default=timezone.now)
    read_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "directory"
        verbose_name = _("calendar of shifts")
        verbose_name_plural = _("calendars of shifts")
        constraints = [
            models.UniqueConstraint(
                fields=["contact"], condition=Q(ended_at__isnull=True), name="one_duty_calendar_for_each_contact"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.made_at:%Y-%m-%d}"
