"""Many keys in a query as one parameter.

`pk__in` with a list writes a parameter for each key: preparing, binding and planning 500 of them takes longer than the
query, and a page names the same keys in many conditions. Databases take them as one value as well.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Expression, UUIDField


class KeyList(Expression):
    """The right side of an `__in`: these keys, as hexadecimal digits between commas."""

    def __init__(self, digits: str) -> None:
        super().__init__(output_field=UUIDField())
        self.digits = digits

    def as_sql(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, tuple[str]]:
        """Return the subquery of both databases that this service runs on. SQLite stores keys as these digits."""
        if connection.vendor == "postgresql":
            return "(SELECT unnest(%s::uuid[]))", (f"{{{self.digits}}}",)
        quoted = self.digits.replace(",", '","')
        return "(SELECT value FROM json_each(%s))", (f'["{quoted}"]',)


def name_keys(keys: Collection[UUID]) -> "KeyList | list[UUID]":
    """Return what `__in` takes for these keys. Without any it stays an empty list, for which Django asks nothing."""
    return KeyList(",".join(key.hex for key in keys)) if keys else []
