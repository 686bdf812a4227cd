"""Refuse to work with a key ring that lacks a key, or holds another one under its name.

A service that starts with the wrong `VAULT_KEYS` looks well: it takes cases, sealed under a stray key, and nobody can
open the older ones. So each key id in use has a row with a value that only its key opens (`KeyInUse`), and all of them
are checked before any part starts. A handful of small reads, however many rows are sealed.
"""

from collections.abc import Iterator

from django.db import models
from django.db.models import CharField, Count, Value
from django.db.models.functions import Cast, StrIndex, Substr

from . import blind_index, data_keys, lasting, rotation
from .fields import SealedField
from .keyring import KeyRing, KeyRingError, load_key_ring
from .models import KeyInUse
from .seal import SealBroken, get_place, seal_with, unseal

PLAIN = b"canary"
TRIES = 5  # values tried under each key before it counts as another one: a single one may be damaged
AT_MOST = 25  # characters after "v2.": the longest key id and its point


class KeysRefused(Exception):
    """The ring doesn't fit the database. The text names key ids, never a key."""


def check_keys() -> None:
    """Check the ring against the notes, and that data keys are there. Reads only.

    Raises KeysRefused, KeyRingError, DatabaseError.
    """
    _refuse_if_data_keys_are_lost()
    _refuse_if_wrong(load_key_ring(), _broken(_get_noted_keys()), _get_noted_keys())


def establish_keys() -> None:
    """Check the ring, and note its first key, which seals from now on.

    A database without any note (new, or older than notes) gets them only when what is sealed in it opens. That reads
    each sealed column once; later starts read the notes. Raises KeysRefused, KeyRingError.
    """
    ring, known = load_key_ring(), _get_noted_keys()
    in_use = set(known) or get_ids_in_use()
    broken = _broken(known) if known else {key_id for key_id in in_use if not _opens_something(key_id, ring)}
    _refuse_if_wrong(ring, broken, in_use)
    for key_id in in_use | {ring.primary.id}:
        KeyInUse.objects.get_or_create(
            key_id=key_id, defaults={"canary": seal_with(ring.get(key_id), PLAIN, _place(key_id))}
        )
    lasting.establish()


def delete_unused_keys() -> list[str]:
    """Drop the notes of keys under which nothing is sealed or indexed any more, so that they can leave the ring."""
    in_use = get_ids_in_use() | blind_index.get_key_ids() | {load_key_ring().primary.id}
    unused = sorted(set(_get_noted_keys()) - in_use)
    KeyInUse.objects.filter(key_id__in=unused).delete()
    return unused


def get_ids_in_use() -> set[str]:
    """Return every key id that a sealed value of this database, or a data key, names. Reads all of them."""
    return set(data_keys.count_by_wrapping_key()) | {
        str(key_id)
        for rows, _field in _iter_rows_with_key_id()
        for key_id in rows.values_list("_key_id", flat=True).distinct()
    }


def count_values_of_old_keys() -> dict[str, dict[str, int]]:
    """Count, for each key that isn't the ring's first, the values of each column that it still opens.

    Reads all of them.
    """
    primary_id = load_key_ring().primary.id
    known = set(_get_noted_keys()) | {key.id for key in load_key_ring().keys}
    found: dict[str, dict[str, int]] = {key_id: {} for key_id in sorted(known - {primary_id})}
    for rows, field in _iter_rows_with_key_id():
        counted = rows.exclude(_key_id=primary_id).values_list("_key_id").annotate(_rows=Count("pk"))
        for key_id, count in counted:
            found.setdefault(str(key_id), {})[f"{field.model._meta.label}.{field.attname}"] = count
    for key_id, count in data_keys.count_by_wrapping_key().items():
        if key_id != primary_id:
            found.setdefault(key_id, {})["data keys"] = count
    return found


def _get_noted_keys() -> dict[str, str]:
    return dict(KeyInUse.objects.values_list("key_id", "canary"))


def _place(key_id: str) -> bytes:
    return get_place(KeyInUse._meta.db_table, "canary", key_id)


def _broken(known: dict[str, str]) -> set[str]:
    """Return the ids whose canary doesn't open although the ring has a key of that name."""
    return {key_id for key_id, canary in known.items() if not _opens(canary, _place(key_id))}


def _opens(token: str, place: bytes) -> bool:
    try:
        unseal(token, place)
    except SealBroken:
        return False
    except KeyRingError:
        return True  # not on the ring: named as missing
    return True


def _opens_something(key_id: str, ring: KeyRing) -> bool:
    if key_id not in {key.id for key in ring.keys}:
        return True  # named as missing
    for rows, field in _iter_rows_with_key_id():
        for row, token in rows.filter(_key_id=key_id).values_list("pk", field.attname)[:TRIES]:
            if _opens(str(token), get_place(field.model._meta.db_table, field.attname, row)):
                return True
    return False


def _iter_rows_with_key_id() -> Iterator[tuple[models.QuerySet, SealedField]]:
    """Yield for each sealed column the rows that hold something, with the key id that the value names as `_key_id`."""
    for model, fields in rotation.sealed_fields():
        for field in fields:
            after_version = Substr(Cast(field.attname, CharField()), 4, AT_MOST)
            rows = model._base_manager.order_by().filter(**{f"{field.attname}__isnull": False})
            # What a data key has sealed names its owner there.
            rows = rows.annotate(_form=Substr(Cast(field.attname, CharField()), 1, 2)).exclude(_form="v3")
            length = StrIndex(after_version, Value(".")) - 1
            yield rows.annotate(_key_id=Substr(after_version, 1, length, output_field=CharField())), field


def _refuse_if_wrong(ring: KeyRing, broken: set[str], in_use: set[str] | dict[str, str]) -> None:
    missing = set(in_use) - {key.id for key in ring.keys}
    words = []
    if missing:
        words.append(f"VAULT_KEYS lacks what opens values sealed here: the key of id {_listed(missing)}")
    if broken:
        words.append(f"VAULT_KEYS holds another key than the one that sealed here under the id {_listed(broken)}")
    if words:
        raise KeysRefused("; ".join(words) + ". Nothing was started or changed: put the right keys back.")


def _refuse_if_data_keys_are_lost() -> None:
    """Refuse when none of the newest data keys is there: cases would be taken, and nobody could open the older ones."""
    lost, looked_at = data_keys.count_lost(TRIES)
    if looked_at and lost == looked_at:
        raise KeysRefused(
            "VAULT_CASE_KEY_DIR lacks the keys of this database's cases. Nothing was started or changed: put the"
            " folder back (docs/operator.md, Backup and restore)."
        )


def _listed(ids: set[str]) -> str:
    return ", ".join(sorted(ids))
