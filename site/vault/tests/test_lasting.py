"""Keys of one purpose: apart from each other, and those of hashes outlive the ring's."""

from io import StringIO

import pytest
from django.core.management import call_command

from .. import lasting
from ..canary import establish_keys
from ..keyring import CELLS, PAGES, KeyRingError, load_key_ring, subkey
from ..models import LastingKey
from ..rotation import rotate
from ..seal import SealBroken, fingerprint, get_place, old_fingerprint, same_content, seal, unseal
from .test_vault import NEW, OLD, ring  # noqa: F401 - fixture, used everywhere

PLACE = get_place("t", "c", 1)


@pytest.fixture(autouse=True)
def no_key_yet(request: pytest.FixtureRequest) -> None:
    """The tests' database begins with one, which the ring of a test doesn't open."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        LastingKey.objects.all().delete()


def test_each_purpose_has_a_key_of_its_own():
    key = load_key_ring().primary
    made = {key.subkey(purpose) for purpose in (CELLS, PAGES, "another")}
    assert len(made) == 3
    assert key.secret not in made
    assert subkey(PAGES) == key.subkey(PAGES)
    assert {len(one) for one in made} == {32}


def test_what_was_sealed_for_one_purpose_opens_for_no_other():
    token = seal(b"x", PLACE, purpose=PAGES)
    assert unseal(token, PLACE, purpose=PAGES) == b"x"
    with pytest.raises(SealBroken):
        unseal(token, PLACE)


def test_fingerprints_of_either_form_are_compared(ring):  # noqa: F811
    key = load_key_ring().primary
    old, new = old_fingerprint(b"x", key), fingerprint(b"x")
    assert old != new
    assert same_content(b"x", old)
    assert same_content(b"x", new)
    assert not same_content(b"y", old)
    ring.VAULT_KEYS = [NEW]
    for kept in (old, new):
        with pytest.raises(KeyRingError, match="old1"):
            same_content(b"x", kept)


@pytest.mark.django_db
def test_a_lasting_key_is_sealed_and_turned_with_the_ring(ring):  # noqa: F811
    kept = lasting.keyed_hash("test", b"x")
    assert str(LastingKey.objects.values_list("secret", flat=True).get()).startswith("v2.old1.")
    ring.VAULT_KEYS = [NEW, OLD]
    rotate()
    ring.VAULT_KEYS = [NEW]
    assert lasting.matches("test", b"x", kept)
    assert not lasting.matches("test", b"y", kept)
    with pytest.raises(KeyRingError):
        lasting.matches("test", b"x", "gone:00")


@pytest.mark.django_db
def test_what_the_rings_keys_hashed_before_is_taken_over_once(ring):  # noqa: F811
    ring.VAULT_KEYS = [NEW, OLD]
    kept = [old_fingerprint(b"x", key) for key in load_key_ring().keys]
    establish_keys()
    establish_keys()
    assert LastingKey.objects.filter(purpose=lasting.RECEIPTS, taken_over=True).count() == 2
    assert LastingKey.objects.filter(purpose=lasting.RECEIPTS, taken_over=False).count() == 1
    rotate()
    ring.VAULT_KEYS = [NEW]
    assert all(lasting.matches(lasting.SUBMISSIONS, b"x", one) for one in kept)
    assert lasting.keyed_hash(lasting.RECEIPTS, b"x") not in kept
    assert set(kept) < set(lasting.keyed_hashes(lasting.RECEIPTS, b"x"))


@pytest.mark.django_db
def test_a_renewed_key_makes_new_hashes_and_leaves_the_old_ones_good():
    first = lasting.keyed_hash(lasting.RECEIPTS, b"x")
    out = StringIO()
    call_command("vault_rotate", renew=[lasting.RECEIPTS], stdout=out)
    second = lasting.keyed_hash(lasting.RECEIPTS, b"x")
    assert first != second
    assert f"receipts: new key {second.partition(':')[0]}" in out.getvalue()
    assert lasting.matches(lasting.RECEIPTS, b"x", first)


@pytest.mark.django_db
def test_two_that_begin_at_once_leave_two_good_keys(monkeypatch):
    other = lasting._begin("test")
    monkeypatch.setattr(lasting, "_keys", lambda purpose: [lasting._begin(purpose)])
    kept = lasting.keyed_hash("test", b"x")
    monkeypatch.undo()
    assert lasting.matches("test", b"x", kept)
    assert other.key_id != kept.partition(":")[0]
