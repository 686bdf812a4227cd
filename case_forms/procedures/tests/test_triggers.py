import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from ..models import Procedure, ProcedureVersion
from ..triggers import FIXED, install_sql, undo_sql


@pytest.fixture
def version(db: None) -> ProcedureVersion:
    procedure = Procedure.objects.create(key="fixed", definition={})
    return ProcedureVersion.objects.create(
        procedure=procedure, number=1, canonical="{}", sha256="0" * 64, in_force_from=timezone.now()
    )


def refused(sql: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except DatabaseError as error:
        return "never changed" in str(error)
    return False


@pytest.mark.parametrize("column", FIXED)
def test_the_database_refuses_to_change_a_published_version(version: ProcedureVersion, column: str) -> None:
    assert refused(" ".join(["UPDATE", version._meta.db_table, "SET", column, "=", column]))


def test_every_column_but_the_end_is_fixed() -> None:
    columns = {field.column for field in ProcedureVersion._meta.concrete_fields}
    assert columns - set(FIXED) == {"in_force_until"}


def test_the_end_of_a_version_may_be_set(version: ProcedureVersion) -> None:
    version.in_force_until = timezone.now()
    version.save(update_fields=["in_force_until"])
    assert ProcedureVersion.objects.get().in_force_until is not None


def test_the_database_refuses_to_delete_a_published_version(version: ProcedureVersion) -> None:
    vendor = connection.vendor
    with connection.cursor() as cursor:
        for statement in undo_sql(vendor) + install_sql(vendor, with_deletes=True):
            cursor.execute(statement)
    assert refused("DELETE FROM procedures_procedureversion")
    with connection.cursor() as cursor:
        for statement in undo_sql(vendor) + install_sql(vendor, with_deletes=False):
            cursor.execute(statement)
    assert ProcedureVersion.objects.count() == 1


def test_both_databases_have_their_triggers_and_others_none() -> None:
    for vendor in ("sqlite", "postgresql"):
        assert len(install_sql(vendor, with_deletes=True)) > len(install_sql(vendor, with_deletes=False)) > 0
        assert undo_sql(vendor)
    assert install_sql("oracle", with_deletes=True) == ()
    assert undo_sql("oracle") == ()
