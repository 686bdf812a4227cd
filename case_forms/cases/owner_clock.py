"""One clock over rows that wait for somebody outside a case: tasks about sessions, requests for a session.

    its moment reached    whoever should act is told, unless a notice about it is open: that one's own steps go on
    over                  no further moment; what is still open about it is withdrawn

A pass takes each row in a transaction of its own, begun by a conditional UPDATE of its next moment, so that of two
sweepers one tells. A row that can't be read is put aside by name. The duties of a case have a clock with more to it
(`deadline_clock`).
"""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet

from audit.put_aside import for_each_row, get_put_aside_keys
from notifications.escalation.passes import Clock, register_clock
from notifications.outbox.models import Notice, Purpose

from .deadlines import is_being_chased, withdraw_chase

MAX_ROWS = 200  # in one pass


class OwnerClock(ABC):
    """A clock over rows with `next_mark_at`, which is None once a row is over, `chase_id`, `chases` and `ladder`.

    `name`: of the clock, and the kind under which a row is put aside. `ended`: why a notice is withdrawn.
    """

    name: ClassVar[str]
    ended: ClassVar[str]

    @abstractmethod
    def get_waiting(self) -> QuerySet[Any]:
        """Return the rows that wait, whether or not their moment has come."""

    @abstractmethod
    def get_over(self) -> QuerySet[Any]:
        """Return the rows about which nobody is to be told any more."""

    @abstractmethod
    def find_next(self, row: Any, now: datetime) -> datetime | None:
        """Return when to look at this row again."""

    @abstractmethod
    def tell(self, row: Any, now: datetime) -> Notice:
        """Tell whoever should act, and return the first notice."""

    @abstractmethod
    def log_told(self, row: Any, notice: Notice) -> None:
        """Write to the record that somebody was told."""

    @abstractmethod
    def lock(self, key: Any) -> None:
        """Lock what must be locked before the row."""

    def is_covered(self, row: Any) -> bool:
        """Whether another notice already leads to this row."""
        return False

    def advance(self, now: datetime) -> int:
        """Look at every row whose moment has come. Return for how many somebody was told here."""
        self._withdraw_of_over()
        due = self.get_waiting().filter(next_mark_at__lte=now).exclude(pk__in=get_put_aside_keys(self.name, now))
        keys = due.order_by("next_mark_at").values_list("pk", flat=True)[:MAX_ROWS]
        return for_each_row(self.name, keys, lambda key: self._take_mark(key, now), at=now)

    def register(self) -> None:
        """Let the sweeper turn this clock."""
        register_clock(Clock(self.name, self.advance, self.find_stranded))

    @abstractmethod
    def find_stranded(self, now: datetime) -> list[str]:
        """Return the ids of rows that wait and have no next moment: there should be none."""

    def _withdraw_of_over(self) -> None:
        """Withdraw what is still open about rows that are over: the process that ended them may have died before."""
        asked = Notice.objects.open().filter(purpose=Purpose.DUTY).order_by().values("chase_id")
        over = self.get_over().filter(next_mark_at__isnull=True, chase_id__in=asked)
        for row in over.order_by("pk")[:MAX_ROWS]:
            withdraw_chase(row, self.ended)

    def _take_mark(self, key: Any, now: datetime) -> bool:
        with transaction.atomic():
            self.lock(key)
            row = self.get_waiting().filter(pk=key, next_mark_at__lte=now).first()
            if row is None:
                return False
            rows = type(row)._default_manager.filter(pk=key)
            # As it was read: whoever comes second changes nothing.
            if not rows.filter(next_mark_at=row.next_mark_at).update(next_mark_at=self.find_next(row, now)):
                return False
            if is_being_chased(row) or self.is_covered(row):
                return False
            notice = self.tell(row, now)
            rows.update(chase_id=notice.pk, chases=row.chases + 1)
            self.log_told(row, notice)
            return True
