"""Keyed hashes by which a sealed value is found, and the indexes that `vault_rotate` rebuilds."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault import blind_index
from vault.blind_index import BlindIndex, build_digest, get_key_ids, get_primary_key, rebuild_indexes, register_index
from vault.keyring import FINGERPRINTS, Key, parse_keys

ONE, OTHER = Key("one", b"1" * 32), Key("other", b"2" * 32)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(blind_index, "_indexes", {})
    return


@given(st.lists(st.text(max_size=8), min_size=1, max_size=4), st.lists(st.text(max_size=8), min_size=1, max_size=4))
def test_equal_parts_give_equal_digests_and_others_do_not(one: list[str], other: list[str]) -> None:
    assert (build_digest(ONE, *one) == build_digest(ONE, *other)) is (one == other)


def test_where_one_part_ends_and_the_next_begins_counts() -> None:
    assert build_digest(ONE, "ab", "c") != build_digest(ONE, "a", "bc")


def test_rows_that_an_earlier_release_indexed_are_found() -> None:
    assert build_digest(ONE, "ana", "vlora") == "6e8d64fcac869217cda2c6cf32071ae5"


def test_another_key_and_another_purpose_give_other_digests() -> None:
    assert build_digest(ONE, "ana") != build_digest(OTHER, "ana")
    assert ONE.subkey(FINGERPRINTS) != ONE.subkey("blind-index")


def test_the_rings_first_key_indexes(settings: Any) -> None:
    settings.VAULT_KEYS = ["a:" + "A" * 43 + "=", "b:" + "B" * 43 + "="]
    assert get_primary_key() == parse_keys(tuple(settings.VAULT_KEYS)).keys[0]


def test_each_registered_index_is_rebuilt_and_names_its_keys(registry: None) -> None:
    register_index(BlindIndex("persons", lambda: {"old": 3, "new": 1}, lambda: 3))
    register_index(BlindIndex("places", dict, lambda: 0))
    assert rebuild_indexes() == {"persons": 3, "places": 0}
    assert get_key_ids() == {"old", "new"}
