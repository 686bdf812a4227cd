"""A simulated system: the memory database, furnished, with the procedure and the forms that are to be tried.

One system serves many stories of one thread, one after the other: what a story writes is rolled back.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

from case_forms.form_builder import canonical
from case_forms.form_builder.models import FormDefinition, FormVersion
from case_forms.procedures.models import Procedure, ProcedureVersion

from .contents import Table, build_table, insert, read_contents
from .database import MemoryDatabase
from .invented import build_directory
from .story import Story

# Keys of what is only imagined: no row of the real system ever has one, so no cache by key can take one for the other.
IMAGINED = -1
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=366)


class SimulatedSystem:
    """What stories are simulated in. Use it as a context manager: its memory is freed at the end.

    `procedure`: the definition to try; None: the version that is in force. `forms`: definitions to try in the place of
    the published ones. All stories have one directory, real or invented.
    """

    def __init__(
        self,
        stories: Sequence[Story],
        *,
        procedure: Mapping[str, Any] | None = None,
        forms: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        since = min((story.begins_at for story in stories), default=LONG_AGO)
        until = max((story.begins_at for story in stories), default=LONG_AGO) + YEAR
        is_invented = bool(stories) and stories[0].directory == "invented"
        tables = read_contents(since - YEAR, until, with_directory=not is_invented)
        if is_invented:
            tables += build_directory()
        if procedure is not None:
            tables = [table for table in tables if table.model not in (Procedure, ProcedureVersion)]
            tables += _build_procedure(procedure)
        tables += _build_forms(forms)
        self.database = MemoryDatabase()
        insert(self.database.connection, tables)

    def __enter__(self) -> "SimulatedSystem":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.database.close()


def _build_procedure(definition: Mapping[str, Any]) -> list[Table]:
    text = canonical.dump(dict(definition))
    procedure = Procedure(pk=IMAGINED, key=str(definition.get("key", "")), definition={})
    version = ProcedureVersion(
        pk=IMAGINED,
        procedure=procedure,
        number=0,
        canonical=text,
        sha256=canonical.compute_sha256(text),
        in_force_from=LONG_AGO,
        published_at=LONG_AGO,
    )
    return [build_table([procedure]), build_table([version])]


def _build_forms(definitions: Sequence[Mapping[str, Any]]) -> list[Table]:
    tables = []
    for number, definition in enumerate(definitions, start=1):
        text = canonical.dump(dict(definition))
        key = str(definition.get("key", ""))
        published = FormVersion.objects.newest().filter(form__key=key).first()
        form = published.form if published else FormDefinition(pk=-number, key=key, definition={})
        if published is None:
            tables.append(build_table([form]))
        version = FormVersion(
            pk=-number,
            form=form,
            number=published.number + 1 if published else 1,
            canonical=text,
            sha256=canonical.compute_sha256(text),
            published_at=LONG_AGO,
        )
        tables.append(build_table([version]))
    return tables
