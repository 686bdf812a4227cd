"""Submissions in the blind index of persons: when one is received, all of them afterwards, and after a new key.

A submission is indexed when it belongs to a case: one that opened none says of nobody that they are known.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from case_forms.cases.finding.identity import Identity, find_identity_questions, get_identity
from case_forms.cases.finding.index import NAME, count_by_key, index_identity
from case_forms.cases.finding.models import IdentityToken
from case_forms.form_builder.models import FormVersion, get_fact_catalogue
from vault.blind_index import BlindIndex, get_primary_key, register_index
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import Submission
from .validation.validate import Answers

BATCH = 200

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Indexed:
    """How far a pass came. `last`: the key to go on after; None when everything was looked at."""

    looked_at: int
    indexed: int
    unreadable: int
    last: UUID | None


def identity_of(submission: Submission, answers: Answers) -> Identity:
    """Return the identity that a submission's answers give."""
    form = submission.form_version.parsed_form
    return get_identity(form, answers, timezone.localdate(submission.occurred_at))


def index_submission(
    submission: Submission, answers: Answers, *, identity: Identity | None = None, is_new: bool = False
) -> None:
    """Put a submission's person into the index, in the caller's transaction; a drill's is invented, and left out.

    A name that was corrected since is taken out: it was wrong, or somebody else's. `identity`: what the answers give,
    where the caller knows it. `is_new`: it came in within this transaction, so nothing is there of it, or about it.
    """
    if submission.case_id is None or submission.is_drill:
        return
    if not is_new and _find_corrections([submission.pk]).exists():
        identity = identity_of(submission, {})
    elif identity is None:
        identity = identity_of(submission, answers)
    index_identity(identity, case_id=submission.case_id, submission_id=submission.pk, is_new=is_new)


def _find_corrections(keys: Collection[UUID]) -> QuerySet[Submission, UUID]:
    return Submission.objects.filter(corrects__in=keys).order_by().values_list("pk", flat=True)


def index_existing(*, after: UUID | None = None, at_most: int | None = None, batch: int = BATCH) -> Indexed:
    """Index what was received before there was an index, a page in each transaction. Safe to stop and start again.

    `after`: go on behind this submission; `at_most`: how many are looked at. One that can't be read is counted, logged
    by its id, and passed over.
    """
    looked_at = indexed = unreadable = 0
    last = after
    while at_most is None or looked_at < at_most:
        size = batch if at_most is None else min(batch, at_most - looked_at)
        page = _get_page(last, size)
        with transaction.atomic():
            for submission in page:
                is_read = _index_readable(submission)
                indexed, unreadable = indexed + is_read, unreadable + (not is_read)
        looked_at += len(page)
        last = page[-1].pk if page else last
        if len(page) < size:
            return Indexed(looked_at, indexed, unreadable, None)
    return Indexed(looked_at, indexed, unreadable, last)


def rebuild() -> int:
    """Index anew what is indexed under another key than the ring's first. Return how many submissions."""
    primary, count = get_primary_key().id, 0
    put_aside: set[Any] = set()
    while keys := list(_get_behind(primary).exclude(submission_id__in=put_aside)[:BATCH]):
        with transaction.atomic():
            found = _submissions().in_bulk(keys)
            for key in keys:
                # Without its submission, or unreadable: nobody could find it by a key that is to leave.
                if key not in found or not _index_readable(found[key]):
                    put_aside.add(key)
                else:
                    count += 1
            # An identity that is gone from the answers leaves nothing behind under the old key.
            IdentityToken.objects.filter(submission_id__in=set(keys) - put_aside).exclude(key_id=primary).delete()
    return count


def register() -> None:
    """Let `vault_rotate` rebuild this index."""
    register_index(BlindIndex(NAME, count_by_key, rebuild))


def _get_behind(primary_id: str) -> Any:
    rows = IdentityToken.objects.exclude(key_id=primary_id).order_by("submission_id")
    return rows.values_list("submission_id", flat=True).distinct()


def _submissions() -> Any:
    return Submission.objects.select_related("form_version__form").filter(case__isnull=False, is_drill=False)


def _get_page(after: UUID | None, size: int) -> list[Submission]:
    rows = _submissions().filter(form_version__in=list(_iter_versions())).order_by("pk")
    return list((rows.filter(pk__gt=after) if after else rows)[:size])


def _iter_versions() -> Iterator[int]:
    """Yield the form versions that ask who a person is."""
    facts = get_fact_catalogue()
    for version in FormVersion.objects.select_related("form"):
        if find_identity_questions(version.parsed_form, facts):
            yield version.pk


def _index_readable(submission: Submission) -> bool:
    try:
        answers = dict(submission.answers)
    except (SealBroken, KeyRingError) as error:
        log.error("submission_unreadable", submission=str(submission.pk), code=type(error).__name__)
        return False
    index_submission(submission, answers)
    return True
