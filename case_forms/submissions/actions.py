"""Receiving what the field sends. One mutation each, whoever asks: the field API, the pages, the drill, a seed.

`receive_submission` does, in this order:

1. looks whether the sender works in the unit, and whether this UUID was received before (then: the same receipt again);
2. checks the answers against the form version, that the files they name are the sender's, and that what may be a slip
   was confirmed;
3. in one transaction: stores the submission with its answers sealed, gives it its files, decides, carries the decision
   out (case, clocks, referrals, owed notices), records it, and keeps the receipt; a session that it is the report of is
   reported. Whatever fails takes all of it back.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import MobileUnit, User
from case_forms.cases.models import Case
from case_forms.form_builder.audience import is_public
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from vault.lasting import SUBMISSIONS, keyed_hash, matches

from .attachments.actions import UnknownAttachment, claim_attachments
from .attachments.named_files import AttachedFiles, file_problems, files_of_draft, files_of_person, named_files
from .case_reference import named_case
from .confirmations import ToConfirm, as_kept, to_confirm, unconfirmed
from .deciding import NotDecided, decide_and_apply
from .drafts.actions import get_versions, to_choose
from .models import Draft, Submission
from .purge import first_due
from .session_reports import ReportRefused, report_by, report_problems
from .validation.validate import AnswerProblem, Answers, CheckContext, check_answers

__all__ = [
    "AnswersRefused",
    "ChangedSince",
    "ConfirmationNeeded",
    "NotAllowed",
    "NotDecided",
    "Received",
    "UnknownForm",
    "UuidReused",
    "receive_submission",
    "submit_draft",
    "get_unit",
]

CLOCK_TOLERANCE = timedelta(minutes=5)
EARLIEST_YEAR = 2013  # the first mobile unit began then


class UnknownForm(Exception):
    """There is no such form, or no such version of it."""


class UuidReused(Exception):
    """This UUID stands for another submission already."""


class NotAllowed(Exception):
    """This person can't submit here. `code`: not_a_worker, unit_needed (works in several units: name one)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ConfirmationNeeded(Exception):
    """The answers can stand, and something in them may be a slip. `asked` says what is to be corrected or confirmed."""

    def __init__(self, asked: list[ToConfirm]) -> None:
        super().__init__(", ".join(warning.key for warning in asked))
        self.asked = asked


class ChangedSince(Exception):
    """The draft was changed elsewhere after it was looked over."""


class AnswersRefused(Exception):
    """The answers can't stand. `errors` says what to mend, each with its path; no error holds an answer."""

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
) -> Received:
    """Receives one filled form; the module's docstring has the steps. Receiving it again returns the first receipt.

    `occurred_at` is aware. `unit` defaults to the sender's only unit. `strict`: see `checking`. `draft`: the one that
    is sent, with its files; else the answers may name files that the sender has put in through the API. `confirmed`:
    keys of the form's warnings that the sender says are so (`confirming`); a drill is asked nothing.
    Raises NotAllowed, UuidReused, UnknownForm, AnswersRefused, ConfirmationNeeded, NotDecided; nothing is stored then.
    """
    place = get_unit(user, unit)
    content = _content(form_key, version, occurred_at, answers)
    earlier = _received_before(uuid, content, user)
    if earlier is not None:
        return earlier
    form_version = FormVersion.objects.filter(form__key=form_key, number=version).select_related("form").first()
    if form_version is None or is_public(form_version.definition):  # that one is sent from the public pages
        raise UnknownForm
    received_at = timezone.now()
    files = files_of_draft(draft) if draft else files_of_person(user)
    cleaned, case = _checked(form_version.definition, answers, occurred_at, received_at, user, files, strict=strict)
    context = CheckContext(
        Lists(user), timezone.localdate(received_at), timezone.localdate(occurred_at), user.language, now=received_at
    )
    asked = [] if is_drill else to_confirm(form_version.definition, cleaned, context, case)
    if unconfirmed(asked, confirmed):
        raise ConfirmationNeeded(unconfirmed(asked, confirmed))
    submission = Submission(
        id=uuid,
        form_version=form_version,
        unit=place,
        submitted_by=user,
        occurred_at=occurred_at,
        received_at=received_at,
        answers=cleaned,
        fingerprint=keyed_hash(SUBMISSIONS, content),
        forget_after=first_due(form_version.definition, timezone.localdate(received_at)),
        is_drill=is_drill,
        confirmed=as_kept(asked, user, received_at),
    )
    try:
        with transaction.atomic():
            submission.save(force_insert=True)
            named = named_files(form_version.definition, cleaned)
            if named or draft is not None:
                claim_attachments(submission=submission, named=named, by=user, draft=draft)
            decide_and_apply(submission, cleaned, case)
            report_by(submission, cleaned)
            return Received(submission, True, submission.receipt)
    except UnknownAttachment:
        gone = AnswerProblem("/answers", "unknown_attachment", _("A file is no longer here; choose it again."))
        raise AnswersRefused([gone]) from None
    except ReportRefused as refused:
        raise AnswersRefused([refused.problem]) from None
    except IntegrityError:
        # The same UUID came in twice at once: whoever was second finds what the first one stored.
        earlier = _received_before(uuid, content, user)
        if earlier is None:
            raise
        return earlier


