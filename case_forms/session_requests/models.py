"""Requests for an informative session, asked for by a school, a municipality, a teacher or a group.

What was written is sealed, because it holds somebody's name and number. What stands plain is where the session would
be, when it was asked for and how far the unit is. What became of a planned session is the session's own to say.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.languages import DEFAULT_LANGUAGE
from access.models import MobileUnit, Municipality, User
from access.reach import get_keys_of_units_of_regions, get_unit_keys, read_reach
from case_forms.cases.models import new_reference
from case_forms.form_builder.models import FormVersion
from outreach_pages.records.labels import SessionState
from outreach_pages.records.models import InformativeSession
from vault.fields import SealedJSONField, SealedTextField

REFERENCE_BEGINS = "K-"
MAX_TEXT_LENGTH = 300  # characters of what the unit adds in its own words


def get_first_mark(received_at: datetime) -> datetime:
    """Return when a request that came at this time has waited too long."""
    return received_at + timedelta(days=settings.SESSION_REQUEST_ANSWER_DAYS)


def new_request_reference() -> str:
    """Return a random reference such as K-7K2M9Q: told apart from a case's by its beginning, and as meaningless."""
    return f"{REFERENCE_BEGINS}{new_reference()}"


class RequestState(models.TextChoices):
    NEW = "new", pgettext_lazy("session request", "not read yet")
    TAKEN = "taken", pgettext_lazy("session request", "being handled")
    ANSWERED = "answered", pgettext_lazy("session request", "answered")
    PLANNED = "planned", _("session planned")
    DECLINED = "declined", pgettext_lazy("session request", "declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("session request", "withdrawn")


WAITING = (RequestState.NEW, RequestState.TAKEN)
OPEN = (*WAITING, RequestState.ANSWERED)


class Answer(models.TextChoices):
    """What the unit may answer while no session is planned yet."""

    DAY = "day", _("We offer this day; we contact you to agree on it.")
    CONTACT = "contact", _("We contact you soon to agree on a day.")
    LATER = "later", _("We have no free day now; we contact you as soon as there is one.")


class DeclineReason(models.TextChoices):
    NO_DAY = "no_day", _("We have no free day in the weeks that you named.")
    TOO_FEW = "too_few", _("The group is too small for a session of its own.")
    NOT_OURS = "not_ours", _("This isn't something that our sessions are about.")
    NOT_REACHED = "not_reached", _("We couldn't reach you with the contact that you left.")
    OTHER = "other", _("We can't hold this session.")


class SessionRequestQuerySet(models.QuerySet["SessionRequest"]):
    def visible_to(self, user: User) -> "SessionRequestQuerySet":
        """Limit to a worker's units' and a coordinator's regions'; what is with the centre, to every coordinator's."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        mine = Q(unit__in=get_unit_keys(user)) | Q(unit__in=get_keys_of_units_of_regions(user))
        if read_reach(user).regions:
            mine |= Q(unit__isnull=True)
        return self.filter(mine)

    def without_asker(self) -> "SessionRequestQuerySet":
        """Limit to those that were withdrawn while their session is planned: the unit cancels it, or holds it."""
        return self.filter(state=RequestState.PLANNED, withdrawn_at__isnull=False, session__state=SessionState.PLANNED)

    def to_look_at(self) -> "SessionRequestQuerySet":
        """Limit to those about which somebody has something to do: to answer, or to undo a plan."""
        return self.open() | self.without_asker()

    def open(self) -> "SessionRequestQuerySet":
        return self.filter(state__in=OPEN)

    def waiting(self) -> "SessionRequestQuerySet":
        """Limit to those that nobody has answered yet."""
        return self.filter(state__in=WAITING)


class SessionRequest(models.Model):
    """One request. `unit`: the one that answers; None: the centre does, that is Vatra's coordinators.

    `send_key` is a hash of the form's own secret (sending twice stores once); `receipt_hash` of the receipt code, null
    once everything is forgotten. `above_budget`: more came within the hour than one by one. `handed_at`: the unit has
    handed it to the centre. `withdrawn_at`: whoever asked has withdrawn it; a session that was planned by then stays,
    and so does the state. `session`: what was planned because of it. `next_mark_at`: when the clock looks at it again
    (`clock`); None once it is answered, and for one above the budget. `chase_id`: the first notice of its last chase.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(_("reference"), max_length=8, unique=True, default=new_request_reference)
    form_version = models.ForeignKey(FormVersion, models.PROTECT, related_name="+", verbose_name=_("form"))
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name=_("municipality"))
    unit = models.ForeignKey(
        MobileUnit, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("mobile unit")
    )
    language = models.CharField(_("language"), max_length=5, default=DEFAULT_LANGUAGE)
    answers = SealedJSONField(default=dict)
    send_key = models.CharField(max_length=64, unique=True)
    receipt_hash = models.CharField(max_length=100, unique=True, null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), default=timezone.now)
    above_budget = models.BooleanField(default=False)

    state = models.CharField(_("state"), max_length=12, choices=RequestState.choices, default=RequestState.NEW)
    taken_at = models.DateTimeField(_("handled since"), null=True, blank=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("handled by")
    )
    answer = models.CharField(_("answer"), max_length=12, choices=Answer.choices, blank=True)
    offered_on = models.DateField(_("offered day"), null=True, blank=True)
    decline_reason = models.CharField(_("why it is declined"), max_length=12, choices=DeclineReason.choices, blank=True)
    answer_text = SealedTextField(blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    handed_at = models.DateTimeField(_("handed to the centre at"), null=True, blank=True)
    session = models.ForeignKey(
        InformativeSession,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("informative session"),
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    next_mark_at = models.DateTimeField(null=True, blank=True, db_index=True)
    chase_id = models.UUIDField(null=True, blank=True)
    chases = models.PositiveIntegerField(default=0)
    forget_after = models.DateField(null=True, blank=True, db_index=True)
    forgotten_at = models.DateTimeField(null=True, blank=True)

    objects = SessionRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("session request")
        verbose_name_plural = _("session requests")
        ordering = ["received_at", "pk"]
        indexes = [
            models.Index(fields=["unit", "state", "received_at"], name="request_unit_state"),
            models.Index(fields=["state", "closed_at"], name="request_state_closed"),
        ]
        constraints = [
            models.CheckConstraint(
                name="request_known_state",
                condition=Q(state__in=["new", "taken", "answered", "planned", "declined", "withdrawn"]),
            ),
            models.CheckConstraint(
                # The purge goes by `closed_at`: a closed request without it would never be forgotten.
                name="request_closed_says_when",
                condition=Q(state__in=["planned", "declined", "withdrawn"], closed_at__isnull=False)
                | Q(state__in=["new", "taken", "answered"], closed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="request_planned_has_its_session",
                condition=Q(state="planned", session__isnull=False) | (~Q(state="planned") & Q(session__isnull=True)),
            ),
            models.CheckConstraint(
                name="request_declined_says_why",
                condition=(Q(state="declined") & ~Q(decline_reason="")) | (~Q(state="declined") & Q(decline_reason="")),
            ),
            models.CheckConstraint(
                name="request_taken_says_by_whom",
                condition=Q(state__in=["new", "withdrawn"], taken_by__isnull=True, taken_at__isnull=True)
                | (~Q(state="new") & Q(taken_by__isnull=False, taken_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="request_withdrawn_says_when",
                condition=Q(state="withdrawn", withdrawn_at__isnull=False)
                | Q(state="planned")
                | (~Q(state__in=["withdrawn", "planned"]) & Q(withdrawn_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def ladder(self) -> list[Any]:
        """The steps of its notices: those that every notice has."""
        return []

    @property
    def marks(self) -> list[datetime]:
        """When it has waited too long: with the unit, or with the centre since it was handed on."""
        return [get_first_mark(self.handed_at or self.received_at)]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_without_asker(self) -> bool:
        """Whether it was withdrawn while its session is planned."""
        return self.withdrawn_at is not None and self._is_session_planned

    @property
    def may_be_withdrawn(self) -> bool:
        """Whether there is still something to withdraw: no answer yet that ends it, and no session that is over."""
        return self.withdrawn_at is None and (self.is_open or self._is_session_planned)

    @property
    def _is_session_planned(self) -> bool:
        session = self.session
        return self.state == RequestState.PLANNED and session is not None and session.state == SessionState.PLANNED

    def is_waiting_long(self, now: datetime) -> bool:
        """Whether nobody has answered within `settings.SESSION_REQUEST_ANSWER_DAYS`."""
        days = (now - self.received_at).days
        return self.state in WAITING and days >= settings.SESSION_REQUEST_ANSWER_DAYS
