"""Tables that grow for ever have one index for each column, and the migration that sees to it can be undone."""

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.state import ProjectState

from ..index_operations import AddIndexBeside, DropFieldIndex, _find, _find_of_field, drop_pattern_indexes

TABLES = {"audit_auditentry": ("target_id", "hash"), "outbox_notice": ("case_reference", "code", "link_hash")}

# What each form that comes in writes, or each notice and try of one: an index costs a write for each of their rows.
WRITTEN_OFTEN = (
    "cases.case",
    "cases.casefact",
    "cases.deadline",
    "intake.submission",
    "outbox.attempt",
    "outbox.notice",
)


def find(table: str) -> list[int]:
    with connection.schema_editor() as editor:
        return [len(names) for _column, names in _find(editor, table, TABLES[table])]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", TABLES)
def test_no_column_of_these_tables_has_a_second_index(table):
    assert not any(find(table))


if connection.vendor == "postgresql":  # which alone has them

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("table", TABLES)
    def test_the_migration_can_be_undone_and_done_twice(table):
        operation = drop_pattern_indexes(table, *TABLES[table])
        with connection.schema_editor() as editor:
            operation.reverse_code(None, editor)
            operation.reverse_code(None, editor)
        assert all(count == 1 for count in find(table))
        with connection.schema_editor() as editor:
            operation.code(None, editor)
            operation.code(None, editor)
        assert not any(find(table))


@pytest.mark.django_db(transaction=True)
def test_an_index_that_was_left_unfinished_is_built_again():
    operation = AddIndexBeside("auditentry", models.Index(fields=["actor_id", "number"], name="audit_entry_by_actor"))
    state = ProjectState.from_apps(apps)
    with connection.schema_editor(atomic=False) as editor:
        for _time in range(2):  # the second finds it there, as after a try that failed
            operation.database_forwards("audit", editor, state, state)
        operation.database_backwards("audit", editor, state, state)
        operation.database_forwards("audit", editor, state, state)
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "audit_auditentry")
    assert found["audit_entry_by_actor"]["columns"] == ["actor_id", "number"]


def _list_beginnings(model: type[models.Model]) -> set[str]:
    """Return the fields with which an index of several fields begins that finds every row by that field."""
    options = model._meta
    several = [
        (each.fields, each.condition)
        for each in (*options.indexes, *options.constraints)
        if len(getattr(each, "fields", ())) > 1
    ]
    names = {
        fields[0].removeprefix("-")
        for fields, condition in several
        if condition is None or condition == models.Q(**{f"{fields[0]}__isnull": False})
    }
    return {options.get_field(name).name for name in names}


@pytest.mark.parametrize("label", WRITTEN_OFTEN)
def test_no_column_written_often_has_an_index_with_which_another_begins(label):
    model = apps.get_model(label)
    beginnings = _list_beginnings(model)
    assert beginnings, "there are some to compare with"
    alone = {field.name for field in model._meta.local_fields if field.db_index and not field.unique}
    assert alone & beginnings == set()


@pytest.mark.django_db(transaction=True)
def test_an_index_that_is_no_longer_asked_for_goes_alone_comes_back_and_does_neither_twice():
    def list_all() -> set[str]:
        with connection.cursor() as cursor:
            return set(connection.introspection.get_constraints(cursor, "outbox_notice"))

    def list_of_unit() -> list[str]:
        return _find_of_field(connection, "outbox_notice", "unit_id")

    operation = DropFieldIndex("notice", "unit", models.ForeignKey("access.MobileUnit", models.PROTECT, db_index=False))
    state = ProjectState.from_apps(apps)
    before, index = list_all(), list_of_unit()
    assert len(index) == 1
    try:
        with connection.schema_editor(atomic=False) as editor:
            for _time in range(2):
                operation.database_forwards("outbox", editor, state, state)
        assert list_of_unit() == []
        assert before - list_all() == set(index)
    finally:
        with connection.schema_editor(atomic=False) as editor:
            for _time in range(2):
                operation.database_backwards("outbox", editor, state, state)
    assert len(list_of_unit()) == 1
    assert len(list_all()) == len(before)
