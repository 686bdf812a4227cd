import pytest
from django.db import DatabaseError, connection, transaction

from ..actions import publish_form, save_definition
from ..models import FormVersion
from ..triggers import install_sql, undo_sql
from .samples import sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def version():
    return publish_form(form=save_definition(key="sample", definition=sample()))


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE builder_formversion SET canonical = 'x'",
        "UPDATE builder_formversion SET number = 7",
        "UPDATE builder_formversion SET published_by_id = NULL",
    ],
)
def test_raw_sql_cannot_change_a_published_version(version, statement):
    with pytest.raises(DatabaseError, match="never changed"):
        run(statement)
    assert FormVersion.objects.get().canonical == version.canonical


def test_raw_sql_cannot_delete_a_published_version(version):
    for statement in (*undo_sql(connection.vendor), *install_sql(connection.vendor, with_deletes=True)):
        run(statement)
    with pytest.raises(DatabaseError, match="never changed or deleted"):
        run("DELETE FROM builder_formversion")
    assert FormVersion.objects.count() == 1


def test_every_supported_database_refuses_both_and_others_have_no_triggers():
    for vendor in ("sqlite", "postgresql"):
        statements = " ".join(install_sql(vendor, with_deletes=True))
        assert "BEFORE UPDATE ON builder_formversion" in statements
        assert "BEFORE DELETE ON builder_formversion" in statements
        assert "BEFORE DELETE" not in " ".join(install_sql(vendor, with_deletes=False))
    assert install_sql("oracle", with_deletes=True) == undo_sql("oracle") == ()
