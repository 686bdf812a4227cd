"""Propose that a form belongs to another case, decide about it as the second person, and move it (docs/adr/0132).

What agreeing does, in one transaction:

1. locks every notice of both cases, the cases in the order of their keys, the proposal; asks again whether it is
   allowed, and opens everything that will be sealed anew;
2. takes back from the wrong case what followed from the form there (`cases.moving.taking_back`), and ends what only a
   consent of the form had covered;
3. gives the form with its earlier versions, files, signature and details to the right case, under that case's key: the
   answers name that case, and what was filled in from the wrong one and confirmed by nobody is left out;
4. decides about the form in the right case as if it came in now: whoever was missing is notified, clocks begin;
5. rebuilds the index of persons and the likely matches of both cases, and lets the wrong one be what its other forms
   say (`state`);
6. writes both cases' history, and tells the recipients who had read it, and the coordinator.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.models import User
from audit import clock
from audit.chain import Actor, get_actor, log_event
from case_forms.cases.brief_content import both
from case_forms.cases.consent.ending import end_uncovered_links
from case_forms.cases.consent.forgetting import forget_words
from case_forms.cases.documents.actions import erase_documents_since
from case_forms.cases.facts.risk import refresh_risk
from case_forms.cases.finding.duties import ask_for_answer, note_answered
from case_forms.cases.finding.index import find_matches
from case_forms.cases.finding.models import ProbableMatch
from case_forms.cases.models import (
    Case,
    CaseEvent,
    CaseFact,
    CorrectedForm,
    FormMove,
    MovedForm,
)
from case_forms.cases.moving.allowed import (
    get_obstacle_for,
    get_obstacle_of,
    is_read_further,
    may_propose,
)
from case_forms.cases.moving.ending import ASKED
from case_forms.cases.moving.models import MoveDecision
from case_forms.cases.moving.taking_back import (
    Followed,
    OtherForm,
    find_followed,
    list_covered,
    list_lost,
    owe_again,
    take_back,
)
from case_forms.cases.moving.telling import tell_coordinator, tell_recipients
from case_forms.cases.rights.actions import reopen_proposals
from case_forms.form_builder.retention import first_due
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice
from vault.fields import reseal_for_owner
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..attachments.storage import ContentLost, get_content
from ..case_reference import iter_named_references
from ..correcting import get_earlier_versions
from ..deciding import Move, decide_and_apply
from ..identity_index import identity_of, index_submission
from ..models import Attachment, Draft, Submission
from ..refusals import NotDecided
from ..same_person import note_what_was_found
from .state import Said, add_what_rules_did, go_back, list_current, read_said

MOVED_AWAY, MOVED_HERE = "form_moved_away", "form_moved_here"  # kinds of case events
MAX_WORDS = 2000  # characters

REFUSALS: dict[str, "str | Promise"] = {
    "no_case": _("This form belongs to no case, so it can't be moved out of one."),
    "corrected_since": _("Somebody has corrected this form in the meantime. Propose it for the newest version."),
    "correcting": _(
        "A correction of this form has been begun. It has to be sent or deleted first, or it would go to the wrong"
        " case."
    ),
    "opening": _(
        "This form opened the case, so without it the case would stand for nobody. If the person has another case,"
        " propose to merge the two. If the case was opened by mistake, ask to declare it void, and send the form again."
    ),
    "forgotten": _("This form, or a part of it, was deleted because its time is over. What is left can't be moved."),
    "unreadable": _("This form, or one of its files, can't be opened, so it can't be moved. Tell your coordinator."),
    "asked_already": _("Somebody has proposed already that this form is moved."),
    "closed": _("The case is closed. Open it again before a form is moved."),
    "void": _("The case was declared void. No form is moved out of it or to it."),
    "merged": _("The case was merged with another one. Look at the case that stays."),
    "restricted": _("The person asked that their data aren't used for now. Until that is lifted, no form is moved."),
    "held": _("The case is held, for proceedings that are open. Until two people lift that, no form is moved."),
    "transfer": _("The case is being handed over. Wait for the answer of the other unit."),
    "merging": _("Somebody has proposed to merge the case with another one. Decide about that first."),
    "unknown_case": _("There is no such case that you may open. Check the reference."),
    "same_case": _("The form stands in this case already. Give the reference of the other one."),
    "drill": _("One of the two is a drill. Nothing moves between a drill and a real case."),
    "other_region": _(
        "People of another region would read the form there. Send a new form to that case, and talk to your"
        " coordinator about this one."
    ),
    "no_new_case": _(
        "By the procedure, this form opens no case. Begin the person's case first, then move the form to it."
    ),
    "no_reason": _("Write how you know that it belongs to another case: the second person decides by it."),
    "too_long": _("Write at most 2000 characters."),
    "no_target": _("Choose the case that the form belongs to."),
    "own_proposal": _("Somebody else than the person who proposed it must decide."),
    "decided": _("Somebody was faster: this was decided already."),
    "undecided": _(
        "The procedure couldn't be carried out for the other case, so nothing was moved. Tell your coordinator."
    ),
}

log = structlog.get_logger(__name__)


class MoveRefused(Exception):
    """A form that can't be moved, or not by this person. `code`: a key of REFUSALS, or "not_allowed"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def words(self) -> str:
        return str(REFUSALS.get(self.code, ""))


