"""The keys of the audit chain: one signs new entries, all prove older ones. They are never in the database.

`AUDIT_KEYS` is a list of `id:base64(32 bytes)`: the first signs, all prove. Without it the key stands in a file beside
the data (`AUDIT_KEY_FILE`), made at its first use, so that an installation that is upgraded goes on. A key that has
signed is needed for as long as its entries exist: without it nobody can tell whether they are still as they were
written.
"""

import base64
import contextlib
import os
import tempfile
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from vault.keyring import KeyRing, KeyRingError, parse_keys

NAME = "AUDIT_KEYS"


def chain_keys() -> KeyRing:
    """Return the keys of the running settings.

    Raises KeyRingError when they are malformed, or the file can't be used.
    """
    given = tuple(settings.AUDIT_KEYS)
    return parse_keys(given, NAME) if given else _from_file(str(settings.AUDIT_KEY_FILE))


@lru_cache(maxsize=4)
def _from_file(name: str) -> KeyRing:
    path = Path(name)
    try:
        text = path.read_text() if path.exists() else _made(path)
    except OSError as error:
        raise KeyRingError(f"the chain's key can't be read or made ({type(error).__name__}): see {NAME}") from None
    return parse_keys(tuple(text.split()), NAME)


def _made(path: Path) -> str:
    """Write a new key, all of it or none. Of two processes that do it at once, both use the one that came first."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, unfinished = tempfile.mkstemp(dir=path.parent)  # mode 600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(f"c{os.urandom(5).hex()}:{base64.b64encode(os.urandom(32)).decode()}\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            # A link, because it fails where the name exists already; a rename would replace the other process's key.
            os.link(unfinished, path)
    finally:
        os.unlink(unfinished)
    return path.read_text()
