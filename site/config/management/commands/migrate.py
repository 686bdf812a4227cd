"""`manage.py migrate`: Django's, which knows two sets of migrations (docs/adr/0245)."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections

from config.migrating.earlier import apply_earlier, needs_earlier
from config.migrating.new import begin_empty
from config.rendering import render_quickly


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        connection = connections[options["database"]]
        only_asks = options["plan"] or options["check_unapplied"]
        if needs_earlier(connection):
            if only_asks or options["app_label"]:
                raise CommandError("This database comes from an earlier release: run `migrate` without further words.")
            apply_earlier(connection)
        elif not (only_asks or options["app_label"] or options["fake"] or options["fake_initial"]):
            begin_empty(connection)
        with render_quickly():
            return super().handle(*args, **options)
