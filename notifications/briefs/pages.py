"""Contexts for the pages of a notice: worked out here, so that templates only lay out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db.models import Count, Q
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from access.models import Municipality
from notifications.channels import vapid
from notifications.outbox.models import Notice, Purpose, Reply, ReplyKind
from notifications.outbox.sender import get_unit_to_call
from notifications.outbox.states import ANSWERED, OPEN, NoticeState
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .choices import (
    can_report_another_outcome,
    get_answer_kinds,
    get_decline_reasons,
    get_detail_fields,
    get_outcomes,
    get_reason_label,
    label_details,
)
from .floods import get_bundles, put_unlike_first
from .further import may_read_reports, reports_for
from .models import EarlierBrief, FurtherReport
from .pin import get_pause_end
from .replies import REFUSALS, get_refusal
from .role_choices import ACCEPT_WORDS
from .sections import URGENCY, Section, exclude_rows, get_sections, is_urgent, sections_in
from .sessions import get_max_silence
from .steps import describe_steps, may_read_by_steps
from .talk.awaiting import get_answered_notice
from .talk.pages import build_talk
from .talk.thread import TALK_PURPOSES
from .talk.unread import get_unread_link
from .visit import Visit
from .waiting import list_waiting

log = structlog.get_logger(__name__)

MAX_NEWEST = 5  # of the reports that were added, on the notice's own page

REPLY_WORDS: dict[str, str | Promise] = {
    ReplyKind.ACCEPTED: pgettext_lazy("you", "You accepted"),
    ReplyKind.ON_THE_WAY: pgettext_lazy("you", "You are on the way"),
    ReplyKind.DECLINED: pgettext_lazy("you", "You can't take it"),
    ReplyKind.WRONG_AREA: pgettext_lazy("you", "You sent it on to another area"),
    ReplyKind.OUTCOME: pgettext_lazy("you", "You reported the outcome"),
}


@dataclass(frozen=True)
class Panel:
    """An answer that needs more than a tap: its form on the page."""

    kind: str
    title: str
    send: str
    question: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    details: tuple[tuple[str, str, int, str], ...] = field(default=(), repr=False)  # key, label, length, typed
    is_open: bool = False


@dataclass(frozen=True)
class ReplyRow:
    """A reply as its author reads it."""

    kind: str
    words: str
    detail: str
    at: datetime
    more: tuple[tuple[str, str], ...] = ()


def is_readable(notice: Notice) -> bool:
    """Tell whether the recipient reads the brief: they still have to answer, or have accepted.

    Not after passing it on. The steps of a referral decide for its notice.
    """
    by_steps = may_read_by_steps(notice)
    if by_steps is not None:
        return by_steps
    if notice.state == NoticeState.CLOSED:
        # One of several mails that led to the same conversation: each of them goes on opening it.
        was_elsewhere = notice.reason == ANSWERED and notice.root.purpose in TALK_PURPOSES
        return notice.accepted_at is not None or was_elsewhere
    return notice.state in OPEN or notice.state == NoticeState.ACCEPTED


def why_told(notice: Notice) -> str:
    """Explain why a reminder or a deputy's notice came. "" for other notices.

    It names who was notified before, when, and what came of it by then. The text is the same whenever it is asked for,
    so that the notice on paper stays the same.
    """
    before = notice.chases
    if before is None or notice.purpose not in (Purpose.DEPUTY, Purpose.REMINDER):
        return ""
    at = formats.date_format(timezone.localtime(before.owed_at), "j F Y, H:i")
    if notice.purpose == Purpose.REMINDER:
        return gettext("This is a reminder: you were first notified on %(at)s.") % {"at": at}
    who = before.contact.name if before.contact else gettext("The person on duty")
    # Compared with this notice's own time, not with now: an answer that comes later doesn't change the sheet.
    declined = before.declined_at is not None and before.declined_at <= notice.owed_at
    if declined:
        words = gettext("You are notified as deputy: %(who)s was notified on %(at)s and can't take it.")
    else:
        words = gettext("You are notified as deputy: %(who)s was notified on %(at)s and had not answered.")
    return words % {"who": who, "at": at}


def _sections_or_none(notice: Notice, language: str) -> tuple[Section, ...] | None:
    """Return the sections, or None for a brief that can't be decrypted.

    The page then says whom to call, and takes the answer all the same.
    """
    try:
        return get_sections(notice, language)
    except (SealBroken, KeyRingError) as error:
        log.error("brief_unreadable", notice=str(notice.pk), code=type(error).__name__)
        return None


def minutes_left(notice: Notice) -> int | None:
    """Return whole minutes until the answer is due, negative when it is late; None when no answer is awaited."""
    if notice.answer_by is None or notice.state not in OPEN:
        return None
    seconds = (notice.answer_by - timezone.now()).total_seconds()
    return int(seconds // 60)


def before_pin(visit: Visit, address: str = "") -> dict[str, Any]:
    """Build the context of the page before the PIN, for whoever comes from this address.

    `paused_until`: after too many wrong PINs; then `unit` is whom to call instead of waiting.
    """
    until = get_pause_end(visit.notice, timezone.now(), address)
    return {
        "visit": visit,
        "notice": visit.notice,
        "minutes": minutes_left(visit.notice),
        "paused_until": until,
        "unit": get_unit_to_call(visit.notice),
    }


def brief_page(visit: Visit, typed_details: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Build the context of the recipient's page.

    `typed_details`: of an answer that was refused, so that nothing is lost.
    """
    notice = visit.notice
    readable = is_readable(notice)
    sections = _sections_or_none(notice, visit.language) if readable else ()
    urgent = readable and sections is not None and is_urgent(notice)
    answered = get_answered_notice(notice)  # whose outcome it takes, where that is another notice's
    replies = list(Reply.objects.filter(notice__in={notice.pk, answered.pk}).select_related("to_municipality"))
    # What was answered isn't offered again, but for outcomes where several may follow one another.
    given = {reply.kind for reply in replies} - (
        {ReplyKind.OUTCOME.value} if can_report_another_outcome(answered) else set()
    )
    offered = [kind for kind in get_answer_kinds(notice) if not get_refusal(notice, kind) and kind not in given]
    waiting, has_more = list_waiting(notice, timezone.now())
    steps = describe_steps(notice)
    if steps is not None:
        offered = [kind for kind in offered if kind not in steps.hidden]
    if notice.state == NoticeState.ACCEPTED:
        offered = [kind for kind in offered if kind != ReplyKind.ACCEPTED]
    if answered.pk != notice.pk and readable:
        offered.append(ReplyKind.OUTCOME.value)
    return {
        "visit": visit,
        "notice": notice,
        "readable": readable,
        "sections": exclude_rows(sections or (), {URGENCY} if urgent else ()),
        "unreadable": readable and sections is None,
        "is_urgent": urgent,
        "why_told": why_told(notice) if readable else "",
        "further": get_further(notice) if readable else None,
        "minutes": minutes_left(notice),
        "replies": [_build_reply_row(reply) for reply in replies],
        "offered": offered,
        "is_call": notice.purpose in (Purpose.CALL, Purpose.FALLBACK),
        "accept_words": _get_accept_words(notice),
        "earlier": _get_earlier(notice, visit.language) if readable else None,
        # "Another area" can't be the notice's own (`replies._check` refuses it).
        "municipalities": Municipality.objects.exclude(pk=notice.municipality_id) if readable else (),
        "unit": get_unit_to_call(notice),
        "settled_words": (steps.over if steps else "") or _explain_settled(notice),
        # A few seconds more than the session lasts, so that the page is certain to find it ended.
        "silence_seconds": int(get_max_silence().total_seconds()) + 5,
        "steps": steps,
        "panels": _build_panels(answered, offered, typed_details or {}),
        "talk": build_talk(notice) if readable else None,
        "unread_link": get_unread_link(notice) if readable else "",
        "waiting": waiting,
        "more_waiting": has_more,
        "can_wake": vapid.is_configured() and notice.contact_id is not None,
    }


