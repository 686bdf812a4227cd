"""The blind index of persons, and what follows from it: questions, requests, links, merges, transfers, assignments.

No name, date or number is in any of these tables: identities are in the sealed submissions, and here only as keyed
hashes (`vault.blind_index`).
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import MobileUnit, Municipality, User
from access.reach import get_keys_of_units_of_regions, get_unit_keys
from vault.fields import SealedTextField

CASE = "cases.Case"


class IdentityToken(models.Model):
    """One keyed hash under which a submission's person can be found.

    A submission has a multiple of `index.BLOCK` rows: the rest are random, so their number tells nothing.
    """

    digest = models.CharField(max_length=32, db_index=True)
    key_id = models.CharField(max_length=24, db_index=True)
    case = models.ForeignKey(CASE, models.CASCADE, related_name="identity_tokens")
    # An id without a foreign key: submissions stand on a floor above.
    submission_id = models.UUIDField(db_index=True)

    class Meta:
        verbose_name = _("index entry of a person")
        verbose_name_plural = _("index entries of persons")

    def __str__(self) -> str:
        return self.digest[:6]


class QuestionAnswer(models.TextChoices):
    NONE = "none", _("nobody")
    OWN = "own", _("a case that they may open")
    OTHER = "other", _("a case of another unit")


class IdentityQuestion(models.Model):
    """Somebody asked whether a person is known. What they typed is here only as one keyed hash.

    `found`: the case of another unit that may be this person's; whoever asked is never shown which.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    # Null when a coordinator asked.
    unit = models.ForeignKey(
        MobileUnit, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("mobile unit")
    )
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now, db_index=True)
    digest = models.CharField(max_length=32)
    key_id = models.CharField(max_length=24)
    answer = models.CharField(_("answer"), max_length=8, choices=QuestionAnswer.choices)
    found = models.ForeignKey(CASE, models.CASCADE, related_name="+", null=True, blank=True)
    # Of which own case it was asked: null before there is one.
    case = models.ForeignKey(CASE, models.CASCADE, related_name="+", null=True, blank=True)

    class Meta:
        verbose_name = _("question about a person")
        verbose_name_plural = _("questions about persons")
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.asked_by_id} {self.asked_at:%Y-%m-%d %H:%M}"


