"""Parser of the Procfile: one `name: command` per line."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

LINE = re.compile(r"^([a-z][a-z0-9_]*):\s*(\S.*)$")


class ProcfileError(Exception):
    """A line of the Procfile can't be used."""


@dataclass(frozen=True)
class Part:
    """One process of the service. `command` is its argument vector."""

    name: str
    command: tuple[str, ...]

    @property
    def management_arguments(self) -> tuple[str, ...] | None:
        """The arguments after `python manage.py`, when that is how the command begins; else None.

        Such a part runs in a fork of the supervisor, which has Django loaded already: that saves each start three
        seconds of importing, and the parts share that memory.
        """
        return self.command[2:] if self.command[:2] == ("python", "manage.py") else None


def read_procfile(path: Path) -> list[Part]:
    """Return the parts in the order of their lines. Raises ProcfileError."""
    parts = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = LINE.match(line.strip())
        if match is None:
            raise ProcfileError(f"{path.name}, line {number} is not of the form `name: command`")
        parts.append(Part(match[1], tuple(shlex.split(match[2]))))
    if len({part.name for part in parts}) != len(parts):
        raise ProcfileError(f"{path.name} names one part twice")
    return parts
