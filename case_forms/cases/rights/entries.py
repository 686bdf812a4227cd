"""What is stored about the person beside the forms: notes, steps of referrals, messages, replies, and reasons.

Each entry is somebody's words. An officer or a colleague may have written about themselves or about others, so that
every entry waits until it has been read (`held.WORDS`). It says which side wrote it, never who: a name is a third
person's.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any

import structlog
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext, override

from access.models import localize
from notifications.briefs.choices import get_reason_label, label_details
from notifications.briefs.talk.models import OF_UNIT, TalkMessage
from notifications.directory.models import Role
from notifications.outbox.models import Notice, Reply, ReplyKind
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..closing.models import PersonsWish
from ..consent.models import ConsentPurpose
from ..models import (
    Case,
    CaseClosing,
    CaseHold,
    CaseNote,
    CaseTransfer,
    ConsentEntry,
    FlagChange,
    FormMove,
    Referral,
    ReferralStep,
    SharingDecision,
    StatusChange,
    from_moved_form,
    said_of,
)
from ..referring.models import StepKind
from ..referring.outcomes import label_outcome
from .held import HeldForm, Piece, register_source

log = structlog.get_logger(__name__)


def register() -> None:
    register_source("notes", iter_notes)
    register_source("referral_steps", iter_steps)
    register_source("offices", iter_offices)
    register_source("reasons", iter_reasons)


def iter_notes(case: Case, language: str) -> Iterator[HeldForm]:
    """Yield the notes of the case, also those that a later one corrects."""
    with override(language):
        yield from _group(
            case,
            gettext("Notes of our workers"),
            (
                _piece(note, f"note:{note.pk}", note.written_at, gettext("Note"), lambda row: row.text)
                for note in CaseNote.objects.filter(said_of(case)).order_by("written_at", "pk")
            ),
        )


def iter_steps(case: Case, language: str) -> Iterator[HeldForm]:
    """Yield the steps of each referral, under its office's name."""
    with override(language):
        steps = ReferralStep.objects.filter(said_of(case)).select_related("referral__partner")
        by_office: dict[str, list[tuple[date, Piece]]] = defaultdict(list)
        for step in steps.order_by("at", "pk"):
            what = capfirst(step.get_kind_display())
            found = _piece(step, f"step:{step.pk}", step.at, what, _read_step)
            by_office[localize(step.referral.partner.names, language)].append(found)
        for referral in Referral.objects.filter(said_of(case)).select_related("partner").order_by("made_at", "pk"):
            at = referral.answered_at or referral.made_at
            found = _piece(referral, f"referral:{referral.pk}", at, gettext("Answer"), lambda row: row.answer_note)
            by_office[localize(referral.partner.names, language)].append(found)
        for office, pieces in by_office.items():
            yield from _group(case, gettext("Referral to %(office)s") % {"office": office}, pieces)


def iter_offices(case: Case, language: str) -> Iterator[HeldForm]:
    """Yield what was written at the notices: replies, and messages of both sides, under the office's name."""
    family = Case.objects.filter(Q(pk=case.pk) | Q(merged_into=case)).values_list("pk", flat=True)
    notices = Notice.objects.filter(case_id__in=list(family)).defer("brief", "ladder", "link_token")
    known = {notice.pk: notice for notice in notices.select_related("contact__partner", "partner").order_by("owed_at")}
    with override(language):
        by_office: dict[str, list[tuple[date, Piece]]] = defaultdict(list)
        for reply in Reply.objects.filter(notice__in=known).order_by("at", "pk"):
            office = _name_office(known[reply.notice_id], language)
            what = capfirst(reply.get_kind_display())
            by_office[office].append(_piece(reply, f"reply:{reply.pk}", reply.at, what, _read_reply))
        for message in TalkMessage.objects.filter(notice__in=known).order_by("at", "pk"):
            office = _name_office(known[message.notice_id], language)
            what = gettext("Message of our unit") if message.kind in OF_UNIT else gettext("Message of the office")
            found = _piece(message, f"message:{message.pk}", message.at, what, lambda row: row.text)
            by_office[office].append(found)
        for office, pieces in by_office.items():
            title = gettext("Answers of, and messages with: %(office)s") % {"office": office}
            yield from _group(case, title, sorted(pieces, key=lambda each: each[0]))


def iter_reasons(case: Case, language: str) -> Iterator[HeldForm]:
    """Yield the reasons that workers wrote for what they did with the case."""
    with override(language):
        yield from _group(case, gettext("Why we did what we did"), _iter_reasons(case, language))


