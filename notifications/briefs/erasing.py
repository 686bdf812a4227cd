"""Erase what notices were made from: it was taken back, or its time is over. In the transaction that erases the source.

What goes is everything that quotes it: the brief, its PDF, what was added to other notices, and what the replies say
in free words, the number of the investigation and the prosecutor among them, and the conversation with the unit. What
stays is that a notice went out, to whom, when and what was answered; the audit chain holds ids only.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from access.languages import in_each_language
from audit import clock
from audit.chain import log_event
from notifications.outbox.actions import cancel
from notifications.outbox.models import BriefDocument, Notice, Reply
from notifications.outbox.states import OPEN, NoticeState
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import AwaitedOutcome, BriefSession, EarlierBrief, FurtherReport, TalkMessage

ERASED = "source_erased"  # why an open notice was withdrawn (`Notice.reason`)
ANOTHER_PERSON = "another_person"  # the same, because it was made from a form that belongs to another case


def erase_all_from(source_id: UUID, *, at: datetime) -> int:
    """Erase every brief, PDF and note that was made from a source (`Notice.case_id`), and end its links.

    Returns how many notices and further reports lost something. A notice to which reports about the same place were
    added goes on without its own content: those still need it.
    """
    own = list(Notice.objects.filter(case_id=source_id).defer("brief", "ladder", "link_token"))
    further = list(FurtherReport.objects.filter(source_id=source_id, erased_at__isnull=True).defer("brief"))
    for report in further:
        report.brief, report.erased_at, report.settled_at, report.alarm_due_at = _build_erased_brief(), at, at, None
        report.save(update_fields=["brief", "erased_at", "settled_at", "alarm_due_at"])
    _erase_briefs(own, _build_erased_brief(), at)
    AwaitedOutcome.objects.filter(notice__case_id=source_id, ended_at__isnull=True).update(next_at=None, ended_at=at)
    alive = FurtherReport.objects.filter(erased_at__isnull=True, settled_at__isnull=True)
    going_on = set(alive.filter(notice__in={notice.chase_id for notice in own}).values_list("notice_id", flat=True))
    for notice in own:
        if notice.chase_id in going_on:
            continue
        if notice.state in OPEN:
            cancel(notice=notice, reason=ERASED)
        Notice.objects.filter(pk=notice.pk, link_revoked_at__isnull=True).update(link_revoked_at=at)
    if own or further:
        log_event("notices.erased", target_kind="case", target_id=source_id, notices=len(own), further=len(further))
    return len(own) + len(further)


def take_back_from(source_id: UUID, keys: Collection[UUID], events: Collection[UUID], *, at: datetime) -> list[Notice]:
    """Take these notices of a source back, because they were about another person: end and empty them.

    `events`: those that brought further reports about the same place to other notices; these are emptied, too. The
    caller has locked the chains. Returns those that had left for somebody, who must be told by the caller.
    """
    own = list(Notice.objects.filter(pk__in=keys).select_related("contact__partner", "partner").defer("ladder"))
    left = [notice for notice in own if notice.sent_at is not None or notice.state == NoticeState.SENDING]
    for notice in sorted(own, key=lambda each: (each.chases_id is not None, each.owed_at)):
        if notice.state in OPEN:
            cancel(notice=notice, reason=ANOTHER_PERSON)
    _erase_briefs(own, _build_moved_brief(), at)
    found = Notice.objects.filter(pk__in=keys)
    found.filter(link_revoked_at__isnull=True).update(link_revoked_at=at)
    BriefSession.objects.filter(notice__in=keys, closed_at__isnull=True).update(closed_at=at)
    AwaitedOutcome.objects.filter(notice__in=keys, ended_at__isnull=True).update(next_at=None, ended_at=at)
    further = FurtherReport.objects.filter(source_id=source_id, event_id__in=events, erased_at__isnull=True)
    for report in further.defer("brief"):
        report.brief, report.erased_at, report.settled_at, report.alarm_due_at = _build_moved_brief(), at, at, None
        report.save(update_fields=["brief", "erased_at", "settled_at", "alarm_due_at"])
    if own:
        log_event("notices.taken_back", target_kind="case", target_id=source_id, notices=len(own))
    return left


def _erase_briefs(notices: Iterable[Notice], text: dict[str, Any], at: datetime) -> None:
    """Let this text stand for what these notices say and have said; what else quotes it goes."""
    keys = []
    for notice in notices:
        notice.brief = text
        notice.save(update_fields=["brief"])
        keys.append(notice.pk)
    for earlier in EarlierBrief.objects.filter(notice__in=keys, erased_at__isnull=True).defer("brief"):
        earlier.brief, earlier.erased_at = text, at
        earlier.save(update_fields=["brief", "erased_at"])
    _erase_documents_and_notes(keys)


def erase_answers(notices: QuerySet[Notice], keys: Collection[str], *, sources: Iterable[UUID] = ()) -> int:
    """Remove the answers to these questions (in groups, too) from briefs, and from what these sources added.

    PDFs and notes go whole: nobody can say what of them quotes what. Returns how many notices were changed.
    """
    changed: list[UUID] = []
    rows: list[Notice | FurtherReport | EarlierBrief] = [*notices.defer("link_token", "ladder")]
    rows += EarlierBrief.objects.filter(notice__in=notices, erased_at__isnull=True)
    rows += FurtherReport.objects.filter(source_id__in=list(sources), erased_at__isnull=True)
    for row in rows:
        try:
            brief: Any = row.brief
        except (SealBroken, KeyRingError):
            continue  # nobody can read it, so nothing of it can be shown; `vault_rotate` names it
        left = _remove_rows(brief, keys)
        if left != brief:
            row.brief = left
            row.save(update_fields=["brief"])
            changed += [row.pk] if isinstance(row, Notice) else []
    _erase_documents_and_notes(changed)
    return len(changed)


def _erase_documents_and_notes(notices: Iterable[UUID]) -> None:
    # Read once: it may be a generator, and two statements need it.
    keys = list(notices)
    BriefDocument.objects.filter(notice__in=keys).delete()
    replies = Reply.objects.filter(notice__in=keys)
    # In one statement, without decrypting: a note that can't be read goes as well.
    replies.filter(Q(note__isnull=False) | Q(details__isnull=False)).update(note=None, details=None)
    said = TalkMessage.objects.filter(Q(notice__in=keys) | Q(through__in=keys), erased_at__isnull=True)
    said.update(text=None, erased_at=clock.now(), mail_due_at=None)


def _remove_rows(brief: dict[str, Any], keys: Collection[str]) -> dict[str, Any]:
    sections = [
        {**section, "rows": [row for row in section["rows"] if row["key"].rpartition(".")[2] not in keys]}
        for section in brief.get("sections", [])
    ]
    return {**brief, "sections": [section for section in sections if section["rows"]]}


def is_erased(brief: Any) -> bool:
    """Say whether this stands in the place of a brief: nothing is left of that."""
    sections = brief.get("sections") if isinstance(brief, dict) else None
    rows = [row["key"] for section in sections or () for row in section["rows"]]
    return rows in (["erased"], ["moved"])


def _build_erased_brief() -> dict[str, Any]:
    """Build the text that takes a brief's place: that there was one."""
    value = _("The person took back what they wrote, or its time is over. Its content was deleted here, too.")
    row = {"key": "erased", "label": in_each_language(_("What happened")), "value": in_each_language(value)}
    return {"sections": [{"title": in_each_language(_("Deleted")), "rows": [row]}]}


def _build_moved_brief() -> dict[str, Any]:
    """Build the text that takes a brief's place: that it was about another person."""
    value = _("It was made from a form about another person. Its content was deleted here, and its link has ended.")
    row = {"key": "moved", "label": in_each_language(_("What happened")), "value": in_each_language(value)}
    return {"sections": [{"title": in_each_language(_("Deleted")), "rows": [row]}]}