class ProbableMatch(models.Model):
    """Two cases whose forms name a person who may be the same. Found when a form of `case` was received."""

    case = models.ForeignKey(CASE, models.CASCADE, related_name="probable_matches")
    other = models.ForeignKey(CASE, models.CASCADE, related_name="+")
    found_at = models.DateTimeField(default=timezone.now)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        verbose_name = _("probable match")
        verbose_name_plural = _("probable matches")
        constraints = [
            models.UniqueConstraint(fields=["case", "other"], name="one_probable_match_of_two_cases"),
            models.CheckConstraint(condition=~Q(case=F("other")), name="probable_match_of_two_cases"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.other_id}"


class RequestAnswer(models.TextChoices):
    WAITING = "", _("no answer yet")
    AGREED = "agreed", _("agreed")
    DECLINED = "declined", _("declined")
    EXPIRED = "expired", _("no answer in time")
    CLOSED = "closed", _("ended, because a case was closed")
    GONE = "gone", _("nobody can answer any more: the case was forgotten")


class IdentityRequest(models.Model):
    """A unit asks the one that may know a person to open its case to them.

    `case`: of the unit that is asked; `own_case`: of the one that asks, where it has one by now.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(CASE, models.CASCADE, related_name="identity_requests", verbose_name=_("case"))
    unit = models.ForeignKey(MobileUnit, models.PROTECT, related_name="+", verbose_name=_("unit that asks"))
    own_case = models.ForeignKey(CASE, models.CASCADE, related_name="+", null=True, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires at"), db_index=True)
    answer = models.CharField(_("answer"), max_length=8, choices=RequestAnswer.choices, blank=True, default="")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    deadline = models.ForeignKey("cases.Deadline", models.SET_NULL, related_name="+", null=True, blank=True)

    class Meta:
        verbose_name = _("request between units")
        verbose_name_plural = _("requests between units")
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "unit"], condition=Q(answer=""), name="one_open_identity_request_of_a_unit"
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.asked_at:%Y-%m-%d %H:%M}"


class CaseAccessQuerySet(models.QuerySet["CaseAccess"]):
    def current(self) -> "CaseAccessQuerySet":
        return self.filter(ended_at__isnull=True)

    def of(self, user: User) -> "CaseAccessQuerySet":
        """Return what this person's units, and the units of their regions, may open of other units' cases."""
        near = Q(unit__in=get_unit_keys(user)) | Q(unit__in=get_keys_of_units_of_regions(user))
        return self.current().filter(near)


class CaseAccess(models.Model):
    """Another unit may open this case: both agreed, a transfer waits, or a case of it was merged into this one."""

    case = models.ForeignKey(CASE, models.CASCADE, related_name="accesses")
    unit = models.ForeignKey(MobileUnit, models.PROTECT, related_name="+")
    since = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    request = models.ForeignKey(IdentityRequest, models.CASCADE, related_name="+", null=True, blank=True)
    transfer = models.ForeignKey("cases.CaseTransfer", models.CASCADE, related_name="+", null=True, blank=True)
    merge = models.ForeignKey("cases.CaseMerge", models.CASCADE, related_name="+", null=True, blank=True)

    objects = CaseAccessQuerySet.as_manager()

    class Meta:
        verbose_name = _("access of another unit")
        verbose_name_plural = _("accesses of other units")
        indexes = [models.Index(fields=["unit"], condition=Q(ended_at__isnull=True), name="case_access_current")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.unit_id}"


class LinkKind(models.TextChoices):
    SIBLINGS = "siblings", _("siblings")
    EXPLOITER = "exploiter", _("same exploiter")
    ADDRESS = "address", _("same address")
    HOUSEHOLD = "household", _("same household")


class CaseLink(models.Model):
    """Two persons who have something to do with each other. Whoever sees one case sees that there is a link."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(CASE, models.CASCADE, related_name="links", verbose_name=_("case"))
    other = models.ForeignKey(CASE, models.CASCADE, related_name="links_from", verbose_name=_("other case"))
    kind = models.CharField(_("kind"), max_length=12, choices=LinkKind.choices)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        verbose_name = _("link between cases")
        verbose_name_plural = _("links between cases")
        ordering = ["made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "other", "kind"], condition=Q(removed_at__isnull=True), name="one_link_of_a_kind"
            ),
            models.CheckConstraint(condition=~Q(case=F("other")), name="link_of_two_cases"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.other_id}"


class CaseMerge(models.Model):
    """Two cases of one person become one: proposed by one person, approved by another, undone by two again.

    `moved`: {model label: [keys]} of what went from `duplicate` to `kept`; `withdrawn`: notices that were withdrawn
    because `kept` has the same one. Undoing puts back exactly these.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kept = models.ForeignKey(CASE, models.CASCADE, related_name="merges", verbose_name=_("case that stays"))
    duplicate = models.ForeignKey(CASE, models.CASCADE, related_name="merged_by", verbose_name=_("duplicate"))
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed at"), default=timezone.now)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    dropped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)
    # Dropped because one of the cases was closed, and not because somebody decided that they are two people.
    ended_with_case = models.BooleanField(default=False)
    undo_proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    deadline = models.ForeignKey("cases.Deadline", models.SET_NULL, related_name="+", null=True, blank=True)
    moved = models.JSONField(default=dict)
    withdrawn = models.JSONField(default=list)

    class Meta:
        verbose_name = _("merge of cases")
        verbose_name_plural = _("merges of cases")
        ordering = ["-proposed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["duplicate"],
                condition=Q(dropped_at__isnull=True, undone_at__isnull=True),
                name="one_merge_of_a_duplicate",
            ),
            models.CheckConstraint(condition=~Q(kept=F("duplicate")), name="merge_of_two_cases"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("proposed_by")), name="merge_by_two_people"
            ),
            models.CheckConstraint(
                condition=Q(undone_by__isnull=True) | ~Q(undone_by=F("undo_proposed_by")), name="unmerge_by_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.duplicate_id} -> {self.kept_id}"


class TransferAnswer(models.TextChoices):
    WAITING = "", _("no answer yet")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    WITHDRAWN = "withdrawn", _("withdrawn")
    CLOSED = "closed", _("ended, because the case was closed")


class CaseTransferQuerySet(models.QuerySet["CaseTransfer"]):
    def visible_to(self, user: User) -> "CaseTransferQuerySet":
        """Limit to those of a person's units, on either side; a coordinator's regions likewise."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        near = Q()
        for units in (get_unit_keys(user), get_keys_of_units_of_regions(user)):
            near |= Q(from_unit__in=units) | Q(to_unit__in=units)
        return self.filter(near)


class CaseTransfer(models.Model):
    """A case is handed over to another unit; both see it until the other has answered."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(CASE, models.CASCADE, related_name="transfers", verbose_name=_("case"))
    from_unit = models.ForeignKey(MobileUnit, models.PROTECT, related_name="+", verbose_name=_("from"))
    to_unit = models.ForeignKey(MobileUnit, models.PROTECT, related_name="+", verbose_name=_("to"))
    from_municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+")
    to_municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name=_("municipality"))
    reason = SealedTextField(_("reason"), blank=True, owner="case_id")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    answer = models.CharField(_("answer"), max_length=10, choices=TransferAnswer.choices, blank=True, default="")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    deadline = models.ForeignKey("cases.Deadline", models.SET_NULL, related_name="+", null=True, blank=True)

    objects = CaseTransferQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer of a case")
        verbose_name_plural = _("transfers of cases")
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(answer=""), name="one_open_transfer_of_a_case"),
            models.CheckConstraint(condition=~Q(from_unit=F("to_unit")), name="transfer_between_two_units"),
        ]

    def __str__(self) -> str:
        return f"{self.from_unit_id} -> {self.to_unit_id}"


class LeadChange(models.Model):
    """Another worker follows the person from now on. `before`: who did until then; `by`: who said so."""

    case = models.ForeignKey(CASE, models.CASCADE, related_name="lead_changes", verbose_name=_("case"))
    before = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("change of the lead worker")
        verbose_name_plural = _("changes of lead workers")
        ordering = ["-at"]
        indexes = [models.Index(fields=["before", "-at"], name="lead_changes_by_before")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.before_id} -> {self.worker_id}"


class CaseAssignment(models.Model):
    """Who looks after a case since when, where a coordinator has said so; before the first it is whoever opened it."""

    case = models.ForeignKey(CASE, models.CASCADE, related_name="assignments")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("assignment of a case")
        verbose_name_plural = _("assignments of cases")
        ordering = ["assigned_at"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.worker_id}"