def _iter_reasons(case: Case, language: str) -> Iterator[tuple[date, Piece]]:
    for flag in FlagChange.objects.filter(said_of(case)).order_by("changed_at", "pk"):
        what = gettext("Flag set: %(flag)s") if flag.is_set else gettext("Flag cleared: %(flag)s")
        said = what % {"flag": localize(flag.label, language)}
        yield _piece(flag, f"flag:{flag.pk}", flag.changed_at, said, lambda row: row.reason)
    purposes = dict(ConsentPurpose.choices)
    for entry in _iter_consents(case):
        what = f"{capfirst(str(purposes.get(entry.purpose, entry.purpose)))}: {entry.get_answer_display()}"
        yield _piece(entry, f"consent:{entry.pk}", entry.recorded_at, what, lambda row: row.reason)
    for decision in _iter_decisions(case):
        what = gettext("Shared in an emergency: %(role)s") % {"role": _name_role(decision.role)}
        yield _piece(decision, f"sharing:{decision.pk}", decision.at, what, lambda row: row.reason)
    for transfer in CaseTransfer.objects.filter(said_of(case)).order_by("asked_at", "pk"):
        what = gettext("Handed over to another unit")
        yield _piece(transfer, f"transfer:{transfer.pk}", transfer.asked_at, what, lambda row: row.reason)
    for closing in CaseClosing.objects.filter(said_of(case)).order_by("asked_at", "pk"):
        what = capfirst(closing.get_act_display())
        yield _piece(closing, f"closing:{closing.pk}", closing.asked_at, what, _read_words)
    for change in StatusChange.objects.filter(said_of(case)).order_by("proposed_at", "pk"):
        what = capfirst(gettext("another status"))
        yield _piece(change, f"status:{change.pk}", change.proposed_at, what, _read_words)
    # Once the form was moved, they are of the case that it belongs to.
    for move in FormMove.objects.filter(Q(words_of=case) | Q(words_of__merged_into=case)).order_by("proposed_at", "pk"):
        what = capfirst(gettext("form moved to another case"))
        yield _piece(move, f"move:{move.pk}", move.proposed_at, what, _read_words)
    for hold in CaseHold.objects.filter(said_of(case)).order_by("placed_at", "pk"):
        yield _piece(hold, f"hold:{hold.pk}", hold.placed_at, gettext("Not deleted yet"), lambda row: row.words)


def _iter_consents(case: Case) -> "QuerySet[ConsentEntry]":
    found = ConsentEntry.objects.filter(said_of(case)).exclude(from_moved_form("recorded_at"))
    return found.order_by("recorded_at", "pk")


def _iter_decisions(case: Case) -> "QuerySet[SharingDecision]":
    found = SharingDecision.objects.filter(said_of(case), is_allowed=True).exclude(from_moved_form("at"))
    return found.order_by("at", "pk")


def _piece(row: Any, key: str, at: datetime, what: str, read: Callable[[Any], str | None]) -> tuple[date, Piece]:
    """Return an entry's day and piece. One that can't be opened says so and can't pass for what was written."""
    day = timezone.localdate(at)
    label = f"{date_format(day, 'j F Y')}: {what}"
    try:
        return day, Piece(key, "", label, (read(row) or "").strip())
    except (SealBroken, KeyRingError) as error:
        log.error("entry_unreadable", row=str(row.pk), code=type(error).__name__)
        said = gettext("It can't be opened. Tell the operator.")
        return day, Piece(f"{key}/unreadable", "", f"{label}. {said}", "", is_unreadable=True)


def _group(case: Case, title: str, found: Iterable[tuple[date, Piece]]) -> Iterator[HeldForm]:
    """Yield one part of the entries that hold anything; none where nothing was written."""
    written = [(day, piece) for day, piece in found if piece.value or piece.is_unreadable]
    if written:
        first = min(day for day, _piece in written)
        yield HeldForm(title, first, case.unit.name, tuple(piece for _day, piece in written), is_of_entries=True)


def _read_step(step: ReferralStep) -> str:
    words: Any = step.words or {}
    labels = {"who": gettext("Accompanied by"), "said_by": gettext("Said by"), "note": gettext("Note")}
    said = [f"{labels.get(name, name)}: {text}" for name, text in words.items() if text]
    if step.reason:
        is_answer = step.kind == StepKind.DECLINED
        said.insert(0, get_reason_label(ReplyKind.DECLINED, step.reason) if is_answer else label_outcome(step.reason))
    if step.due_at:
        when = date_format(timezone.localtime(step.due_at), "j F Y, H:i")
        said.insert(0, gettext("Arrival agreed for %(when)s") % {"when": when})
    return "\n".join([str(step.get_kind_display()), *said]) if said else str(step.get_kind_display())


def _read_reply(reply: Reply) -> str:
    details: Any = reply.details
    said = [get_reason_label(reply.kind, reply.reason)] if reply.reason else []
    said += [f"{label}: {text}" for label, text in label_details(reply.reason, details)]
    if reply.note:
        said.append(reply.note)
    return "\n".join([str(reply.get_kind_display()), *said])


def _read_words(decided: CaseClosing | StatusChange | FormMove) -> str:
    words: Any = dict(decided.words or {})
    words.pop("despite", None)  # codes of what was open, which the file says elsewhere
    if wish := words.get("wish"):
        words["wish"] = dict(PersonsWish.choices).get(wish, wish)
    return "\n".join(str(text) for text in words.values() if text)


def _name_office(notice: Notice, language: str) -> str:
    partner = notice.contact.partner if notice.contact else notice.partner
    return localize(partner.names, language) if partner else _name_role(notice.role)


def _name_role(role: str) -> str:
    return capfirst(str(Role(role).label)) if role in Role.values else role
