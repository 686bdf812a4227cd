"""Killing one's own process at a chosen line, a limited number of times over all processes."""

import os
import signal
from pathlib import Path

AT_CALL = 7

_calls = 0


def maybe_die(point: str) -> None:
    """SIGKILLs this process at its 7th pass of this point, unless that has happened FAULT_TIMES times already.

    From the environment: FAULT_POINT (before_claim, before_send, after_send), FAULT_TIMES, and FAULT_MARKERS, the
    directory of the files that count the deaths.
    """
    global _calls
    if os.environ.get("FAULT_POINT") != point:
        return
    _calls += 1
    if _calls < AT_CALL:
        return
    for number in range(int(os.environ["FAULT_TIMES"])):
        marker = Path(os.environ["FAULT_MARKERS"]) / f"{point}-{number}"
        try:
            marker.touch(exist_ok=False)
        except FileExistsError:
            continue
        os.kill(os.getpid(), signal.SIGKILL)
