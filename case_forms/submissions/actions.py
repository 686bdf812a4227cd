"""Receive submissions: the one entry point for the field API, the pages, the drill and seeding.

`receive_submission` does, in this order:

1. checks that the sender works in the unit, and whether this UUID was received before (then: the same receipt again);
2. validates the answers against the form version, that the files they name are the sender's, and that what may be a
   slip was confirmed;
3. in one transaction: asks whether a case of the sender's is about the same person; stores the submission with its
   answers sealed, assigns it its files, decides, applies the decision (case, deadlines, referrals, notices to send),
   writes the audit event and stores the receipt; puts the person into the blind index; an informative session that it
   is the report of is marked as reported. Whatever fails rolls all of it back.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import MobileUnit, User, find_units
from audit import clock
from audit.chain import gathered_entries
from case_forms.cases.models import Case
from case_forms.form_builder.audience import is_public
from case_forms.form_builder.definition import Form
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from vault.lasting import SUBMISSIONS, keyed_hash, matches

from .attachments.actions import UnknownAttachment, claim_attachments
from .attachments.named_files import AttachedFiles, file_problems, files_of_draft, files_of_person, named_files
from .case_reference import case_problems, named_case
from .confirmations import ToConfirm, build_stored_confirmations, to_confirm, unconfirmed
from .correcting import (
    REFUSALS,
    CorrectionByApp,
    copy_files,
    find_files_again,
    get_earlier_versions,
    get_newest_version,
    get_reason_problem,
    get_refusal,
    with_files,
)
from .deciding import NotDecided, decide_and_apply
from .drafts.actions import build_context, get_versions, to_choose
from .drafts.filled import get_carried_over
from .identity_index import identity_of, index_submission
from .known import get_known_for_form
from .models import Draft, Submission
from .purge import first_due
from .same_person import ask_about_person, ask_in_turn, note_what_was_found
from .session_reports import ReportRefused, report_by, report_problems
from .validation.validate import AnswerProblem, Answers, CheckContext, check_answers

__all__ = [
    "AnswersRefused",
    "ChangedSince",
    "ConfirmationNeeded",
    "CorrectedSince",
    "NotAllowed",
    "NotDecided",
    "Received",
    "UnknownForm",
    "UuidReused",
    "get_unit",
    "receive_submission",
    "submit_draft",
]

CLOCK_TOLERANCE = timedelta(minutes=5)
EARLIEST_YEAR = 2013  # the first mobile unit began then


class UnknownForm(Exception):
    """No such form, or no such version of it."""


class UuidReused(Exception):
    """The UUID belongs to another submission already."""


class NotAllowed(Exception):
    """The person may not submit here.

    `code`: not_a_worker, unit_needed (works in several units: name one).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ConfirmationNeeded(Exception):
    """The answers are valid, but something in them may be a slip.

    `asked` says what is to be corrected or confirmed.
    """

    def __init__(self, asked: list[ToConfirm]) -> None:
        super().__init__(", ".join(warning.key for warning in asked))
        self.asked = asked


class ChangedSince(Exception):
    """The draft was changed elsewhere after its review page was shown."""


