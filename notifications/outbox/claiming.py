"""The statements of a claim. Plain SQL: building them anew each time took most of a worker's time (docs/adr/0154).

First the keys alone, since most looks find nothing; the rows of what was taken, and of those only what a message needs.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connections, router
from django.db.models import QuerySet

from audit import clock
from notifications.directory.models import Contact, ContactWay

from .models import Attempt, Notice
from .states import UNREACHED

# As NoticeQuerySet.claimable has it; `tests/test_claiming.py` holds them together.
CLAIMABLE = (
    "NOT reason = 'no_contact' AND (state = 'owed' OR (state = 'failed' AND next_attempt_at <= %s)"
    " OR (state = 'sending' AND lease_until <= %s))"
)
# Untried ones before retries, so that an outage's backlog doesn't hold up what is new.
ORDER = "ORDER BY attempts, owed_at"

# Beside a batch of what waited through an outage, for the same contacts: each is a line in a mail, not a mail.
MAX_BESIDE = 100

Candidate = tuple[Any, int]  # (id as the database gives it, token)
Found = tuple[Any, int, str]  # the same, and why it wasn't sent before


def find_candidates(now: datetime, wanted: Sequence[str], without: Collection[str], size: int) -> list[Candidate]:
    """Return what is claimable: the wanted ones first, then the others. `without`: channels that are left alone.

    Of what waited because a server was away, more than `size`: all that waits for the same contacts, up to MAX_BESIDE.
    """
    found = _select(now, without, size, "id", [UUID(str(key)) for key in wanted]) if wanted else []
    if len(found) < size:
        known = {key for key, _token, _reason in found}
        # Of so many at least as many as are needed are others.
        others = _select(now, without, size)
        found += [row for row in others if row[0] not in known][: size - len(found)]
    if waited := [key for key, _token, reason in found if reason == UNREACHED]:
        found += _select_beside(now, waited, [key for key, _token, _reason in found])
    return [(key, token) for key, token, _reason in found]


def _select(
    now: datetime, without: Collection[str], size: int, column: str = "", values: Sequence[UUID] = ()
) -> list[Found]:
    connection = connections[router.db_for_write(Notice)]
    moment = connection.ops.adapt_datetimefield_value(now)
    words, parameters = [CLAIMABLE], [moment, moment]
    if without:
        words.append(f"channel NOT IN ({_marks(without)})")
        parameters += sorted(without)
    if column:
        words.append(f"{column} IN ({_marks(values)})")
        parameters += [_prepare(value, connection) for value in values]
    table = connection.ops.quote_name(Notice._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, token, reason FROM {table} WHERE {' AND '.join(words)} {ORDER} LIMIT {int(size)}",  # noqa: S608
            parameters,
        )
        found: list[Found] = cursor.fetchall()
    return list(found)


def _select_beside(now: datetime, waited: Sequence[Any], without: Sequence[Any]) -> list[Found]:
    """Return what else waited for the contacts of these, so that it is listed in the same mail (`gathering`)."""
    connection = connections[router.db_for_write(Notice)]
    moment = connection.ops.adapt_datetimefield_value(now)
    table = connection.ops.quote_name(Notice._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, token, reason FROM {table} WHERE {CLAIMABLE} AND reason = 'unreached' AND channel = 'email'"  # noqa: S608
            f" AND contact_id IN (SELECT contact_id FROM {table} WHERE id IN ({_marks(waited)}))"
            f" AND id NOT IN ({_marks(without)}) ORDER BY owed_at LIMIT {MAX_BESIDE}",
            [moment, moment, *waited, *without],
        )
        found: list[Found] = cursor.fetchall()
    return list(found)


def take_candidates(candidates: Sequence[Candidate], now: datetime, *, lease: timedelta) -> list[Any]:
    """Run the conditional UPDATE and return the ids of the rows that it took, in the order of the candidates.

    Still claimable, and the token still as it was read. The lease runs from the claim itself.
    """
    connection = connections[router.db_for_write(Notice)]
    adapt = connection.ops.adapt_datetimefield_value
    pairs = " OR ".join(["(id = %s AND token = %s)"] * len(candidates))
    table = connection.ops.quote_name(Notice._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET state = 'sending', attempts = attempts + 1, token = token + 1, lease_until = %s,"  # noqa: S608
            f" next_attempt_at = NULL WHERE {CLAIMABLE} AND ({pairs}) RETURNING id",
            [adapt(clock.now() + lease), adapt(now), adapt(now), *(each for pair in candidates for each in pair)],
        )
        taken = {key for (key,) in cursor.fetchall()}
    return [key for key, _token in candidates if key in taken]


def insert_attempts(attempts: Sequence[Attempt]) -> None:
    """Insert these rows in one statement and give each its key."""
    Attempt.objects.bulk_create(attempts)


def to_uuid(value: Any) -> UUID:
    """Return the UUID that a database gave in its own form."""
    return value if isinstance(value, UUID) else UUID(value)


def load_notices(keys: Sequence[Any]) -> list[Notice]:
    """Return these notices in this order, with what a message needs of them and of what they refer to.

    Whatever else is asked of them is read when it is asked for, by a query of its own.
    """
    wanted = [to_uuid(key) for key in keys]
    by_key = {row.pk: row for row in _find_rows(wanted)}
    return [by_key[key] for key in wanted]


# A wide row costs more than its query: Django writes each column, and makes each field, anew.
_RELATED = ("contact__partner", "chases__chases", "municipality", "unit", "way")
_NEEDED = (
    *("id", "case_id", "chase_id", "code", "purpose", "channel", "role", "language", "is_drill", "brief", "link_token"),
    *(
        "link_revoked_at",
        "state",
        "reason",
        "owed_at",
        "attempts",
        "token",
        "tries_before",
        "repeats",
        "answer_by",
        "opened_at",
    ),
    *(f"contact__{name.removesuffix('_id')}" for name in (*Contact.SEALED, "seal")),
    *("contact__partner__is_active", "contact__partner__role", "contact__partner__sender_set"),
    *("chases__code", "chases__declined_at", "chases__chases__code", "chases__chases__chases"),
    *("municipality__region", "unit__name", "unit__callback_phone"),
    *(f"way__{name.removesuffix('_id')}" for name in (*ContactWay.SEALED, "seal")),
)


def _find_rows(keys: Collection[UUID]) -> QuerySet[Notice]:
    return Notice.objects.filter(pk__in=keys).select_related(*_RELATED).only(*_NEEDED).order_by()


def _marks(values: Collection[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def _prepare(value: UUID, connection: Any) -> Any:
    return Notice._meta.pk.get_db_prep_value(value, connection)
