"""A copy of the database that can be opened and is whole."""

import sqlite3
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from access.models import Region

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has a tool of its own")
def test_the_copy_holds_what_was_committed_and_is_readable_by_its_owner_only(tmp_path):
    Region.objects.create(slug="north", name="Veri", iso_code="AL-98")
    out, path = StringIO(), tmp_path / "copy.sqlite3"
    call_command("backup", path, stdout=out)
    assert "integrity ok" in out.getvalue()
    copy = sqlite3.connect(path)
    assert copy.execute("SELECT name FROM access_region").fetchall() == [("Veri",)]
    copy.close()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", path)


def test_other_databases_have_tools_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "vendor", "postgresql")
    with pytest.raises(CommandError, match="pg_dump"):
        call_command("backup", tmp_path / "copy")