def get_refusal(submission: Submission, user: User) -> str:
    """Return why this person can't propose that this form is moved, as a code; "" when they can."""
    source = submission.case
    if source is None:
        return "no_case"
    if not may_propose(source, submission.unit, user):
        return "not_allowed"
    return get_obstacle_of(source) or _get_obstacle_of_form(submission, source)


def _get_obstacle_of_form(submission: Submission, source: Case) -> str:
    """Return what of the form itself stands against moving it."""
    versions = [submission.pk, *get_earlier_versions(submission)]
    if Submission.objects.filter(corrects=submission).exists():
        return "corrected_since"
    if Draft.objects.open().filter(corrects__in=versions).exists():
        return "correcting"
    first = CaseEvent.objects.filter(case=source).order_by("at", "pk").values_list("submission_id", flat=True).first()
    if first in versions:
        return "opening"
    rows = Submission.objects.filter(pk__in=versions).select_related("form_version__form").defer("answers")
    return "forgotten" if any(map(_is_forgotten_in_part, rows)) else ""


def _is_forgotten_in_part(submission: Submission) -> bool:
    due = first_due(submission.form_version.parsed_form, timezone.localdate(submission.received_at))
    return submission.forgotten_at is not None or submission.forget_after != due


def check_target(submission: Submission, target: Case, by: User) -> str:
    """Return why the form can't be moved to this case, as a code; "" when it can."""
    source = submission.case
    assert source is not None
    if not Case.objects.visible_to(by).filter(pk=target.pk).exists():
        return "unknown_case"
    if target.pk == source.pk:
        return "same_case"
    if source.is_drill != target.is_drill or submission.is_drill != target.is_drill:
        return "drill"
    if is_read_further(source, submission.unit, target):
        return "other_region"
    return get_obstacle_of(target)


# ---- proposing ----


@transaction.atomic
def propose_move(*, submission: Submission, target: Case | None, reason: str, by: User) -> FormMove:
    """Propose that a form belongs to another case; `target` None: to one that it opens. Raises MoveRefused."""
    source = submission.case
    if source is None:
        raise MoveRefused("no_case")
    _lock_cases(source, target)
    _refuse(get_refusal(submission, by))
    if target is not None:
        _refuse(check_target(submission, target, by))
    _refuse(_check_words(reason, is_needed=True))
    now = clock.now()
    try:
        with transaction.atomic():
            move = FormMove.objects.create(
                submission_id=submission.pk,
                source=source,
                target=target,
                words_of=source,
                words={"reason": reason.strip()},
                proposed_by=by,
                proposed_at=now,
            )
    except IntegrityError:
        raise MoveRefused("asked_already") from None
    move.deadline = ask_for_answer(
        case=source,
        kind=ASKED,
        label=both(lambda: gettext("A form may belong to another case: a second person decides")),
        next_step=both(lambda: gettext("Decide whether a form of this case is moved to another one.")),
        at=now,
        detail={"move": str(move.pk)},
    )
    move.save(update_fields=["deadline"])
    _log("case.form_move_proposed", move, by)
    return move


