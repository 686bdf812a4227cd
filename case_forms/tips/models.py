"""Tips: questions and reports from a session's card or a region's page, and the conversation that follows.

A tip is no case and opens none. Nothing here says who sent it: no address, no browser, no cookie. What was written
is sealed; what stands plain is where it belongs, when it came, and how far the unit is with it.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.languages import DEFAULT_LANGUAGE
from access.models import MobileUnit, Municipality, Region, User
from access.reach import get_keys_of_units_of_regions, get_unit_keys
from case_forms.cases.models import new_reference
from case_forms.form_builder.models import FormVersion
from case_forms.procedures.models import ProcedureVersion
from vault.fields import SealedBytesField, SealedJSONField, SealedTextField

REFERENCE_BEGINS = "S-"


def new_tip_reference() -> str:
    """Return a random reference such as S-7K2M9Q: told apart from a case's by its beginning, and as meaningless."""
    return f"{REFERENCE_BEGINS}{new_reference()}"


class TipState(models.TextChoices):
    NEW = "new", _("new")
    READ = "read", _("being handled")
    ANSWERED = "answered", _("answered")
    CLOSED = "closed", _("closed")


class Outcome(models.TextChoices):
    """The reasons for which a tip is closed."""

    HANDLED = "handled", _("handled")
    IDENTIFICATION = "identification", _("led to an identification")
    NOT_FOR_US = "not_for_us", _("not something we can help with")
    SPAM = "spam", _("sent by mistake")
    TAKEN_BACK = "taken_back", _("withdrawn by the person")


CHOSEN_BY_STAFF = (Outcome.HANDLED, Outcome.IDENTIFICATION, Outcome.NOT_FOR_US, Outcome.SPAM)


