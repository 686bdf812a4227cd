"""The ledger of consents, and what was decided about sharing by it. Rows are only added (`triggers`).

Codes are stored in clear, because the gate has to find them; names and reasons are sealed. What is forgotten when its
term is over are the sealed columns.
"""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.directory.models import Partner, Role
from vault.fields import SealedJSONField, SealedTextField

REFER_TO = "refer_to"  # the purpose under which an office receives data; as the consent form calls it


class ConsentAnswer(models.TextChoices):
    GIVEN = "given", _("given")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")
    NOT_ABLE = "not_able", _("not able to decide")
    UNREADABLE = "unreadable", _("the form can't be read")


class ConsentPurpose(models.TextChoices):
    INTERVIEW = "interview", _("the interview")
    STORE_DATA = "store_data", _("storing the data")
    POLICE_REPORT = "police_report", _("report to the police")
    NOTIFY_RA = "notify_responsible_authority", _("notice to the Responsible Authority")
    REFER_TO = REFER_TO, _("referral")
    FORMAL_IDENTIFICATION = "formal_identification", _("formal identification")
    STATISTICS = "statistics", _("statistics and research")
    CONTACT = "contact", _("further contact")
    STORY_OR_PHOTO = "story_or_photo", _("story or photograph")


class HowRecorded(models.TextChoices):
    SIGNED = "signed", _("signed")
    MARK = "mark", _("fingerprint or mark")
    WITNESSED = "witnessed", _("spoken before a witness")
    SPOKEN = "spoken", _("spoken, without a witness")


class ConsentEntry(models.Model):
    """One answer about one purpose and recipient.

    `act`: what was recorded together (a form, a press on the case); the newest act that has an answer about a recipient
    decides. `submission_id`: the form, if it was one; an id without a foreign key, because submissions stand on a floor
    above. `role` and `partner`: the recipient; neither is "whoever receives for this purpose". `kind` and
    `legal_basis`: codes of the consent form. `representative`: in which capacity somebody else spoke, "" for nobody;
    `may_be_involved`: whether that one may have to do with the exploitation (yes, no, unknown; "" not asked).
    `state` (sealed): of which state the office is, a country code; null where none was named.
    `names` (sealed): {"explained_by", "interpreter", "representative", "witness"}. `until`: from this moment on it no
    longer holds. `ended_at`: when the clock has dealt with that.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="consents", verbose_name=_("case"))
    act = models.UUIDField()
    submission_id = models.UUIDField(null=True, blank=True, db_index=True)
    purpose = models.CharField(_("purpose"), max_length=40)
    role = models.CharField(_("role"), max_length=24, choices=Role.choices, blank=True)
    partner = models.ForeignKey(
        Partner, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("partner")
    )
    state = SealedTextField(null=True, blank=True, owner="case_id")
    answer = models.CharField(_("answer"), max_length=12, choices=ConsentAnswer.choices)
    kind = models.CharField(max_length=24, blank=True)
    legal_basis = models.CharField(max_length=24, blank=True)
    representative = models.CharField(max_length=16, blank=True)
    may_be_involved = models.CharField(max_length=8, blank=True)
    language = models.CharField(max_length=16, blank=True)
    is_interpreted = models.BooleanField(default=False)
    was_read_aloud = models.BooleanField(default=False)
    how_recorded = models.CharField(max_length=12, choices=HowRecorded.choices, blank=True)
    attachment_id = models.UUIDField(null=True, blank=True)
    names = SealedJSONField(null=True, blank=True, owner="case_id")
    reason = SealedTextField(null=True, blank=True, owner="case_id")
    until = models.DateTimeField(_("until"), null=True, blank=True)
    occurred_at = models.DateTimeField(_("when it happened"))
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("recorded by")
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-occurred_at", "-recorded_at"]
        indexes = [
            models.Index(fields=["case", "-occurred_at"], name="consent_of_case"),
            models.Index(
                fields=["until"],
                condition=models.Q(until__isnull=False, ended_at__isnull=True),
                name="consent_with_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.role} {self.answer}"


class SharingDecision(models.Model):
    """One decision of the gate about sharing that needs more than a legal duty. Written whether it was allowed or not.

    `event_id`: the case event on which the notice would be, or is, sent. `basis`: on what it was allowed, "" if it
    wasn't; `code`: why not. `claimed`: the basis that the form named. `reason` (sealed): of a vital interest. `state`
    (sealed): of which state the office is, where it is an embassy's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="sharing_decisions", verbose_name=_("case"))
    event_id = models.UUIDField(db_index=True)
    submission_id = models.UUIDField(null=True, blank=True)
    role = models.CharField(_("role"), max_length=24, choices=Role.choices)
    partner = models.ForeignKey(
        Partner, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("partner")
    )
    state = SealedTextField(null=True, blank=True, owner="case_id")
    is_allowed = models.BooleanField()
    basis = models.CharField(max_length=24, blank=True)
    code = models.CharField(max_length=32, blank=True)
    claimed = models.CharField(max_length=40, blank=True)
    reason = SealedTextField(null=True, blank=True, owner="case_id")
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("decision about sharing")
        verbose_name_plural = _("decisions about sharing")
        ordering = ["at"]
        indexes = [models.Index(fields=["case", "at"], name="sharing_of_case")]

    def __str__(self) -> str:
        return f"{self.role} {self.basis or self.code}"
