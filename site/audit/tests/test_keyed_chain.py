"""The chain's key: what somebody with full write access to the database can't do unseen; and older chains go on."""

import hashlib
import json
import stat
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from vault.keyring import KeyRingError

from ..chain import GENESIS, SEALED, expected_hash, log_event, seal_unkeyed_chain
from ..keys import _from_file, chain_keys
from ..models import AuditEntry, ChainHead
from ..triggers import AUDIT_ENTRIES
from ..verification import (
    CHANGED,
    CUT_OFF,
    MISSING,
    NO_KEY,
    NOT_HEAD,
    SEALED_TWICE,
    UNKEYED,
    UNLINKED,
    UNSEALED,
    verify_chain,
)

pytestmark = pytest.mark.django_db
OTHER = "other:" + "QUFB" * 10 + "QUE="


@pytest.fixture(autouse=True)
def tampering(db):
    """What somebody with the database's password can do: the triggers go first."""
    with connection.cursor() as cursor:
        for statement in AUDIT_ENTRIES.undo_sql(connection.vendor):
            cursor.execute(statement)


def unkeyed_hash(entry: AuditEntry) -> str:
    """As anybody can compute it who has read the source: no key is in it."""
    body = {
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": [entry.actor_kind, entry.actor_id],
        "action": entry.action,
        "target": [entry.target_kind, entry.target_id],
        "detail": entry.detail,
    }
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256((entry.previous_hash + canonical).encode()).hexdigest()


def write(count: int) -> list[AuditEntry]:
    before = AuditEntry.objects.count()
    for number in range(count):
        log_event("test.done", target_id=number)
    return list(AuditEntry.objects.order_by("number")[before:])


def put(entries: list[AuditEntry], *, is_keyed: bool = True) -> None:
    """Makes these the whole chain, as they are, and the head fit."""
    AuditEntry.objects.all()._raw_delete("default")
    AuditEntry.objects.bulk_create(entries)
    last = entries[-1]
    ChainHead.objects.update_or_create(pk=1, defaults={"number": last.number, "hash": last.hash, "is_keyed": is_keyed})


def rehashed(entries: list[AuditEntry], *, from_number: int = 1) -> list[AuditEntry]:
    """Numbers, links and hashes made to fit again, without the key, from this entry on."""
    previous = GENESIS
    for number, entry in enumerate(entries, start=1):
        entry.number, entry.previous_hash = number, previous
        if number >= from_number:
            entry.key_id = None
            entry.hash = unkeyed_hash(entry)
        previous = entry.hash
    return entries


def unkeyed(count: int) -> list[AuditEntry]:
    """A chain as it was written before there was a key."""
    put(rehashed(write(count)), is_keyed=False)
    assert verify_chain().ok
    return list(AuditEntry.objects.all())


def test_each_entry_names_its_key_and_none_of_it_is_in_the_database():
    entry = write(1)[0]
    assert entry.key_id == "test1"
    assert entry.hash != unkeyed_hash(entry)
    assert entry.hash == expected_hash(entry)


@pytest.mark.parametrize(
    ("key_id", "stored"),
    [
        ("test1", "a26bdec5f4a169fbfd4f8331664e6ecaf66e2dea0e5f662eabc6bfb5618f89fc"),
        (None, "2f8d9800a18b46855486bb0ba189b26c31ebd178be1f346290411112427d5c97"),
    ],
)
def test_an_entry_that_an_earlier_release_wrote_still_fits_its_hash(key_id, stored):
    entry = AuditEntry(
        number=7,
        at=datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC),
        actor_kind="user",
        actor_id="3",
        action="case.opened",
        target_kind="case",
        target_id="7K2M9Q",
        detail={"unit": "Vlorë", "count": 2, "by": None},
        previous_hash=GENESIS,
        key_id=key_id,
    )
    assert expected_hash(entry) == stored


def test_a_chain_without_a_key_is_sealed_over_by_the_first_keyed_entry():
    unkeyed(3)
    log_event("test.done")
    entry = AuditEntry.objects.latest("number")
    seal = AuditEntry.objects.get(action=SEALED)
    assert (seal.number, seal.detail, entry.number) == (4, {"entries": 3}, 5)
    assert verify_chain().ok
    log_event("test.done")
    assert AuditEntry.objects.latest("number").number == 6
    assert AuditEntry.objects.filter(action=SEALED).count() == 1


def test_a_chain_of_one_entry_is_sealed_and_held_against_its_head_too():
    (entry,) = unkeyed(1)
    log_event("test.done")
    assert AuditEntry.objects.get(action=SEALED).number == 2
    assert verify_chain().ok
    put([entry], is_keyed=False)
    ChainHead.objects.update(hash=GENESIS)
    assert (verify_chain().broken, verify_chain().reason) == (1, NOT_HEAD)
    entry.action = SEALED
    put(rehashed([entry]))
    (keyed,) = write(1)  # one that seals nothing, over one that pretends to
    assert keyed.number == 2
    assert (verify_chain().broken, verify_chain().reason) == (2, UNSEALED)


def test_the_seal_can_be_set_at_the_start():
    assert not seal_unkeyed_chain()
    unkeyed(2)
    assert seal_unkeyed_chain()
    assert not seal_unkeyed_chain()
    assert AuditEntry.objects.get(number=3).action == SEALED
    assert verify_chain().ok


