"""The closing or voiding of a case: asked for by one person, decided by another, perhaps taken back by reopening."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import User
from access.reach import get_keys_of_units_of_regions, get_region_keys
from approvals.requests import ReasonedRequest, RequestQuerySet, decided_whole
from vault.fields import SealedJSONField


class ClosingAct(models.TextChoices):
    CLOSE = "close", _("close the case")
    VOID = "void", _("declare the case void")


class PersonsWish(models.TextChoices):
    """What the person wants, when their case is to be closed; stored sealed, among the words of the closing."""

    AGREES = "agrees", _("The person was asked and agrees")
    WANTS_MORE = "wants_more", _("The person wants the help to go on")
    NOT_ASKED = "not_asked", _("The person could not be asked")


class CaseClosingQuerySet(RequestQuerySet["CaseClosing"]):
    def to_decide(self, user: User) -> "CaseClosingQuerySet":
        """Return what waits for this coordinator: of their regions, asked for by somebody else."""
        near = Q(case__region__in=get_region_keys(user)) | Q(case__unit__in=get_keys_of_units_of_regions(user))
        return self.waiting().filter(near).exclude(asked_by=user)


class CaseClosing(ReasonedRequest):
    """What one person asked for, what another one decided, and what ended with it.

    `reason`: a code (`reasons`). `last_contact_on`: the day of the last safe contact. `words`, sealed: {"contact",
    "open", "note", "answer", "reopened", "wish", "wish_words", "risk", "despite"}: how that contact was, what stays
    known of what is still open and why that can end, anything else, the second person's answer, why the case was opened
    again, what the person wants (`PersonsWish`) and has said, who protects them where the risk is high, and what it is
    closed in spite of ([codes of `open_ends`]); a key without words is missing.
    `keeps_notices`: notices that wait for an answer go on. `ended`: {"duties": [ids], "notices": n, "kept": n,
    "referrals": [ids], "dates": n, "links": n, "between": {"transfers": n, "requests": n, "merges": n, "statuses":
    n}}, written when it is carried out. `needs_two`: somebody else than `asked_by` decides.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="closings", verbose_name=_("case"))
    act = models.CharField(_("what"), max_length=8, choices=ClosingAct.choices)
    reason = models.CharField(_("reason"), max_length=24)
    last_contact_on = models.DateField(_("last safe contact"), null=True, blank=True)
    words = SealedJSONField(default=dict, owner="case_id")
    keeps_notices = models.BooleanField(default=False)
    needs_two = models.BooleanField(default=True)
    ended = models.JSONField(default=dict)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reopened by")
    )
    reopened_at = models.DateTimeField(_("reopened at"), null=True, blank=True)
    reopen_reason = models.CharField(_("reason for reopening"), max_length=24, blank=True)

    objects = CaseClosingQuerySet.as_manager()

    class Meta:
        app_label = "cases"
        verbose_name = _("closing of a case")
        verbose_name_plural = _("closings of cases")
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(decision="waiting"), name="one_waiting_closing_for_each_case"
            ),
            models.CheckConstraint(
                # In the database too, so that no fault of ours lets somebody agree to their own request.
                name="case_closing_takes_two",
                condition=Q(needs_two=False) | Q(decision__in=["waiting", "withdrawn"]) | ~Q(decided_by=F("asked_by")),
            ),
            decided_whole("case_closing_is_decided_whole"),
            models.CheckConstraint(name="voiding_takes_two", condition=~Q(act="void") | Q(needs_two=True)),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.act} {self.asked_at:%Y-%m-%d}"
