"""Command that writes consent forms to the ledger of consents, for use after a key that was missing is back."""

from typing import Any

from django.core.management.base import BaseCommand

from audit.chain import log_event
from case_forms.cases.consent.models import ConsentEntry
from case_forms.submissions.consent_backfill import fill_ledger
from case_forms.submissions.models import Submission
from notifications.directory.models import Partner


class Command(BaseCommand):
    help = "Writes the consent forms of all cases that the ledger doesn't hold yet. Doing it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        filled = fill_ledger(Submission, ConsentEntry, Partner)
        log_event("consent.ledger_filled", target_kind="ledger", forms=filled.forms, unreadable=filled.unreadable)
        self.stdout.write(
            f"{filled.forms} consent forms read, {filled.entries} entries written, {filled.unreadable} don't open"
        )