def test_a_sealed_chain_can_not_be_changed_under_its_seal():
    unkeyed(3)
    log_event("test.done")
    entries = list(AuditEntry.objects.all())
    entries[1].action = "test.other"
    for before, entry in pairwise(entries[:3]):
        entry.previous_hash = before.hash
        entry.hash = unkeyed_hash(entry)
    put(entries)
    assert (verify_chain().broken, verify_chain().reason) == (4, UNLINKED)


@pytest.mark.parametrize("number", [1, 3, 4])
def test_an_entry_hashed_anew_without_the_key_is_named(number):
    write(4)
    entries = list(AuditEntry.objects.all())
    entries[number - 1].action = "test.other"
    put(rehashed(entries, from_number=number))
    report = verify_chain()
    # From the first entry on nothing with a key is left: only a note tells (test_watch).
    assert (report.broken, report.reason) == ((None, "") if number == 1 else (number, UNKEYED))


def test_all_of_it_hashed_anew_is_named_as_soon_as_the_seal_was_older():
    unkeyed(2)
    write(2)
    entries = [entry for entry in AuditEntry.objects.all() if entry.number != 2]
    put(rehashed(entries), is_keyed=True)  # the head says that there was a seal
    log_event("test.done")
    assert (verify_chain().broken, verify_chain().reason) == (5, UNSEALED)


def test_a_second_seal_is_named():
    write(3)
    ChainHead.objects.update(is_keyed=False)
    log_event("test.done")
    assert (verify_chain().broken, verify_chain().reason) == (4, SEALED_TWICE)


def test_a_key_that_is_gone_is_named_and_stops_nobody_who_writes(settings):
    write(2)
    settings.AUDIT_KEYS = [OTHER]
    assert (verify_chain().broken, verify_chain().reason) == (1, NO_KEY)
    write(1)
    settings.AUDIT_KEYS = [OTHER, *settings.AUDIT_KEYS, "test1:dGVzdC1jaGFpbi1rZXktb2YtMzItYnl0ZXMtdGVzdCE="][::2]
    assert verify_chain().ok
    assert [entry.key_id for entry in AuditEntry.objects.all()] == ["test1", "test1", "other"]


def test_a_key_of_another_value_under_the_same_name_fits_nothing(settings):
    write(2)
    settings.AUDIT_KEYS = [OTHER.replace("other", "test1")]
    assert (verify_chain().broken, verify_chain().reason) == (1, CHANGED)


@given(data=st.data())
def test_whatever_is_done_to_a_keyed_chain_without_its_key_is_named(data):
    """Any entry deleted, edited, swapped or put in twice, with numbers, links and head mended as well as can be."""
    AuditEntry.objects.all()._raw_delete("default")
    ChainHead.objects.all().delete()
    write(6)
    entries = list(AuditEntry.objects.all())
    kind = data.draw(st.sampled_from(["delete", "edit", "swap", "repeat", "relabel", "cut"]))
    at = data.draw(st.integers(1, 4))  # never the last: what is cut off there only a note tells
    mend = data.draw(st.booleans())
    if kind == "delete":
        del entries[at]
    elif kind == "edit":
        entries[at].detail = {"other": True}
    elif kind == "swap":
        entries[at], entries[at - 1] = entries[at - 1], entries[at]
    elif kind == "repeat":
        entries.insert(at, AuditEntry.objects.get(number=at))
        entries[at].hash = "f" * 64
    elif kind == "relabel":
        entries[at].key_id = None
    elif kind == "cut":
        entries = entries[:at]
    if mend or kind in ("swap", "repeat"):
        previous = GENESIS
        for number, entry in enumerate(entries, start=1):
            entry.number, entry.previous_hash, previous = number, previous, entry.hash
    head = ChainHead.objects.get()
    AuditEntry.objects.all()._raw_delete("default")
    AuditEntry.objects.bulk_create(entries)
    if mend and kind != "cut":
        head.number, head.hash = entries[-1].number, entries[-1].hash
    ChainHead.objects.filter(pk=1).update(number=head.number, hash=head.hash)
    report = verify_chain()
    assert not report.ok
    assert report.reason in (CHANGED, MISSING, UNLINKED, UNKEYED, CUT_OFF)


def test_without_a_setting_the_key_is_made_once_in_a_file_that_only_we_read(settings, tmp_path):
    settings.AUDIT_KEYS, settings.AUDIT_KEY_FILE = [], tmp_path / "keys" / "audit.keys"
    write(1)
    assert stat.S_IMODE(settings.AUDIT_KEY_FILE.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.AUDIT_KEY_FILE.parent.stat().st_mode) == 0o700
    _from_file.cache_clear()
    assert AuditEntry.objects.get().key_id == chain_keys().primary.id
    assert verify_chain().ok
    assert [path.name for path in settings.AUDIT_KEY_FILE.parent.iterdir()] == ["audit.keys"]


def test_a_file_that_can_not_be_made_is_said_in_words(settings, tmp_path):
    (tmp_path / "keys").write_text("no folder")
    settings.AUDIT_KEYS, settings.AUDIT_KEY_FILE = [], tmp_path / "keys" / "audit.keys"
    with pytest.raises(KeyRingError, match="AUDIT_KEYS"):
        log_event("test.done")
