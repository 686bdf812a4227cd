"""Which way a database goes to this release's tables."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from config.migrating.earlier import EarlierLoader, needs_earlier
from config.migrating.own import is_ours

Key = tuple[str, str]


@pytest.fixture(scope="module")
def squashed() -> dict[Key, Any]:
    found = MigrationLoader(None).disk_migrations
    return {key: each for key, each in found.items() if each.replaces and is_ours(each)}


@pytest.fixture
def applied(monkeypatch: pytest.MonkeyPatch, squashed: dict[Key, Any]) -> set[Key]:
    """What the database has: as it is at the last landing, to be changed by the test."""
    has = {tuple(old) for each in squashed.values() for old in each.replaces}
    monkeypatch.setattr(MigrationRecorder, "applied_migrations", lambda _self: dict.fromkeys(has))
    return has


def test_each_earlier_migration_is_replaced_by_one_squashed_one(squashed: dict[Key, Any]) -> None:
    earlier = sorted(key for key, each in EarlierLoader(None).disk_migrations.items() if is_ours(each))
    assert sorted(tuple(old) for each in squashed.values() for old in each.replaces) == earlier
    assert len(earlier) == 199, "what stored landings are brought along by is kept"


def test_a_database_of_the_last_landing_and_an_empty_one_need_no_earlier_migration(applied: set[Key]) -> None:
    assert not needs_earlier(connection)
    applied.clear()
    assert not needs_earlier(connection)


def test_a_part_of_one_app_needs_them(applied: set[Key]) -> None:
    applied.remove(("cases", "0028_fewer_indexes"))
    assert needs_earlier(connection)
    applied.add(("cases", "0028_fewer_indexes"))
    applied.remove(("cases", "0003_open_notices_know_their_unit"))
    assert needs_earlier(connection)


def test_an_app_without_the_one_that_it_stands_on_needs_them(applied: set[Key], squashed: dict[Key, Any]) -> None:
    directory = squashed["directory", "0001_squashed_0018_staff_phones"]
    applied.difference_update(map(tuple, directory.replaces))
    assert needs_earlier(connection)


def test_a_first_start_that_was_interrupted_goes_on_with_the_squashed_ones(
    applied: set[Key], squashed: dict[Key, Any]
) -> None:
    in_order = [
        key for key in MigrationLoader(None).graph._generate_plan(sorted(squashed), at_end=True) if key in squashed
    ]
    assert set(in_order) == set(squashed)
    applied.clear()
    for key in in_order:
        applied.update(map(tuple, squashed[key].replaces))
        assert not needs_earlier(connection), key


def test_what_is_squashed_and_applied_is_never_asked_about_again(applied: set[Key], squashed: dict[Key, Any]) -> None:
    applied.clear()
    applied.update(squashed)
    assert not needs_earlier(connection)


def test_who_asks_changes_nothing_on_the_way(applied: set[Key], monkeypatch: pytest.MonkeyPatch) -> None:
    applied.remove(("cases", "0028_fewer_indexes"))
    monkeypatch.setattr(
        "config.management.commands.migrate.apply_earlier", lambda _connection: pytest.fail("it migrated")
    )
    for words in (["--plan"], ["--check"], ["cases"]):
        with pytest.raises(CommandError, match="earlier release"):
            call_command("migrate", *words, verbosity=0)
