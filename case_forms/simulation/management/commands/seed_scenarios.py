"""Command that brings the shipped scenarios up to date."""

from typing import Any

from django.core.management.base import BaseCommand

from case_forms.simulation.seeding import seed_scenarios


class Command(BaseCommand):
    requires_system_checks = []  # as seed_reference: they take longer than the seeding
    help = "Adds and refreshes the shipped scenarios. One that somebody has changed stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Scenarios: {seed_scenarios()} written.")
