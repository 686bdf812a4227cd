"""Database triggers that protect published procedure versions: only `in_force_until` may change, none is deleted."""

from audit.triggers import KeptTable

FIXED = (
    "id",
    "procedure_id",
    "number",
    "canonical",
    "sha256",
    "published_at",
    "published_by_id",
    "in_force_from",
)
PROCEDURE_VERSIONS = KeptTable(
    "procedures_procedureversion",
    "procedure_version",
    "a published procedure version is never changed or deleted",
    columns=FIXED,
)
install_sql, undo_sql = PROCEDURE_VERSIONS.install_sql, PROCEDURE_VERSIONS.undo_sql
