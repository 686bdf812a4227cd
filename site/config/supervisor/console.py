"""The supervisor's messages at the terminal. The parts log to files, or straight to standard error."""

import os
import sys
from collections.abc import Sequence

from .child import Child
from .instance import ROOT, Instance


class Console:
    """The terminal. `accounts`: the demo accounts, one line each, shown once the service is ready."""

    def __init__(self, place: Instance) -> None:
        self.parts_log_to_files = os.environ.get("LOG_TO", "files" if place.is_local else "stderr") == "files"
        self.accounts: Sequence[str] = ()

    def say(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def log_hint(self, child: Child) -> str:
        return f" (see {_short(str(child.log))})" if child.log else ""

    def welcome(self, place: Instance) -> None:
        """Print the addresses and demo accounts, once the service is ready."""
        base = place.public_url.rstrip("/")
        rows = [("public pages", "/"), ("mobile units", "/field/"), ("editors, coordinators", "/cms/")]
        if place.mail_socket is not None:
            rows.append(("mail of this sandbox", "/sandbox/inbox/"))
        self.say("")
        for label, path in rows:
            self.say(f"  {label:<24}{base}{path}")
        if self.accounts:
            self.say("\n  demo accounts")
            for line in self.accounts:
                self.say(f"    {line}")
        self.say(f"\n  data in {_short(str(place.data_dir))}; Ctrl-C stops everything\n")
        self.say("ready")


def _short(path: str) -> str:
    return os.path.relpath(path) if path.startswith(f"{ROOT}{os.sep}") else path
