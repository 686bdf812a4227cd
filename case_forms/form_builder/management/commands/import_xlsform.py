"""The command that imports an XLSForm as the draft of a form, or reports by sheet, row and column what prevents it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.languages import DEFAULT_LANGUAGE
from access.models import User
from case_forms.form_builder.actions import DefinitionRefused, FormIsLocked, make_form, replace_draft
from case_forms.form_builder.definition.limits import KINDS
from case_forms.form_builder.models import FormDefinition, shared_lists
from case_forms.form_builder.xlsform.findings import Finding, Import
from case_forms.form_builder.xlsform.sandbox import read_safely


class Command(BaseCommand):
    """The command: reads a workbook, prints the report, and saves the form where there is no error.

    With --check nothing is saved; with --rest a form with errors is saved without what they are about.
    """

    help = (
        "Reads an XLSForm (.xlsx, .xls, .csv, .zip) and keeps it as a draft, which nobody can fill before it is "
        "published. What can't be carried over is named by sheet, row and column; with one error nothing is saved, and "
        "the exit code is 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the workbook")
        parser.add_argument("--kind", required=True, choices=KINDS, help="what the form is for")
        parser.add_argument("--key", help="the form's key; otherwise form_id of the sheet settings")
        parser.add_argument(
            "--language", default=DEFAULT_LANGUAGE, help="the code for texts that say no language (%(default)s)"
        )
        parser.add_argument("--by", metavar="USERNAME", help="who imports it; needed unless --check is given")
        parser.add_argument("--replace", action="store_true", help="make it the draft of the form with this key")
        parser.add_argument("--rest", action="store_true", help="save what can be carried over, the rest marked")
        parser.add_argument("--check", action="store_true", help="only report; save nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        by = self._user(options["by"]) if not options["check"] else None
        found = self._read(options)
        for finding in found.report:
            self.stdout.write(describe(finding))
        definition = found.definition or (found.rest if options["rest"] else None)
        if definition is None:
            raise CommandError(f"{len(found.errors)} errors: nothing was saved.")
        if by is None:
            self.stdout.write(f"“{definition['key']}” can be taken in.")
            return
        form = self._save(definition, by, replace=options["replace"])
        self.stdout.write(f"“{form.key}” was saved as a draft.")

    def _user(self, username: str | None) -> User:
        user = User.objects.filter(username=username or "", is_active=True).first()
        if user is None:
            raise CommandError("Say with --by who imports it: the username of an active account.")
        return user

    def _read(self, options: dict[str, Any]) -> Import:
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                return read_safely(
                    file,
                    name=path.name,
                    key=options["key"],
                    kind=options["kind"],
                    language=options["language"],
                    shared=shared_lists(),
                )
        except OSError as error:
            raise CommandError(f"The file can't be opened: {error.strerror}.") from error

    def _save(self, definition: dict[str, Any], by: User, *, replace: bool) -> FormDefinition:
        existing = FormDefinition.objects.filter(key=definition["key"]).first() if replace else None
        try:
            if existing is None:
                return make_form(definition=definition, by=by, origin="xlsform")
            replace_draft(form=existing, definition=definition, by=by, origin="xlsform")
        except DefinitionRefused as refused:
            raise CommandError("; ".join(str(problem.message) for problem in refused.problems[:5])) from refused
        except FormIsLocked as locked:
            raise CommandError("The form with this key is locked or waits for approval.") from locked
        return existing


def describe(finding: Finding) -> str:
    """Return one finding on a line: "error  survey row 12, relevant: words [code]"."""
    place = ", ".join(
        filter(None, (f"{finding.sheet} row {finding.row}" if finding.row else finding.sheet, finding.column))
    )
    return f"{finding.severity:<8}{place}{': ' if place else ''}{finding.message} [{finding.code}]"