def _get_accept_words(notice: Notice) -> "str | Promise":
    if notice.purpose == Purpose.CORRECTION:
        return _("I have read the correction")
    if notice.root.purpose == Purpose.TALK:
        return _("I have read it")
    if notice.root.purpose == Purpose.OUTCOME:
        return _("Nothing to report yet: ask me again later")
    if notice.root.purpose == Purpose.EXPECT and notice.purpose not in (Purpose.CALL, Purpose.FALLBACK):
        return _("I will take the call")
    return ACCEPT_WORDS.get(notice.role, _("Accept"))


@dataclass(frozen=True)
class Earlier:
    """What the brief said before its last correction. `sections` is empty where it can't be read any more."""

    at: datetime
    was_seen: bool
    sections: tuple[Section, ...] = field(default=(), repr=False)


def _get_earlier(notice: Notice, language: str) -> Earlier | None:
    """Return what stood in a corrected brief before; None for one that was never corrected.

    A notice that only tells of the correction has no earlier text of its own: its reader had read another's.
    """
    found = EarlierBrief.objects.filter(notice=notice).first()
    if found is None and notice.purpose == Purpose.CORRECTION and notice.contact_id is not None:
        read = EarlierBrief.objects.filter(event_id=notice.event_id, notice__case_id=notice.case_id)
        found = read.filter(notice__contact=notice.contact_id, notice__role=notice.role).first()
    if found is None:
        return None
    try:
        brief: Any = found.brief
    except (SealBroken, KeyRingError) as error:
        log.error("earlier_brief_unreadable", notice=str(notice.pk), code=type(error).__name__)
        brief = {}
    return Earlier(found.at, found.seen_at is not None, sections_in(notice, brief, language))


