"""Where the programs of the servers stand."""

import shutil
from pathlib import Path


def find_program(name: str) -> str:
    """Debian keeps PostgreSQL's out of PATH, in a folder for each version."""
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = str(newest[-1]) if newest else shutil.which(name)
    if found is None:
        raise SystemExit(f"{name} is missing: bash deploy/packages.sh test")
    return found
