"""Database triggers that protect published procedure versions: only `in_force_until` may change, none is deleted."""

from audit.triggers import KeptTable

# The columns that there were when the triggers were made first (migration 0002).
FIRST = (
    "id",
    "procedure_id",
    "number",
    "canonical",
    "sha256",
    "published_at",
    "published_by_id",
    "in_force_from",
)
FIXED = (*FIRST, "submitted_by_id", "legal_source", "note")
REFUSAL = "a published procedure version is never changed or deleted"
PROCEDURE_VERSIONS = KeptTable("procedures_procedureversion", "procedure_version", REFUSAL, columns=FIRST)
WITH_SOURCE = KeptTable("procedures_procedureversion", "procedure_version", REFUSAL, columns=FIXED)
install_sql, undo_sql = WITH_SOURCE.install_sql, WITH_SOURCE.undo_sql
