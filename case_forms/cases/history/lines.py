"""What a case's history can tell, by kind: where the moments come from, and how each reads as a line."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.languages import get_current_language
from access.models import localize
from notifications.briefs.choices import get_reason_label
from notifications.outbox.models import Notice, Reply
from notifications.outbox.states import NoticeState

from ..closing.reasons import label_reason
from ..consent.section import describe_entry
from ..models import (
    Case,
    CaseClosing,
    CaseNote,
    CaseStatus,
    CaseTransfer,
    ConsentEntry,
    Deadline,
    FlagChange,
    FormMove,
    LeadChange,
    Referral,
    ReferralState,
    StatusChange,
    from_moved_form,
    said_of,
)
from ..moving.models import MoveDecision
from ..notes.reading import name_of, read_words
from ..task_pages.reading import read_text

Moment = tuple[datetime, str, Any]  # when, the source's name, the row's key


@dataclass(frozen=True)
class HistoryLine:
    """One thing that happened. `what` in words; `who` did it, "" for what happened by itself.

    `said`: what somebody wrote, sealed at rest. `state`: a badge; `link`: where it can be read.
    """

    at: datetime
    kind: str
    what: str
    who: str = ""
    said: str = field(default="", repr=False)
    state: str = ""
    state_words: str = ""
    link: str = ""


@dataclass(frozen=True)
class Source:
    """One column of moments: `rows` of a case, the name of the column, and what a row reads as."""

    kind: str
    at: str
    rows: Callable[[Case], "QuerySet[Any]"]
    line: Callable[[Any, datetime, Case], HistoryLine]


KINDS: dict[str, Promise] = {
    "forms": _("Forms"),
    "notices": _("Notices"),
    "answers": _("Answers"),
    "referrals": _("Referrals"),
    "tasks": _("Duties and tasks"),
    "consent": _("Consents"),
    "notes": _("Notes"),
    "case": _("Flags, handing over, closing"),
}


def _form(row: Any, at: datetime, case: Case) -> HistoryLine:
    what = gettext("Correction of a form: %(form)s") if row.corrects_id else gettext("Form: %(form)s")
    link = reverse("intake:case_submission", args=[case.reference, row.pk])
    return HistoryLine(at, "forms", what % {"form": row.form_version.title}, name_of(row.submitted_by), link=link)


def _notice(row: Notice, at: datetime, case: Case) -> HistoryLine:
    what = f"{row.get_purpose_display()}: {row.get_role_display()}"
    who = row.contact.name if row.contact else ""
    return HistoryLine(at, "notices", what, who, state=row.state, state_words=str(NoticeState(row.state).label))


def _opened(row: Notice, at: datetime, case: Case) -> HistoryLine:
    what = gettext("Opened the notice: %(role)s") % {"role": row.get_role_display()}
    return HistoryLine(at, "notices", what, row.contact.name if row.contact else "")


def _answer(row: Reply, at: datetime, case: Case) -> HistoryLine:
    said = get_reason_label(row.kind, row.reason) if row.reason else ""
    what = f"{row.notice.get_role_display()}: {row.get_kind_display()}"
    who = row.notice.contact.name if row.notice.contact else ""
    return HistoryLine(at, "answers", f"{what} ({said})" if said else what, who)


def _referral(row: Referral, at: datetime, case: Case) -> HistoryLine:
    what = gettext("Referral to %(service)s") % {"service": localize(row.partner.names)}
    return HistoryLine(at, "referrals", what, state=row.state, state_words=str(row.get_state_display()))


def _referral_answered(row: Referral, at: datetime, case: Case) -> HistoryLine:
    words = {"service": localize(row.partner.names), "answer": ReferralState(row.state).label}
    return HistoryLine(at, "referrals", gettext("Answer of %(service)s: %(answer)s") % words)


def _task(words: Callable[[], str]) -> Callable[[Deadline, datetime, Case], HistoryLine]:
    def line(row: Deadline, at: datetime, case: Case) -> HistoryLine:
        label = read_text(row, get_current_language()) or localize(row.label)
        return HistoryLine(at, "tasks", words() % {"duty": label})

    return line


def _task_ended(row: Deadline, at: datetime, case: Case) -> HistoryLine:
    is_with_case = row.ended_at == case.closed_at
    what = gettext("Ended with the case: %(duty)s") if is_with_case else gettext("No longer awaited: %(duty)s")
    return _task(lambda: what)(row, at, case)


def _consent(row: ConsentEntry, at: datetime, case: Case) -> HistoryLine:
    who = name_of(row.recorded_by) if row.recorded_by else ""
    return HistoryLine(at, "consent", describe_entry(row), who)


def _note(row: CaseNote, at: datetime, case: Case) -> HistoryLine:
    words = read_words(row, "text")
    what = gettext("Note, correcting an earlier one") if row.corrects_id else gettext("Note")
    # Annotated: whether a later note took its place.
    if row.was_corrected:  # type: ignore[attr-defined]
        what = gettext("Note, corrected since")
    said = words if words is not None else gettext("This note can't be opened.")
    return HistoryLine(at, "notes", what, name_of(row.written_by), said=said)


def _flag(row: FlagChange, at: datetime, case: Case) -> HistoryLine:
    what = gettext("Flag set: %(flag)s") if row.is_set else gettext("Flag cleared: %(flag)s")
    said = read_words(row, "reason") or ""
    return HistoryLine(at, "case", what % {"flag": localize(row.label)}, name_of(row.changed_by), said=said)


def _closing_asked(row: CaseClosing, at: datetime, case: Case) -> HistoryLine:
    words = {"what": row.get_act_display(), "reason": label_reason(row.act, row.reason)}
    return HistoryLine(at, "case", gettext("Asked: %(what)s (%(reason)s)") % words, name_of(row.asked_by))


def _closing_decided(row: CaseClosing, at: datetime, case: Case) -> HistoryLine:
    words = {"what": row.get_act_display(), "decision": row.get_decision_display()}
    who = name_of(row.decided_by) if row.decided_by else ""
    return HistoryLine(at, "case", gettext("Decided: %(what)s, %(decision)s") % words, who)


def _status_proposed(row: StatusChange, at: datetime, case: Case) -> HistoryLine:
    words = gettext("Status proposed: %(status)s") % {"status": CaseStatus(row.wanted).label}
    return HistoryLine(at, "case", words, name_of(row.proposed_by))


def _status_decided(row: StatusChange, at: datetime, case: Case) -> HistoryLine:
    words = {"status": CaseStatus(row.wanted).label, "decision": row.get_decision_display()}
    who = name_of(row.decided_by) if row.decided_by else ""
    return HistoryLine(at, "case", gettext("Status %(status)s: %(decision)s") % words, who)


def _move_proposed(row: FormMove, at: datetime, case: Case) -> HistoryLine:
    return HistoryLine(at, "case", gettext("Proposed: a form belongs to another case"), name_of(row.proposed_by))


def _move_decided(row: FormMove, at: datetime, case: Case) -> HistoryLine:
    if row.decision != MoveDecision.AGREED:
        words = gettext("A form that was to be moved to another case: %(decision)s")
        who = name_of(row.decided_by) if row.decided_by else ""
        return HistoryLine(at, "case", words % {"decision": row.get_decision_display()}, who)
    words = gettext("A form was moved away from this case; proposed by %(first)s, agreed by %(second)s")
    return HistoryLine(at, "case", words % _name_both(row))


def _moved_here(row: FormMove, at: datetime, case: Case) -> HistoryLine:
    words = gettext("A form was moved here from another case; proposed by %(first)s, agreed by %(second)s")
    return HistoryLine(at, "case", words % _name_both(row), said=_read_move(row))


def _name_both(row: FormMove) -> dict[str, str]:
    return {"first": name_of(row.proposed_by), "second": name_of(row.decided_by) if row.decided_by else ""}


def _read_move(row: FormMove) -> str:
    said: Any = read_words(row, "words")
    return "\n".join(str(text) for text in said.values() if text) if isinstance(said, dict) else ""


def _reopened(row: CaseClosing, at: datetime, case: Case) -> HistoryLine:
    who = name_of(row.reopened_by) if row.reopened_by else ""
    return HistoryLine(at, "case", gettext("The case was opened again"), who)


def _lead(row: LeadChange, at: datetime, case: Case) -> HistoryLine:
    words = {"worker": name_of(row.worker), "before": name_of(row.before)}
    return HistoryLine(at, "case", gettext("Lead worker: %(worker)s, until then %(before)s") % words, name_of(row.by))


def _transfer_asked(row: CaseTransfer, at: datetime, case: Case) -> HistoryLine:
    words = {"from": row.from_unit, "to": row.to_unit}
    return HistoryLine(at, "case", gettext("Handing over: %(from)s → %(to)s") % words, name_of(row.asked_by))


def _transfer_answered(row: CaseTransfer, at: datetime, case: Case) -> HistoryLine:
    words = {"to": row.to_unit, "answer": row.get_answer_display()}
    who = name_of(row.answered_by) if row.answered_by else ""
    return HistoryLine(at, "case", gettext("Handing over to %(to)s: %(answer)s") % words, who)


def _notices_of(case: Case) -> "QuerySet[Any]":
    return Notice.objects.shown().filter(case_id=case.pk).select_related("contact").defer("brief", "link_token")


def _replies_of(case: Case) -> "QuerySet[Any]":
    return (
        Reply.objects.filter(notice__case_id=case.pk)
        .select_related("notice__contact")
        .defer("note", "details", "notice__brief", "notice__link_token")
    )


def _submissions_of(case: Case) -> "QuerySet[Any]":
    # By its reverse name: submissions stand on a floor above.
    rows = case.submissions.select_related("form_version__form", "submitted_by")
    return rows.defer("answers", "explanation", "form_version__form__definition")


def _duties_of(case: Case) -> "QuerySet[Any]":
    return Deadline.objects.filter(case=case).select_related("event")


def _referrals_of(case: Case) -> "QuerySet[Any]":
    return Referral.objects.filter(case=case).select_related("partner").defer("answer_note")


def _closings_of(case: Case) -> "QuerySet[Any]":
    return CaseClosing.objects.filter(case=case).select_related("asked_by", "decided_by", "reopened_by").defer("words")


def _statuses_of(case: Case) -> "QuerySet[Any]":
    return StatusChange.objects.filter(case=case).select_related("proposed_by", "decided_by").defer("words")


def _moves_from(case: Case) -> "QuerySet[Any]":
    return FormMove.objects.filter(source=case).select_related("proposed_by", "decided_by").defer("words")


def _moves_to(case: Case) -> "QuerySet[Any]":
    return FormMove.objects.agreed().filter(target=case).select_related("proposed_by", "decided_by")


def _transfers_of(case: Case) -> "QuerySet[Any]":
    related = ("from_unit", "to_unit", "asked_by", "answered_by")
    return CaseTransfer.objects.filter(case=case).select_related(*related).defer("reason")


def _consents_of(case: Case) -> "QuerySet[Any]":
    found = ConsentEntry.objects.filter(said_of(case)).exclude(from_moved_form("recorded_at"))
    return found.select_related("recorded_by", "partner").defer("names", "reason")


def _notes_of(case: Case) -> "QuerySet[Any]":
    later = CaseNote.objects.filter(corrects=OuterRef("pk"))
    return CaseNote.objects.filter(case=case).select_related("written_by").annotate(was_corrected=Exists(later))


def _flags_of(case: Case) -> "QuerySet[Any]":
    return FlagChange.objects.filter(case=case).select_related("changed_by")


def _leads_of(case: Case) -> "QuerySet[Any]":
    return LeadChange.objects.filter(case=case).select_related("before", "worker", "by")


SOURCES: dict[str, Source] = {
    "form": Source("forms", "received_at", _submissions_of, _form),
    "notice": Source("notices", "owed_at", _notices_of, _notice),
    "opened": Source("notices", "opened_at", _notices_of, _opened),
    "answer": Source("answers", "at", _replies_of, _answer),
    "referral": Source("referrals", "made_at", _referrals_of, _referral),
    "referral_answered": Source("referrals", "answered_at", _referrals_of, _referral_answered),
    "task": Source("tasks", "starts_at", _duties_of, _task(lambda: gettext("Begun: %(duty)s"))),
    "task_met": Source("tasks", "met_at", _duties_of, _task(lambda: gettext("Done: %(duty)s"))),
    "task_ended": Source("tasks", "ended_at", _duties_of, _task_ended),
    "consent": Source("consent", "recorded_at", _consents_of, _consent),
    "note": Source("notes", "written_at", _notes_of, _note),
    "flag": Source("case", "changed_at", _flags_of, _flag),
    "closing_asked": Source("case", "asked_at", _closings_of, _closing_asked),
    "closing_decided": Source("case", "decided_at", _closings_of, _closing_decided),
    "reopened": Source("case", "reopened_at", _closings_of, _reopened),
    "status_proposed": Source("case", "proposed_at", _statuses_of, _status_proposed),
    "status_decided": Source("case", "decided_at", _statuses_of, _status_decided),
    "transfer": Source("case", "asked_at", _transfers_of, _transfer_asked),
    "move_proposed": Source("case", "proposed_at", _moves_from, _move_proposed),
    "move_decided": Source("case", "decided_at", _moves_from, _move_decided),
    "moved_here": Source("case", "decided_at", _moves_to, _moved_here),
    "lead": Source("case", "at", _leads_of, _lead),
    "transfer_answered": Source("case", "answered_at", _transfers_of, _transfer_answered),
}


def iter_moments(case: Case, kind: str) -> Iterable[Moment]:
    """Yield the moments of a case of this kind ("": of all), in no order. One query for each source, of keys only."""
    for name, source in SOURCES.items():
        if kind in ("", source.kind):
            rows = source.rows(case).filter(~Q(**{f"{source.at}__isnull": True})).order_by()
            for pk, at in rows.values_list("pk", source.at):
                yield at, name, pk


def build_lines(case: Case, moments: list[Moment]) -> list[HistoryLine]:
    """Build the lines of these moments, in their order. One query for each source among them."""
    wanted: dict[str, list[Any]] = {}
    for _at, name, pk in moments:
        wanted.setdefault(name, []).append(pk)
    rows = {
        name: {row.pk: row for row in SOURCES[name].rows(case).filter(pk__in=keys)} for name, keys in wanted.items()
    }
    return [SOURCES[name].line(rows[name][pk], at, case) for at, name, pk in moments if pk in rows[name]]
