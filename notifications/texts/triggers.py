"""Database triggers: what was proposed as a text is never changed. What was decided about it is added once."""

from audit.triggers import KeptTable

PROPOSED = ("id", "key", "texts", "replaces_id", "proposed_by_id", "proposed_at", "wanted_from")
VERSIONS = KeptTable(
    "texts_textversion", "text_version", "a version of a text is never changed or deleted", columns=PROPOSED
)
