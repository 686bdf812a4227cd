"""Database triggers that keep published procedure versions as they are, whoever writes to the database.

An update of anything but `in_force_until` is refused, and so is a deletion. Test databases are emptied between tests,
so there the deletion triggers are left out (tests/test_triggers.py installs them and proves them).
"""

TABLE = "procedures_procedureversion"
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
REFUSAL = "a published procedure version is never changed or deleted"

SQLITE_UPDATE = (
    f"CREATE TRIGGER procedure_version_fixed BEFORE UPDATE OF {', '.join(FIXED)} ON {TABLE} "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
)
SQLITE_DELETE = (
    f"CREATE TRIGGER procedure_version_kept BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
)
POSTGRES_UPDATE = (
    "CREATE OR REPLACE FUNCTION procedure_version_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
    f"BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
    f"CREATE TRIGGER procedure_version_fixed BEFORE UPDATE OF {', '.join(FIXED)} ON {TABLE} "
    "FOR EACH ROW EXECUTE FUNCTION procedure_version_refuse()",
)
POSTGRES_DELETE = (
    f"CREATE TRIGGER procedure_version_kept BEFORE DELETE ON {TABLE} "
    "FOR EACH ROW EXECUTE FUNCTION procedure_version_refuse()",
    f"CREATE TRIGGER procedure_version_not_emptied BEFORE TRUNCATE ON {TABLE} "
    "FOR EACH STATEMENT EXECUTE FUNCTION procedure_version_refuse()",
)
SQLITE_UNDO = (
    "DROP TRIGGER IF EXISTS procedure_version_kept",
    "DROP TRIGGER IF EXISTS procedure_version_fixed",
)
POSTGRES_UNDO = (
    f"DROP TRIGGER IF EXISTS procedure_version_not_emptied ON {TABLE}",
    f"DROP TRIGGER IF EXISTS procedure_version_kept ON {TABLE}",
    f"DROP TRIGGER IF EXISTS procedure_version_fixed ON {TABLE}",
    "DROP FUNCTION IF EXISTS procedure_version_refuse()",
)

_INSTALL = {
    "sqlite": (SQLITE_UPDATE, SQLITE_DELETE),
    "postgresql": (POSTGRES_UPDATE, POSTGRES_DELETE),
}
_UNDO = {"sqlite": SQLITE_UNDO, "postgresql": POSTGRES_UNDO}


def install_sql(vendor: str, *, with_deletes: bool) -> tuple[str, ...]:
    """The statements for this database vendor; other vendors than SQLite and PostgreSQL have none."""
    updates, deletes = _INSTALL.get(vendor, ((), ()))
    return updates + deletes if with_deletes else updates


def undo_sql(vendor: str) -> tuple[str, ...]:
    return _UNDO.get(vendor, ())
