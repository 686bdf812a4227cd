"""Starts `manage.py` commands by forking, as the supervisor does: Django is loaded once.

`python -m tests.chaos.nursery` reads {"words": [...], "environment": {...}, "log": path} a line from standard input
and answers {"started": pid}; whenever one ends it says {"ended": pid, "code": exit code}. It leaves with its input.
"""

import json
import os
import select
import signal
import sys
from typing import Any, NoReturn

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.chaos.settings")

import django

django.setup()


def say(**words: Any) -> None:
    os.write(1, (json.dumps(words) + "\n").encode())


def start(words: list[str], environment: dict[str, str], log: str) -> int:
    pid = os.fork()
    if pid == 0:
        become(words, environment, log)
    return pid


def become(words: list[str], environment: dict[str, str], log: str) -> NoReturn:
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number, end in ((0, os.open(os.devnull, os.O_RDONLY)), (1, output), (2, output)):
        os.dup2(end, number)
    from django.core.management import execute_from_command_line

    sys.argv = ["manage.py", *words]
    execute_from_command_line(sys.argv)
    sys.exit(0)


def tell_ended() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        say(ended=pid, code=os.waitstatus_to_exitcode(status))


def main() -> None:
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    waiting = b""
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            tell_ended()
        if 0 in ready:
            received = os.read(0, 65536)
            if not received:
                return
            *lines, waiting = (waiting + received).split(b"\n")
            for line in lines:
                say(started=start(**json.loads(line)))


if __name__ == "__main__":
    main()
