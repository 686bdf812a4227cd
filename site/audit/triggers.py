"""Database triggers that make rows immutable, whoever writes to the database: SQLite and PostgreSQL."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.migrations import RunPython


@dataclass(frozen=True)
class KeptTable:
    """The triggers of one table: they refuse UPDATE (of `columns`, or of any) and DELETE. `name` begins their names."""

    table: str
    name: str
    refusal: str
    columns: tuple[str, ...] = ()

    def install_sql(self, vendor: str, *, with_deletes: bool) -> tuple[str, ...]:
        """Return the statements for this vendor; none for other vendors than SQLite and PostgreSQL."""
        of = f" OF {', '.join(self.columns)}" if self.columns else ""
        if vendor == "sqlite":
            then = f"BEGIN SELECT RAISE(ABORT, '{self.refusal}'); END"
            updates: tuple[str, ...] = (f"CREATE TRIGGER {self.name}_fixed BEFORE UPDATE{of} ON {self.table} {then}",)
            deletes: tuple[str, ...] = (f"CREATE TRIGGER {self.name}_kept BEFORE DELETE ON {self.table} {then}",)
        elif vendor == "postgresql":
            then = f"EXECUTE FUNCTION {self.name}_refuse()"
            updates = (
                f"CREATE OR REPLACE FUNCTION {self.name}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
                f"BEGIN RAISE EXCEPTION '{self.refusal}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
                f"CREATE TRIGGER {self.name}_fixed BEFORE UPDATE{of} ON {self.table} FOR EACH ROW {then}",
            )
            deletes = (
                f"CREATE TRIGGER {self.name}_kept BEFORE DELETE ON {self.table} FOR EACH ROW {then}",
                # TRUNCATE fires no row triggers.
                f"CREATE TRIGGER {self.name}_not_emptied BEFORE TRUNCATE ON {self.table} FOR EACH STATEMENT {then}",
            )
        else:
            return ()
        return (*updates, *deletes) if with_deletes else updates

    def undo_sql(self, vendor: str) -> tuple[str, ...]:
        if vendor == "sqlite":
            return (f"DROP TRIGGER IF EXISTS {self.name}_kept", f"DROP TRIGGER IF EXISTS {self.name}_fixed")
        if vendor == "postgresql":
            dropped = (
                f"DROP TRIGGER IF EXISTS {self.name}_{end} ON {self.table}" for end in ("not_emptied", "kept", "fixed")
            )
            return (*dropped, f"DROP FUNCTION IF EXISTS {self.name}_refuse()")
        return ()

    def operation(self) -> RunPython:
        """Build the migration operation. Test databases are emptied between tests: there, deletes aren't refused."""

        def install(apps: Any, schema_editor: Any) -> None:
            vendor = schema_editor.connection.vendor
            for statement in self.install_sql(vendor, with_deletes=settings.PROFILE != "test"):
                schema_editor.execute(statement)

        def undo(apps: Any, schema_editor: Any) -> None:
            for statement in self.undo_sql(schema_editor.connection.vendor):
                schema_editor.execute(statement)

        return RunPython(install, undo)


AUDIT_ENTRIES = KeptTable("audit_auditentry", "audit_entry", "an audit entry is never changed or deleted")
