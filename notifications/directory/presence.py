"""Whether rows of the directory are there at all, in plain SQL: asked for each notice, and mostly there are none.

Django writes a query anew each time it is asked, which takes ten times as long as answering this one does.
"""

from collections.abc import Collection
from typing import Any

from django.db import connections, models, router


def has_rows(model: type[models.Model], field: str, keys: Collection[Any]) -> bool:
    """Tell whether any row of `model` refers to one of these (primary keys) by its foreign key `field`."""
    if not keys:
        return False
    connection = connections[router.db_for_read(model)]
    quote = connection.ops.quote_name
    column = next(each.column for each in model._meta.concrete_fields if each.name == field)
    marks = ", ".join(["%s"] * len(keys))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {quote(model._meta.db_table)} WHERE {quote(str(column))} IN ({marks}) LIMIT 1",  # noqa: S608
            list(keys),
        )
        return cursor.fetchone() is not None