def _build_panels(notice: Notice, offered: list[str], typed: Mapping[str, str]) -> list[Panel]:
    accepted, is_closed = notice.state == NoticeState.ACCEPTED, notice.state == NoticeState.CLOSED
    panels = {
        ReplyKind.OUTCOME.value: Panel(
            ReplyKind.OUTCOME.value,
            title=gettext("Report what happened next") if is_closed else gettext("Report the outcome"),
            send=gettext("Send the outcome"),
            question=gettext("What happened?"),
            choices=_label_choices(get_outcomes(notice)),
            details=tuple(
                (key, str(label), most, typed.get(key, "")) for key, label, most in get_detail_fields(notice)
            ),
            is_open=ReplyKind.ON_THE_WAY not in offered and not is_closed,
        ),
        ReplyKind.WRONG_AREA.value: Panel(
            ReplyKind.WRONG_AREA.value, title=gettext("Not in my area"), send=gettext("Forward")
        ),
        ReplyKind.DECLINED.value: Panel(
            ReplyKind.DECLINED.value,
            title=gettext("I can't take it after all") if accepted else gettext("I can't take it"),
            send=gettext("Pass it on to the next person"),
            question=gettext("Why?"),
            choices=_label_choices(get_decline_reasons(notice)),
        ),
    }
    return [panel for kind, panel in panels.items() if kind in offered]


def _label_choices(choices: dict[str, str | Promise]) -> tuple[tuple[str, str], ...]:
    return tuple((code, str(words)) for code, words in choices.items())


@dataclass(frozen=True)
class Further:
    """The reports added to a notice since: how many, how many of them about danger, the newest first.

    `has_flood`: many are alike, or came through one page; then what is unlike them comes first. `may_read`: their
    contents are for this recipient, too.
    """

    count: int
    urgent: int
    newest: list[FurtherReport]
    has_flood: bool
    may_read: bool


def get_further(notice: Notice) -> Further | None:
    """Return what was added to the notice, or None when nothing was."""
    rows = reports_for(notice)
    counts = rows.aggregate(all=Count("pk"), urgent=Count("pk", filter=Q(is_urgent=True)))
    if not counts["all"]:
        return None
    bundles = get_bundles(rows)
    newest = list(put_unlike_first(rows.defer("brief"), bundles)[:MAX_NEWEST])
    return Further(counts["all"], counts["urgent"], newest, bool(bundles), may_read_reports(notice))


def _explain_settled(notice: Notice) -> str:
    """Return what a page without a brief says."""
    if is_readable(notice):
        return ""
    return str(REFUSALS[get_refusal(notice, ReplyKind.ACCEPTED)])


def _build_reply_row(reply: Reply) -> ReplyRow:
    detail = get_reason_label(reply.kind, reply.reason) if reply.reason else ""
    if reply.to_municipality is not None:
        detail = reply.to_municipality.name
    more = tuple(label_details(reply.reason, reply.details))
    if reply.minutes:
        more = ((gettext("There in"), ngettext("%(n)d minute", "%(n)d minutes", reply.minutes) % {"n": reply.minutes}),)
    return ReplyRow(reply.kind, str(REPLY_WORDS[ReplyKind(reply.kind)]), detail, reply.at, more)
