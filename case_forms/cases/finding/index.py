"""The blind index of persons: put a submission's person in, find cases of a person, forget.

What is stored for a submission is a block of hashes; see `tokens` for what they are made of. Finding hashes the
question under each key of the ring, so it finds rows of before a rotation too.
"""

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from django.db.models import Count, QuerySet

from vault.blind_index import DIGEST_BYTES, build_digest, get_keys, get_primary_key

from ..models import Case
from .identity import Identity
from .models import IdentityToken
from .tokens import build_any_year_values, build_asked_values, build_stored_values, load_weights

NAME = "cases.persons"  # of the index, where `vault_rotate` prints it
BLOCK = 16  # rows: a submission has a multiple of it
DIGESTS_IN_A_QUERY = 500


@dataclass(frozen=True)
class Match:
    """A case whose person may be the one asked for."""

    case: Case
    weight: int = field(repr=False)


def index_identity(identity: Identity, *, case_id: UUID, submission_id: UUID, is_new: bool = False) -> int:
    """Put a submission's person into the index, in place of what it had there. Return how many rows it has now.

    `is_new`: it can have nothing there.
    """
    if not is_new and _find_of_submission([submission_id]).exists():
        IdentityToken.objects.filter(submission_id=submission_id).delete()
    if not identity:
        return 0
    key = get_primary_key()
    digests = {build_digest(key, *value) for value in build_stored_values(identity)}
    while len(digests) % BLOCK:
        digests.add(secrets.token_hex(DIGEST_BYTES))
    # Sorted: the order of the rows must not tell which of them are random.
    IdentityToken.objects.bulk_create(
        IdentityToken(digest=digest, key_id=key.id, case_id=case_id, submission_id=submission_id)
        for digest in sorted(digests)
    )
    return len(digests)


# Nearly always there is nothing: whoever deletes by Django reads it first, by a query that is written anew.


def _find_of_submission(keys: Collection[UUID]) -> QuerySet[IdentityToken, int]:
    return IdentityToken.objects.filter(submission_id__in=keys).order_by().values_list("pk", flat=True)


def forget_identity(case: Case) -> int:
    """Take a case's person out of the index, when the case is forgotten. Return how many rows went."""
    return IdentityToken.objects.filter(case=case).delete()[0]


def find_matches(identity: Identity, *, without: UUID | None = None) -> list[Match]:
    """Return the cases whose person is probably this one, the likeliest first, merged ones as the case that stays.

    `without`: a case that is left out. It says nothing about who may see them.
    """
    if not identity:
        return []
    return _find(build_asked_values(identity), load_weights().threshold, without)


def find_by_any(identity: Identity) -> list[Match]:
    """Return what has any likeness, also without a year: for a search among cases that one may open anyway."""
    if not (identity or identity.names):
        return []
    return _find(build_any_year_values(identity), 1, None)


def count_by_key() -> Mapping[str, int]:
    """Return how many rows each key has made."""
    counted = IdentityToken.objects.order_by().values_list("key_id").annotate(Count("pk"))
    return {str(key_id): rows for key_id, rows in counted}


def _find(asked: Mapping[tuple[str, ...], int], threshold: int, without: UUID | None) -> list[Match]:
    weights = {build_digest(key, *value): weight for key in get_keys() for value, weight in asked.items()}
    best: dict[UUID, int] = {}
    for some in _iter_chunks(weights):
        rows = IdentityToken.objects.filter(digest__in=some).values_list("case_id", "case__merged_into_id", "digest")
        for case_id, merged_into, digest in rows:
            found = merged_into or case_id
            best[found] = max(best.get(found, 0), weights[digest])
    likely = {key: weight for key, weight in best.items() if weight >= threshold and key != without}
    cases = Case.objects.select_related("unit__region", "region", "municipality").in_bulk(list(likely))
    matches = [Match(case, likely[key]) for key, case in cases.items()]
    return sorted(matches, key=lambda match: (-match.weight, match.case.opened_at, str(match.case.pk)))


def _iter_chunks(digests: Iterable[str]) -> Iterator[list[str]]:
    left = iter(digests)
    while some := list(islice(left, DIGESTS_IN_A_QUERY)):
        yield some
