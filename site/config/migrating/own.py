"""Which apps and migrations are of this repository, and which of the installed packages."""

import sys
from pathlib import Path

from django.db.migrations import Migration

ROOT = Path(__file__).resolve().parents[3]


def is_own_folder(name: str) -> bool:
    """Whether this file or folder lies in this repository, and not among the installed packages."""
    path = Path(name).resolve()
    return path.is_relative_to(ROOT) and "site-packages" not in path.parts


def is_ours(migration: Migration) -> bool:
    return is_own_folder(str(sys.modules[type(migration).__module__].__file__))
