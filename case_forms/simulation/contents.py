"""What a simulated system is furnished with: rows of the real database, as many as a story can read, and no more.

Read before the swap, each table in one query, and written to the memory database by plain SQL: no signal is sent and
nothing is opened (sealed columns are copied as they stand). Passwords and PINs stay where they are.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models

from access.models import Assignment, MobileUnit, Municipality, PoliceDirectorate, Region, User
from case_forms.form_builder.models import CaseFactType, ChoiceList, FormDefinition, FormVersion
from case_forms.procedures.models import Procedure, ProcedureVersion
from case_forms.zones.models import Zone
from notifications.directory.models import (
    Agreement,
    AgreementRule,
    Contact,
    ContactWay,
    DutyShift,
    Leave,
    Partner,
)
from notifications.directory.services.models import ServiceProfile
from vault.models import LastingKey

from .database import get_sqlite

Rows = models.QuerySet[Any]
AREAS_OF_AGREEMENT = ("other_offices", "regions", "municipalities", "directorates")
# Columns that nothing in a simulation needs, and that must not lie in one more place.
BLANKED: dict[type[models.Model], dict[str, Any]] = {
    User: {"password": "", "email": ""},
    Contact: {"pin_hash": ""},
    ContactWay: {"secret": None},
}


@dataclass(frozen=True)
class Table:
    """Rows of one table as they are inserted into SQLite."""

    model: type[models.Model]
    rows: list[tuple[Any, ...]] = field(repr=False)


def read_contents(since: datetime, until: datetime, *, with_directory: bool) -> list[Table]:
    """Read what stories between these moments may need from the database at hand, in a bounded number of queries."""
    chosen: list[Rows] = [
        # Django caches these for the whole process: one made in a simulation would be taken for the real one.
        ContentType._base_manager.all(),
        Region._base_manager.all(),
        PoliceDirectorate._base_manager.all(),
        Municipality._base_manager.all(),
        MobileUnit._base_manager.all(),
        User._base_manager.filter(is_active=True),
        Assignment._base_manager.all(),
        LastingKey._base_manager.all(),
        Zone._base_manager.all(),
        ChoiceList._base_manager.all(),
        # pending changes name people who may not be among those that are copied
        CaseFactType._base_manager.defer("pending", "pending_by", "pending_at"),
        FormDefinition._base_manager.defer("definition"),
        FormVersion.objects.newest(),
        AgreementRule._base_manager.all(),
        Procedure._base_manager.defer("definition"),
        ProcedureVersion._base_manager.filter(
            models.Q(in_force_until__isnull=True) | models.Q(in_force_until__gt=since), in_force_from__lte=until
        ),
    ]
    if with_directory:
        chosen += [
            Partner._base_manager.all(),
            Partner.regions.through._base_manager.all(),
            Agreement._base_manager.all(),
            *(getattr(Agreement, name).through._base_manager.all() for name in AREAS_OF_AGREEMENT),
            Contact._base_manager.all(),
            ContactWay.objects.counted(),
            DutyShift.objects.between(since, until),
            Leave.objects.between(since, until),
            ServiceProfile._base_manager.all(),
        ]
    return [read_table(rows) for rows in chosen]


def read_shared_contents() -> list[Table]:
    """Read what every story reads, invented or not, and what no sign-in and no draft changes."""
    chosen: list[Rows] = [
        Region._base_manager.all(),
        PoliceDirectorate._base_manager.all(),
        Municipality._base_manager.all(),
        MobileUnit._base_manager.all(),
        Zone._base_manager.all(),
        ChoiceList._base_manager.all(),
        AgreementRule._base_manager.all(),
        CaseFactType._base_manager.defer("pending", "pending_by", "pending_at"),
        FormVersion.objects.newest().defer("canonical"),  # its hash says as much
    ]
    return [read_table(rows) for rows in chosen]


def read_table(rows: Rows) -> Table:
    """Read these rows in one query, all columns but those that the queryset defers: they get the field's default."""
    model = rows.model
    deferred = rows.query.deferred_loading[0] if rows.query.deferred_loading[1] else frozenset()
    columns = [column for column in model._meta.concrete_fields if column.name not in deferred]
    found = rows.order_by().values_list(*(column.attname for column in columns))
    defaults = {column: column.get_default() for column in model._meta.concrete_fields if column.name in deferred}
    blanked = BLANKED.get(model, {})
    prepare = [_make_preparer(column) for column in model._meta.concrete_fields]
    return Table(model, [tuple(_in_order(model, columns, row, defaults, blanked, prepare)) for row in found])


def _in_order(
    model: type[models.Model],
    columns: list[Any],
    row: tuple[Any, ...],
    defaults: dict[Any, Any],
    blanked: dict[str, Any],
    prepare: list[Callable[[Any], Any]],
) -> Iterator[Any]:
    values = dict(zip(columns, row, strict=True)) | defaults
    for column, prepared in zip(model._meta.concrete_fields, prepare, strict=True):
        yield prepared(blanked.get(column.name, values[column]))


def _make_preparer(column: Any) -> Callable[[Any], Any]:
    connection = get_sqlite()
    return lambda value: column.get_db_prep_save(value, connection=connection)


def build_table(instances: Iterable[models.Model]) -> Table:
    """Turn instances, all of one model and with their keys, into rows. Invented ones: nothing is saved."""
    made = list(instances)
    model = type(made[0])
    prepare = [_make_preparer(column) for column in model._meta.concrete_fields]
    rows = [
        tuple(
            prepared(getattr(one, column.attname))
            for column, prepared in zip(model._meta.concrete_fields, prepare, strict=True)
        )
        for one in made
    ]
    return Table(model, rows)


def insert(connection: Any, tables: Iterable[Table]) -> None:
    """Write the rows to a memory database, past every signal."""
    for table in tables:
        if not table.rows:
            continue
        columns = [column.column for column in table.model._meta.concrete_fields]
        names = ", ".join(f'"{name}"' for name in columns)
        places = ", ".join(["%s"] * len(columns))
        # Names of our own models' tables and columns.
        sql = f'INSERT INTO "{table.model._meta.db_table}" ({names}) VALUES ({places})'  # noqa: S608
        with connection.cursor() as cursor:
            cursor.executemany(sql, table.rows)
