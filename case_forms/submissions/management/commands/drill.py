"""Command that sends a marked, synthetic case through the whole real path and prints each step in milliseconds."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.chain import log_event
from case_forms.submissions.drill import DrillImpossible, run_drill


class Command(BaseCommand):
    help = (
        "Sends a marked, synthetic case of a region through the whole real path (the service must run) and prints "
        "each step in milliseconds. Exit code 1 when SMTP has not accepted the police notice in time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--region", required=True, help="the region's key, for example vlore")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--seconds", type=float, default=5.0, help="time for the police notice (default 5)")
        parser.add_argument(
            "--keep-open", action="store_true", help="leave the notices open, so that people can practise answering"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        log_event("drill.started", target_kind="region", target_id=options["region"][:64])
        try:
            report = run_drill(
                region_slug=options["region"], limit_seconds=options["seconds"], keep_open=options["keep_open"]
            )
        except DrillImpossible as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict()))
        else:
            self.stdout.write(f"Drill {report.case} in {report.region}")
            for step in report.steps:
                self.stdout.write(f"  {step.at_ms:>6} ms  {step.name:<14} {step.role or ''}".rstrip())
            self.stdout.write("ok" if report.ok else "The police notice was not accepted in time: look at /readyz.")
        if not report.ok:
            sys.exit(1)
