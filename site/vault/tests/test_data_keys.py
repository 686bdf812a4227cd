"""A key for each owner: what belongs to it is sealed under it, rotation leaves it, and destroying forgets it all."""

import os
import re
import shutil
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps.registry import Apps
from django.db import connection, models

from .. import data_keys
from ..canary import KeysRefused, check_keys, count_values_of_old_keys, get_ids_in_use
from ..fields import SealedTextField, reseal_for_owner
from ..models import DataKey
from ..rotation import rotate
from ..seal import KeyDestroyed, KeyMissing, SealBroken, get_place, same_content, seal, split_token, unseal

pytestmark = pytest.mark.django_db
PLACE = b"table/column/row"
OLD = "old1:b2xkLXZhdWx0LWtleS1vZi0zMi1ieXRlcy1vbGQxMSE="
NEW = "new2:bmV3LXZhdWx0LWtleS1vZi0zMi1ieXRlcy1uZXcyMiE="


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.VAULT_CASE_KEY_DIR = tmp_path / "case_keys"
    data_keys._cached.clear()
    return settings.VAULT_CASE_KEY_DIR


@pytest.fixture
def owner() -> UUID:
    made = uuid4()
    data_keys.create(made)
    return made


def destroy(owner: UUID, run: Any) -> None:
    with run(execute=True):
        data_keys.destroy(owner)


def test_what_is_sealed_for_an_owner_opens_under_its_key_alone(owner: UUID, settings: Any) -> None:
    token = seal(b"Kanarina", PLACE, owner=owner)
    assert token.startswith(f"v3.{owner.hex}.")
    assert unseal(token, PLACE) == b"Kanarina"
    for wrong in (b"table/column/other", b""):
        with pytest.raises(SealBroken):
            unseal(token, wrong)
    other = uuid4()
    data_keys.create(other)
    with pytest.raises(SealBroken):
        unseal(token.replace(owner.hex, other.hex), PLACE)


