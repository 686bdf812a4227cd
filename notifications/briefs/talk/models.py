"""What a recipient and the unit write to each other about a notice, and outcomes that are waited for."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.directory.models import Contact
from notifications.outbox.models import Notice
from vault.fields import SealedTextField


class TalkKind(models.TextChoices):
    QUESTION = "question", _("question")
    WORD = "word", _("for your information")
    ANSWER = "answer", _("answer")
    ADDITION = "addition", _("added by the unit")


OF_RECIPIENT = (TalkKind.QUESTION, TalkKind.WORD)
OF_UNIT = (TalkKind.ANSWER, TalkKind.ADDITION)


class TalkMessage(models.Model):
    """One message of the conversation about a notice. Nobody changes or removes one; it goes with its case.

    `notice` is the first of its escalation chain: whoever reads that notice reads this. `through` is the notice at
    which a recipient wrote it, `contact` who that was; of the unit's, `author` wrote it. `key` comes from the page that
    sent it: the same again is the same message. `read_at`: when the other side had it before them. `answered_at`: of a
    question. `mail_due_at`: the readers are sent a mail for it, and haven't been yet; `mailed_at`: when they were.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="talk")
    through = models.ForeignKey(Notice, models.PROTECT, null=True, blank=True, related_name="+")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    key = models.UUIDField()
    kind = models.CharField(_("kind"), max_length=10, choices=TalkKind.choices)
    text = SealedTextField(null=True, blank=True, owner="notice.case_id")
    at = models.DateTimeField(_("at"), default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    mail_due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("message about a notice")
        verbose_name_plural = _("messages about notices")
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["notice", "at"])]
        constraints = [
            models.UniqueConstraint(fields=["notice", "key"], name="one_message_per_notice_and_key"),
            models.CheckConstraint(
                name="message_is_of_one_side",
                condition=Q(kind__in=["question", "word"], contact__isnull=False, author__isnull=True)
                | Q(kind__in=["answer", "addition"], contact__isnull=True, author__isnull=False),
            ),
            models.CheckConstraint(
                name="only_a_question_is_answered", condition=Q(answered_at__isnull=True) | Q(kind="question")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice.code} {self.kind}"

    @property
    def is_of_unit(self) -> bool:
        return self.kind in OF_UNIT


class TalkNotice(models.Model):
    """A notice that sends a recipient back to another one: something was added to it, or its outcome is missing."""

    notice = models.OneToOneField(Notice, models.PROTECT, primary_key=True, related_name="talk_notice")
    about = models.ForeignKey(Notice, models.PROTECT, related_name="talk_notices")

    class Meta:
        verbose_name = _("notice about a conversation")
        verbose_name_plural = _("notices about conversations")

    def __str__(self) -> str:
        return f"{self.notice.code} · {self.about.code}"


class AwaitedOutcome(models.Model):
    """An accepted notice of which nobody has said yet what came of it.

    `next_at`: when its recipient is asked; null while they are being asked, and when it has ended.
    """

    notice = models.OneToOneField(Notice, models.PROTECT, primary_key=True, related_name="awaited_outcome")
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)
    asked = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("awaited outcome")
        verbose_name_plural = _("awaited outcomes")
        constraints = [
            models.CheckConstraint(
                name="ended_outcome_has_no_next_time", condition=Q(ended_at__isnull=True) | Q(next_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.notice.code


class UnreadAcceptance(models.Model):
    """A notice that was accepted from a telephone, and that nobody has opened yet.

    `next_at`: when its recipient is asked to open it; null while they are being asked (`asking`), and when it has
    ended: opened, passed on, or settled.
    """

    notice = models.OneToOneField(Notice, models.PROTECT, primary_key=True, related_name="unread_acceptance")
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)
    asking = models.OneToOneField(Notice, models.PROTECT, null=True, blank=True, related_name="+")
    asked = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("accepted, not opened")
        verbose_name_plural = _("accepted, not opened")
        constraints = [
            models.CheckConstraint(
                name="ended_unread_has_no_next_time", condition=Q(ended_at__isnull=True) | Q(next_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.notice.code