class TipQuerySet(models.QuerySet["Tip"]):
    def visible_to(self, user: User) -> "TipQuerySet":
        """Limit the tips to a worker's units' and a coordinator's regions'; nobody else sees any."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        return self.filter(Q(unit__in=get_unit_keys(user)) | Q(unit__in=get_keys_of_units_of_regions(user)))

    def open(self) -> "TipQuerySet":
        return self.exclude(state=TipState.CLOSED)

    def waiting(self) -> "TipQuerySet":
        """Limit the tips to those in which the person waits for the unit."""
        return self.filter(state__in=[TipState.NEW, TipState.READ])


class Tip(models.Model):
    """One question or report.

    `region` is the page's or the session's; `municipality` the one that was answered, else the session's, else the
    region's seat; `unit` the one that answers. `session_id`: the informative session whose card it came from.
    `send_key` is a hash of the form's own secret (sending twice stores once); `receipt_hash` of the receipt code, null
    when nobody can come back any more. `identification`: the draft, and later the submission, that a worker began.
    `held_back`: it came above the budget, and nobody has looked at it yet; only the unit was notified.
    `frozen_at`: whoever has the code has shut it, so that nobody reads the answer with it any more.
    `erase_notices_at`: taken back, but about danger: until then whoever was notified may still read what they got.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(_("reference"), max_length=8, unique=True, default=new_tip_reference)
    form_version = models.ForeignKey(FormVersion, models.PROTECT, related_name="tips", verbose_name=_("form"))
    unit = models.ForeignKey(MobileUnit, models.PROTECT, related_name="tips", verbose_name=_("mobile unit"))
    region = models.ForeignKey(Region, models.PROTECT, related_name="tips", verbose_name=_("region"))
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="tips", verbose_name=_("municipality"))
    session_id = models.UUIDField(null=True, blank=True, db_index=True)
    procedure_version = models.ForeignKey(
        ProcedureVersion, models.PROTECT, related_name="tips", null=True, blank=True, verbose_name=_("procedure")
    )
    language = models.CharField(
        _("language"), max_length=5, default=DEFAULT_LANGUAGE
    )  # in which the person reads the answer
    answers = SealedJSONField(default=dict)
    send_key = models.CharField(max_length=64, unique=True)
    receipt_hash = models.CharField(max_length=100, unique=True, null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), default=timezone.now)

    state = models.CharField(_("state"), max_length=12, choices=TipState.choices, default=TipState.NEW)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices, blank=True)
    changed_at = models.DateTimeField(_("last change"), default=timezone.now)
    taken_at = models.DateTimeField(_("handled since"), null=True, blank=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("handled by"),
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    identification = models.UUIDField(null=True, blank=True)
    forget_after = models.DateField(null=True, blank=True, db_index=True)
    forgotten_at = models.DateTimeField(null=True, blank=True)
    held_back = models.BooleanField(default=False)
    frozen_at = models.DateTimeField(null=True, blank=True)
    erase_notices_at = models.DateTimeField(null=True, blank=True, db_index=True)

    objects = TipQuerySet.as_manager()

    class Meta:
        # Tables and constraints keep the names that the room had first (ADR 84).
        db_table = "signals_signal"
        verbose_name = _("tip")
        verbose_name_plural = _("tips")
        ordering = ["-received_at"]
        indexes = [
            models.Index(fields=["unit", "state", "-changed_at"]),
            models.Index(fields=["state", "closed_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="signal_known_state", condition=Q(state__in=["new", "read", "answered", "closed"])
            ),
            models.CheckConstraint(
                # The purge goes by `closed_at` and `outcome`: a closed tip without them would never be forgotten.
                name="signal_closed_says_when_and_why",
                condition=(Q(state="closed", closed_at__isnull=False) & ~Q(outcome=""))
                | (~Q(state="closed") & Q(closed_at__isnull=True, outcome="")),
            ),
            models.CheckConstraint(
                name="signal_answered_says_when", condition=~Q(state="answered") | Q(answered_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        return self.state != TipState.CLOSED

    @property
    def origin(self) -> str:
        """The place it comes from, as a code: one session's card, or one region's page."""
        return str(self.session_id) if self.session_id else f"region:{self.region.slug}"[:40]

    @property
    def is_in_danger(self) -> bool:
        """Whether whoever wrote says that somebody is in danger now."""
        # The key of a question in the shipped public form; without that question nothing counts as danger.
        return self.answers.get("danger_now") == "yes"

    @property
    def is_about_a_child(self) -> bool:
        return self.answers.get("child_involved") == "yes"


class Sender(models.TextChoices):
    PERSON = "person", _("the person")
    UNIT = "unit", _("the unit")


class TipMessage(models.Model):
    """One message after the tip itself.

    `key` makes a doubled sending one; `seen_at`: when the person came back and read what the unit had said.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tip = models.ForeignKey(Tip, models.CASCADE, db_column="signal_id", related_name="messages", verbose_name=_("tip"))
    sender = models.CharField(_("from"), max_length=8, choices=Sender.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("written by")
    )
    text = SealedTextField()
    key = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    seen_at = models.DateTimeField(_("read at"), null=True, blank=True)

    class Meta:
        db_table = "signals_signalmessage"
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["at"]
        constraints = [
            models.CheckConstraint(
                name="signal_message_of_the_unit_has_an_author",
                condition=Q(sender="unit", by__isnull=False) | Q(sender="person", by__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.tip} {self.sender}"


class TipVoice(models.Model):
    """What the person said beside what they wrote. The content is a sealed file (`voices`); `seconds` is its length."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tip = models.OneToOneField(Tip, models.CASCADE, related_name="voice", verbose_name=_("tip"))
    seconds = models.PositiveSmallIntegerField(_("seconds"))
    content_key = SealedBytesField()
    received_at = models.DateTimeField(_("received at"), default=timezone.now, db_index=True)

    class Meta:
        db_table = "signals_tipvoice"
        verbose_name = _("voice message")
        verbose_name_plural = _("voice messages")

    def __str__(self) -> str:
        return f"{self.tip} {self.seconds} s"


class TipEvent(models.Model):
    """An event of a tip. Notices carry its id, as they do a case event's.

    kind: signal_received, signal_added, rerouted, notice_opened, notice_answered, notice_escalated. `explanation`
    (sealed: it may quote an answer): as a case event's. `detail` holds codes and ids only.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tip = models.ForeignKey(Tip, models.PROTECT, db_column="signal_id", related_name="events", verbose_name=_("tip"))
    kind = models.CharField(_("kind"), max_length=40)
    at = models.DateTimeField(_("at"), default=timezone.now)
    notice_id = models.UUIDField(null=True, blank=True)
    detail = models.JSONField(default=dict)
    explanation = SealedJSONField(null=True, blank=True)

    class Meta:
        db_table = "signals_signalevent"
        verbose_name = _("tip event")
        verbose_name_plural = _("tip events")
        ordering = ["at"]

    def __str__(self) -> str:
        return f"{self.tip} {self.kind}"
