"""A change of a case's status: proposed by one person or by a form, decided by another person."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import User
from access.reach import get_keys_of_units_of_regions, get_region_keys, get_unit_keys
from approvals.requests import ReasonedRequest, RequestQuerySet, decided_whole
from case_forms.procedures.case_state import STATUS_ORDER
from vault.fields import SealedJSONField


class StatusDecision(models.TextChoices):
    WAITING = "waiting", _("waiting")
    AGREED = "agreed", _("agreed")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")
    ENDED = "ended", _("ended with its case")
    MERGED = "merged", _("ended, because cases were merged or separated")


class StatusChangeQuerySet(RequestQuerySet["StatusChange"]):
    def near(self, user: User) -> "StatusChangeQuerySet":
        """Return those of cases of this person's units, or of the regions that they coordinate."""
        of_regions = Q(case__region__in=get_region_keys(user)) | Q(case__unit__in=get_keys_of_units_of_regions(user))
        return self.filter(of_regions | Q(case__unit__in=get_unit_keys(user)))


class StatusChange(ReasonedRequest):
    """One proposal, and what was decided.

    `before` and `wanted`: statuses of the case. `words`, sealed: {"reason", "answer"}: why, and the second person's
    words. `submission_id`: of the form that asked for more than two people had decided; `merge_id`: of the merge in
    which the other case had this status. Neither where a person proposed it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="status_changes", verbose_name=_("case"))
    before = models.CharField(_("status before"), max_length=20)
    wanted = models.CharField(_("status that is proposed"), max_length=20)
    words = SealedJSONField(default=dict, owner="case_id")
    submission_id = models.UUIDField(null=True, blank=True)
    merge_id = models.UUIDField(null=True, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed at"), default=timezone.now)
    decision = models.CharField(
        _("decision"), max_length=12, choices=StatusDecision.choices, default=StatusDecision.WAITING
    )

    objects = StatusChangeQuerySet.as_manager()

    class Meta:
        app_label = "cases"
        verbose_name = _("change of a status")
        verbose_name_plural = _("changes of statuses")
        ordering = ["-proposed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(decision="waiting"), name="one_waiting_status_change_of_a_case"
            ),
            models.CheckConstraint(
                # In the database too: no fault of ours lets somebody alone take a victim's status away.
                name="status_change_takes_two",
                condition=~Q(decision__in=["agreed", "refused"]) | ~Q(decided_by=F("proposed_by")),
            ),
            decided_whole("status_change_is_decided_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.before} -> {self.wanted}"

    @property
    def is_lowering(self) -> bool:
        return STATUS_ORDER.index(self.wanted) < STATUS_ORDER.index(self.before)
