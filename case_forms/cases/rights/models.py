"""A person's request about their own data: registered by one, answered by another, decided by a third or second."""

import uuid
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.languages import DEFAULT_LANGUAGE
from access.models import User
from access.reach import get_keys_of_units_of_regions, get_region_keys
from vault.fields import SealedJSONField


class RightKind(models.TextChoices):
    ACCESS = "access", _("to read what is stored about them")
    CORRECTION = "correction", _("to have something corrected")
    RESTRICTION = "restriction", _("that their data aren't used for now")
    OBJECTION = "objection", _("to object to the use of their data")
    ERASURE = "erasure", _("to have everything about them erased")


class RightState(models.TextChoices):
    OPEN = "open", _("being worked on")
    PROPOSED = "proposed", _("waiting for the second person")
    DECIDED = "decided", _("decided")
    HANDED = "handed", _("handed over")
    WITHDRAWN = "withdrawn", _("withdrawn")


class RightOutcome(models.TextChoices):
    WHOLE = "whole", _("granted")
    PART = "part", _("granted in part")
    REFUSED = "refused", _("refused")
    DONE = "done", _("corrected")
    LIFTED = "lifted", _("the restriction was lifted")


RESTRICTING = (RightKind.RESTRICTION.value, RightKind.OBJECTION.value)
UNDECIDED = (RightState.OPEN.value, RightState.PROPOSED.value)
ANSWERED = (RightState.DECIDED.value, RightState.HANDED.value)
GRANTED_ERASURE = Q(kind=RightKind.ERASURE, outcome=RightOutcome.WHOLE, state__in=ANSWERED)


class RightsRequestQuerySet(models.QuerySet["RightsRequest"]):
    def undecided(self) -> "RightsRequestQuerySet":
        return self.filter(state__in=UNDECIDED)

    def to_answer(self) -> "RightsRequestQuerySet":
        """Return what the person waits for: an answer, or a file that was agreed to and isn't handed over yet."""
        unanswered = Q(state__in=UNDECIDED) & ~Q(kind__in=RESTRICTING)
        to_hand_over = Q(state=RightState.DECIDED, document_until__gte=timezone.localdate())
        # What two agreed to erase waits for nobody: its paper can be handed over afterwards, too.
        return self.filter(unanswered | to_hand_over & ~GRANTED_ERASURE)

    def erasing(self) -> "RightsRequestQuerySet":
        """Return erasures that two people agreed to and that aren't carried out yet."""
        return self.filter(GRANTED_ERASURE, case__forgotten_at__isnull=True)

    def erasing_by(self, day: date) -> "RightsRequestQuerySet":
        """Return those whose day has come and whose case still is as it was decided about: closed, with nothing new."""
        same = Q(case__closed_at__lte=F("decided_at"), case__form_after_closing_at__isnull=True)
        return self.erasing().filter(same, erase_on__lte=day)

    def undecided_or_late(self, today: date) -> "RightsRequestQuerySet":
        """Return what waits for an answer, and erasures whose day is over: something stops them."""
        late = Q(GRANTED_ERASURE, case__forgotten_at__isnull=True, erase_on__lt=today)
        return self.filter(Q(state__in=UNDECIDED) | late)

    def unproved(self) -> "RightsRequestQuerySet":
        """Return erasures that were carried out and of which nobody has looked whether anything is left."""
        return self.filter(GRANTED_ERASURE, case__forgotten_at__isnull=False, proved_at__isnull=True)

    def visible_to(self, user: User) -> "RightsRequestQuerySet":
        """Return those of the cases that this person sees."""
        from ..models import Case  # it imports this module

        return self.filter(case__in=Case.objects.visible_to(user).values("pk"))

    def to_decide(self, user: User) -> "RightsRequestQuerySet":
        """Return what waits for this coordinator as the second person."""
        near = Q(case__region__in=get_region_keys(user)) | Q(case__unit__in=get_keys_of_units_of_regions(user))
        waiting = self.filter(near, state=RightState.PROPOSED)
        return waiting.exclude(registered_by=user).exclude(proposed_by=user)


