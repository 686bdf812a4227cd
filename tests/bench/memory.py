"""What the whole system takes: its processes as `make run` starts them, on an empty folder and again, after some use.

Goal: at most 500 MB of PSS (memory that processes share counted once) right after the first start, which migrates and
seeds, and after a restart; and the supervisor, from which all are forked, below 300 MB.
"""

import tempfile
import time
from pathlib import Path

from tests.supervisor.running_system import RunningSystem, pss_kilobytes, resident_megabytes

from .tables import table

GOAL_MEGABYTES = 500
SUPERVISOR_MEGABYTES = 300
PARTS = ("web", "urgent", "bulk", "sweeper", "inbox")
PAGES = ("/", "/en/", "/accounts/login/", "/field/", "/cms/", "/readyz", "/en/nothing/", "/sandbox/inbox/")


def run(*, quick: bool) -> bool:
    rows, is_met = [], True
    with tempfile.TemporaryDirectory(prefix="vatra-bench-") as folder:
        system = RunningSystem(Path(folder) / "system", Path(folder) / "static")
        for start in ("first start", "restart"):
            began = time.monotonic()
            system.start().wait_ready(seconds=600)
            took = time.monotonic() - began
            try:
                _use(system, rounds=2 if quick else 20)
                time.sleep(5 if quick else 30)
                parts = _by_part(system)
                total, supervisor = system.pss_megabytes(), resident_megabytes(system.pid)
            finally:
                system.stop()
            is_met = is_met and total <= GOAL_MEGABYTES and supervisor <= SUPERVISOR_MEGABYTES
            rows.append([start, f"{took:.1f}", f"{supervisor:.0f}", f"{total:.0f}", GOAL_MEGABYTES, parts])
    print(table(["", "ready after s", "supervisor RSS MB", "PSS of all MB", "goal", "PSS by part"], rows))
    return is_met


def _use(system: RunningSystem, *, rounds: int) -> None:
    """Pages of each kind, and one case through to its notices and their papers."""
    for _round in range(rounds):
        for path in PAGES:
            system.get(path)
    system.manage("drill", "--region", "vlore")


def _by_part(system: RunningSystem) -> str:
    everyone = system.everyone()
    sums = {name: sum(map(pss_kilobytes, system.group(system.leader(name)))) // 1024 for name in PARTS}
    sums["supervisor"] = pss_kilobytes(system.pid) // 1024
    return f"{len(everyone)} processes: " + ", ".join(f"{name} {size}" for name, size in sums.items())
