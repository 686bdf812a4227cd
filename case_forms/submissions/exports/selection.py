"""Selection of the submissions of an export, and the tables that they are written into."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet
from django.utils import translation

from access.models import User
from access.table_files import Sheet
from audit.put_aside import put_row_aside
from case_forms.form_builder.models import FormDefinition, FormVersion
from case_forms.form_builder.sources import Lists
from notifications.directory.moments import get_midnight

from ..models import Submission, SubmissionQuerySet
from .models import AnswerExport
from .redaction import Identities, Reader
from .tables import Table, Writing, build_tables, iter_rows, unreadable_row

EXPORT = "submission.export"  # what is put aside when one can't be read
AT_ONCE = 200  # rows read together
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)


@dataclass(frozen=True)
class Filters:
    """Filters of an export. Days: of when it happened, calendar days in Albania, both included; `unit`: slug, or ""."""

    since: date | None = None
    until: date | None = None
    unit: str = ""
    drills: bool = False

    def as_json(self) -> dict[str, Any]:
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Filters":
        days = {name: date.fromisoformat(stored[name]) if stored.get(name) else None for name in ("since", "until")}
        return cls(unit=stored.get("unit", ""), drills=bool(stored.get("drills")), **days)


def selected(form: FormDefinition, user: User, filters: Filters) -> SubmissionQuerySet:
    """Return the submissions of a form that this person may see, oldest first."""
    found = Submission.objects.visible_to(user).current().filter(form_version__form=form)
    if not filters.drills:
        found = found.filter(is_drill=False)
    # Between two moments, which the time's index answers; "the day of" would be computed for each row there is.
    if filters.since:
        found = found.filter(occurred_at__gte=get_midnight(_clamp(filters.since)))
    if filters.until:
        found = found.filter(occurred_at__lt=get_midnight(_clamp(filters.until) + timedelta(days=1)))
    if filters.unit:
        found = found.filter(unit__slug=filters.unit)
    return found.order_by("occurred_at", "pk")


def _clamp(day: date) -> date:
    """Return the day, or the nearest one that has a midnight in every zone: a form takes any year from 1 to 9999."""
    return min(max(day, FIRST_DAY), LAST_DAY)


@dataclass(frozen=True)
class Outgoing:
    """An export being written: whose answers, for whom, and how.

    `as_of`: submissions received later are left out; of an export with names, whose number somebody agreed to.
    """

    form: FormDefinition
    user: User
    filters: Filters
    language: str
    labels: bool
    with_names: bool = False
    as_of: datetime | None = None

    @classmethod
    def of(cls, export: AnswerExport) -> "Outgoing":
        """Return what a stored export is about."""
        return cls(
            export.form,
            export.by,
            Filters.from_json(export.filters),
            export.language,
            export.labels,
            export.with_names,
            export.created_at if export.with_names else None,
        )

    def submissions(self) -> "QuerySet[Submission]":
        """Return what goes out; a file without names is for counting, so nobody is in it who said no to statistics."""
        found = selected(self.form, self.user, self.filters)
        found = found if self.with_names else found.agreed_for_statistics()
        return found if self.as_of is None else found.filter(received_at__lte=self.as_of)

    def columns(self) -> list[str]:
        """Return the keys of the questions in the file, with the parts of their answers."""
        found = {column.code for table in self._tables(self.versions()) for column in table.columns.values()}
        return sorted(found)

    def sheets(self, on_progress: Callable[[int], None] = lambda count: None) -> Iterator[Sheet]:
        """Yield every table that the submissions can fill. `on_progress` is called with how many are written."""
        with translation.override(self.language):
            versions = self.versions()
            writing = Writing(Reader(self.user), Lists(self.user), self.language, self.labels, self.with_names)
            for table in self._tables(versions):
                yield Sheet(table.name or self.form.key, self._rows(table, versions, writing, on_progress))

    def _tables(self, versions: dict[int, FormVersion]) -> list[Table]:
        return build_tables(list(versions.values()), self.language, None if self.with_names else Identities.load())

    def versions(self) -> dict[int, FormVersion]:
        """Return the versions that have submissions here by id, newest first."""
        used = self.submissions().order_by().values("form_version")
        return {version.pk: version for version in FormVersion.objects.filter(pk__in=used).order_by("-number")}

    def _rows(
        self, table: Table, versions: dict[int, FormVersion], writing: Writing, on_progress: Callable[[int], None]
    ) -> Iterator[list[Any]]:
        yield table.header(labels=self.labels)
        count = 0
        for submission in self.submissions().select_related("unit__region", "case").iterator(AT_ONCE):
            version = versions.get(submission.form_version_id)
            if version is None:  # its first submission came in while this was being written
                continue
            submission.form_version = version  # parsed once, not once a row
            # again for each row: between two of them the generator stands still, and other code sets its own language
            with translation.override(self.language):
                yield from self._rows_or_a_word(submission, table, writing)
            count += 1
            if not table.path and count % AT_ONCE == 0:
                on_progress(count)
        if not table.path:
            on_progress(count)

    @staticmethod
    def _rows_or_a_word(submission: Submission, table: Table, writing: Writing) -> list[list[Any]]:
        """Return the rows; of an unreadable submission one that says so, in the form's table, and put it aside."""
        try:
            return list(iter_rows(submission, table, writing))
        except (OperationalError, InterfaceError):
            raise  # a database that is away is no fault of this submission; the rest would fail as well
        except Exception as error:  # noqa: BLE001  # whatever is wrong with one submission, the others go out
            put_row_aside(EXPORT, submission.pk, error)
            return [] if table.path else [unreadable_row(submission, table, writing)]
