"""The outbox tables: one row for each notice to a recipient, for each attempt to send it, and for each reply."""

import secrets
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.lookups import In
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.languages import DEFAULT_LANGUAGE
from access.literals import Literal
from access.models import MobileUnit, Municipality
from notifications.directory.models import Contact, ContactWay, Partner, Role
from vault.fields import SealedBytesField, SealedField, SealedJSONField, SealedTextField

from .states import AWAITING_ANSWER, NO_CONTACT, NOT_AWAITING, OPEN, REPLACED, SETTLED, UNSENT, NoticeState

# Without 0, O, 1, I, L and U: codes are read out over the telephone.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_code() -> str:
    """Generate an opaque code such as 7K2M9-4XQ, which subject lines and phone calls may contain."""
    letters = "".join(secrets.choice(CODE_ALPHABET) for _i in range(8))
    return f"{letters[:5]}-{letters[5:]}"


class Purpose(models.TextChoices):
    FIRST = "first", _("first notice")
    REMINDER = "reminder", _("reminder")
    DEPUTY = "deputy", _("to the deputy")
    CALL = "call", _("to the coordinator: call")
    FALLBACK = "fallback", _("to the coordinator: no contact found")
    REROUTE = "reroute", _("forwarded to another area")
    INSTEAD = "instead", _("notified instead")
    DUTY = "duty", _("a duty is due")
    EXPECT = "expect", _("somebody will call")
    CORRECTION = "correction", _("a correction of what was read")
    INFORM = "inform", _("for information")
    TEST = "test", _("test of an address and a PIN")
    VOID = "void", _("the case is void")
    DIGEST = "digest", _("to the coordinator: daily list of what is unanswered")
    TALK = "talk", _("something was added")
    OUTCOME = "outcome", _("the outcome is awaited")


class AnsweredBy(models.TextChoices):
    """Where an answer was given: on the notice's page behind the PIN, or from a telephone that the directory knows."""

    PAGE = "page", _("on the notice's page")
    SMS = "sms", _("by SMS")
    VOICE = "voice", _("by a key during a call")


class NoticeQuerySet(models.QuerySet["Notice"]):
    def open(self) -> "NoticeQuerySet":
        return self.filter(state__in=OPEN)

    def due(self, now: datetime) -> "NoticeQuerySet":
        """Return what the sweeper enqueues: notices whose next attempt is due, or whose holder's lease ran out."""
        return self.with_recipient().filter(
            Q(state__in=UNSENT, next_attempt_at__lte=now) | Q(state=NoticeState.SENDING, lease_until__lte=now)
        )

    def claimable(self, now: datetime) -> "NoticeQuerySet":
        """Return what a worker may claim: as `due`, and everything in state `owed`, whether it is due or not."""
        return self.with_recipient().filter(
            # A new notice waits a moment (`WAKE_GRACE`) before the sweeper looks at it, but a worker that is
            # awake anyway needn't wait for that.
            Q(state=NoticeState.OWED)
            | Q(state=NoticeState.FAILED, next_attempt_at__lte=now)
            | Q(state=NoticeState.SENDING, lease_until__lte=now)
        )

    def with_recipient(self) -> "NoticeQuerySet":
        return self.exclude(reason=NO_CONTACT)

    def without_recipient(self) -> "NoticeQuerySet":
        """Return open notices for which the directory named nobody; the sweeper resolves them again."""
        # A test is for the one contact whose address it tries: nobody else gets it.
        return self.filter(state=NoticeState.FAILED, reason=NO_CONTACT).exclude(purpose=Purpose.TEST)

    def nobody_reached(self) -> "NoticeQuerySet":
        """Return the notices that make a case most urgent: nobody at all was notified.

        These are a first notice without a recipient, and a follow-up without a recipient of one that was declined or
        passed on. A call beside a notice that is still open isn't among them: that notice is.
        """
        return self.without_recipient().filter(Q(chases=None) | Q(chases__state__in=SETTLED))

    def awaiting_answer(self) -> "NoticeQuerySet":
        return self.filter(state__in=AWAITING_ANSWER)

    def awaiting_in_time(self) -> "NoticeQuerySet":
        """Return what awaits an answer by some moment, to be read in its order.

        Said the other way round and in the words of the index by that moment (`notice_awaiting_by_time`): of "is one of
        these states" SQLite, which has no statistics, would take the index by state, and sort all that are open.
        """
        awaiting = self.exclude(state__in=[Literal(state.value) for state in NOT_AWAITING])
        return awaiting.filter(answer_by__isnull=False)

    def accepted_unread(self) -> "NoticeQuerySet":
        """Return what somebody has accepted from a telephone and hasn't opened yet: nobody has read the brief."""
        return self.filter(state=NoticeState.ACCEPTED, opened_at__isnull=True)

    def shown(self) -> "NoticeQuerySet":
        """Return the notices that people look through.

        Leaves out those that were replaced by another one of their escalation chain, unless other notices follow up on
        them. An older release left hundreds of such in one case.
        """
        chasers = Notice.objects.filter(chases=OuterRef("pk"))
        return self.exclude(Q(reason=REPLACED) & ~Exists(chasers))

    def counted(self) -> "NoticeQuerySet":
        """Return what statistics may count: everything but drills."""
        return self.filter(is_drill=False)


