"""Origins of other front ends, as browsers say them: scheme, host and port, nothing behind."""

import re
from collections.abc import Iterable

from django.core.exceptions import ImproperlyConfigured

# An app's web view may have a scheme of its own (`capacitor://localhost`). Neither `*` nor `null` is one: every
# sandboxed frame and every local file says `null`.
ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[a-z0-9.\[\]:-]+")


def read_origins(name: str, listed: Iterable[str]) -> list[str]:
    """Return the origins that this setting lists. Raises ImproperlyConfigured for what no browser says."""
    origins = [each.strip().rstrip("/") for each in listed if each.strip()]
    for each in origins:
        if not ORIGIN.fullmatch(each):
            raise ImproperlyConfigured(
                f"{name}: {each!r} is no origin. Write it like https://app.example, without a path."
            )
    return origins