def _check_words(words: str, *, is_needed: bool) -> str:
    if is_needed and not words.strip():
        return "no_reason"
    return "too_long" if len(words) > MAX_WORDS else ""


def _refuse(code: str) -> None:
    if code:
        raise MoveRefused(code)


@transaction.atomic
def withdraw_move(*, move: FormMove, by: User) -> None:
    """Withdraw what one has proposed, before it was decided. Raises MoveRefused."""
    locked = _lock(move)
    if locked.proposed_by_id != by.pk:
        raise MoveRefused("not_allowed")
    _decide(locked, MoveDecision.WITHDRAWN, by, clock.now())
    _log("case.form_move_withdrawn", locked, by)


@transaction.atomic
def decline_move(*, move: FormMove, answer: str, by: User) -> None:
    """Leave the form where it is. Raises MoveRefused."""
    locked = _lock(move)
    _refuse(get_obstacle_for(locked, by) or _check_words(answer, is_needed=True))
    locked.answer(answer)
    _decide(locked, MoveDecision.DECLINED, by, clock.now())
    _log("case.form_move_declined", locked, by)


# ---- deciding ----


@transaction.atomic
def agree_to_move(*, move: FormMove, by: User, answer: str = "") -> FormMove:
    """Move the form. Raises MoveRefused; nothing is moved then."""
    locked = _lock(move)
    _refuse(get_obstacle_for(locked, by) or _check_words(answer, is_needed=False))
    submission = _get_form(locked)
    if submission.case_id != locked.source_id:
        raise MoveRefused("decided")
    source, target = locked.source, locked.target
    _refuse(get_obstacle_of(source) or _get_obstacle_of_form(submission, source))
    if target is not None:
        _refuse(check_target(submission, target, by))
    locked.answer(answer)
    try:
        _Moving(locked, submission, by, clock.now()).carry_out()
    except (SealBroken, KeyRingError, ContentLost):
        raise MoveRefused("unreadable") from None
    except NotDecided as failure:
        log.error("form_not_moved", submission=str(submission.pk), where=failure.where)
        raise MoveRefused("no_new_case" if target is None else "undecided") from None
    return locked


def _lock_cases(*cases: Case | None) -> None:
    """Lock every notice of these cases, then the cases, and read of them what may have changed meanwhile."""
    keys = [case.pk for case in cases if case is not None]
    lock_chases(Notice.objects.filter(case_id__in=keys).order_by().values_list("chase_id", flat=True).distinct())
    list(Case.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))
    for case in cases:
        if case is not None:
            case.refresh_from_db()


def _lock(move: FormMove) -> FormMove:
    _lock_cases(move.source, move.target)
    related = ("source__unit", "source__procedure_version", "target__unit", "target__procedure_version")
    locked = FormMove.objects.select_related(*related, "proposed_by", "deadline").lock_waiting(move.pk)
    if locked is None:
        raise MoveRefused("decided")
    return locked


def _get_form(move: FormMove) -> Submission:
    rows = Submission.objects.select_for_update(of=("self",))
    return rows.select_related("form_version__form", "unit", "submitted_by", "case").get(pk=move.submission_id)


def _decide(move: FormMove, decision: str, by: User, at: datetime) -> None:
    move.decide(decision, by, at, also=("target", "words_of", "facts"))
    note_answered(move.deadline, at, by)


def _log(kind: str, move: FormMove, by: User, **more: Any) -> None:
    log_event(kind, actor=get_actor(by), target_kind="case", target_id=move.source_id, move=str(move.pk), **more)


