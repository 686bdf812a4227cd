"""A blind index: keyed hashes by which a sealed value is found, without opening any.

A row stores the hash of what may be asked for (`build_digest`) and the id of the key that made it. Whoever asks hashes
the question under each key of the ring and compares. The key is a subkey of its own (`keyring.BLIND_INDEX`), so neither
the database nor the keys of other purposes tell what a hash stands for. Equal values give equal hashes: a room that
keeps an index chooses values so rare that how often one occurs tells nothing (docs/adr/0110).

An index can be made again from what is sealed, so its keys turn with the ring: `vault_rotate` has each registered index
rebuilt, and a key that rows of an index still name isn't reported as free to leave the ring.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .keyring import BLIND_INDEX, Key, load_key_ring

DIGEST_BYTES = 16  # 128 bits: two different values never meet by chance


@dataclass(frozen=True)
class BlindIndex:
    """An index that a room keeps. `count_by_key()`: {key id: rows}; `rebuild()`: make rows of older keys anew."""

    name: str
    count_by_key: Callable[[], Mapping[str, int]]
    rebuild: Callable[[], int]


_indexes: dict[str, BlindIndex] = {}


def register_index(index: BlindIndex) -> None:
    """Let `vault_rotate` know of an index. Registering it again replaces it."""
    _indexes[index.name] = index


def build_digest(key: Key, *parts: str) -> str:
    """Return the hash of these parts under one key: 32 hex digits.

    Each part is written with its length, so that ("ab", "c") and ("a", "bc") differ.
    """
    encoded = [part.encode() for part in parts]
    plain = b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
    return hmac.new(key.subkey(BLIND_INDEX), plain, hashlib.sha256).digest()[:DIGEST_BYTES].hex()


def get_primary_key() -> Key:
    """Return the key under which rows are indexed from now on. Raises KeyRingError."""
    return load_key_ring().primary


def get_keys() -> tuple[Key, ...]:
    """Return the keys under which rows may be indexed, the first key of the ring first. Raises KeyRingError."""
    return load_key_ring().keys


def rebuild_indexes() -> dict[str, int]:
    """Make the rows of older keys anew in each index. Return {index: how many values were indexed}."""
    return {name: index.rebuild() for name, index in sorted(_indexes.items())}


def count_keys_in_use() -> Iterator[tuple[str, str, int]]:
    """Yield (index, key id, rows)."""
    for name, index in sorted(_indexes.items()):
        yield from ((name, key_id, rows) for key_id, rows in sorted(index.count_by_key().items()))


def get_key_ids() -> set[str]:
    """Return the ids of all keys that rows of an index name."""
    return {key_id for _name, key_id, _rows in count_keys_in_use()}