def submit_draft(
    *, draft: Draft, user: User, confirmed: Collection[str] = (), looked_over: str | None = None
) -> Received:
    """Sends a draft under its own id and empties it. Sending it again returns the first receipt.

    `looked_over`: what `drafts.versions_of` said when somebody looked it over; None for a program, which doesn't.
    Raises ChangedSince when it isn't like that any more, and what `receive_submission` raises; the draft stays as it
    was then.
    """
    with transaction.atomic():
        locked = Draft.objects.select_for_update().select_related("form_version__form", "unit").get(pk=draft.pk)
        if locked.owner_id != user.pk:
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
            strict=False,
            draft=locked,
            confirmed=confirmed,
        )
        locked.submitted_at = received.submission.received_at
        locked.answers = {}
        locked.left_over = locked.besides = None
        locked.save(update_fields=["submitted_at", "answers", "left_over", "besides"])
    return received


def get_unit(user: User, unit: MobileUnit | None = None) -> MobileUnit:
    """The unit that this person submits for. Raises NotAllowed: only its workers submit for a unit."""
    units = list(user.units())
    if not units or (unit is not None and unit not in units):
        raise NotAllowed("not_a_worker")
    if unit is None and len(units) > 1:
        raise NotAllowed("unit_needed")
    return unit or units[0]


# ---- checking ----


def _content(form_key: str, version: int, occurred_at: datetime, answers: Any) -> bytes:
    """The canonical bytes that tell one submission from another. Raises AnswersRefused when it isn't JSON."""
    try:
        problems = list(_time_problems(occurred_at))
        if problems:
            raise AnswersRefused(problems)
        moment = occurred_at.astimezone(UTC).isoformat(timespec="microseconds")
        return json.dumps(
            [form_key, version, moment, answers], sort_keys=True, separators=(",", ":"), allow_nan=False
        ).encode()
    except (TypeError, ValueError, RecursionError):
        raise AnswersRefused([AnswerProblem("/answers", "wrong_type", _("Answers are an object."))]) from None


def _time_problems(occurred_at: datetime) -> Iterator[AnswerProblem]:
    if timezone.is_naive(occurred_at):
        yield AnswerProblem("/occurred_at", "no_offset", _("Give the time with its offset from UTC."))
    elif occurred_at.year < EARLIEST_YEAR:
        yield AnswerProblem("/occurred_at", "too_early", _("This is too long ago."))
    elif occurred_at > timezone.now() + CLOCK_TOLERANCE:
        yield AnswerProblem("/occurred_at", "in_the_future", _("This is in the future."))


def _checked(
    definition: Mapping[str, Any],
    answers: Any,
    occurred_at: datetime,
    received_at: datetime,
    user: User,
    files: AttachedFiles,
    *,
    strict: bool,
) -> tuple[Answers, Case | None]:
    """The cleaned answers, and the case that they name. Raises AnswersRefused."""
    checked = check_answers(
        definition,
        answers,
        sources=Lists(user),
        today=timezone.localdate(received_at),
        occurred_on=timezone.localdate(occurred_at),
        language=user.language,
        strict=strict,
        attachments=files,
    )
    case, unknown = named_case(definition, checked.answers, user)
    refused = report_problems(definition, checked.answers, user)
    errors = [*checked.errors, *unknown, *refused, *file_problems(definition, checked.answers, files)]
    if errors:
        raise AnswersRefused(errors)
    return checked.answers, case


def _received_before(uuid: UUID, content: bytes, user: User) -> Received | None:
    """The receipt of an earlier, equal submission that this person may see. Raises UuidReused for any other."""
    stored = Submission.objects.filter(pk=uuid).first()
    if stored is None:
        return None
    if (
        not matches(SUBMISSIONS, content, stored.fingerprint)
        or not Submission.objects.visible_to(user).filter(pk=uuid).exists()
    ):
        raise UuidReused
    return Received(stored, False, stored.receipt)
