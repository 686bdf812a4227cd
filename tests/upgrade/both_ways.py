"""Run by the test: migrate an empty database, and say which rows it holds. `python -m tests.upgrade.both_ways WAY`

WAY: "squashed", as each new database is made, or "earlier", as one was made before the migrations were squashed. The
last line of the output is JSON: {model: [row, ...]}, in which a row that another one points to stands for its number.
"""

import datetime
import json
import sys
import uuid
from typing import Any

import django

DEPTH = 4  # of rows that rows point to


def main(way: str) -> int:
    django.setup()
    from django.apps import apps
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    from config.migrating.earlier import apply_earlier

    if way == "earlier":
        apply_earlier(connection)
    call_command("migrate", verbosity=0, interactive=False)
    found = {
        model._meta.label: sorted(json.dumps(_describe(row), sort_keys=True) for row in model._default_manager.all())
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
    }
    found["migrations"] = sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations())
    sys.stdout.write(f"\n{json.dumps(found)}\n")
    return 0


def _describe(row: Any, depth: int = DEPTH) -> dict[str, Any]:
    """Return what a row says, without numbers and moments, which are another each time."""
    said: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.is_relation and value is not None:
            said[field.name] = _describe(getattr(row, field.name), depth - 1) if depth else "deeper"
        elif not field.primary_key:
            said[field.name] = "made anew" if isinstance(value, datetime.datetime | uuid.UUID) else str(value)
    return said


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
