"""`manage.py migrate`: Django's, which renders the models of migrations in less time."""

from typing import Any

from django.core.management.commands import migrate

from config.rendering import render_quickly


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        with render_quickly():
            return super().handle(*args, **options)
