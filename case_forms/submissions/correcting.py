"""Correct a sent form: a new version beside the old, sealed like it, with the reason (docs/adr/0114).

A submission is never changed. A correction is another submission that takes its place: it begins with the same answers
and files, belongs to the same case, and is decided like any other; `cases.correcting` sees to it that nobody is
notified a second time of the same, and that whoever read the earlier version is told. Only the newest version can be
corrected, by the workers of its unit.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.models import MobileUnit, User
from audit import clock
from audit.chain import get_actor, log_event
from case_forms.cases.locking import lock_case
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .attachments.storage import ContentLost, get_content, write_content
from .drafts.actions import start_draft
from .models import Attachment, Draft, Submission

MAX_VERSIONS = 20  # of one form: more than a correction is a form that should be written anew, or somebody's game
MAX_REASON = 500  # characters

REFUSALS: dict[str, "str | Promise"] = {
    "not_yours": _("Only workers of the unit that sent this form can correct it."),
    "corrected_since": _("Somebody has corrected this form in the meantime. Correct the newest version."),
    "too_often": _("This form was corrected too often. Write a new one, and call those who were notified."),
    "unreadable": _("This form can't be opened, so it can't be corrected. Tell your coordinator."),
    "reason_missing": _("Write what was wrong, so that everybody knows why it was corrected."),
    "reason_too_long": _("Write at most 500 characters."),
    "forgotten": _("This form's time was over and it was forgotten, so it can't be corrected. Write a new one."),
    "moved": _("This form was moved to another case in the meantime. Correct it there."),
    "begun": _("You have begun a correction of this form already. Go on with it, or delete it."),
}


log = structlog.get_logger(__name__)


class CorrectionRefused(Exception):
    """The form can't be corrected like this. `code` is a key of REFUSALS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def words(self) -> str:
        return str(REFUSALS[self.code])


def get_refusal(submission: Submission, user: User) -> str:
    """Return why this person can't correct this submission (a key of REFUSALS), "" when they can."""
    units = {submission.unit_id, *([submission.case.unit_id] if submission.case else [])}
    if not user.units().filter(pk__in=units).exists():
        return "not_yours"
    if submission.forgotten_at is not None or (
        submission.case is not None and submission.case.forgotten_at is not None
    ):
        return "forgotten"
    if Submission.objects.filter(corrects=submission).exists():
        return "corrected_since"
    return "too_often" if len(get_earlier_versions(submission)) >= MAX_VERSIONS - 1 else ""


def get_earlier_versions(submission: Submission) -> tuple[uuid.UUID, ...]:
    """Return the ids of the versions that this one goes back to, the newest first; () for one that corrects nothing."""
    found: list[uuid.UUID] = []
    key = submission.corrects_id
    while key is not None and len(found) <= MAX_VERSIONS:
        found.append(key)
        key = Submission.objects.filter(pk=key).values_list("corrects", flat=True).first()
    return tuple(found)


def get_newest_version(submission: Submission) -> Submission:
    """Return the version that holds now: the last of its corrections, or the submission itself."""
    newest = submission
    for _step in range(MAX_VERSIONS):
        related = Submission.objects.select_related("form_version__form", "unit", "case", "submitted_by")
        later = related.filter(corrects=newest.pk).first()
        if later is None:
            break
        newest = later
    return newest


def get_all_versions(keys: Iterable[uuid.UUID]) -> tuple[datetime, set[uuid.UUID]]:
    """Return (when the oldest was received, the ids of these submissions and of all their earlier and later versions).

    One query where none of them was corrected, and one more for each time the most corrected one was.
    """
    found: dict[uuid.UUID, datetime] = {}
    ahead = set(keys)
    for _step in range(MAX_VERSIONS):
        rows = Submission.objects.filter(pk__in=ahead).order_by()
        ahead = set()
        for key, at, before, after in rows.values_list("pk", "received_at", "corrects", "corrected_by"):
            found[key] = at
            ahead |= {each for each in (before, after) if each is not None}
        ahead -= found.keys()
        if not ahead:
            break
    return min(found.values(), default=clock.now()), set(found)


