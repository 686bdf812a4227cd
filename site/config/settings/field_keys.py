"""The file that `FIELD_KEYS_FILE` names: keys that aren't in the environment of each process."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def read_field_keys(path: str) -> list[str]:
    """Return the keys of a file, one a line; empty lines and those that begin with # are passed over.

    Raises ImproperlyConfigured, without the content.
    """
    try:
        lines = [line.strip() for line in Path(path).read_text().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"FIELD_KEYS_FILE can't be read: {type(error).__name__}") from None
    return [line for line in lines if line and not line.startswith("#")]
