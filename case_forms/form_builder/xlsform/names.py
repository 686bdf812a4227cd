"""Names of XLSForms as keys of ours: small letters, digits and _, each once."""

import re
import unicodedata

LONGEST = 64
KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")


def get_key(name: str, taken: set[str], otherwise: str = "q") -> str:
    """A key as near to the name as can be, that isn't taken yet."""
    plain = unicodedata.normalize("NFKD", name.replace("ë", "e").replace("Ë", "e")).encode("ascii", "ignore").decode()
    key = re.sub(r"[^a-z0-9_]+", "_", plain.lower()).strip("_" if not plain.isidentifier() else "")
    key = key.lstrip("_0123456789") or otherwise
    key = key[:LONGEST]
    unique, number = key, 2
    while unique in taken:
        suffix = f"_{number}"
        unique, number = key[: LONGEST - len(suffix)] + suffix, number + 1
    return unique
