"""How one filled form is received, step by step. The entry points are in `actions`."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import MobileUnit, User, find_units
from audit import clock
from audit.chain import gathered_entries
from case_forms.cases.finding.identity import Identity
from case_forms.cases.models import Case
from case_forms.form_builder.audience import is_public
from case_forms.form_builder.definition import Form
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from vault.lasting import SUBMISSIONS, keyed_hash, matches

from .attachments.actions import claim_attachments
from .attachments.named_files import file_problems, files_of_draft, files_of_person, named_files
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
from .deciding import decide_and_apply
from .identity_index import identity_of, index_submission
from .known import get_known_for_form
from .models import Attachment, Draft, Submission
from .purge import first_due
from .refusals import (
    AnswersRefused,
    ConfirmationNeeded,
    CorrectedSince,
    NotAllowed,
    UnknownAttachment,
    UnknownForm,
    UuidReused,
)
from .same_person import ask_about_person, ask_in_turn, note_what_was_found
from .session_reports import report_by, report_problems
from .validation.validate import AnswerProblem, Answers, CheckContext, form_states

CLOCK_TOLERANCE = timedelta(minutes=5)
EARLIEST_YEAR = 2013  # the first mobile unit began then


@dataclass(frozen=True)
class Received:
    """A stored submission. `created` is False when it was here already.

    receipt: {"submission": uuid, "case": reference|None, "notices": [{"id", "code", "role", "state", "recipient"}]}
    """

    submission: Submission
    created: bool
    receipt: dict[str, Any] = field(repr=False)


@dataclass(kw_only=True, repr=False)
class Reception:
    """One form that is being received: what was sent (see `actions.receive_submission`), and what the steps found.

    `receive` runs the steps in their order. The first ones check and store nothing, so that no other writer waits for
    a form that is refused; the last ones are one transaction, and whatever fails rolls all of it back.
    """

    uuid: UUID
    form_key: str
    version: int
    occurred_at: datetime
    answers: Any
    user: User
    unit: MobileUnit | None
    is_drill: bool
    strict: bool
    draft: Draft | None
    confirmed: Collection[str]
    carried_over: Mapping[str, Any] | None
    correction: CorrectionByApp | None
    from_phone: Mapping[str, Any] | None

    place: MobileUnit = field(init=False)
    content: bytes = field(init=False)  # of the whole form, to tell it from another
    form_version: FormVersion = field(init=False)
    received_at: datetime = field(init=False)
    again: dict[UUID, Attachment] = field(init=False)  # files of earlier versions, which an app may name again
    context: CheckContext = field(init=False)
    cleaned: Answers = field(init=False)
    case: Case | None = field(init=False)
    submission: Submission = field(init=False)
    asked: list[ToConfirm] = field(init=False)
    identity: Identity = field(init=False)
    has_files: bool = field(init=False)

    @property
    def form(self) -> Form:
        return self.form_version.parsed_form

    @property
    def corrects(self) -> Submission | None:
        """The submission that this one takes the place of."""
        if self.draft:
            return self.draft.corrects
        return self.correction.submission if self.correction else None

    @property
    def correction_reason(self) -> str | None:
        if self.correction:
            return self.correction.reason.strip()
        return self.draft.correction_reason if self.draft and self.draft.corrects_id else None

    def receive(self) -> Received:
        """Receive the form, or return the receipt that it has already. Raises as `actions.receive_submission` does."""
        self.find_place()
        self.content = self.build_content()
        # Before the answers are checked: a retry gets its first receipt, although its files are claimed by now.
        if (earlier := self.find_earlier()) is not None:
            return earlier
        self.find_version()
        self.check_correctable()
        self.check_correction_by_app()
        self.check_answers()
        self.build_submission()
        self.ask()
        try:
            with gathered_entries():
                self.ask_in_turn()
                self.copy_files()
                self.store()
                self.decide()
                self.index()
                report_by(self.submission, self.cleaned)
                return Received(self.submission, True, self.submission.receipt)
        except IntegrityError:
            # The same UUID came in twice at once: the second request returns what the first one stored.
            if (earlier := self.find_earlier()) is not None:
                return earlier
            # Or somebody else's correction of the same form was faster.
            self.check_correctable()
            raise

    # ---- checks ----

    def find_place(self) -> None:
        # A correction is its form's unit's; naming another one changes nothing of that.
        its_unit = self.correction.get_unit(self.user) if self.correction else None
        self.place = get_unit(self.user, its_unit or self.unit)

    def build_content(self) -> bytes:
        """Serialise the submission canonically. Raises AnswersRefused when it isn't JSON."""
        try:
            if problems := list(iter_time_problems(self.occurred_at)):
                raise AnswersRefused(problems)
            # in UTC: the same moment sent with another offset is the same submission
            moment = self.occurred_at.astimezone(UTC).isoformat(timespec="microseconds")
            # only of an app's corrections: what is stored by now was told apart without it
            corrected = [str(self.correction.submission.pk), self.correction.reason.strip()] if self.correction else []
            content = [self.form_key, self.version, moment, self.answers, *corrected]
            return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError):
            raise AnswersRefused([AnswerProblem("/answers", "wrong_type", _("Answers are an object."))]) from None

    def find_earlier(self) -> Received | None:
        """Return the receipt of an equal submission that this person may see. Raises UuidReused for any other."""
        # Nearly always there is none, and the row is wide.
        if not Submission.objects.filter(pk=self.uuid).exists():
            return None
        stored = Submission.objects.get(pk=self.uuid)
        # another person's submission looks like a collision too: the answer doesn't say whether such a one exists
        if (
            not matches(SUBMISSIONS, self.content, stored.fingerprint)
            or not Submission.objects.visible_to(self.user).filter(pk=self.uuid).exists()
        ):
            raise UuidReused
        return Received(stored, False, stored.receipt)

    def find_version(self) -> None:
        versions = FormVersion.objects.filter(form__key=self.form_key, number=self.version)
        found = versions.with_form().defer("canonical").first()
        # a public form is sent from the public pages only
        if found is None or is_public(found.parsed_form):
            raise UnknownForm
        self.form_version = found
        self.received_at = clock.now()

    def check_correctable(self) -> None:
        """Raise CorrectedSince when this person can't correct what this form corrects, or can't any more."""
        if self.corrects is None:
            return
        if refusal := get_refusal(self.corrects, self.user):
            newest = get_newest_version(self.corrects).pk if refusal == "corrected_since" else None
            raise CorrectedSince(refusal, newest)

    def check_correction_by_app(self) -> None:
        """Check what an app says of its correction. Raises AnswersRefused."""
        self.again = {}
        if self.correction is None:
            return
        corrected = self.correction.submission
        problems = []
        if self.form_version.form_id != corrected.form_version.form_id:
            problems.append(AnswerProblem("/form", "other_form", _("A correction is of the form that it corrects.")))
        if code := get_reason_problem(self.correction.reason):
            problems.append(AnswerProblem("/correction_reason", code, str(REFUSALS[code])))
        if problems:
            raise AnswersRefused(problems)
        self.again = find_files_again(corrected)

    def check_answers(self) -> None:
        """Clean the answers, and find the case that they name or that they correct. Raises AnswersRefused."""
        form, user = self.form, self.user
        files = files_of_draft(self.draft) if self.draft else files_of_person(user, besides=self.again)
        self.context = CheckContext(
            Lists(user),
            timezone.localdate(self.received_at),
            timezone.localdate(self.occurred_at),
            user.language,
            now=self.received_at,
            attachments=files,
            known=get_known_for_form(self.form_version, self.answers, user),
        )
        checked = form_states(form, self.answers, self.context, strict=self.strict)
        self.cleaned = checked.answers
        self.case, unknown = named_case(form, self.cleaned, user)
        earlier: tuple[UUID, ...] = ()
        if self.corrects is not None:
            unknown += case_problems(form, self.cleaned, self.corrects.case) if self.case else []
            self.case = self.corrects.case
            earlier = (self.corrects.pk, *get_earlier_versions(self.corrects))
        refused = report_problems(form, self.cleaned, user, corrects=earlier)
        # all problems at once, so that a person corrects the form in one round
        if errors := [*checked.errors, *unknown, *refused, *file_problems(form, self.cleaned, files)]:
            raise AnswersRefused(errors)

    def build_submission(self) -> None:
        day = timezone.localdate(self.received_at)
        taken_over = {key: entry for key, entry in (self.carried_over or {}).items() if key in self.cleaned}
        self.submission = Submission(
            id=self.uuid,
            form_version=self.form_version,
            unit=self.place,
            submitted_by=self.user,
            occurred_at=self.occurred_at,
            received_at=self.received_at,
            answers=self.cleaned,
            fingerprint=keyed_hash(SUBMISSIONS, self.content),
            forget_after=first_due(self.form, day),
            # Whatever is sent about a drill belongs to it, and is counted nowhere.
            is_drill=self.is_drill or any(each.is_drill for each in (self.case, self.corrects) if each is not None),
            corrects=self.corrects,
            correction_reason=self.correction_reason,
            carried_over=taken_over or None,
            from_phone=dict(self.from_phone) if self.from_phone else None,
        )

    def ask(self) -> None:
        """Ask about what may be a slip, and with it about the same person. Raises ConfirmationNeeded."""
        # nobody sits in front of a drill to tick a confirmation (docs/adr/0036)
        self.asked = [] if self.is_drill else to_confirm(self.form, self.cleaned, self.context, self.case)
        if unconfirmed(self.asked, self.confirmed):
            about_person = ask_about_person(self.submission, self.cleaned, self.user, self.case)
            raise ConfirmationNeeded(unconfirmed([*self.asked, *about_person], self.confirmed))

    # ---- the transaction ----

    def ask_in_turn(self) -> None:
        """Ask again about the same person, now that no other form of the unit comes between."""
        self.identity = identity_of(self.submission, self.cleaned)
        self.asked += ask_in_turn(self.submission, self.identity, self.user, self.case)
        if waiting := unconfirmed(self.asked, self.confirmed):
            raise ConfirmationNeeded(waiting)
        self.submission.confirmed = build_stored_confirmations(self.asked, self.user, self.received_at)

    def copy_files(self) -> None:
        """Copy what the answers name of an earlier version's files, since those belong to that version."""
        wanted = named_files(self.form, self.cleaned) & self.again.keys()
        if not wanted:
            return
        copies = copy_files([self.again[key] for key in wanted], owner=self.user, unit=self.place)
        if len(copies) != len(wanted):
            raise UnknownAttachment
        self.submission.answers = self.cleaned = with_files(self.cleaned, copies)

    def store(self) -> None:
        # an insert, never an update: a UUID that came in twice at once must fail here and not overwrite the first
        self.submission.save(force_insert=True)
        named = named_files(self.form, self.cleaned)
        self.has_files = bool(named) or self.draft is not None
        if self.has_files:
            claim_attachments(submission=self.submission, named=named, by=self.user, draft=self.draft)

    def decide(self) -> None:
        """Decide, and carry it out. Raises NotDecided, and CorrectedSince when another case has the form by now."""
        decide_and_apply(self.submission, self.cleaned, self.case, has_files=self.has_files)
        corrects = self.corrects
        # The case that it was read with is locked by now.
        if corrects and not Submission.objects.filter(pk=corrects.pk, case=corrects.case_id).exists():
            raise CorrectedSince("moved", corrects.pk)

    def index(self) -> None:
        index_submission(self.submission, self.cleaned, identity=self.identity, is_new=True)
        if self.corrects is not None:
            index_submission(self.corrects, {})
        note_what_was_found(self.submission, self.identity, self.confirmed)


def get_unit(user: User, unit: MobileUnit | None = None) -> MobileUnit:
    """Return the unit that this person submits for. Raises NotAllowed: only a unit's workers submit for it."""
    units = find_units(user)
    if not units or (unit is not None and unit not in units):
        raise NotAllowed("not_a_worker")
    if unit is None and len(units) > 1:
        raise NotAllowed("unit_needed")
    return unit or units[0]


def iter_time_problems(occurred_at: datetime) -> Iterator[AnswerProblem]:
    """Yield what is wrong with the time that a form gives for what it reports."""
    if timezone.is_naive(occurred_at):
        yield AnswerProblem("/occurred_at", "no_offset", _("Give the time with its offset from UTC."))
    elif occurred_at.year < EARLIEST_YEAR:
        yield AnswerProblem("/occurred_at", "too_early", _("This is too long ago."))
    elif occurred_at > clock.now() + CLOCK_TOLERANCE:
        yield AnswerProblem("/occurred_at", "in_the_future", _("This is in the future."))