@dataclass
class _Moving:
    """One move being carried out. The locks are held, and everything was asked."""

    move: FormMove
    submission: Submission
    by: User
    at: datetime

    def carry_out(self) -> None:
        source, versions = self.move.source, [self.submission.pk, *get_earlier_versions(self.submission)]
        rows = self._open_everything(versions)
        others = list_current(source, without=versions)
        moved_said, other_said = read_said(source, rows), read_said(source, others)
        add_what_rules_did(moved_said, source, of=versions)
        followed = find_followed(source, versions)
        moments = self._get_moments(versions)
        covered = list_covered(source, self.at, without=followed.notices)
        left = take_back(source, followed, versions, by=self.by, actor=self.actor, at=self.at)
        self._strike_ledger(source, covered, versions)
        add_what_rules_did(other_said, source)
        self._give_to_target(rows)
        owed = owe_again(source, moments, _as_others(others), actor=self.actor, at=self.at)
        words = go_back(source, moved_said, other_said, proposed_by=self.move.proposed_by, actor=self.actor, at=self.at)
        self._look_again_for_matches(source, others)
        self._finish(followed, left, owed, words)

    @property
    def actor(self) -> Actor:
        return get_actor(self.by)

    def _open_everything(self, versions: Sequence[uuid.UUID]) -> list[Submission]:
        """Return the versions, the newest first, after everything sealed of them was opened. Raises SealBroken, ..."""
        related = Submission.objects.select_related("form_version__form", "unit", "submitted_by", "case")
        found = related.in_bulk(versions)
        rows = [self.submission, *(found[key] for key in versions[1:])]
        for row in rows:
            _read = (row.answers, row.carried_over, row.confirmed, row.explanation, row.correction_reason)
        for file in Attachment.objects.filter(submission__in=versions):
            get_content(file)
        return rows

    def _get_moments(self, versions: Sequence[uuid.UUID]) -> set[datetime]:
        """Return when the form came in and was corrected in the source, and when rules responded because of it."""
        own = CaseEvent.objects.filter(case=self.move.source, submission_id__in=versions)
        return set(own.values_list("at", flat=True))

    def _strike_ledger(self, source: Case, covered: list[Notice], versions: Sequence[uuid.UUID]) -> None:
        """Let nothing count any more that the form had said to the source's ledger, and end what rested on it."""
        for key in versions:
            MovedForm.objects.update_or_create(submission_id=key, defaults={"at": self.at})
            forget_words(key)
        end_uncovered_links(source, self.at, actor=self.actor, besides=list_lost(source, covered, self.at))

    # ---- to the right case ----

    def _give_to_target(self, rows: list[Submission]) -> None:
        newest, target = rows[0], self.move.target
        versions = [row.pk for row in rows]
        own = CaseFact.objects.filter(case=self.move.source, submission_id__in=versions)
        self.move.facts = sorted(set(own.values_list("key", flat=True)))
        own.filter(submission_id=newest.pk).delete()
        _set_case(newest, target, self.move.source)
        applied = decide_and_apply(newest, newest.answers, target, move=Move(self.move.pk, self.by, self.at))
        if applied.case is None or applied.case.pk == self.move.source_id:
            raise MoveRefused("no_new_case")
        if target is None and is_read_further(self.move.source, newest.unit, applied.case):
            raise MoveRefused("other_region")
        self.move.target = target = applied.case
        for row in rows[1:]:
            _set_case(row, target, self.move.source)
        # The versions first: a file's key is sealed under that of its submission's case.
        for file in Attachment.objects.filter(submission__in=versions).select_related("submission"):
            _save_resealed(file)
        for fact in CaseFact.objects.filter(submission_id__in=versions[1:], case=self.move.source):
            fact.case = target
            _save_resealed(fact, "case")
        CorrectedForm.objects.filter(submission_id__in=versions).update(case=target)
        for draft in Draft.objects.filter(pk__in=versions):
            draft.case = target
            _save_resealed(draft, "case")
        for row in rows:
            index_submission(row, newest.answers if row is newest else {})
        note_what_was_found(newest, identity_of(newest, newest.answers), ())
        refresh_risk(target)
        if applied.event is not None:
            applied.event.detail = {**applied.event.detail, "move": str(self.move.pk)}
            applied.event.save(update_fields=["detail"])

    def _look_again_for_matches(self, source: Case, others: Sequence[Submission]) -> None:
        """Drop the likely matches of the source that only the moved form had made."""
        found: set[uuid.UUID] = set()
        for form in others:
            found |= {match.case.pk for match in find_matches(identity_of(form, form.answers or {}), without=source.pk)}
        open_ones = ProbableMatch.objects.filter(dismissed_at__isnull=True)
        open_ones.filter(case=source).exclude(other__in=found).delete()
        open_ones.filter(other=source).exclude(case__in=found).delete()

    # ---- what is said of it ----

    def _finish(self, followed: Followed, left: list[Notice], owed: int, words: list[Any]) -> None:
        move, source, target = self.move, self.move.source, self.move.target
        assert target is not None
        refresh_risk(source)
        since = min(row.received_at for row in Submission.objects.filter(pk__in=self._versions).defer("answers"))
        for case in (source, target):
            reopen_proposals(case)
        erase_documents_since(source, since, self.at)
        said: Any = move.words
        # They tell of the person whose case it is: sealed under that case's key from now on.
        move.words_of, move.words = target, said
        _decide(move, MoveDecision.AGREED, self.by, self.at)
        detail = {"move": str(move.pk), "by": self.by.pk, "proposed_by": move.proposed_by_id}
        away = CaseEvent.objects.create(
            case=source,
            kind=MOVED_AWAY,
            at=self.at,
            detail=detail,
            explanation=[{"rule": MOVED_AWAY, "words": each} for each in (both(_word_away), *words)],
        )
        CaseEvent.objects.create(
            case=target,
            kind=MOVED_HERE,
            at=self.at,
            detail=detail,
            explanation=[{"rule": MOVED_HERE, "words": both(_word_here)}],
        )
        tell_recipients(source, left, away.pk, self.at)
        tell_coordinator(source, away.pk, self.at)
        counts: dict[str, Any] = {
            "notices": len(followed.notices),
            "duties": len(followed.deadlines),
            "owed_again": owed,
        }
        about: dict[str, Any] = {"actor": self.actor, "move": str(move.pk), "proposed_by": move.proposed_by_id}
        log_event("case.form_moved_away", target_kind="case", target_id=source.pk, **about, **counts)
        log_event("case.form_moved_here", target_kind="case", target_id=target.pk, **about)
        log_event("submission.moved", target_kind="submission", target_id=self.submission.pk, **about)

    @property
    def _versions(self) -> list[uuid.UUID]:
        return [self.submission.pk, *get_earlier_versions(self.submission)]


