"""Models of the field's forms: drafts being filled, immutable submissions, and their attachments."""

import uuid
from functools import reduce
from operator import or_

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import MobileUnit, User
from access.reach import get_keys_of_units_of_regions, get_region_keys, get_unit_keys, remembering
from case_forms.cases.models import Case, CaseAccess, said_no_to_statistics
from case_forms.form_builder.models import FormVersion
from vault.fields import SealedBytesField, SealedJSONField, SealedTextField


class DraftQuerySet(models.QuerySet["Draft"]):
    def visible_to(self, user: User) -> "DraftQuerySet":
        """Return a person's own drafts in units they still work in, and their unit's drafts about its own cases.

        Two workers follow a person together, so a colleague goes on where the other had to stop (docs/adr/0104). Nobody
        else reads a half-written form, coordinators neither.
        """
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        of_the_unit = models.Q(case__isnull=False, case__unit=models.F("unit"))
        return self.filter(models.Q(owner=user) | of_the_unit, unit__in=get_unit_keys(user))

    def own(self, user: User) -> "DraftQuerySet":
        """Return the drafts that this person began, in units they still work in."""
        return self.visible_to(user).filter(owner=user)

    def open(self) -> "DraftQuerySet":
        return self.filter(submitted_at__isnull=True)


class Draft(models.Model):
    """A form being filled. Its id becomes the submission's UUID, so a doubled "Submit" makes one submission."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    form_version = models.ForeignKey(FormVersion, models.PROTECT, related_name="drafts")
    unit = models.ForeignKey(MobileUnit, models.PROTECT, related_name="drafts")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="drafts")
    # the case that the answers name, so that the unit's colleagues find it there (docs/adr/0104)
    case = models.ForeignKey(Case, models.PROTECT, related_name="drafts", null=True, blank=True)
    answers = SealedJSONField(default=dict, owner="case_id")
    # what it began with of what is known about the person (`drafts.filled`): {question: {...}}, or null
    filled = SealedJSONField(null=True, blank=True, owner="case_id")
    # answers that no longer fitted when the draft moved to a newer version (`drafts.unmapped_answers`): a list, or null
    left_over = SealedJSONField(null=True, blank=True, owner="case_id")
    # the language the form is read in, when the filler has picked one (`languages.get_draft_language`)
    language = models.CharField(_("language of the form"), max_length=8, blank=True, default="")
    section = models.CharField(max_length=64, blank=True)  # key of the section last worked on
    # {section: {"version", "page", "turn", "at"}}: how often it was changed, by which page last, and when
    section_versions = models.JSONField(default=dict, blank=True)
    # what was typed without a session and would have replaced an answer (`drafts.side_copies`): {page: copy}, or null
    besides = SealedJSONField(null=True, blank=True, owner="case_id")
    # marks of what a phone handed over (`drafts.phone_merge`): {record: {section: {field: mark}}}, or null
    handed = SealedJSONField(null=True, blank=True, owner="case_id")
    occurred_at = models.DateTimeField(_("when it happened"), default=timezone.now)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    saved_at = models.DateTimeField(_("saved at"), default=timezone.now)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    # of a correction: the submission that this will take the place of, and why (`correcting`)
    corrects = models.ForeignKey("Submission", models.PROTECT, related_name="correcting_drafts", null=True, blank=True)
    correction_reason = SealedTextField(null=True, blank=True, owner="case_id")
    # of a phone's (case_forms.devices): {"why", "at", "clock_seconds", "finished_at", "missing_files"};
    # where it was worked on here too, paths of answers: "taken" from the phone, "left" as they were changed here
    from_phone = models.JSONField(null=True, blank=True)
    # How often its owner was warned that it ends, and when last (`drafts.ending`).
    warnings = models.PositiveSmallIntegerField(default=0)
    warned_at = models.DateTimeField(null=True, blank=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        ordering = ["-saved_at"]

    def __str__(self) -> str:
        return f"{self.form_version} {self.saved_at:%Y-%m-%d %H:%M}"


def _list_ways_to_read(user: User) -> list[models.Q]:
    """Return the ways in which a person comes to read a submission, of which any is enough."""
    ways = [models.Q(case__region__in=get_region_keys(user))]
    for units in (get_unit_keys(user), get_keys_of_units_of_regions(user)):
        ways += [models.Q(unit__in=units), models.Q(case__unit__in=units)]
    return [*ways, models.Q(case__in=CaseAccess.objects.of(user).values("case"))]


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def visible_to(self, user: User) -> "SubmissionQuerySet":
        """Return the submissions that a person may read; nobody but workers and coordinators sees any.

        A worker's units' submissions, and for a coordinator those of their regions' units and of their regions' cases;
        and those of a case that was handed over to them, or that another unit has opened to them.
        """
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        return self.filter(reduce(or_, _list_ways_to_read(user)))

    def visible_in_known_ways(self, user: User) -> "SubmissionQuerySet":
        """Return what `visible_to` returns, asked only in the ways that lead this person to any submission now.

        An index tells at once that a way leads to none. Asked of all ways in one, the database reads every row of all
        others before it can say so. For many questions about one person: it costs a statement for each way.
        """
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        # Units and regions as numbers: of a query for them PostgreSQL guesses how many it gives, and where there are
        # none it reads all cases to find one.
        with remembering():
            ways = [way for way in _list_ways_to_read(user) if self.filter(way).order_by().exists()]
        return self.filter(reduce(or_, ways)) if ways else self.none()

    def current(self) -> "SubmissionQuerySet":
        """Leave out those that a correction has taken the place of."""
        return self.filter(corrected_by__isnull=True)

    def counted(self) -> "SubmissionQuerySet":
        """Limit to what statistics may count: no drills, and nothing of a case that they leave out."""
        left_out = Case.objects.uncounted().filter(pk=models.OuterRef("case"))
        return self.filter(~models.Exists(left_out), is_drill=False)

    def agreed_for_statistics(self) -> "SubmissionQuerySet":
        """Leave out those of cases whose person said no to statistics."""
        return self.exclude(models.Exists(Case.objects.filter(said_no_to_statistics(), pk=models.OuterRef("case"))))


class Submission(models.Model):
    """One filled form, immutable. `id` is the UUID the client chose: sending it twice stores it once.

    `fingerprint` is a keyed hash of form, version, time and answers (same UUID, other content -> refused).
    `receipt` is the response body, stored so that the same submission gets the same answer: ids and states only.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    # An index by time (`Meta`) begins with each of these two, so it has none of its own.
    form_version = models.ForeignKey(FormVersion, models.PROTECT, db_index=False, related_name="submissions")
    unit = models.ForeignKey(MobileUnit, models.PROTECT, db_index=False, related_name="submissions")
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="submissions")
    case = models.ForeignKey(Case, models.PROTECT, related_name="submissions", null=True, blank=True)
    occurred_at = models.DateTimeField(_("when it happened"))
    received_at = models.DateTimeField(_("received at"), default=timezone.now)
    answers = SealedJSONField(owner="case_id")
    fingerprint = models.CharField(max_length=100)
    receipt = models.JSONField(default=dict)
    # answers taken over from what was known, and not asked again (`drafts.filled`): {question: {...}}, or null
    carried_over = SealedJSONField(null=True, blank=True, owner="case_id")
    # what was asked before sending and confirmed (`confirmations`): [{"warning", "by", "at"}], or null
    confirmed = SealedJSONField(null=True, blank=True, owner="case_id")
    forget_after = models.DateField(null=True, blank=True, db_index=True)  # see `purge`
    forgotten_at = models.DateTimeField(null=True, blank=True)  # as a whole: see `case_purge`
    is_drill = models.BooleanField(_("drill"), default=False)
    # what the rules said of one that opened and joined no case (`outcome`): [{"rule", "words": {language: text}}]
    explanation = SealedJSONField(null=True, blank=True, owner="case_id")
    # the procedure has rules about its form, and none was about these answers
    is_unmatched = models.BooleanField(_("no rule covered it"), default=False)
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("handled by"),
    )
    # of a correction: the version before it, and why it was corrected (`correcting`)
    corrects = models.OneToOneField("self", models.PROTECT, related_name="corrected_by", null=True, blank=True)
    correction_reason = SealedTextField(null=True, blank=True, owner="case_id")
    # of one that a phone delivered: {"clock_seconds": added to the phone's times, "finished_at": there, corrected}
    from_phone = models.JSONField(null=True, blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering = ["-received_at"]
        indexes = [
            models.Index(fields=["unit", "-received_at"]),
            models.Index(fields=["-received_at"]),
            models.Index(fields=["occurred_at"]),
            models.Index(fields=["form_version", "-received_at"]),
            models.Index(fields=["form_version", "occurred_at"], name="submission_of_form_by_day"),
            models.Index(
                fields=["unit"],
                condition=models.Q(is_unmatched=True, handled_at__isnull=True),
                name="submission_without_a_rule",
            ),
            models.Index(
                fields=["handled_by"], condition=models.Q(handled_by__isnull=False), name="submission_by_who_handled"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form_version} {self.received_at:%Y-%m-%d %H:%M}"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user: User) -> "AttachmentQuerySet":
        """Return the files that a person may open.

        Until a file is sent, its owner and whoever may continue its draft; then whoever may read the submission.
        """
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        own = models.Q(submission__isnull=True, owner=user, unit__in=user.units())
        begun = models.Q(draft__in=Draft.objects.visible_to(user).open().values("pk"))
        sent = models.Q(submission__in=Submission.objects.visible_to(user).values("pk"))
        return self.filter(own | begun | sent)

    def unclaimed(self) -> "AttachmentQuerySet":
        """Return files uploaded through the API that no submission has named yet."""
        return self.filter(draft__isnull=True, submission__isnull=True)


class Attachment(models.Model):
    """A picture or document that answers a question of type `file`. Its content is a sealed file (see `storage`).

    It belongs to a draft, then to the submission that the draft becomes; one that an app has uploaded belongs to
    neither until a submission names it. `size` is in bytes, of the cleaned content; `fingerprint` a keyed hash of it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft = models.ForeignKey(Draft, models.CASCADE, related_name="attachments", null=True, blank=True)
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="attachments", null=True, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="attachments")
    unit = models.ForeignKey(MobileUnit, models.PROTECT, related_name="attachments")
    media_type = models.CharField(_("kind"), max_length=32)
    size = models.PositiveIntegerField(_("size"))
    fingerprint = models.CharField(max_length=100)
    name = SealedTextField(_("name"), blank=True, owner="submission.case_id")
    content_key = SealedBytesField(owner="submission.case_id")
    uploaded_at = models.DateTimeField(_("uploaded at"), default=timezone.now)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attached file")
        verbose_name_plural = _("attached files")
        ordering = ["uploaded_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(draft__isnull=True) | models.Q(submission__isnull=True),
                name="attachment_of_a_draft_or_a_submission",
            )
        ]

    def __str__(self) -> str:
        return f"{self.media_type} {self.uploaded_at:%Y-%m-%d %H:%M}"


# Django finds models in this module only
from .exports.models import AnswerExport, ExportPart  # noqa: E402, F401
