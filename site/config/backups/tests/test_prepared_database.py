"""A backup goes into the database that an installation prepares on PostgreSQL, with its administrator's extension."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from config.backups.database import connect_arguments, copy_database, count_rows, restore_postgresql


@pytest.fixture
def prepared() -> Iterator[dict[str, Any]]:
    """As deploy/install.sh and deploy/containers/database.sh make it: another role's own, with the extension."""
    own, name, password = connection.settings_dict, f"prepared_{secrets.token_hex(4)}", secrets.token_hex(8)
    with psycopg.connect(**connect_arguments(own), autocommit=True) as server:
        server.execute(f"CREATE ROLE {name} LOGIN CREATEDB PASSWORD '{password}'")  # type: ignore[arg-type]
        server.execute(f"CREATE DATABASE {name} OWNER {name} TEMPLATE template0")  # type: ignore[arg-type]
        try:
            with psycopg.connect(**connect_arguments(own, name=name), autocommit=True) as there:
                there.execute("CREATE EXTENSION unaccent")
            yield {**own, "NAME": name, "USER": name, "PASSWORD": password}
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]
            server.execute(f"DROP ROLE {name}")  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_a_role_that_is_no_administrator_restores_into_it(prepared: dict[str, Any], tmp_path: Path) -> None:
    with copy_database(tmp_path) as (_name, dump, facts):
        restore_postgresql(dump, prepared)
    with psycopg.connect(**connect_arguments(prepared)) as there:
        found = count_rows(lambda sql: there.execute(sql).fetchall(), sorted(facts.counts))
    assert found == facts.counts
    assert len(found) > 100
