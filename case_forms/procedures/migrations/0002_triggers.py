from typing import Any

from django.conf import settings
from django.db import migrations

from case_forms.procedures.triggers import install_sql, undo_sql


def install(apps: Any, schema_editor: Any) -> None:
    vendor = schema_editor.connection.vendor
    for statement in install_sql(vendor, with_deletes=settings.PROFILE != "test"):
        schema_editor.execute(statement)


def undo(apps: Any, schema_editor: Any) -> None:
    for statement in undo_sql(schema_editor.connection.vendor):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("procedures", "0001_initial")]

    operations = [migrations.RunPython(install, undo)]
