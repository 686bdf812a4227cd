"""Command that adds the real data a new installation starts from."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from case_forms.form_builder.actions import DefinitionRefused
from case_forms.procedures.actions import ProcedureRefused
from case_forms.submissions.seeding.reference import seed_reference


class Command(BaseCommand):
    requires_system_checks = []  # they take longer than the seeding, and migrate has just run them
    help = (
        "Adds the geography, organisations, forms, the procedure, the admin's groups and the first public pages. "
        "Adds only what is missing; a second run changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = seed_reference()
        except (DefinitionRefused, ProcedureRefused) as refused:
            raise CommandError(f"A shipped file is not fit to be published: {refused}") from refused
        added = ", ".join(f"{count} {kind}" for kind, count in made.items() if count)
        self.stdout.write(f"Reference data: added {added}." if added else "Reference data: nothing to add.")
