"""The command that writes a form as an XLSForm."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from case_forms.form_builder.checker import check_definition
from case_forms.form_builder.models import FormDefinition, FormVersion, get_fact_catalogue, shared_lists
from case_forms.form_builder.xlsform.writing import write_xlsform


class Command(BaseCommand):
    """The command: writes the draft of a form, or one of its versions, to a file."""

    help = "Writes a form's draft, or one of its versions, as an XLSForm that pyxform and ODK take."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="the form's key")
        parser.add_argument("--number", type=int, help="a published version's number; the draft otherwise")
        parser.add_argument("--output", type=Path, help="the file to write (default: KEY.xlsx)")

    def handle(self, *args: Any, **options: Any) -> None:
        definition = self._definition(options["key"], options["number"])
        problems = check_definition(definition, shared=shared_lists(), facts=get_fact_catalogue())
        if problems:
            first = "; ".join(f"{problem.path}: {problem.message}" for problem in problems[:5])
            raise CommandError(f"Only a form that could be published can be written: {first}")
        path = options["output"] or Path(f"{options['key']}.xlsx")
        try:
            path.write_bytes(write_xlsform(definition))
        except OSError as error:
            raise CommandError(f"The file can't be written: {error.strerror}.") from error
        self.stdout.write(f"Written: {path}")

    def _definition(self, key: str, number: int | None) -> dict[str, Any]:
        form = FormDefinition.objects.filter(key=key).first()
        if form is None:
            raise CommandError("There is no form with this key.")
        if number is None:
            draft: FormDefinition = form.get_latest_revision_as_object()
            return draft.definition
        version = FormVersion.objects.filter(form=form, number=number).first()
        if version is None:
            raise CommandError("The form has no version of this number.")
        return version.definition
