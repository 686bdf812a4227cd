"""Write to the conversation about a notice: a recipient's question or word, the unit's answer or addition.

What each of them does, in one transaction: locks the chains of the conversation, looks whether the same was written
already (its key comes from the page that sent it), checks it, stores it sealed, records it, and sends
`signals.notice_talked` to the rooms above. What the unit wrote is mailed to its readers without a word of it
(`telling`).
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.text import normalize_newlines
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from access.models import User
from audit import clock
from audit.chain import Actor, get_actor, log_event
from notifications import signals
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.sharing import may_be_read

from ..replies import AnswerRefused, answer
from .models import OF_RECIPIENT, OF_UNIT, TalkKind, TalkMessage
from .telling import tell_readers
from .thread import NO_CASE, get_members, get_root, get_waiting_questions, has_talk, iter_chains, may_talk, why_over

MAX_TEXT = 2000
ONE_HOUR = timedelta(hours=1)
MAX_PER_HOUR = 30  # of each side, in one conversation
MAX_MESSAGES = 400

# What the audit chain says of each kind of message.
ACTIONS: dict[str, str] = {
    TalkKind.QUESTION.value: "notice.talk_question",
    TalkKind.WORD.value: "notice.talk_word",
    TalkKind.ANSWER.value: "notice.talk_answer",
    TalkKind.ADDITION.value: "notice.talk_addition",
}
REFUSALS: dict[str, str | Promise] = {
    "empty": _("Write what you want to say."),
    "too_long": _("This is too long. Write at most 2000 characters."),
    "too_many": _("That is a lot in one hour. Please phone."),
    "full": _("This conversation has become too long. Please phone."),
    "closed": _("The case is closed, so nothing can be added here. Please phone."),
    "over": _("Nobody reads this notice any more, so nothing can be added here. Please phone."),
    "consent": _("The person's consent no longer covers this recipient, so nothing can be added."),
    "nothing_asked": _("No question is waiting for an answer."),
}
CORRECTABLE = frozenset({"empty", "too_long"})


class CannotSay(Exception):
    """Raised for what can't be added to a conversation. `code` is a key of REFUSALS; nothing was stored."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def words(self) -> str:
        return str(REFUSALS[self.code])


@sensitive_variables("text")
@transaction.atomic
def write_as_recipient(
    *, notice: Notice, text: str, key: UUID, wants_answer: bool, at: datetime | None = None
) -> TalkMessage:
    """Store what a recipient writes at their notice. `wants_answer`: the unit is chased until it answers.

    Raises CannotSay.
    """
    root = get_root(notice)
    moment = _lock(root, notice, at)
    if (earlier := _find_same(root, key)) is not None:
        return earlier
    text = _check_text(text)
    if not may_talk(notice, root):
        raise CannotSay("over")
    _check_bounds(root, OF_RECIPIENT, moment)
    kind = TalkKind.QUESTION if wants_answer else TalkKind.WORD
    message = TalkMessage.objects.create(
        notice=root, through=notice, contact=notice.contact, key=key, kind=kind, text=text, at=moment
    )
    _mark_read(notice, root, moment)
    actor = Actor("contact", str(notice.contact_id))
    signals.notice_talked.send(sender=Notice, notice=notice, message=message)
    log_event(ACTIONS[kind], actor=actor, target_kind="notice", target_id=notice.pk, message=message.pk)
    return message


@sensitive_variables("text")
@transaction.atomic
def write_as_unit(
    *, root: Notice, text: str, key: UUID, by: User, answers: UUID | None = None, at: datetime | None = None
) -> TalkMessage:
    """Store what the unit adds to a notice, and mail its readers that there is something.

    `answers`: the newest question that the writer had before them; it and those before it are answered by this. One
    that came in meanwhile stays open. Raises CannotSay.
    """
    moment = _lock(root, root, at)
    if (earlier := _find_same(root, key)) is not None:
        return earlier
    text = _check_text(text)
    readers = list(get_members(root).select_related("contact__partner", "partner", "chases"))
    if not has_talk(root) or not readers:
        raise CannotSay("over")
    if not any(may_be_read(reader, moment) for reader in readers):
        raise CannotSay("consent")
    _check_bounds(root, OF_UNIT, moment)
    answered = _answer_questions(root, answers, moment)
    kind = TalkKind.ANSWER if answered else TalkKind.ADDITION
    message = TalkMessage.objects.create(
        notice=root, author=by, key=key, kind=kind, text=text, at=moment, mail_due_at=moment
    )
    mark_read_by_unit(root, moment)
    signals.notice_talked.send(sender=Notice, notice=root, message=message)
    tell_readers(root, moment)
    log_event(
        ACTIONS[kind],
        actor=get_actor(by),
        target_kind="notice",
        target_id=root.pk,
        message=message.pk,
        answered=answered,
    )
    return message