class RightsRequest(models.Model):
    """One request.

    `received_through`, `identity`, `refusal`, `handed_to`: codes of `choices`. `language`: of the answer. `words`,
    sealed: {"identity", "request", "proposal", "decision", "handed"}: how it was established who asks, what they asked
    for, what the first person proposes and why, the second person's words, to whom exactly it was handed. `document`,
    sealed: what the person gets (`document`), as the first person left it and the second agreed to; deleted on
    `document_until`. `erase_on`: of an erasure, the day on which it is carried out; `proved_at`: when nothing was found
    any more. `due_on`: the day by which it must be answered; `next_reminder_at`: when coordinators are reminded
    next, null once it is answered.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="rights", verbose_name=_("case"))
    kind = models.CharField(_("what the person asks"), max_length=12, choices=RightKind.choices)
    received_through = models.CharField(_("how it came"), max_length=16)
    identity = models.CharField(_("how it was established who asks"), max_length=16)
    language = models.CharField(_("language of the answer"), max_length=5, default=DEFAULT_LANGUAGE)
    words = SealedJSONField(default=dict, owner="case_id")
    asked_on = models.DateField(_("asked on"))
    due_on = models.DateField(_("to be answered by"))
    next_reminder_at = models.DateTimeField(null=True, blank=True, db_index=True)
    state = models.CharField(_("state"), max_length=12, choices=RightState.choices, default=RightState.OPEN)
    outcome = models.CharField(_("outcome"), max_length=12, choices=RightOutcome.choices, blank=True)
    refusal = models.CharField(_("reason for refusing"), max_length=24, blank=True)
    document = SealedJSONField(null=True, blank=True, owner="case_id")
    document_until = models.DateField(null=True, blank=True)
    erase_on = models.DateField(_("to be erased on"), null=True, blank=True)
    proved_at = models.DateTimeField(_("erasure proved at"), null=True, blank=True)
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    registered_at = models.DateTimeField(_("registered at"), default=timezone.now)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    proposed_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    handed_to = models.CharField(_("handed over"), max_length=16, blank=True)
    handed_on = models.DateField(null=True, blank=True)
    handed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = RightsRequestQuerySet.as_manager()

    class Meta:
        app_label = "cases"
        verbose_name = _("request about one's own data")
        verbose_name_plural = _("requests about one's own data")
        ordering = ["-registered_at"]
        constraints = [
            models.CheckConstraint(
                # In the database too: nobody alone hands out a case file, and nobody alone lifts a restriction.
                name="rights_are_decided_by_two",
                condition=~Q(state__in=["decided", "handed"])
                | (
                    Q(decided_by__isnull=False, decided_at__isnull=False, proposed_by__isnull=False)
                    & ~Q(decided_by=F("proposed_by"))
                    & ~Q(decided_by=F("registered_by"))
                ),
            ),
            models.CheckConstraint(name="rights_refused_says_why", condition=~Q(outcome="refused") | ~Q(refusal="")),
            models.CheckConstraint(
                name="rights_handed_says_to_whom",
                condition=~Q(state="handed") | Q(handed_on__isnull=False, handed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="granted_erasure_has_a_day",
                condition=~Q(kind="erasure", outcome="whole") | Q(erase_on__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["case", "kind"], condition=Q(state__in=UNDECIDED), name="one_undecided_request_of_a_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.kind} {self.asked_on}"

    @property
    def is_restricting(self) -> bool:
        return self.kind in RESTRICTING

    @property
    def is_erasing(self) -> bool:
        """Whether two people agreed to erase; carried out or not."""
        return self.kind == RightKind.ERASURE and self.outcome == RightOutcome.WHOLE and self.state in ANSWERED

    @property
    def has_document(self) -> bool:
        """Whether there is a file to hand over: two agreed to it, and its days aren't over.

        Of access that was granted; of an erasure always, since it says what remains.
        """
        is_granted = self.outcome in (RightOutcome.WHOLE, RightOutcome.PART)
        return (
            (self.kind == RightKind.ERASURE or (self.kind == RightKind.ACCESS and is_granted))
            and self.state in ANSWERED
            and self.document_until is not None
            and self.document_until >= timezone.localdate()
        )