def not_settled(state: str = "state") -> Any:
    """Return the condition that a notice isn't settled, in the words of the index `notice_open_by_state`.

    Beside a choice of states it lets SQLite answer out of that index alone. `state`: the way to the notice's state.
    """
    return ~In(F(state), [Literal(each.value) for each in SETTLED])


class Notice(models.Model):
    """A notice to one recipient about one event of a case.

    `event_id` is a case event's id (this room knows nothing of cases); (`event_id`, `recipient_key`) is unique, so
    creating a notice twice creates it once. `partner` is the recipient's office, also when nobody there could be found.
    `brief` is what this recipient may read, composed and filtered when the notice was created:

        {"sections": [{"title": texts, "rows": [{"key", "label": texts, "value": texts}]}]}

    where a text is {language: text}.

    `home` is the case's own municipality where the notice is about another place; null where they are one. Our own
    people are looked for there: a coordinator elsewhere is asked to call about a case that they can't open.

    `unit` is the sending one and `chain` the links along which a recipient is looked for (`directory.links`), as the
    procedure had them; empty is the default chain.

    `chase_id` is the first notice of the escalation chain, this one itself where it follows up on none: what a question
    about a whole chain needs in one statement. A reminder and a call are one row however often they are sent: `repeats`
    counts how often it was sent again, `repeated_at` holds when last, `tries_before` how many attempts came before that
    (see `repeating`).

    `ladder` is a snapshot of the procedure's escalation steps at that time:
    [{"after_minutes": 10, "do": "remind"}, ...] with `do` in remind | deputy | call and, on the last step,
    "repeat_minutes". `ladder_step` is the index of the next step and `next_step_at` its time; null only when the notice
    is settled. `token` is the fencing token: raised by each claim, and every write of a holder says WHERE token = its
    own.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event_id = models.UUIDField()
    case_id = models.UUIDField(db_index=True)
    case_reference = models.CharField(_("case"), max_length=8, db_index=True)
    code = models.CharField(_("code"), max_length=9, unique=True, default=new_code, editable=False)
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose.choices, default=Purpose.FIRST)
    chases = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="chasers",
        verbose_name=_("follows up"),
    )
    chase_id = models.UUIDField(
        null=True, editable=False
    )  # null only in a row of an older release, until the next round
    role = models.CharField(_("role"), max_length=24, choices=Role.choices)
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="notices", verbose_name=_("recipient")
    )
    partner = models.ForeignKey(
        Partner, models.PROTECT, null=True, blank=True, related_name="notices", verbose_name=_("partner")
    )
    recipient_key = models.CharField(max_length=64)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+", verbose_name=_("municipality"))
    home = models.ForeignKey(
        Municipality, models.PROTECT, null=True, blank=True, db_index=False, editable=False, related_name="+"
    )
    unit = models.ForeignKey(
        MobileUnit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("mobile unit")
    )
    chain = models.JSONField(default=list, blank=True)
    channel = models.CharField(_("channel"), max_length=16, default="email")
    # The only way that this notice takes: that of a way's test. Null everywhere else: e-mail, and `ways` beside it.
    way = models.ForeignKey(
        ContactWay,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        editable=False,
        related_name="+",
        verbose_name=_("way"),
    )
    language = models.CharField(_("language"), max_length=5, default=DEFAULT_LANGUAGE)
    is_drill = models.BooleanField(_("drill"), default=False)
    needs_document = models.BooleanField(_("with PDF"), default=False)
    brief = SealedJSONField(owner="case_id")

    state = models.CharField(_("state"), max_length=12, choices=NoticeState.choices, default=NoticeState.OWED)
    # How the answer came that settled a notice which nobody had opened; "" wherever the brief was opened first.
    answered_by = models.CharField(max_length=8, choices=AnsweredBy.choices, blank=True, editable=False)
    reason = models.CharField(_("reason"), max_length=40, blank=True)  # a machine code, see `states` and `labels`
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    repeats = models.PositiveIntegerField(_("sent again"), default=0)
    repeated_at = models.DateTimeField(_("sent again at"), null=True, blank=True)
    tries_before = models.PositiveIntegerField(default=0)
    listed_at = models.DateTimeField(null=True, blank=True)  # when a coordinator's list of the day last named it

    link_hash = models.CharField(max_length=64, unique=True)
    link_token = SealedTextField()
    link_expires_at = models.DateTimeField()
    link_revoked_at = models.DateTimeField(null=True, blank=True)

    ladder = models.JSONField(default=list)
    ladder_step = models.PositiveSmallIntegerField(default=0)
    next_step_at = models.DateTimeField(null=True, blank=True)
    answer_by = models.DateTimeField(_("answer by"), null=True, blank=True)
    amber_at = models.DateTimeField(null=True, blank=True)
    red_at = models.DateTimeField(null=True, blank=True)
    breach_at = models.DateTimeField(null=True, blank=True)

    owed_at = models.DateTimeField(_("created at"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    declined_at = models.DateTimeField(_("declined at"), null=True, blank=True)
    escalated_at = models.DateTimeField(_("escalated at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["owed_at"]
        indexes = [
            models.Index(fields=["state", "next_attempt_at"]),
            models.Index(fields=["state", "lease_until"]),
            models.Index(fields=["next_step_at"]),
            models.Index(fields=["-owed_at"]),
            models.Index(fields=["state", "-owed_at"]),
            models.Index(fields=["chase_id", "next_step_at"]),
            # What was accepted unread is looked for each minute, among millions that were accepted after reading.
            models.Index(
                fields=["state", "owed_at"], condition=Q(opened_at__isnull=True), name="notice_unopened_by_state"
            ),
            # What is asked of all that are open and says no more than this needs no row of theirs (`not_settled`).
            models.Index(
                fields=["state", "purpose", "id"],
                condition=~Q(state__in=[state.value for state in SETTLED]),
                name="notice_open_by_state",
            ),
            # By when answers are due: a day of many cases reads its first lines along it (`awaiting_in_time`).
            models.Index(
                fields=["answer_by", "id"],
                condition=~Q(state__in=[state.value for state in NOT_AWAITING]) & Q(answer_by__isnull=False),
                name="notice_awaiting_by_time",
            ),
            # Most have none of these, and each write of a notice is one to every index that holds its row.
            models.Index(fields=["chases"], condition=Q(chases__isnull=False), name="notice_by_what_it_chases"),
            models.Index(fields=["home"], condition=Q(home__isnull=False), name="notice_by_home"),
            models.Index(fields=["way"], condition=Q(way__isnull=False), name="notice_by_way"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["event_id", "recipient_key"], name="one_notice_per_event_and_recipient"),
            models.CheckConstraint(
                name="notice_known_state", condition=Q(state__in=[value for value, _label in NoticeState.choices])
            ),
            models.CheckConstraint(
                name="notice_lease_only_while_sending",
                condition=Q(state="sending", lease_until__isnull=False)
                | (~Q(state="sending") & Q(lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="notice_unsent_has_next_attempt",
                condition=~Q(state__in=["owed", "failed"]) | Q(next_attempt_at__isnull=False),
            ),
            # A failed notice without a reason would have no words on any screen, and `reason` decides who looks after
            # it: the workers, or, for `no_contact`, the sweeper that asks the directory again.
            models.CheckConstraint(name="notice_failed_has_reason", condition=~Q(state="failed") | ~Q(reason="")),
            models.CheckConstraint(
                name="notice_sent_was_attempted",
                condition=Q(sent_at__isnull=True) | Q(attempts__gte=1),
            ),
            models.CheckConstraint(
                name="notice_sent_states_have_sent_at",
                condition=~Q(state__in=["sent", "delivered", "opened", "accepted", "declined"])
                | Q(sent_at__isnull=False),
            ),
            models.CheckConstraint(
                name="notice_opened_states_have_opened_at",
                condition=~Q(state__in=["opened", "accepted", "declined"])
                | Q(opened_at__isnull=False)
                | Q(state__in=["accepted", "declined"], answered_by__in=["sms", "voice"]),
            ),
            models.CheckConstraint(
                name="notice_answer_states_have_times",
                condition=(~Q(state="accepted") | Q(accepted_at__isnull=False))
                & (~Q(state="declined") | Q(declined_at__isnull=False))
                & (~Q(state="closed") | Q(closed_at__isnull=False))
                & (~Q(state="cancelled") | Q(cancelled_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="notice_settled_has_no_next_step",
                condition=~Q(state__in=["accepted", "declined", "closed", "cancelled"])
                | Q(next_step_at__isnull=True, next_attempt_at__isnull=True),
            ),
            models.CheckConstraint(
                name="notice_without_contact_is_not_sent",
                condition=Q(contact__isnull=False) | Q(sent_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} · {Role(self.role).label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_chase()
        super().save(*args, **kwargs)

    def name_chase(self) -> None:
        """Set the escalation chain that it belongs to. The id is there from the start: a first notice names itself."""
        if self.chase_id is None:
            self.chase_id = self.pk if self.chases is None else self.chases.chase_id or self.chases.root.pk

    def refresh_from_db(
        self, using: str | None = None, fields: Iterable[str] | None = None, from_queryset: Any = None
    ) -> None:
        """Reload as Django does, but decrypt sealed fields only when they are read.

        A brief that can't be decrypted must not keep its notice from being answered, and decrypting costs time.
        """
        if fields is None:
            columns, left_out = self._meta.concrete_fields, self.get_deferred_fields()
            for column in columns:
                if isinstance(column, SealedField):
                    # Without its value the field is deferred: its descriptor loads and decrypts it on demand.
                    self.__dict__.pop(column.attname, None)
                    left_out.add(column.attname)
            # Django forgets these by itself only where `fields` isn't given.
            for relation in self._meta.related_objects:
                if relation.is_cached(self):
                    relation.delete_cached_value(self)
            if using is None and from_queryset is None and left_out == SEALED:
                self._take_over(_find_unsealed(key=self.pk).first())
                return
            fields = [column.name for column in columns if column.attname not in left_out]
        super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)

    def _take_over(self, row: "Notice | None") -> None:
        """Take over what a row says that was just read, as Django does. Raises DoesNotExist for none."""
        if row is None:
            raise Notice.DoesNotExist
        columns: Iterable[Any] = self._meta.concrete_fields
        for column in columns:
            if column.attname in row.__dict__:
                setattr(self, column.attname, row.__dict__[column.attname])
                if column.is_relation and column.is_cached(self):
                    column.delete_cached_value(self)
        self._state.db = row._state.db

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def number(self) -> int:
        """How often the notice has been sent, this time included: 3 for the third reminder."""
        return self.repeats + 1

    @property
    def root(self) -> "Notice":
        """The first notice of the escalation chain that this one belongs to."""
        notice = self
        while notice.chases_id:
            notice = notice.chases  # type: ignore[assignment]
        return notice


# Written once: each step of a ladder and each reading of a brief reloads its notice.
SEALED = {column.attname for column in Notice._meta.concrete_fields if isinstance(column, SealedField)}


def _find_unsealed(key: UUID) -> QuerySet[Notice]:
    return Notice.objects.filter(pk=key).defer(*SEALED)


class AttemptOutcome(models.TextChoices):
    STARTED = "started", _("started")
    ACCEPTED = "accepted", _("accepted by the server")
    REFUSED = "refused", _("refused by the server")
    UNREACHED = "unreached", _("server not reached")
    UNSENDABLE = "unsendable", _("could not be composed")
    BOUNCED = "bounced", _("came back: the recipient’s server doesn’t take it")


class Attempt(models.Model):
    """One attempt to send a notice, written before sending begins. `started` for ever means that the holder died.

    `dispatch`: which way beside e-mail it took; null for the notice's own. Number and token are then the dispatch's.
    `texts`: numbers of the stored texts that the message was worded with; "" where that is what is shipped.
    `mail_key`: of an e-mail, the end of the fingerprint to whose key it was encrypted, or READABLE; "" where that isn't
    known, and by every other way.
    """

    READABLE = "readable"  # no fingerprint is spelled so

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="attempt_rows", verbose_name=_("notice"))
    dispatch = models.ForeignKey(
        "outbox.Dispatch",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,  # the unique one below begins with it
        related_name="attempt_rows",
        verbose_name=_("way"),
    )
    number = models.PositiveIntegerField(_("number"))
    token = models.PositiveIntegerField()
    channel = models.CharField(max_length=16)
    address = models.CharField(_("address"), max_length=254)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    outcome = models.CharField(
        _("outcome"), max_length=12, choices=AttemptOutcome.choices, default=AttemptOutcome.STARTED
    )
    error_code = models.CharField(_("error code"), max_length=40, blank=True)  # never the server's own text
    texts = models.CharField(_("texts"), max_length=200, blank=True, default="")
    mail_key = models.CharField(_("key"), max_length=8, blank=True, default="")

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["notice", "number"]
        indexes = [models.Index(fields=["outcome", "started_at"])]
        # Each claim raises the token, so two attempts under one token would mean two holders.
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "token"], condition=Q(dispatch__isnull=True), name="one_attempt_per_token"
            ),
            models.UniqueConstraint(
                fields=["dispatch", "token"], condition=Q(dispatch__isnull=False), name="one_attempt_per_dispatch_token"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice.code} #{self.number} {self.outcome}"


class ReplyKind(models.TextChoices):
    ACCEPTED = "accepted", _("accepted")
    ON_THE_WAY = "on_the_way", _("on the way")
    DECLINED = "declined", _("declined")
    WRONG_AREA = "wrong_area", _("another area")
    OUTCOME = "outcome", _("outcome")


class Reply(models.Model):
    """A recipient's answer. The note is sealed, because people write names into notes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="replies", verbose_name=_("notice"))
    kind = models.CharField(_("kind"), max_length=12, choices=ReplyKind.choices)
    by = models.CharField(_("given"), max_length=8, choices=AnsweredBy.choices, default=AnsweredBy.PAGE)
    reason = models.CharField(_("reason"), max_length=40, blank=True)  # a code from briefs.choices
    to_municipality = models.ForeignKey(Municipality, models.PROTECT, null=True, blank=True, related_name="+")
    note = SealedTextField(null=True, blank=True, owner="notice.case_id")
    details = SealedJSONField(null=True, blank=True, owner="notice.case_id")  # {key of briefs.choices.DETAILS: text}
    minutes = models.PositiveSmallIntegerField(_("minutes until arrival"), null=True, blank=True)  # of "on the way"
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering = ["at"]
        indexes = [models.Index(fields=["-at"])]

    def __str__(self) -> str:
        return f"{self.notice.code} {self.kind}"


