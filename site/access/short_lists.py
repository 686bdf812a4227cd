"""Lists that a page shows the beginning of: how many there are in all is known, so that the page can say it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)
T = TypeVar("T")


@dataclass(frozen=True)
class ShortList(Generic[T]):
    """The first rows of a list, and the number of all of them. Pages show it with `ui/short_list.html` below."""

    rows: list[T] = field(default_factory=list)
    total: int = 0

    def __iter__(self) -> Iterator[T]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def hidden(self) -> int:
        """Return how many are not listed."""
        return self.total - len(self.rows)


def shorten(rows: "QuerySet[M]", limit: int) -> ShortList[M]:
    """Return the first `limit` rows. All are counted only where there are more: one query for a short list."""
    found = list(rows[: limit + 1])
    if len(found) <= limit:
        return ShortList(found, len(found))
    # Some may have gone since they were read; those that were read are there.
    return ShortList(found[:limit], max(rows.order_by().count(), len(found)))
