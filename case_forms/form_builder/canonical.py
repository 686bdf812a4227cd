"""The one way in which a definition becomes bytes, so that a sha256 is meaningful."""

import hashlib
import json
from typing import Any


def dump(definition: dict[str, Any]) -> str:
    """Dump as canonical JSON: keys sorted, no spaces, UTF-8 unescaped. Raises ValueError on NaN or infinity."""
    return json.dumps(definition, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def parse(text: str) -> dict[str, Any]:
    return json.loads(text)


def compute_sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