@transaction.atomic
def note_answered_by_phone(*, root: Notice, answers: UUID, by: User, at: datetime | None = None) -> int:
    """Note that the questions up to this one were answered by phone. Raises CannotSay when none waits."""
    moment = _lock(root, root, at)
    answered = _answer_questions(root, answers, moment)
    if not answered:
        raise CannotSay("nothing_asked")
    mark_read_by_unit(root, moment)
    signals.notice_talked.send(sender=Notice, notice=root, message=None)
    log_event("notice.talk_phoned", actor=get_actor(by), target_kind="notice", target_id=root.pk, answered=answered)
    return answered


@transaction.atomic
def mark_read(notice: Notice, at: datetime | None = None) -> bool:
    """Note that this notice's recipient has the conversation before them. False when nothing was new to them."""
    root = get_root(notice)
    if not may_talk(notice, root):
        return False
    moment = _lock(root, notice, at)
    is_new = _mark_read(notice, root, moment)
    if is_new:
        actor = Actor("contact", str(notice.contact_id))
        log_event("notice.talk_seen", actor=actor, target_kind="notice", target_id=notice.pk)
    return is_new


@transaction.atomic
def note_seen_by_unit(*, root: Notice, by: User, at: datetime | None = None) -> bool:
    """Note that somebody of the unit has read what needs no answer. False when nothing was new."""
    count = mark_read_by_unit(root, at or clock.now())
    if count:
        log_event("notice.talk_seen", actor=get_actor(by), target_kind="notice", target_id=root.pk, messages=count)
    return bool(count)


def mark_read_by_unit(root: Notice, at: datetime) -> int:
    """Note that somebody of the unit has what recipients wrote before them."""
    return TalkMessage.objects.filter(notice=root, kind__in=OF_RECIPIENT, read_at__isnull=True).update(read_at=at)


def _mark_read(notice: Notice, root: Notice, moment: datetime) -> bool:
    unread = TalkMessage.objects.filter(notice=root, kind__in=OF_UNIT, read_at__isnull=True)
    count = unread.update(read_at=moment, mail_due_at=None)
    waiting = Notice.objects.open().filter(contact=notice.contact_id, role=root.role)
    mine = [
        each
        for each in waiting.select_related("chases").defer("brief")
        if each.root.purpose == Purpose.TALK and get_root(each).pk == root.pk
    ]
    # The one whose page is open first: it stays readable, and settles the others of its chain.
    for each in sorted(mine, key=lambda one: one.pk != notice.pk):
        each.refresh_from_db()
        if each.is_open:
            _confirm(each, moment)
    return bool(count or mine)


def _confirm(notice: Notice, moment: datetime) -> None:
    try:
        answer(notice=notice, kind="accepted", at=moment)
    except AnswerRefused:
        return  # it was withdrawn meanwhile


def _lock(root: Notice, notice: Notice, at: datetime | None) -> datetime:
    """Lock the chains of a conversation, and return the moment from which what is written counts.

    Only now is it read: whoever waited for the lock writes after whoever held it, so that "this question and those
    before it" is what the unit had before it. And the case: the notice may have gone to another one meanwhile, when
    two cases became one.
    """
    lock_chases([*iter_chains(root), notice.chase_id])
    cases = dict(Notice.objects.filter(pk__in={root.pk, notice.pk}).values_list("pk", "case_id"))
    for each in (root, notice):
        each.case_id = cases[each.pk]
    return at or clock.now()


def _find_same(root: Notice, key: UUID) -> TalkMessage | None:
    return TalkMessage.objects.filter(notice=root, key=key).first()


def _check_text(text: str) -> str:
    # Browsers send line breaks as CRLF, which would count twice.
    text = normalize_newlines(text).strip()
    if not text:
        raise CannotSay("empty")
    if len(text) > MAX_TEXT:
        raise CannotSay("too_long")
    return text


def _check_bounds(root: Notice, side: tuple[TalkKind, TalkKind], moment: datetime) -> None:
    if code := why_over(root):
        raise CannotSay("over" if code == NO_CASE else code)
    written = TalkMessage.objects.filter(notice=root)
    if written.filter(kind__in=side, at__gt=moment - ONE_HOUR).count() >= MAX_PER_HOUR:
        raise CannotSay("too_many")
    if written.count() >= MAX_MESSAGES:
        raise CannotSay("full")


def _answer_questions(root: Notice, newest: UUID | None, moment: datetime) -> int:
    """Mark the questions up to this one as answered. Return how many waited."""
    asked = TalkMessage.objects.filter(notice=root, pk=newest).first() if newest else None
    if asked is None:
        return 0
    return get_waiting_questions(root).filter(at__lte=asked.at).update(answered_at=moment)
