"""Database triggers that make published form versions immutable: every UPDATE and DELETE is refused."""

from audit.triggers import KeptTable

FORM_VERSIONS = KeptTable("builder_formversion", "form_version", "a published form version is never changed or deleted")
install_sql, undo_sql = FORM_VERSIONS.install_sql, FORM_VERSIONS.undo_sql
