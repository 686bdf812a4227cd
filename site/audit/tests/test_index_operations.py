"""Tables that grow for ever have one index for each column, and the migration that sees to it can be undone."""

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.state import ProjectState

from ..index_operations import AddIndexBeside, _find, drop_pattern_indexes

TABLES = {"audit_auditentry": ("target_id", "hash"), "outbox_notice": ("case_reference", "code", "link_hash")}


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


if connection.vendor == "postgresql":  # which alone builds one beside the writers

    @pytest.mark.django_db(transaction=True)
    def test_an_index_that_was_left_unfinished_is_built_again():
        operation = AddIndexBeside(
            "auditentry", models.Index(fields=["actor_id", "number"], name="audit_entry_by_actor")
        )
        state = ProjectState.from_apps(apps)
        with connection.schema_editor(atomic=False) as editor:
            for _time in range(2):  # the second finds it there, as after a try that failed
                operation.database_forwards("audit", editor, state, state)
            operation.database_backwards("audit", editor, state, state)
            operation.database_forwards("audit", editor, state, state)
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, "audit_auditentry")
        assert found["audit_entry_by_actor"]["columns"] == ["actor_id", "number"]
