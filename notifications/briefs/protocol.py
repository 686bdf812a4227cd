"""The protocol number of an official paper: counted for each year without a gap, telling neither region nor name.

Which roles' papers have one is data (`data/papers.json`). It is given in the transaction that makes the notice, so a
number is never given to something that doesn't exist. Drills have none.
"""

from django.db import connections, router
from django.utils import timezone

from audit.prepared_sql import insert_rows, prepared_cursor
from notifications.outbox.models import Notice

from .models import ProtocolNumber, ProtocolYear
from .papers import has_protocol_number


def assign_protocol_number(notice: Notice) -> ProtocolNumber | None:
    """Give this notice the next number of its year, or return the one it has. None for papers without.

    The caller is in a transaction; numbers of one year wait for each other in it.
    """
    if notice.is_drill or not notice.needs_document or not has_protocol_number(notice.role):
        return None
    year = timezone.localtime(notice.owed_at).year
    given = ProtocolNumber(notice=notice, year=year, number=_count(year, 1))
    if not insert_rows([given], told_apart_by="notice", unless=["notice"]):
        _count(year, -1)  # it has one; whoever counts on waits for this transaction
        return ProtocolNumber.objects.get(notice=notice)
    return given


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
