"""One clock over rows that wait for somebody outside a case: tasks about sessions, requests for a session.

    its moment reached    whoever should act is told, unless a notice about it is open: that one's own steps go on
    over                  no further moment; what is still open about it is withdrawn

Of two sweepers one tells (`audit.due`). The duties of a case have a clock with more to it (`deadline_clock`).
"""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.functional import Promise, cached_property

from audit.due import Due
from notifications.outbox.models import Notice, Purpose

from .deadlines import is_being_chased, withdraw_chase

MAX_ROWS = 200  # in one pass


class OwnerClock(ABC):
    """A clock over rows with `next_mark_at`, which is None once a row is over, `chase_id`, `chases` and `ladder`.

    `name`, `label`: as of `Due`. `ended`: why a notice is withdrawn.
    """

    name: ClassVar[str]
    label: ClassVar[Promise]
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

    @cached_property
    def due(self) -> Due:
        """What the sweeper runs."""
        return Due(
            name=self.name,
            label=self.label,
            rows=lambda _now: self.get_waiting(),
            column="next_mark_at",
            lock=self.lock,
            act=self._take_mark,
            prepare=self._withdraw_of_over,
            find_stranded=self.find_stranded,
        )

    @abstractmethod
    def find_stranded(self, now: datetime) -> list[str]:
        """Return the ids of rows that wait and have no next moment: there should be none."""

    def _withdraw_of_over(self, _now: datetime) -> None:
        """Withdraw what is still open about rows that are over: the process that ended them may have died before."""
        asked = Notice.objects.open().filter(purpose=Purpose.DUTY).order_by().values("chase_id")
        over = self.get_over().filter(next_mark_at__isnull=True, chase_id__in=asked)
        for row in over.order_by("pk")[:MAX_ROWS]:
            withdraw_chase(row, self.ended)

    def _take_mark(self, row: Any, now: datetime) -> bool:
        rows = type(row)._default_manager.filter(pk=row.pk)
        rows.update(next_mark_at=self.find_next(row, now))
        if is_being_chased(row) or self.is_covered(row):
            return False
        notice = self.tell(row, now)
        rows.update(chase_id=notice.pk, chases=row.chases + 1)
        self.log_told(row, notice)
        return True
