"""A text of our own code, written into a statement and not given beside it.

Of a partial index such as "state IN ('sent', …)" SQLite knows that it holds the rows asked for only where the statement
says the same text: a value that comes beside it isn't known while it plans.
"""

import re
from typing import Any

from django.db.models import CharField, Expression

WORD = re.compile(r"[a-z_]+")


class Literal(Expression):
    """A word of small letters and underscores as the statement has it. Raises ValueError for any other text."""

    def __init__(self, word: str) -> None:
        if not WORD.fullmatch(word):
            raise ValueError("only words of our own are written into a statement")
        super().__init__(output_field=CharField())
        self.word = word

    def as_sql(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, tuple[()]]:
        return f"'{self.word}'", ()
