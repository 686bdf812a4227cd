"""Keys that outlive the ring: for hashes of what we never see again, such as receipt codes.

A sealed value is opened and sealed anew when the ring is rotated; a keyed hash of a code that only its holder knows
can't be made again. So each such purpose has a key of its own, random, sealed in a row (`LastingKey`): `vault_rotate`
seals the row under the ring's new first key, the hashes stay. Without the ring nobody who has the database can use it.

    keyed_hash("receipts", code)      what is stored: "<key id>:<hex>", under the purpose's newest key
    keyed_hashes("receipts", code)    what may be stored of it, under each of them; the newest first
    matches("submissions", plain, stored)

Purposes in `FROM_THE_RING` had their hashes made with the ring's keys until November 2026: what made those is taken
over, one lasting key for each key of the ring, so that they stay good when that key leaves the ring.
"""

import hashlib
import hmac
import os
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import CharField, Count, Value
from django.db.models.functions import StrIndex, Substr

from .keyring import KeyRingError, load_key_ring
from .models import LastingKey

RECEIPTS = "receipts"
SUBMISSIONS = "submissions"
NETWORKS = "networks"  # of whoever tries a password or a PIN
ROWS = "rows"  # what says who is told and who may what (`audit.sealed_rows`)
INBOUND = "inbound"  # of whoever sends an SMS, and of what a gateway calls it
FROM_THE_RING = frozenset({RECEIPTS, SUBMISSIONS})
ALL = FROM_THE_RING | {NETWORKS, INBOUND, ROWS}

# Where the hashes of a purpose are stored: {purpose: [(model label, column)]}. Rooms register them when they are
# loaded.
_hash_columns: dict[str, list[tuple[str, str]]] = {}


def keyed_hash(purpose: str, plain: bytes) -> str:
    """Return `<key id>:<hex>` under the purpose's newest key. Raises KeyRingError, SealBroken, DatabaseError."""
    return _hash(_keys(purpose)[0], plain)


def keyed_hashes(purpose: str, plain: bytes) -> list[str]:
    """Return the hash under each key of the purpose, the newest first: what a row may hold of `plain`."""
    return [_hash(key, plain) for key in _keys(purpose)]


def matches(purpose: str, plain: bytes, stored: str) -> bool:
    """Whether `stored` is a hash of `plain`. Raises KeyRingError when the key that made it isn't here."""
    key_id = stored.partition(":")[0]
    for key in _keys(purpose):
        if key.key_id == key_id:
            return hmac.compare_digest(_hash(key, plain), stored)
    raise KeyRingError(f"no key {key_id!r} for {purpose}")


class Hashes:
    """A purpose's keys, read once in a process, for what is asked too often to read them each time.

    A key never changes; one that isn't known yet, since another process has begun it, is looked for again.
    """

    def __init__(self, purpose: str) -> None:
        self._purpose = purpose
        self._secrets: dict[str, bytes] = {}  # by the key's id; opened, since the ring may turn meanwhile

    def make(self, plain: bytes) -> str:
        """Return what `keyed_hash` does. Raises KeyRingError, SealBroken, DatabaseError."""
        if not self._secrets:
            self._read()
        key_id, secret = next(iter(self._secrets.items()))
        return _compute_hash(key_id, secret, plain)

    def matches(self, plain: bytes, stored: str) -> bool:
        """Whether `stored` is a hash of `plain`; False where the key that it names isn't here."""
        key_id = stored.partition(":")[0]
        if stored and key_id not in self._secrets:
            self._read()
        secret = self._secrets.get(key_id)
        if secret is None:
            return False
        return hmac.compare_digest(_compute_hash(key_id, secret, plain).encode(), stored.encode())

    def _read(self) -> None:
        self._secrets = {key.key_id: bytes(key.secret) for key in _keys(self._purpose)} | self._secrets


_read_once: dict[str, Hashes] = {}


def get_hashes(purpose: str) -> Hashes:
    """Return the purpose's keys as this process has read them."""
    return _read_once.setdefault(purpose, Hashes(purpose))


def renew(purpose: str) -> str:
    """Begin a new key: hashes from now on are made with it, earlier ones stay valid. Return its id."""
    return _begin(purpose).key_id


def establish(purposes: frozenset[str] = ALL) -> None:
    """Make the keys of each purpose that has none yet. Done before the parts start, while the ring is still whole."""
    there = LastingKey.objects.filter(purpose__in=purposes).values_list("purpose", flat=True)
    for purpose in sorted(purposes - set(there)):
        _begin(purpose)


def register_hash_column(purpose: str, label: str, column: str) -> None:
    """Register where hashes of a purpose are stored, so that `vault_rotate` can count them."""
    if (label, column) not in _hash_columns.setdefault(purpose, []):
        _hash_columns[purpose].append((label, column))


def count_keys_in_use() -> Iterator[tuple[str, str, int]]:
    """Yield (purpose, id of its key, rows that hold a hash made with it)."""
    for purpose, places in sorted(_hash_columns.items()):
        for label, column in places:
            rows = apps.get_model(label)._base_manager.exclude(**{column: ""}).order_by()
            key_id = Substr(column, 1, StrIndex(column, Value(":")) - 1, output_field=CharField())
            counted: Any = rows.annotate(_made_with=key_id).values_list("_made_with").annotate(rows=Count("pk"))
            yield from ((purpose, made_with, count) for made_with, count in counted)


def _keys(purpose: str) -> list[LastingKey]:
    found = list(LastingKey.objects.filter(purpose=purpose).order_by("-created_at", "name"))
    return found or [_begin(purpose), *LastingKey.objects.filter(purpose=purpose, taken_over=True)]


@transaction.atomic
def _begin(purpose: str) -> LastingKey:
    if purpose in FROM_THE_RING and not LastingKey.objects.filter(purpose=purpose).exists():
        for key in load_key_ring().keys:
            _keep(purpose, key.id, key.fingerprint_secret(), taken_over=True)
    return _keep(purpose, f"l{os.urandom(5).hex()}", os.urandom(32))


def _keep(purpose: str, key_id: str, secret: bytes, *, taken_over: bool = False) -> LastingKey:
    """Store a key. Two that begin at once leave two good keys; of one taken over there is one."""
    key, _is_new = LastingKey.objects.get_or_create(
        name=f"{purpose}/{key_id}",
        defaults={"purpose": purpose, "key_id": key_id, "secret": secret, "taken_over": taken_over},
    )
    return key


def _hash(key: LastingKey, plain: bytes) -> str:
    return _compute_hash(key.key_id, key.secret, plain)


def _compute_hash(key_id: str, secret: bytes, plain: bytes) -> str:
    return f"{key_id}:{hmac.new(secret, plain, hashlib.sha256).hexdigest()}"
