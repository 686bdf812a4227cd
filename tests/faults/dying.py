"""Killing one's own process at a chosen line, a limited number of times over all processes."""

import os
import signal
from pathlib import Path

_passes = 0


def maybe_die(point: str) -> None:
    """SIGKILLs this process at its n-th pass of this point, unless that has happened FAULT_TIMES times already.

    From the environment: FAULT_POINT (before_claim, before_send, after_send), FAULT_AT_PASS, FAULT_TIMES, and
    FAULT_MARKERS, the directory of the files that count the deaths.
    """
    global _passes
    if os.environ.get("FAULT_POINT") != point:
        return
    _passes += 1
    if _passes < int(os.environ["FAULT_AT_PASS"]):
        return
    for number in range(int(os.environ["FAULT_TIMES"])):
        marker = Path(os.environ["FAULT_MARKERS"]) / f"{point}-{number}"
        try:
            marker.touch(exist_ok=False)
        except FileExistsError:
            continue
        os.kill(os.getpid(), signal.SIGKILL)