@transaction.atomic
def start_correction(*, submission: Submission, reason: str, by: User) -> Draft:
    """Start a draft that begins with this submission's answers and files. Raises CorrectionRefused, NothingToAsk.

    What retention has purged is not in it, and stays purged.
    """
    text = reason.strip()
    if submission.case is not None:
        # So that it isn't moved to another case meanwhile: the correction would stay behind in the wrong one.
        lock_case(submission.case)
        if not Submission.objects.filter(pk=submission.pk, case=submission.case_id).exists():
            raise CorrectionRefused("moved")
    refusal = get_reason_problem(text) or get_refusal(submission, by)
    if refusal:
        raise CorrectionRefused(refusal)
    if Draft.objects.open().filter(owner=by, corrects=submission).exists():
        raise CorrectionRefused("begun")
    try:
        answers: dict[str, Any] = submission.answers or {}
        log_event("submission.read", actor=get_actor(by), target_kind="submission", target_id=submission.pk)
        draft = start_draft(
            form_version=submission.form_version,
            unit=get_correcting_unit(submission, by),
            owner=by,
            answers=answers,
            occurred_at=submission.occurred_at,
        )
        # The case first: its key seals what is assigned after it.
        draft.case = submission.case
        copies = copy_files(submission.attachments.all(), owner=by, unit=draft.unit, draft=draft)
        draft.answers = with_files(answers, copies)
    except (SealBroken, KeyRingError):
        raise CorrectionRefused("unreadable") from None
    draft.corrects = submission
    draft.correction_reason = text
    draft.save(update_fields=["case", "answers", "corrects", "correction_reason"])
    return draft


def get_reason_problem(reason: str) -> str:
    """Return what is wrong with the reason of a correction, a key of REFUSALS; "" for nothing."""
    text = reason.strip()
    if not text:
        return "reason_missing"
    return "reason_too_long" if len(text) > MAX_REASON else ""


def get_correcting_unit(submission: Submission, by: User) -> MobileUnit:
    """Return the unit that a correction is sent for: the one that sent the form, or the one that has its case.

    The caller has made sure that one of them is this person's (`get_refusal`).
    """
    keys = [submission.unit_id, *([submission.case.unit_id] if submission.case else [])]
    own = by.units().in_bulk(keys)
    return next(own[key] for key in keys if key in own)


@dataclass(frozen=True)
class CorrectionByApp:
    """A correction that an app sends whole: which submission it takes the place of, and why."""

    submission: Submission
    reason: str = field(repr=False)

    def get_unit(self, user: User) -> MobileUnit | None:
        """Return the unit that the correction is sent for; None where this person may not send it."""
        return None if get_refusal(self.submission, user) == "not_yours" else get_correcting_unit(self.submission, user)


@transaction.atomic
def correct_newest_instead(*, draft: Draft, by: User) -> Draft:
    """Let a draft correct the newest version: somebody else has corrected the one it was begun from.

    Its answers stay as they were typed. Raises CorrectionRefused.
    """
    locked = Draft.objects.select_for_update(of=("self",)).select_related("corrects").get(pk=draft.pk, owner=by)
    if locked.corrects is None or locked.submitted_at is not None:
        raise CorrectionRefused("not_yours")
    newest = get_newest_version(locked.corrects)
    refusal = get_refusal(newest, by)
    if refusal:
        raise CorrectionRefused(refusal)
    locked.corrects = newest
    locked.save(update_fields=["corrects"])
    log_event("draft.corrects_newer", actor=get_actor(by), target_kind="draft", target_id=locked.pk)
    return locked


def find_files_again(submission: Submission) -> dict[uuid.UUID, Attachment]:
    """Return the files of this version and of all before it, which a correction by an app may name again."""
    versions = [submission.pk, *get_earlier_versions(submission)]
    return {row.pk: row for row in Attachment.objects.filter(submission__in=versions)}


def copy_files(
    files: Iterable[Attachment], *, owner: User, unit: MobileUnit, draft: Draft | None = None
) -> Mapping[str, str]:
    """Copy a submission's files into a draft, or for a submission to claim. Return {id of the old: id of the copy}.

    Contents are written before the transaction ends; one that it leaves behind without a row is tidied away later.
    """
    copies: dict[str, str] = {}
    for old in files:
        try:
            content = get_content(old)
        except ContentLost as error:
            # Its question is then unanswered, and asks again where it is required.
            log.error("attachment_lost", attachment=str(old.pk), code=type(error).__name__)
            continue
        identity = uuid.uuid4()
        Attachment.objects.create(
            id=identity,
            draft=draft,
            owner=owner,
            unit=unit,
            media_type=old.media_type,
            size=old.size,
            fingerprint=old.fingerprint,
            name=old.name,
            content_key=write_content(identity, content),
        )
        copies[str(old.pk)] = str(identity)
    return copies


def with_files(value: Any, copies: Mapping[str, str]) -> Any:
    """Return these answers with the copies' ids in the place of the files'."""
    if isinstance(value, dict):
        if set(value) & {"id"} and value.get("id") in copies:
            return {**value, "id": copies[value["id"]]}
        return {key: with_files(each, copies) for key, each in value.items()}
    return [with_files(each, copies) for each in value] if isinstance(value, list) else value
