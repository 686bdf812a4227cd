"""`python -m config.prepare`: prepare a new release while the old one still serves.

Compiles the translations, checks the settings and the vault's keys, collects the static files; touches no row. The
start after it finds that done and is short. Run again when nothing has changed, it does nothing and takes seconds.
"""

import os
import sys
from pathlib import Path

from .catalogs import compile_catalogs
from .supervisor.instance import ROOT, CannotStart
from .supervisor.preparation import check_settings, collect_if_changed, load_django


def main() -> int:
    """Prepare, and return the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    # As the supervisor does: what is written under DATA_DIR is nobody else's to read.
    os.umask(0o077)
    try:
        compile_catalogs()
        load_django()
        check_settings()
        collect_if_changed(Path(os.environ.get("DATA_DIR") or ROOT / "var").resolve(), _say)
    except CannotStart as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    _say("prepared; restart the service to use it")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
