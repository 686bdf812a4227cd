"""Receive submissions: the one entry point for the field API, the pages, the drill and seeding.

The steps are in `reception`, why a form isn't received in `refusals`.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from access.models import MobileUnit, User
from audit.chain import gathered_entries

from .correcting import CorrectionByApp
from .drafts.actions import build_context, get_versions, to_choose
from .drafts.filled import get_carried_over
from .models import Draft, Submission
from .reception import Received, Reception, get_unit
from .refusals import (
    AnswersRefused,
    ChangedSince,
    ConfirmationNeeded,
    CorrectedSince,
    NotAllowed,
    NotDecided,
    UnknownForm,
    UuidReused,
)

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
    """Receive one filled form: `reception.Reception` has the steps.

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
    return Reception(
        uuid=uuid,
        form_key=form_key,
        version=version,
        occurred_at=occurred_at,
        answers=answers,
        user=user,
        unit=unit,
        is_drill=is_drill,
        strict=strict,
        draft=draft,
        confirmed=confirmed,
        carried_over=carried_over,
        correction=correction,
        from_phone=from_phone,
    ).receive()


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


def _get_phone(draft: Draft) -> dict[str, Any] | None:
    """Return what a submission says of the phone that delivered its draft; None where none did."""
    stored: dict[str, Any] | None = draft.from_phone
    return {key: stored.get(key) for key in ("clock_seconds", "finished_at")} if stored else None