class BriefDocument(models.Model):
    """The PDF of a notice, sealed. Made by the `bulk` cluster once its recipient has opened it.

    It goes long after the notice was closed (`briefs.old_documents`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notice = models.OneToOneField(Notice, models.PROTECT, related_name="document", verbose_name=_("notice"))
    pdf = SealedBytesField(owner="notice.case_id")
    pages = models.PositiveSmallIntegerField(_("pages"), default=1)
    rendered_at = models.DateTimeField(_("rendered at"), default=timezone.now)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")

    def __str__(self) -> str:
        return self.notice.code


class Heartbeat(models.Model):
    """The last sign of life of a process (`sweeper`, `canary.urgent`, `canary.bulk`), and its findings at that time.

    `facts`: what `/readyz` reports of it, as the sweeper found it then (see escalation.findings); codes and counts.
    """

    part = models.CharField(primary_key=True, max_length=32)
    at = models.DateTimeField(default=timezone.now)
    facts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return f"{self.part} {self.at:%H:%M:%S}"

    @classmethod
    def beat(cls, part: str, facts: Mapping[str, Any] | None = None) -> None:
        values = {"at": timezone.now(), "facts": dict(facts or {})}
        # One statement, but for the first beat of a part.
        if not cls.objects.filter(part=part).update(**values):
            cls.objects.update_or_create(part=part, defaults=values)


# Django finds models in this module only.
from .ways.models import Dispatch as Dispatch  # noqa: E402
