"""Killing one's own process at a chosen line, a limited number of times over all processes."""

import os
import signal
from pathlib import Path

from django.conf import settings

_calls = 0


def maybe_die(point: str) -> None:
    """SIGKILLs this process at its 7th pass of this point, unless that has happened FAULT_TIMES times already."""
    global _calls
    if settings.FAULT_POINT != point:
        return
    _calls += 1
    if _calls < settings.FAULT_AT_CALL:
        return
    for number in range(settings.FAULT_TIMES):
        marker = Path(settings.FAULT_MARKERS) / f"{point}-{number}"
        try:
            marker.touch(exist_ok=False)
        except FileExistsError:
            continue
        os.kill(os.getpid(), signal.SIGKILL)
