"""Run by the test: prepare the database as a machine does that is started. `python -m tests.upgrade.start GO`

GO: a file that is waited for once Django is loaded, so that several begin at the same moment. The output is what
`preparation` says. The exit status is 3 when it refuses to start; the reason stands in the errors.
"""

import sys
import time
from pathlib import Path
from typing import Any

from config.supervisor.instance import CannotStart
from config.supervisor.preparation import load_django, prepare_database

PATIENCE = 60.0  # seconds


class Machine:
    """What `prepare_database` reads of an Instance."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.is_local = False  # nothing of the demonstration


def main() -> int:
    from django.conf import settings

    go = Path(sys.argv[1])
    load_django()
    place: Any = Machine(Path(settings.DATA_DIR))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    until = time.monotonic() + PATIENCE
    while not go.exists() and time.monotonic() < until:
        time.sleep(0.01)
    try:
        prepare_database(place, lambda line: print(line, flush=True))
    except CannotStart as refused:
        sys.stderr.write(f"{refused}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
