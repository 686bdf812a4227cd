"""The protocol number of an official paper: counted for each year without a gap, telling neither region nor name.

Which roles' papers have one is data (`data/papers.json`). It is given in the transaction that makes the notice, so a
number is never given to something that doesn't exist. Drills have none.
"""

from collections.abc import Sequence

from django.db import connections, router
from django.utils import timezone

from audit.prepared_sql import insert_rows
from notifications.outbox.models import Notice
from vault.prepared_cursor import prepared_cursor

from .models import ProtocolNumber, ProtocolYear
from .papers import has_protocol_number


def assign_protocol_numbers(notices: Sequence[Notice]) -> None:
    """Give each of these that has none the next number of its year, in their order. None for papers without.

    The caller is in a transaction; numbers of one year wait for each other in it, so call it late.
    """
    wanted: dict[int, list[Notice]] = {}
    for notice in notices:
        if notice.needs_document and not notice.is_drill and has_protocol_number(notice.role):
            wanted.setdefault(timezone.localtime(notice.owed_at).year, []).append(notice)
    for year, those in sorted(wanted.items()):
        _assign(year, those)


def _assign(year: int, notices: Sequence[Notice]) -> None:
    last = _count(year, len(notices))
    numbers = range(last - len(notices) + 1, last + 1)
    rows = [
        ProtocolNumber(notice=each, year=year, number=number) for each, number in zip(notices, numbers, strict=True)
    ]
    given = insert_rows(rows, told_apart_by="notice", unless=["notice"])
    if len(given) == len(rows):
        return
    # Some have one: those without begin again where the counter stood. Whoever counts on waits for this transaction.
    ProtocolNumber.objects.filter(pk__in=[each.pk for each in given]).delete()
    _count(year, -len(notices))
    have = set(ProtocolNumber.objects.filter(notice__in=notices).values_list("notice", flat=True))
    if without := [notice for notice in notices if notice.pk not in have]:
        _assign(year, without)


def _count(year: int, step: int) -> int:
    """Move the year's counter on, or back, and return where it stands; it is held until the transaction ends."""
    connection = connections[router.db_for_write(ProtocolYear)]
    table = connection.ops.quote_name(ProtocolYear._meta.db_table)
    with prepared_cursor(connection) as cursor:
        cursor.execute(f"UPDATE {table} SET last = last + %s WHERE year = %s RETURNING last", [step, year])  # noqa: S608
        found = cursor.fetchone()
    if found is not None:
        return int(found[0])
    # The year's first: whoever is faster to add its row, both then count on it.
    ProtocolYear.objects.get_or_create(year=year)
    return _count(year, step)


def get_protocol_number(notice: Notice) -> str:
    """Return "17/2026", or "" for a notice without one."""
    found = ProtocolNumber.objects.filter(notice=notice).first()
    return str(found) if found is not None else ""
