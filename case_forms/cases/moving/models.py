"""A form moved from one case to another: proposed by one person, decided by another."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import User
from approvals.requests import ReasonedRequest, RequestQuerySet, decided_whole
from vault.fields import SealedJSONField

CASE = "cases.Case"


class MoveDecision(models.TextChoices):
    WAITING = "waiting", _("waiting")
    AGREED = "agreed", _("agreed")
    DECLINED = "declined", _("declined")
    WITHDRAWN = "withdrawn", _("withdrawn")
    ENDED = "ended", _("ended with its case")


class FormMoveQuerySet(RequestQuerySet["FormMove"]):
    def agreed(self) -> "FormMoveQuerySet":
        return self.filter(decision=MoveDecision.AGREED)

    def near(self, user: User) -> "FormMoveQuerySet":
        """Return those away from cases of this person's units, or of the regions that they coordinate."""
        regions = user.coordinated_regions().values("pk")
        of_regions = Q(source__region__in=regions) | Q(source__unit__region__in=regions)
        return self.filter(of_regions | Q(source__unit__in=user.units().values("pk")))


class FormMove(ReasonedRequest):
    """One proposal, and what was decided.

    `submission_id`: the form, in the version that was the newest when it was proposed; an id without a foreign key,
    because submissions stand on a floor above. `source`: the case that it stands in; `target`: the one that it belongs
    to, null while a case of its own is proposed, which is opened when that is agreed to. `words`, sealed: {"reason",
    "answer"}: why, and the second person's words. `words_of`: the case whose key seals them: once the form was moved,
    the case that it belongs to, since they tell of its person. `facts`: keys of what the form had said in the source.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission_id = models.UUIDField(db_index=True)
    source = models.ForeignKey(CASE, models.PROTECT, related_name="forms_moved_away", verbose_name=_("from case"))
    target = models.ForeignKey(
        CASE, models.PROTECT, related_name="forms_moved_here", null=True, blank=True, verbose_name=_("to case")
    )
    words_of = models.ForeignKey(CASE, models.PROTECT, related_name="+")
    words = SealedJSONField(default=dict, owner="words_of_id")
    facts = models.JSONField(default=list)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed at"), default=timezone.now)
    decision = models.CharField(
        _("decision"), max_length=12, choices=MoveDecision.choices, default=MoveDecision.WAITING
    )
    deadline = models.ForeignKey("cases.Deadline", models.SET_NULL, related_name="+", null=True, blank=True)

    objects = FormMoveQuerySet.as_manager()

    class Meta:
        app_label = "cases"
        verbose_name = _("form moved to another case")
        verbose_name_plural = _("forms moved to another case")
        ordering = ["-proposed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission_id"], condition=Q(decision="waiting"), name="one_waiting_move_of_a_form"
            ),
            models.CheckConstraint(
                # In the database too: nobody alone takes out of a case what was said about somebody.
                name="form_move_takes_two",
                condition=~Q(decision__in=["agreed", "declined"]) | ~Q(decided_by=F("proposed_by")),
            ),
            decided_whole("form_move_is_decided_whole"),
            models.CheckConstraint(
                name="form_move_agreed_has_a_target", condition=~Q(decision="agreed") | Q(target__isnull=False)
            ),
            models.CheckConstraint(
                name="form_move_of_two_cases", condition=Q(target__isnull=True) | ~Q(source=F("target"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} -> {self.target_id}"
