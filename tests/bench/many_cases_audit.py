"""Entries of the audit chain for the cases of the bench: twenty for each, hashed and linked as the service does it.

The chain is a whole one: `verify_audit` reads it from the first entry to the last. It is written here only faster, as
text of a fixed shape, than through the model; a step of the filling verifies the first and the last thousands of them.
Cases are given from the newest to the oldest, so times run backwards along the numbers, which the chain allows.
"""

import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

ENTRIES = 20  # for each case
# (action, kind of target, which target, kind of actor, detail): targets are the case, its form, its notices 0 to 2.
LIFE = (
    ("submission.received", "submission", "form", "user"),
    ("case.opened", "case", "case", "user"),
    *(("notice.owed", "notice", number, "system") for number in range(3)),
    *(("notice.sent", "notice", number, "system") for number in range(3)),
    *(("notice.opened", "notice", number, "contact") for number in range(3)),
    *(("notice.accepted", "notice", number, "contact") for number in range(3)),
    *(("case.read", "case", "case", "user") for _time in range(4)),
    ("submission.read", "submission", "form", "user"),
    ("case.closed", "case", "case", "user"),
)
OPEN_LIFE = LIFE[:8]
COLUMNS = (
    *("number", "at", "actor_kind", "actor_id", "action", "target_kind", "target_id"),
    *("detail", "previous_hash", "hash", "key_id"),
)
Row = tuple[Any, ...]


def scatter(tag: int, number: int) -> str:
    """The key that `Filler._uuid` makes in SQL, as the chain writes it."""
    digits = f"{(number * 2654435761) % 4294967296:08x}{tag:04x}40008000{number:012x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class ChainWriter:
    """Appends the entries of cases. `users`, `contacts`: who acts; `step`: minutes from each case to the next older."""

    def __init__(self, *, users: list[int], contacts: list[int], step: int, open_cases: int) -> None:
        self.users, self.contacts = users, contacts
        self.step, self.open_cases = step, open_cases

    def write(self, cursor: Any, first: int, last: int) -> int:
        """Append those of cases `first` to `last`, and move the head. Returns how many entries there are now."""
        from audit.models import ChainHead

        head = ChainHead.objects.get(pk=1)
        self.number, self.hash = head.number, head.hash
        if connection.vendor == "postgresql":
            self._copy(first, last)
        else:
            marks = ", ".join("?" * len(COLUMNS))
            statement = f"INSERT INTO audit_auditentry ({', '.join(COLUMNS)}) VALUES ({marks})"  # noqa: S608
            # The driver's own cursor: Django's would look at each row's values for its log.
            connection.connection.executemany(statement, self._rows(first, last, "{} {}"))
        ChainHead.objects.filter(pk=1).update(number=self.number, hash=self.hash)
        return self.number

    def _copy(self, first: int, last: int) -> None:
        from psycopg.sql import SQL, Identifier

        statement = SQL("COPY audit_auditentry ({}) FROM STDIN").format(SQL(", ").join(map(Identifier, COLUMNS)))
        with connection.connection.cursor() as raw, raw.copy(statement) as copy:
            lines: list[str] = []
            for row in self._rows(first, last, "{}T{}+00:00"):
                lines.append("\t".join(map(str, row)))
                if len(lines) == 5_000:
                    copy.write("\n".join(lines) + "\n")
                    lines.clear()
            if lines:
                copy.write("\n".join(lines) + "\n")

    def _rows(self, first: int, last: int, moment: str) -> Iterator[Row]:
        from audit.keys import chain_keys

        key = chain_keys().primary
        secret, key_id = key.secret, key.id
        begin = datetime.now(UTC).replace(second=0, microsecond=0)
        number, previous = self.number, self.hash
        for case in range(first, last + 1):
            at = begin - timedelta(minutes=self.step * case)
            day, minute = at.strftime("%Y-%m-%d"), at.strftime("%H:%M")
            targets: dict[Any, str] = {"case": scatter(1, case), "form": scatter(3, case)}
            targets |= {each: scatter(10 + each, case) for each in range(3)}
            actors = {
                "user": str(self.users[case % len(self.users)]),
                "contact": str(self.contacts[case % len(self.contacts)]),
                "system": "",
            }
            for second, (action, kind, which, by) in enumerate(OPEN_LIFE if case <= self.open_cases else LIFE):
                number += 1
                target, actor = targets[which], actors[by]
                content = (
                    f'{previous}{{"action":"{action}","actor":["{by}","{actor}"],'
                    f'"at":"{day}T{minute}:{second:02d}.000000+00:00","detail":{{}},'
                    f'"key":"{key_id}","number":{number},"target":["{kind}","{target}"]}}'
                )
                digest = hmac.digest(secret, content.encode(), "sha256").hex()
                written = moment.format(day, f"{minute}:{second:02d}")
                yield (number, written, by, actor, action, kind, target, "{}", previous, digest, key_id)
                previous = digest
        self.number, self.hash = number, previous


def check_ends(many: int = 2_000) -> None:
    """Verify the first entries and the last ones. Raises AssertionError when one doesn't fit."""
    from audit.models import AuditEntry, ChainHead
    from audit.verification import Progress, Reader

    assert Reader().step(many).report is None
    head = ChainHead.objects.get(pk=1)
    before = AuditEntry.objects.get(number=max(1, head.number - many))
    report = Reader(Progress(before.number, before.hash, True)).step(many + 1).report
    assert report is not None, before
    assert report.ok, report
    assert report.head == head.hash, report