class CorrectedSince(Exception):
    """The submission that this corrects can't be corrected any more.

    `code`: see `correcting.REFUSALS`. `newest`: the version that can be, where somebody has corrected it meanwhile.
    """

    def __init__(self, code: str, newest: UUID | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.newest = newest


class AnswersRefused(Exception):
    """The answers are invalid. `errors` says what to correct, each with its path; no error holds an answer."""

    def __init__(self, errors: list[AnswerProblem]) -> None:
        super().__init__(", ".join(sorted({error.code for error in errors})))
        self.errors = errors


@dataclass(frozen=True)
class Received:
    """A stored submission. `created` is False when it was here already.

    receipt: {"submission": uuid, "case": reference|None, "notices": [{"id", "code", "role", "state", "recipient"}]}
    """

    submission: Submission
    created: bool
    receipt: dict[str, Any] = field(repr=False)


def receive_submission(
    *,
    uuid: UUID,
    form_key: str,
    version: int,
    occurred_at: datetime,
    answers: Any,
    user: User,
    unit: MobileUnit | None = None,
    is_drill: bool = False,
    strict: bool = True,
    draft: Draft | None = None,
    confirmed: Collection[str] = (),
    carried_over: Mapping[str, Any] | None = None,
    correction: CorrectionByApp | None = None,
    from_phone: Mapping[str, Any] | None = None,
) -> Received:
    """Receive one filled form; the module's docstring has the steps.

    Idempotent on `uuid`: receiving it again returns the first receipt. `occurred_at` is aware. `unit` defaults to the
    sender's only unit. `strict`: see `validation.validator`. `draft`: the one that is submitted, with its files; else
    the answers may name files that the sender has uploaded through the API. `confirmed`: keys of the form's warnings
    that the sender confirms (`confirmations`); a drill is asked nothing. `carried_over`: by question, answers that were
    taken over from what is known about the person and not asked again (`drafts.filled`): they become no new facts. A
    draft may be a correction (`correcting`): the submission then takes the place of another one, whose case it belongs
    to; an app, which has no draft, says so in `correction`, and may name the files of the earlier versions again.
    `from_phone`: of a form that a phone delivered, what was added to its times, and when it was finished there.
    Raises NotAllowed, UuidReused, UnknownForm, AnswersRefused, ConfirmationNeeded, CorrectedSince, NotDecided; nothing
    is stored then.
    """
    # A correction is its form's unit's; naming another one changes nothing of that.
    place = get_unit(user, (correction.get_unit(user) if correction else None) or unit)
    content = _content(form_key, version, occurred_at, answers, correction)
    # before the answers are checked: a retry gets its first receipt, although its files are claimed by now
    earlier = _received_before(uuid, content, user)
    if earlier is not None:
        return earlier
    form_version = _find_version(form=form_key, number=version).first()
    # a public form is sent from the public pages only
    if form_version is None or is_public(form_version.parsed_form):
        raise UnknownForm
    received_at = clock.now()
    corrects = draft.corrects if draft else correction.submission if correction else None
    if corrects is not None:
        _check_correctable(corrects, user)
    if correction is not None:
        _check_correction(correction, form_version)
    # What an app names of an earlier version's files is copied, since those belong to that version.
    again = find_files_again(correction.submission) if correction else {}
    files = files_of_draft(draft) if draft else files_of_person(user, besides=again)
    context = CheckContext(
        Lists(user),
        timezone.localdate(received_at),
        timezone.localdate(occurred_at),
        user.language,
        now=received_at,
        attachments=files,
        known=get_known_for_form(form_version, answers, user),
    )
    cleaned, case = _checked(form_version.parsed_form, answers, context, user, strict=strict, corrects=corrects)
    wanted = named_files(form_version.parsed_form, cleaned) & again.keys()
    taken_over = {key: entry for key, entry in (carried_over or {}).items() if key in cleaned}
    # nobody sits in front of a drill to tick a confirmation (docs/adr/0036)
    asked = [] if is_drill else to_confirm(form_version.parsed_form, cleaned, context, case)
    submission = Submission(
        id=uuid,
        form_version=form_version,
        unit=place,
        submitted_by=user,
        occurred_at=occurred_at,
        received_at=received_at,
        answers=cleaned,
        fingerprint=keyed_hash(SUBMISSIONS, content),
        forget_after=first_due(form_version.parsed_form, timezone.localdate(received_at)),
        # Whatever is sent about a drill belongs to it, and is counted nowhere.
        is_drill=is_drill or any(each.is_drill for each in (case, corrects) if each is not None),
        corrects=corrects,
        correction_reason=_get_reason(draft, correction),
        carried_over=taken_over or None,
        from_phone=dict(from_phone) if from_phone else None,
    )
    if unconfirmed(asked, confirmed):
        raise ConfirmationNeeded(unconfirmed([*asked, *ask_about_person(submission, cleaned, user, case)], confirmed))
    try:
        with gathered_entries():
            identity = identity_of(submission, cleaned)
            asked += ask_in_turn(submission, identity, user, case)
            if unconfirmed(asked, confirmed):
                raise ConfirmationNeeded(unconfirmed(asked, confirmed))
            submission.confirmed = build_stored_confirmations(asked, user, received_at)
            if wanted:
                copies = copy_files([again[key] for key in wanted], owner=user, unit=place)
                if len(copies) != len(wanted):
                    raise UnknownAttachment
                submission.answers = cleaned = with_files(cleaned, copies)
            # an insert, never an update: a UUID that came in twice at once must fail here and not overwrite the first
            submission.save(force_insert=True)
            named = named_files(form_version.parsed_form, cleaned)
            if named or draft is not None:
                claim_attachments(submission=submission, named=named, by=user, draft=draft)
            decide_and_apply(submission, cleaned, case, has_files=bool(named) or draft is not None)
            if corrects is not None:
                _check_not_moved(corrects)
            index_submission(submission, cleaned, identity=identity, is_new=True)
            if corrects is not None:
                index_submission(corrects, {})
            note_what_was_found(submission, identity, confirmed)
            report_by(submission, cleaned)
            return Received(submission, True, submission.receipt)
    except UnknownAttachment:
        gone = AnswerProblem("/answers", "unknown_attachment", _("A file is no longer here; choose it again."))
        raise AnswersRefused([gone]) from None
    except ReportRefused as refused:
        raise AnswersRefused([refused.problem]) from None
    except IntegrityError:
        # the same UUID came in twice at once: the second request returns what the first one stored
        earlier = _received_before(uuid, content, user)
        if earlier is None and corrects is not None:
            # somebody else's correction of the same form was faster
            _check_correctable(corrects, user)
        if earlier is None:
            raise
        return earlier


def submit_draft(
    *, draft: Draft, user: User, confirmed: Collection[str] = (), looked_over: str | None = None
) -> Received:
    """Submit a draft under its own id and empty it. Submitting it again returns the first receipt.

    `looked_over`: what `drafts.actions.get_versions` returned when the review page was shown; None for a program, which
    has no review page. Raises ChangedSince when the draft has changed since, and what `receive_submission` raises; the
    draft stays as it was then.
    """
    with gathered_entries():
        # locked, so that a page that saves at the same moment either comes before or finds the draft submitted
        joined = Draft.objects.select_related("form_version__form", "unit", "corrects__case")
        locked = joined.select_for_update(of=("self",)).get(pk=draft.pk)
        if not Draft.objects.visible_to(user).filter(pk=locked.pk).exists():
            raise NotAllowed("not_a_worker")
        if locked.submitted_at is not None:
            sent = Submission.objects.get(pk=locked.pk)
            return Received(sent, False, sent.receipt)
        if looked_over is not None and (looked_over != get_versions(locked) or to_choose(locked)):
            raise ChangedSince
        received = receive_submission(
            uuid=locked.pk,
            form_key=locked.form_version.form.key,
            version=locked.form_version.number,
            occurred_at=locked.occurred_at,
            answers=locked.answers,
            user=user,
            unit=locked.unit,
            # a draft may hold answers to questions that no longer apply; they are left out, not refused (docs/adr/0007)
            strict=False,
            draft=locked,
            confirmed=confirmed,
            carried_over=get_carried_over(locked, build_context(locked, user.language, by=user)),
            from_phone=_get_phone(locked),
        )
        locked.submitted_at = received.submission.received_at
        # the emptied row stays: a second press of "Submit" finds the receipt by it
        locked.answers = {}
        locked.left_over = locked.besides = locked.handed = locked.filled = locked.correction_reason = None
        sealed = ["answers", "left_over", "besides", "handed", "filled", "correction_reason"]
        locked.save(update_fields=["submitted_at", *sealed])
    return received


def get_unit(user: User, unit: MobileUnit | None = None) -> MobileUnit:
    """Return the unit that this person submits for. Raises NotAllowed: only a unit's workers submit for it."""
    units = find_units(user)
    if not units or (unit is not None and unit not in units):
        raise NotAllowed("not_a_worker")
    if unit is None and len(units) > 1:
        raise NotAllowed("unit_needed")
    return unit or units[0]


# ---- checking ----


def _check_correctable(corrects: Submission, user: User) -> None:
    """Raise CorrectedSince when this person can't correct this submission, or can't any more."""
    refusal = get_refusal(corrects, user)
    if refusal:
        newest = get_newest_version(corrects).pk if refusal == "corrected_since" else None
        raise CorrectedSince(refusal, newest)


def _check_not_moved(corrects: Submission) -> None:
    """Raise CorrectedSince when the form has come to another case since it was read; that case is locked by now."""
    if not Submission.objects.filter(pk=corrects.pk, case=corrects.case_id).exists():
        raise CorrectedSince("moved", corrects.pk)


def _check_correction(correction: CorrectionByApp, form_version: FormVersion) -> None:
    """Check what an app says of a correction. Raises AnswersRefused."""
    problems = []
    if form_version.form_id != correction.submission.form_version.form_id:
        problems.append(AnswerProblem("/form", "other_form", _("A correction is of the form that it corrects.")))
    if code := get_reason_problem(correction.reason):
        problems.append(AnswerProblem("/correction_reason", code, str(REFUSALS[code])))
    if problems:
        raise AnswersRefused(problems)


def _get_reason(draft: Draft | None, correction: CorrectionByApp | None) -> str | None:
    """Return why this corrects another submission; None for one that corrects nothing."""
    if correction is not None:
        return correction.reason.strip()
    return draft.correction_reason if draft and draft.corrects_id else None


def _get_phone(draft: Draft) -> dict[str, Any] | None:
    """Return what a submission says of the phone that delivered its draft; None where none did."""
    stored: dict[str, Any] | None = draft.from_phone
    return {key: stored.get(key) for key in ("clock_seconds", "finished_at")} if stored else None


def _content(
    form_key: str, version: int, occurred_at: datetime, answers: Any, correction: CorrectionByApp | None = None
) -> bytes:
    """Serialise the submission canonically, to tell one from another. Raises AnswersRefused when it isn't JSON."""
    try:
        problems = list(_time_problems(occurred_at))
        if problems:
            raise AnswersRefused(problems)
        # in UTC: the same moment sent with another offset is the same submission
        moment = occurred_at.astimezone(UTC).isoformat(timespec="microseconds")
        # only of an app's corrections: what is stored by now was told apart without it
        corrected = [str(correction.submission.pk), correction.reason.strip()] if correction else []
        return json.dumps(
            [form_key, version, moment, answers, *corrected], sort_keys=True, separators=(",", ":"), allow_nan=False
        ).encode()
    except (TypeError, ValueError, RecursionError):
        raise AnswersRefused([AnswerProblem("/answers", "wrong_type", _("Answers are an object."))]) from None


def _time_problems(occurred_at: datetime) -> Iterator[AnswerProblem]:
    if timezone.is_naive(occurred_at):
        yield AnswerProblem("/occurred_at", "no_offset", _("Give the time with its offset from UTC."))
    elif occurred_at.year < EARLIEST_YEAR:
        yield AnswerProblem("/occurred_at", "too_early", _("This is too long ago."))
    elif occurred_at > clock.now() + CLOCK_TOLERANCE:
        yield AnswerProblem("/occurred_at", "in_the_future", _("This is in the future."))


def _checked(
    form: Form,
    answers: Any,
    context: CheckContext,
    user: User,
    *,
    strict: bool,
    corrects: Submission | None,
) -> tuple[Answers, Case | None]:
    """Return the cleaned answers and the case that they name, or that they correct. Raises AnswersRefused."""
    checked = check_answers(
        form,
        answers,
        sources=context.sources,
        today=context.today,
        occurred_on=context.occurred_on,
        language=context.language,
        strict=strict,
        attachments=context.attachments,
        known=context.known,
    )
    case, unknown = named_case(form, checked.answers, user)
    if corrects is not None:
        unknown += case_problems(form, checked.answers, corrects.case) if case else []
        case = corrects.case
    earlier = (corrects.pk, *get_earlier_versions(corrects)) if corrects else ()
    refused = report_problems(form, checked.answers, user, corrects=earlier)
    # all problems at once, so that a person corrects the form in one round
    files = context.attachments
    assert isinstance(files, AttachedFiles)
    errors = [*checked.errors, *unknown, *refused, *file_problems(form, checked.answers, files)]
    if errors:
        raise AnswersRefused(errors)
    return checked.answers, case


def _received_before(uuid: UUID, content: bytes, user: User) -> Received | None:
    """Return the receipt of an earlier, equal submission that this person may see. Raises UuidReused for any other."""
    # Nearly always there is none, and the row is wide.
    if not _find_stored([uuid]).exists():
        return None
    stored = Submission.objects.get(pk=uuid)
    # another person's submission looks like a collision too: the answer doesn't say whether such a one exists
    if (
        not matches(SUBMISSIONS, content, stored.fingerprint)
        or not Submission.objects.visible_to(user).filter(pk=uuid).exists()
    ):
        raise UuidReused
    return Received(stored, False, stored.receipt)


def _find_version(form: str, number: int) -> QuerySet[FormVersion]:
    return FormVersion.objects.filter(form__key=form, number=number).with_form().defer("canonical")


def _find_stored(keys: Collection[UUID]) -> QuerySet[Submission, UUID]:
    return Submission.objects.filter(pk__in=keys).values_list("pk", flat=True)
