"""Database triggers: what was written about a breach is never changed or deleted."""

from audit.triggers import KeptTable

BREACH_ENTRIES = KeptTable(
    "accountability_breachentry",
    "breach_entry",
    "an entry of the register of breaches is never changed or deleted",
    # `words` is left out: rotation seals it anew under the vault's next key.
    columns=(
        *("id", "breach_id", "kinds", "categories", "people", "decision", "notified_at", "told"),
        *("written_by_id", "written_at"),
    ),
)
SNAPSHOTS = KeptTable(
    "accountability_processingsnapshot",
    "processing_snapshot",
    "a snapshot of the record of processing is never changed or deleted",
)
