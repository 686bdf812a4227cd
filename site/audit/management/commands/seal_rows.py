"""`manage.py seal_rows`: name the rows that the record doesn't explain, or accept one of them as it is now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from audit.chain import log_event
from audit.sealed_rows import ACCEPTED, REMOVED, find_unexplained, get_models, reseal


class Command(BaseCommand):
    help = (
        "Names each contact, way, role, second factor, token, invitation and published version that is not as the"
        " record says (exit 1). With KIND and KEY: accepts this row as it is, which is recorded. Ask its owner first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "kind", nargs="?", help="contact, contactway, assignment, fieldtoken, factorseal or invitation"
        )
        parser.add_argument("key", nargs="?")

    def handle(self, *args: Any, **options: Any) -> None:
        found = find_unexplained()
        if options["kind"] is None:
            for each in found:
                self.stdout.write(str(each))
            if found:
                raise CommandError(f"Not as the record says: {len(found)}.")
            self.stdout.write("Every row is as the record says.")
            return
        self._accept(options["kind"], str(options["key"]), {(each.kind, each.key): each.why for each in found})

    @transaction.atomic
    def _accept(self, kind: str, key: str, found: dict[tuple[str, str], str]) -> None:
        models = {str(model._meta.model_name): model for model in get_models()}
        if kind not in models:
            raise CommandError(f"Only {', '.join(sorted(models))} can be accepted.")
        if (kind, key) not in found:
            raise CommandError(f"{kind} {key} is as the record says.")
        log_event(ACCEPTED, target_kind=kind, target_id=key, why=found[kind, key])
        if found[kind, key] == "gone":
            log_event(REMOVED, target_kind=kind, target_id=key)
        else:
            reseal(models[kind], [key], notes_anyway=True)
        self.stdout.write(f"{kind} {key} counts as it is now.")
