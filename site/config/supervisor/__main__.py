"""Entry point `python -m config.supervisor`: everything in the foreground, until Ctrl-C."""

import os
import signal
import sys
import uuid

from .instance import ROOT, CannotStart, claim_instance
from .loop import Console, Supervisor
from .orphans import MARK
from .parts import ProcfileError, read_procfile, run_part
from .preparation import prepare


def main() -> int:
    """Start everything; returns the exit code, in the supervisor and in each part forked from it."""
    if not sys.platform.startswith("linux"):
        return _refuse("The supervisor needs Linux. Start the lines of the Procfile by hand.")
    mark = os.environ.get(MARK, "")
    if not mark.startswith(f"{os.getpid()}-"):
        _restart_with_mark()
    os.umask(0o077)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing runs yet: Ctrl-C just ends it
    try:
        parts = read_procfile(ROOT / os.environ.get("PROCFILE", "Procfile"))
        place = claim_instance()
        if place.mail_socket is not None:
            parts += read_procfile(ROOT / "Procfile.local")
        console = Console(place)
        console.say(f"Vatra Outreach, profile {place.profile}")
        console.accounts = prepare(place, console.say)
    except (CannotStart, ProcfileError) as reason:
        return _refuse(str(reason))
    part = Supervisor(place, parts, console, mark=mark).run()
    return run_part(part) if part is not None else 0


def _refuse(reason: str) -> int:
    sys.stderr.write(f"{reason}\n")
    return 1


def _restart_with_mark() -> None:
    """Replace this process by itself, with a mark in its environment that every descendant inherits."""
    environment = {**os.environ, MARK: f"{os.getpid()}-{uuid.uuid4().hex}"}
    search = [str(ROOT / "site"), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment.setdefault("MALLOC_ARENA_MAX", "2")  # otherwise glibc keeps freed memory for each thread
    environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(search))
    # /proc/<pid>/environ shows the environment of exec, not later changes: so a new start, with the same pid.
    os.execve(sys.executable, [sys.executable, "-m", "config.supervisor"], environment)


if __name__ == "__main__":
    sys.exit(main())
