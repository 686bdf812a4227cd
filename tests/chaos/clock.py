"""A clock that a test sets: what a process reads as the time of day is moved by the seconds that stand in a file.

Django's `timezone.now`, also where a model's default holds it, and `time.time`. The monotonic clock goes on as it does
on a machine whose time of day is set.
"""

import time
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from django.utils import timezone


def move_by(file: Path) -> None:
    """Move this process's time of day by what the file says from now on, whenever it changes."""
    real_time = time.time

    def read_offset() -> float:
        try:
            return float(file.read_text() or 0)
        except (FileNotFoundError, ValueError):
            return 0.0

    class OfAnyDatetime(type):
        def __instancecheck__(cls, value: Any) -> bool:
            return isinstance(value, datetime)

    class Moved(metaclass=OfAnyDatetime):
        @staticmethod
        def now(tz: tzinfo | None = None) -> datetime:
            return datetime.fromtimestamp(real_time() + read_offset(), tz)

    timezone.datetime = Moved  # type: ignore[attr-defined]
    time.time = lambda: real_time() + read_offset()
