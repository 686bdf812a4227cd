"""Killing one's own process at a chosen line, a limited number of times over all processes."""

import os
import signal
from pathlib import Path

_passes = 0


def maybe_die(point: str) -> None:
    """SIGKILLs this process at its n-th pass of this point, FAULT_TIMES times over all processes.

    From the environment: FAULT_POINT (before_claim, before_send, after_send), FAULT_AT_PASS, FAULT_TIMES, and
    FAULT_MARKERS, the directory of the files that count the deaths.
    """
    global _passes
    if os.environ.get("FAULT_POINT") != point:
        return
    _passes += 1
    if _passes < int(os.environ["FAULT_AT_PASS"]):
        return
    markers = Path(os.environ["FAULT_MARKERS"])
    if len(list(markers.glob(f"{point}-*"))) >= int(os.environ["FAULT_TIMES"]):
        return
    try:
        (markers / f"{point}-{os.getpid()}").touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
