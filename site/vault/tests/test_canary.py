"""A ring that lacks a key, or holds another one under its name, is refused before it seals anything."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from .. import canary
from ..canary import KeysRefused, check_keys, delete_unused_keys, establish_keys, get_ids_in_use
from ..checks import key_ring_fits_the_database
from ..models import KeyInUse
from ..rotation import rotate
from .test_vault import NEW, OLD, Secret, ring, table  # noqa: F401 - fixtures

OTHER_OLD = "old1:b3RoZXItdmF1bHQta2V5LW9mLTMyLWJ5dGVzLW90aGU="
SECRETS = [entry.partition(":")[2] for entry in (OLD, NEW, OTHER_OLD)]


def test_a_new_database_notes_the_key_that_seals(table):  # noqa: F811
    establish_keys()
    establish_keys()
    assert list(KeyInUse.objects.values_list("key_id", flat=True)) == ["old1"]
    check_keys()


def test_a_stray_key_on_an_existing_database_is_refused_by_the_name_of_the_one_that_lacks(table, ring):  # noqa: F811
    establish_keys()
    ring.VAULT_KEYS = [NEW]
    with pytest.raises(KeysRefused, match="old1") as refused:
        establish_keys()
    assert "new2" not in str(refused.value)
    assert not any(secret in str(refused.value) for secret in SECRETS)
    assert not KeyInUse.objects.filter(key_id="new2").exists()
    (error,) = key_ring_fits_the_database(None)
    assert (error.id, "old1" in error.msg) == ("vault.E002", True)


def test_another_key_under_the_same_name_is_refused(table, ring):  # noqa: F811
    establish_keys()
    ring.VAULT_KEYS = [OTHER_OLD]
    with pytest.raises(KeysRefused, match=r"another key .* old1") as refused:
        check_keys()
    assert not any(secret in str(refused.value) for secret in SECRETS)


@pytest.mark.parametrize("wrong", [NEW, OTHER_OLD])
def test_an_older_database_without_a_note_gets_one_only_when_its_rows_open(table, ring, wrong):  # noqa: F811
    table.objects.create(text="a story", answers={"a": 1})
    ring.VAULT_KEYS = [wrong]
    with pytest.raises(KeysRefused, match="old1"):
        establish_keys()
    assert not KeyInUse.objects.exists()
    ring.VAULT_KEYS = [NEW, OLD]
    establish_keys()
    assert set(KeyInUse.objects.values_list("key_id", flat=True)) == {"old1", "new2"}


def test_one_spoilt_row_does_not_stop_the_start_of_an_older_database(table):  # noqa: F811
    for _row in range(3):
        table.objects.create(text="a story")
    spoilt = table.objects.order_by("pk").first()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE vault_secret SET text = 'v1.old1.c3BvaWx0' WHERE id = %s", [spoilt.pk.hex])
    establish_keys()
    assert KeyInUse.objects.filter(key_id="old1").exists()


def test_a_key_may_leave_the_ring_only_after_rotation_has_finished(table, ring, monkeypatch):  # noqa: F811
    table.objects.create(text="a story")
    establish_keys()
    ring.VAULT_KEYS = [NEW, OLD]
    establish_keys()
    assert delete_unused_keys() == []
    ring.VAULT_KEYS = [NEW]
    with pytest.raises(KeysRefused, match="old1"):
        establish_keys()
    ring.VAULT_KEYS = [NEW, OLD]
    assert rotate() == {"vault.Secret": 1}
    assert delete_unused_keys() == ["old1"]
    ring.VAULT_KEYS = [NEW]
    establish_keys()
    assert get_ids_in_use() == {"new2"}


def test_the_rotation_command_refuses_a_ring_that_does_not_fit_and_says_which_key_may_go(table, ring, capsys):  # noqa: F811
    table.objects.create(text="a story")
    establish_keys()
    ring.VAULT_KEYS = [NEW]
    with pytest.raises(CommandError, match="old1"):
        call_command("vault_rotate")
    ring.VAULT_KEYS = [NEW, OLD]
    call_command("vault_rotate")
    assert "may leave VAULT_KEYS: old1" in capsys.readouterr().out


def test_a_start_asks_little_however_many_rows_are_sealed(table, django_assert_max_num_queries):  # noqa: F811
    table.objects.create(text="a story")
    establish_keys()
    with django_assert_max_num_queries(4):
        establish_keys()


@pytest.mark.django_db
def test_every_sealed_column_of_the_system_can_be_asked_for_its_keys():
    """The real models: the names of all their columns are known to the database."""
    assert canary.get_ids_in_use() <= {"test1", "old1", "new2"}