def test_what_is_said_to_be_anothers_does_not_open_even_where_both_have_one_key(
    owner: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The owner is bound beside its key: a key that were ever to stand for two would still not make one's words the
    # other's, which outlive their forgetting.
    token, other = seal(b"Kanarina", PLACE, owner=owner), uuid4()
    cipher = data_keys.get_cipher(owner)
    monkeypatch.setattr(data_keys, "get_cipher", lambda _owner: cipher)
    assert unseal(token, PLACE) == b"Kanarina"
    with pytest.raises(SealBroken):
        unseal(token.replace(owner.hex, other.hex), PLACE)


# As they were written in December 2026, under OLD: what is stored must open whatever the code becomes.
EARLIER_OWNER = UUID("6f1f1a52-7c39-4c44-9b7e-2f3f7f1f0a11")
EARLIER_KEY = "v2.old1.661a86aeab4bb.1asInclBPTcOj_AgoDWcKKBDOjGRP_-phX8XJGGfSKLS6YSRFCBW6nCSuekovkvNhJW8K_oICV6O_vf7"
EARLIER = (
    "v1.old1.Q_SyLO-SrXGlTe_2Vj5TCdXSHrnxkMpT8JZRXUSyknrWCvdG",
    "v2.old1.661a86aea94cc.i4yKVdfsd4-XKgYX2riMx7G2WkJugo0XTN6KQjZ_64dh5ETt",
    "v3.6f1f1a527c394c449b7e2f3f7f1f0a11.661a86aeabb7e.io_6l8jMp5niJmLL9gTruSaijWqFMHRvMA1YkZG5llebcXCE",
)
EARLIER_FINGERPRINTS = (
    "old1.2:5cf6f2319993f9b5d82ae7951e4b279cb8eeec6a132a4e975820cc6bc25451f3",
    "old1:06be9afcbe80d07853e9ac4f2f7d793637a85e8342d1e5eacd97aed557f3946a",
)


def test_what_an_earlier_release_sealed_opens_and_what_it_compared_compares(settings: Any, folder: Path) -> None:
    settings.VAULT_KEYS = [NEW, OLD]
    assert data_keys.put_back([f"{EARLIER_OWNER.hex} {EARLIER_KEY}"]) == (1, 0)
    for token in EARLIER:
        assert unseal(token, get_place("table", "column", "row")) == b"Kanarina"
    for stored in EARLIER_FINGERPRINTS:
        assert same_content(b"Kanarina", stored)
        assert not same_content(b"kanarina", stored)


def test_owners_without_a_key_are_found_page_by_page_and_those_with_one_are_not(
    owner: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = [uuid4() for _n in range(4)]
    monkeypatch.setattr(data_keys, "PAGE", 2)
    monkeypatch.setattr(
        data_keys, "_owners", {"cases": lambda: [*without[:2], owner, without[2]], "tips": lambda: [without[3]]}
    )
    assert list(data_keys.iter_missing()) == without
    for each in without:
        data_keys.create(each)
    assert list(data_keys.iter_missing()) == []


def test_a_key_is_made_once_and_is_in_no_table(owner: UUID, folder: Path) -> None:
    (file,) = [path for path in folder.rglob("*") if path.is_file()]
    before = file.read_text()
    data_keys.create(owner)
    assert file.read_text() == before
    assert file.stat().st_mode & 0o777 == 0o600
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM vault_datakey")
        assert before not in str(cursor.fetchall())


def test_destroying_ends_it_for_good_and_a_late_write_is_refused(
    owner: UUID, folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    token = seal(b"Kanarina", PLACE, owner=owner)
    destroy(owner, django_capture_on_commit_callbacks)
    for attempt in (
        lambda: unseal(token, PLACE),
        lambda: seal(b"late", PLACE, owner=owner),
        lambda: data_keys.has_key(owner),
        lambda: data_keys.create(owner),
    ):
        with pytest.raises(KeyDestroyed):
            attempt()
    (mark,) = [path for path in folder.rglob("*") if path.is_file()]
    assert mark.suffix == ".gone"
    # Whoever else is on the machine learns neither what there is nor what there was.
    assert [path.stat().st_mode & 0o777 for path in (mark, mark.parent)] == [0o600, 0o700]
    assert DataKey.objects.get(owner=owner).destroyed_at is not None
    with data_keys.sealing_without_owner():
        assert not data_keys.has_key(owner)


def test_a_key_is_overwritten_before_its_file_is_removed(
    owner: UUID, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    path, kept = data_keys._path(owner), tmp_path / "kept"
    written = path.read_bytes()
    os.link(path, kept)  # what still lies on the disk, for whoever looks there
    destroy(owner, django_capture_on_commit_callbacks)
    assert len(kept.read_bytes()) == len(written)
    assert kept.read_bytes() != written


def test_what_never_had_a_key_is_destroyed_for_good_too(django_capture_on_commit_callbacks: Any) -> None:
    never = uuid4()  # from before there were keys, and forgotten before `vault_rotate` gave it one
    destroy(never, django_capture_on_commit_callbacks)
    assert DataKey.objects.get(owner=never).destroyed_at is not None
    with pytest.raises(KeyDestroyed):
        data_keys.create(never)


def test_a_transaction_that_is_rolled_back_destroys_nothing(owner: UUID) -> None:
    token = seal(b"Kanarina", PLACE, owner=owner)
    data_keys.destroy(owner)  # the test's transaction is never committed
    assert unseal(token, PLACE) == b"Kanarina"


def test_a_process_that_ended_before_the_file_was_removed_is_made_up_for(owner: UUID) -> None:
    data_keys.destroy(owner)
    assert data_keys.finish_destroying() == 1
    assert data_keys.finish_destroying() == 0
    assert data_keys.is_destroyed(owner)


def test_a_missing_file_is_not_taken_for_a_forgotten_owner(owner: UUID, folder: Path) -> None:
    token = seal(b"Kanarina", PLACE, owner=owner)
    (folder / owner.hex[:2] / owner.hex).unlink()
    with pytest.raises(KeyMissing):
        unseal(token, PLACE)
    with pytest.raises(KeysRefused, match="VAULT_CASE_KEY_DIR"):
        check_keys()


def test_an_older_database_beside_newer_keys_knows_what_was_destroyed(
    owner: UUID, django_capture_on_commit_callbacks: Any
) -> None:
    known = uuid4()
    data_keys.create(known)
    for each in (owner, known):
        destroy(each, django_capture_on_commit_callbacks)
    DataKey.objects.filter(owner=owner).update(destroyed_at=None)  # as the copy had it
    assert list(data_keys.iter_destroyed_elsewhere()) == [owner]
    check_keys()  # destroyed isn't lost


def test_the_ring_turns_by_sealing_the_keys_anew_and_nothing_else(owner: UUID, settings: Any) -> None:
    settings.VAULT_KEYS = [OLD]
    second = uuid4()
    data_keys.create(second)
    token = seal(b"Kanarina", PLACE, owner=second)
    settings.VAULT_KEYS = [NEW, OLD, *settings.VAULT_KEYS, "test1:dGVzdC12YXVsdC1rZXktb2YtMzItYnl0ZXMtdGVzdCE="]
    settings.VAULT_KEYS = list(dict.fromkeys(settings.VAULT_KEYS))
    assert "old1" in get_ids_in_use()
    assert count_values_of_old_keys()["old1"] == {"data keys": 1}
    rotate()
    assert "old1" not in get_ids_in_use()
    settings.VAULT_KEYS = [NEW]
    data_keys._cached.clear()
    assert unseal(token, PLACE) == b"Kanarina"


def test_the_memory_of_keys_is_bounded_and_follows_the_file(
    monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(data_keys, "MAX_CACHED", 3)
    owners = [uuid4() for _n in range(6)]
    for each in owners:
        data_keys.create(each)
        seal(b"x", PLACE, owner=each)
    assert list(data_keys._cached) == owners[-3:]  # a page that goes on finds what it opened last
    destroy(owners[-1], django_capture_on_commit_callbacks)
    assert owners[-1] not in data_keys._cached


def test_a_copy_puts_back_what_is_missing_and_never_what_was_destroyed(
    owner: UUID, folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    token, other = seal(b"Kanarina", PLACE, owner=owner), uuid4()
    data_keys.create(other)
    of_other = seal(b"Kanarina", PLACE, owner=other)
    older = list(data_keys.iter_lines())
    destroy(other, django_capture_on_commit_callbacks)
    lines = list(data_keys.iter_lines())
    assert len(lines) == 2
    assert lines[-1] == other.hex  # the marks come last: whoever reads on to the end has destroyed them again
    shutil.rmtree(folder)
    assert data_keys.put_back([other.hex]) == (0, 1)
    shutil.rmtree(folder)
    assert data_keys.put_back([f"{line}\n" for line in (*older, *lines)]) == (3, 1)
    assert unseal(token, PLACE) == b"Kanarina"
    with pytest.raises(KeyDestroyed):
        unseal(of_other, PLACE)
    assert data_keys.put_back(older) == (1, 0)  # what is destroyed here stays so
    assert data_keys.is_destroyed(other)
    assert not data_keys._path(other).exists()


def test_a_mirror_has_every_key_as_it_is_sealed_now_and_none_that_was_destroyed(
    owner: UUID, tmp_path: Path, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    other, aside = uuid4(), tmp_path / "mirror"
    data_keys.create(other)
    assert data_keys.mirror(aside) == (2, 0)
    assert data_keys.mirror(aside) == (0, 0)
    destroy(other, django_capture_on_commit_callbacks)
    settings.VAULT_KEYS = [NEW, *settings.VAULT_KEYS]
    assert data_keys.rewrap_all() == 1
    unseen = uuid4()  # made and destroyed between two passes: its mark is there all the same
    data_keys.create(unseen)
    destroy(unseen, django_capture_on_commit_callbacks)
    assert data_keys.mirror(aside) == (1, 2)
    here, there = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (Path(settings.VAULT_CASE_KEY_DIR), aside)
    )
    assert here == there
    assert len(here) == 3


def test_no_repr_shows_a_key(owner: UUID) -> None:
    data_keys.get_cipher(owner)
    # As a literal of bytes: an id may end in b, too.
    assert not re.search(r"\bb['\"]", repr(data_keys._cached))
    assert re.search(r"\bb['\"]", repr({"key": b"x"}))


def test_a_simulation_makes_none(folder: Path) -> None:
    imagined = uuid4()
    with data_keys.suspended():
        data_keys.create(imagined)
    assert not data_keys.has_key(imagined)
    assert not DataKey.objects.filter(owner=imagined).exists()


class Note(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4)
    case_id = models.UUIDField(null=True)
    text = SealedTextField(null=True, owner="case_id")

    class Meta:
        app_label = "vault"
        apps = Apps()  # no other test finds it

    def __str__(self) -> str:
        return str(self.pk)


def test_a_row_that_comes_to_its_owner_is_sealed_anew_without_counting_as_rewritten(owner: UUID) -> None:
    note = Note(text="Kanarina")
    field = Note._meta.get_field("text")
    field.pre_save(note, True)
    assert split_token(note.__dict__["text"]).owner is None
    note.case_id = owner
    assert reseal_for_owner(note) == ["text"]
    token = split_token(note.__dict__["text"])
    assert (token.owner, token.again) == (owner, False)
    assert note.text == "Kanarina"
    assert reseal_for_owner(note) == []


def test_no_migration_names_the_owner() -> None:
    assert "owner" not in Note._meta.get_field("text").deconstruct()[3]