def _set_case(row: Submission, target: Case | None, source: Case) -> None:
    """Let a version belong to the target: its answers name it, and hold nothing that was known of the source's person.

    What was filled in from what is known there, and confirmed by nobody, was said of that person.
    """
    form = row.form_version.parsed_form
    taken_over: Any = row.carried_over or {}
    answers: Any = {key: value for key, value in (row.answers or {}).items() if key not in taken_over}
    own = {source.reference, *source.merged.values_list("reference", flat=True)}
    named = own & {reference for _path, reference in iter_named_references(form, answers)}
    row.case = target
    row.answers = _with_case(answers, named, target.reference if target else None)
    row.carried_over = None
    _save_resealed(row, "case", "answers", "carried_over")


def _with_case(value: Any, references: set[str], target: str | None) -> Any:
    """Return these answers with the target's reference in the place of these; without one, with nothing there."""
    if isinstance(value, Mapping):
        changed = {key: _with_case(each, references, target) for key, each in value.items()}
        return {key: each for key, each in changed.items() if each is not None or value[key] is None}
    if isinstance(value, list):
        return [_with_case(each, references, target) for each in value]
    return target if isinstance(value, str) and value in references else value


def _save_resealed(row: Any, *names: str) -> None:
    """Save these fields of a row that has come to another case, and whatever else of it is sealed, under that key."""
    fields = {*names, *reseal_for_owner(row)}
    if fields:
        row.save(update_fields=sorted(fields))


def _as_others(forms: Sequence[Submission]) -> list[OtherForm]:
    return [OtherForm(form.form_version.form.key, form.received_at, form.submitted_by_id) for form in forms]


def _word_away() -> str:
    return gettext(
        "A form was moved away from this case: two people decided that it is about another person. What followed from"
        " it here was taken back, and whoever had been notified learns of it."
    )


def _word_here() -> str:
    return gettext("A form was moved here from another case: two people decided that it is about this person.")


__all__ = ["MoveRefused", "Said", "agree_to_move", "decline_move", "propose_move", "withdraw_move"]
