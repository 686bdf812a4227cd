"""Sealed values: readable in their own cell with the right key, and nowhere else."""

import copy
import pickle
import traceback
import uuid
from io import StringIO

import pytest
from django.apps.registry import Apps
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection, models

from .. import rotation
from ..canary import establish_keys
from ..checks import key_ring_is_readable
from ..fields import Opened, SealedBytesField, SealedField, SealedJSONField, SealedTextField
from ..keyring import KeyRingError, load_key_ring
from ..seal import SealBroken, fingerprint, get_place, same_content, seal, split_token, unseal

CANARY = "Kanarina e Verdhë"
OLD = "old1:b2xkLXZhdWx0LWtleS1vZi0zMi1ieXRlcy1vbGQhISE="
NEW = "new2:bmV3LXZhdWx0LWtleS1vZi0zMi1ieXRlcy1uZXchISE="
registry = Apps()


class Secret(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    text = SealedTextField(null=True)
    answers = SealedJSONField(null=True)
    paper = SealedBytesField(null=True)

    class Meta:
        apps = registry
        app_label = "vault"

    def __str__(self) -> str:
        return str(self.id)


@pytest.fixture(autouse=True)
def ring(settings):
    settings.VAULT_KEYS = [OLD]
    return settings


@pytest.fixture
def table(db, monkeypatch):
    columns = ", ".join(f"{field.column} {field.db_type(connection)}" for field in Secret._meta.concrete_fields)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {Secret._meta.db_table} ({columns})")
    sealed = [field for field in Secret._meta.concrete_fields if isinstance(field, SealedField)]
    monkeypatch.setattr(rotation, "sealed_fields", lambda: [(Secret, sealed)])
    return Secret


def column(name: str, key: uuid.UUID) -> str:
    return Secret.objects.filter(pk=key).values_list(name, flat=True).get()


def put(name: str, key: uuid.UUID, value: str) -> None:
    stored_key = Secret._meta.pk.get_db_prep_value(key, connection)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {Secret._meta.db_table} SET {name} = %s WHERE id = %s", [value, stored_key])  # noqa: S608


def test_each_kind_reads_back_and_the_column_holds_no_plain_text(table):
    answers = {"name": CANARY, "ages": [1, None]}
    made = Secret.objects.create(text=CANARY, answers=answers, paper=b"%PDF" + CANARY.encode())
    read = Secret.objects.get(pk=made.pk)
    assert (read.text, read.answers, read.paper) == (CANARY, answers, b"%PDF" + CANARY.encode())
    for name in ("text", "answers", "paper"):
        assert column(name, made.pk).startswith("v2.old1.")
        assert CANARY not in column(name, made.pk)


def test_nothing_stays_nothing(table):
    made = Secret.objects.create()
    read = Secret.objects.get(pk=made.pk)
    assert read.text is None
    assert column("text", made.pk) is None
    assert Secret.objects.filter(text__isnull=True).count() == 1


def test_the_same_value_is_never_sealed_the_same_twice():
    place = get_place("t", "c", 1)
    assert seal(b"x", place) != seal(b"x", place)


def test_a_value_pasted_into_another_row_does_not_open(table):
    mine, theirs = Secret.objects.create(text=CANARY), Secret.objects.create(text="x")
    put("text", theirs.pk, column("text", mine.pk))
    with pytest.raises(SealBroken):
        _ = Secret.objects.get(pk=theirs.pk).text


def test_a_value_pasted_into_another_column_does_not_open(table):
    made = Secret.objects.create(text=CANARY, paper=b"x")
    put("paper", made.pk, column("text", made.pk))
    with pytest.raises(SealBroken):
        _ = Secret.objects.get(pk=made.pk).paper


@pytest.mark.parametrize(
    "damage",
    [
        "plain text",
        "v3.old1.1.AAAA",
        "v2.old1.AAAA",
        "v2.old1.1.AAAA",
        "v2.old1.+.AAAA",
        "v2.old1.x1.AAAA",
        "v2.old1." + "f" * 17 + ".AAAA",
        "v1.old1.AAAA",
        "v1.old1.A",
        "v1.old1.!!",
    ],
)
def test_what_is_no_seal_of_ours_does_not_open(damage):
    with pytest.raises(SealBroken):
        unseal(damage, get_place("t", "c", 1))


@pytest.mark.parametrize(
    "damage", ["v1.old1.1.AAAA", "v2.old1.AAAA", "v2.old1.1.AAAA.B", "v3.old1.1.AAAA", "v9.old1.AAAA", "v9.old1.1.AAAA"]
)
def test_what_is_no_seal_of_ours_is_counted_under_no_key(damage):
    with pytest.raises(SealBroken):
        split_token(damage)


def test_a_changed_byte_does_not_open():
    token = seal(CANARY.encode(), get_place("t", "c", 1))
    middle = len(token) - 10
    changed = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    with pytest.raises(SealBroken) as caught:
        unseal(changed, get_place("t", "c", 1))
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_a_key_of_the_same_name_with_other_bytes_opens_nothing(table, ring):
    made = Secret.objects.create(text=CANARY)
    ring.VAULT_KEYS = ["old1:" + NEW.partition(":")[2]]
    with pytest.raises(SealBroken):
        _ = Secret.objects.get(pk=made.pk).text


def test_a_key_taken_off_the_ring_too_early_is_named(table, ring):
    made = Secret.objects.create(text=CANARY)
    ring.VAULT_KEYS = [NEW]
    with pytest.raises(KeyRingError, match="old1"):
        _ = Secret.objects.get(pk=made.pk).text


def test_changing_a_copy_that_was_read_changes_nothing_until_it_is_assigned(table):
    made = Secret.objects.create(answers={"a": 1})
    made.answers["a"] = 2
    assert made.answers == {"a": 1}
    made.answers = {"a": 2}
    made.save(update_fields=["answers"])
    assert Secret.objects.get(pk=made.pk).answers == {"a": 2}


def test_update_and_comparisons_are_refused(table):
    made = Secret.objects.create(text=CANARY)
    with pytest.raises(FieldError):
        Secret.objects.update(text="x")
    with pytest.raises(FieldError):
        Secret.objects.bulk_update([made], ["text"])
    with pytest.raises(FieldError):
        Secret.objects.filter(text=CANARY).exists()
    with pytest.raises(FieldError):
        Secret.objects.filter(text__contains="K").exists()
    with pytest.raises(FieldError):
        Secret._meta.get_field("text").value_to_string(made)


def test_many_rows_may_be_made_at_once(table):
    Secret.objects.bulk_create([Secret(text=f"{CANARY} {number}") for number in range(3)])
    assert {row.text for row in Secret.objects.all()} == {f"{CANARY} {number}" for number in range(3)}


def test_a_column_left_out_is_read_when_it_is_asked_for(table):
    made = Secret.objects.create(text=CANARY)
    assert Secret.objects.defer("text").get(pk=made.pk).text == CANARY


def test_a_row_without_its_key_can_not_be_sealed():
    with pytest.raises(ValueError, match="primary key"):
        Secret._meta.get_field("text").place(Secret(id=None))


def test_no_repr_shows_a_value(ring):
    row = Secret(text=CANARY)
    for shown in (repr(row), repr(row.__dict__), repr(Opened(CANARY.encode())), repr(load_key_ring())):
        assert CANARY not in shown
        assert "b2xk" not in shown


def test_an_unsaved_value_can_not_be_pickled_but_copied(table):
    row = Secret(text=CANARY)
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(row.__dict__)
    for twin in (copy.copy(row.__dict__), copy.deepcopy(row.__dict__)):
        assert twin["text"].plain == CANARY.encode()


def test_a_saved_row_is_pickled_sealed(table):
    made = Secret.objects.create(text=CANARY)
    packed = pickle.dumps(Secret.objects.get(pk=made.pk).__dict__)
    assert CANARY.encode() not in packed


def test_rotation_seals_everything_under_the_new_key_and_may_stop_half_way(table, ring):
    texts = [f"{CANARY} {number}" for number in range(5)]
    rows = [Secret.objects.create(text=text, paper=b"p") for text in texts]
    Secret.objects.create()
    ring.VAULT_KEYS = [NEW, OLD]
    first = Secret.objects.order_by("pk").first()
    first.text = first.text
    first.save()
    assert rotation.rotate(batch=2) == {"vault.Secret": 5}
    assert rotation.rotate(batch=2) == {"vault.Secret": 0}
    ring.VAULT_KEYS = [NEW]
    assert sorted(row.text for row in Secret.objects.filter(text__isnull=False)) == texts
    for row in rows:
        assert column("paper", row.pk).startswith("v2.new2.")


def test_rotation_names_the_row_that_does_not_open(table, ring):
    made = Secret.objects.create(text=CANARY)
    establish_keys()
    put("text", made.pk, "v1.old1.AAAA")
    ring.VAULT_KEYS = [NEW, OLD]
    with pytest.raises(CommandError, match=str(made.pk)) as caught:
        call_command("vault_rotate")
    assert CANARY not in str(caught.value)


def test_the_rotation_command_counts(table, ring):
    Secret.objects.create(text=CANARY)
    ring.VAULT_KEYS = [NEW, OLD]
    out = StringIO()
    call_command("vault_rotate", stdout=out)
    assert out.getvalue().splitlines() == [
        "vault.Secret: 1 re-sealed",
        "old1: nothing hangs on it",
        "No longer in use, may leave VAULT_KEYS: old1",
    ]


def test_a_new_key_fits_the_ring(ring):
    out = StringIO()
    call_command("vault_key", stdout=out)
    ring.VAULT_KEYS = [out.getvalue().strip(), OLD]
    assert len(load_key_ring().primary.secret) == 32


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], "empty"),
        (["nocolon"], "entry 1"),
        (["bad id:AAAA"], "entry 1"),
        (["a:!!!"], "not base64"),
        (["a:AAAA"], "32 are needed"),
        ([OLD, OLD], "twice"),
    ],
)
def test_a_bad_ring_is_named_at_the_start_without_its_values(ring, entries, words):
    ring.VAULT_KEYS = entries
    issues = key_ring_is_readable(None)
    assert words in issues[0].msg
    assert "b2xk" not in issues[0].msg


def test_a_good_ring_passes_the_start_up_check():
    assert key_ring_is_readable(None) == []


def test_fingerprints_compare_without_opening_and_survive_rotation(ring):
    stored = fingerprint(CANARY.encode())
    assert CANARY not in stored
    ring.VAULT_KEYS = [NEW, OLD]
    assert same_content(CANARY.encode(), stored)
    assert not same_content(b"other", stored)
    assert fingerprint(CANARY.encode()) != stored


def test_the_base_field_says_what_a_subclass_must_bring():
    with pytest.raises(NotImplementedError):
        SealedField().to_plain("x")
    with pytest.raises(NotImplementedError):
        SealedField().from_plain(b"x")


def test_the_class_gives_the_descriptor_itself():
    assert Secret.text.field is Secret._meta.get_field("text")
