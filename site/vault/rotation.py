"""Re-seal every value under the ring's first key in today's format, or under its owner's data key.

What stands under a data key already isn't touched when the ring turns: only that key is sealed anew.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import structlog
from django.apps import apps
from django.db import models, transaction

from . import data_keys
from .fields import SealedField, SealedToken
from .keyring import KeyRingError, load_key_ring
from .seal import FORM, KeyDestroyed, SealBroken, split_token

log = structlog.get_logger(__name__)


class RotationStopped(Exception):
    """Raised at a sealed value that doesn't open. The text names the row and why, never content."""


def sealed_fields() -> Iterator[tuple[type[models.Model], list[SealedField]]]:
    """Yield every model with its sealed fields."""
    for model in apps.get_models():
        fields = [field for field in model._meta.concrete_fields if isinstance(field, SealedField)]
        if fields:
            yield model, fields


def _is_behind(instance: models.Model, field: SealedField, primary_id: str) -> bool:
    raw = instance.__dict__.get(field.attname)
    if not isinstance(raw, SealedToken):
        return False
    token = split_token(raw)
    try:
        owner = field.get_owner(instance)
    except KeyDestroyed:
        # What was sealed under the destroyed key never opens again, and needn't.
        return token.owner is None and (token.key_id != primary_id or token.form != FORM)
    if owner is not None or token.owner is not None:
        return token.owner != owner
    return token.key_id != primary_id or token.form != FORM


def rotate(*, batch: int = 200, seconds: float | None = None) -> dict[str, int]:
    """Re-seal what stands under an older key. Return {model label: rows re-sealed}. Safe to stop and start again.

    Owners from before there were data keys get one first. `seconds`: stop after so many, to go on another time.
    Raises RotationStopped at a row that doesn't open; the rows before it are done.
    """
    ends_at = None if seconds is None else time.monotonic() + seconds
    counts = _prepare_data_keys(lambda: is_over(ends_at))
    primary_id = load_key_ring().primary.id
    for model, fields in sealed_fields():
        counts[model._meta.label] = 0
        last = None
        while not is_over(ends_at) and (page := _next_page(model, last, batch)):
            # One transaction for each page, so that nobody waits for all of them and a stop loses no more than one.
            with transaction.atomic():
                rows = model._base_manager.select_for_update().filter(pk__in=page)
                counts[model._meta.label] += sum(_reseal(row, fields, primary_id) for row in rows)
            last = page[-1]
    return counts


def reseal_owned(*owners: UUID) -> int:
    """Seal the values of these owners' rows under their own keys: rows have gone from one owner to another.

    In the caller's transaction. A row that doesn't open is passed over and logged; it stands under the key that it had.
    Returns how many rows were sealed anew.
    """
    primary_id, count = load_key_ring().primary.id, 0
    for model, fields in sealed_fields():
        for path in sorted({field.owner for field in fields if field.owner}):
            owned = [field for field in fields if field.owner == path]
            rows = model._base_manager.filter(**{f"{path.replace('.', '__')}__in": owners})
            for row in rows:
                try:
                    count += _reseal(row, owned, primary_id)
                except RotationStopped:
                    log.error("row_not_resealed", model=model._meta.label, row=str(row.pk))
    return count


def is_over(ends_at: float | None) -> bool:
    return ends_at is not None and time.monotonic() >= ends_at


def _prepare_data_keys(stop: Callable[[], bool]) -> dict[str, int]:
    """Make the data keys that are missing, and seal those under an older key of the ring anew."""
    made = 0
    for owner in data_keys.iter_missing():
        if stop():
            break
        data_keys.create(owner)
        made += 1
    try:
        counts = {"data keys made": made, "data keys": data_keys.rewrap_all(until=stop)}
    except (SealBroken, KeyRingError) as error:
        raise RotationStopped(f"a data key: {error}") from None
    return {name: count for name, count in counts.items() if count}


def _next_page(model: type[models.Model], last: Any, batch: int) -> list[Any]:
    # By key, not by offset: rows may come and go meanwhile.
    keys = model._base_manager.order_by("pk").values_list("pk", flat=True)
    return list((keys.filter(pk__gt=last) if last is not None else keys)[:batch])


def _reseal(row: models.Model, fields: list[SealedField], primary_id: str) -> bool:
    try:
        behind = [field for field in fields if _is_behind(row, field, primary_id)]
        # Rotation rewrites no content: a value that was its row's first stays marked as such.
        first = {field.attname: not split_token(row.__dict__[field.attname]).again for field in behind}
        for field in behind:
            field.reseal(row)
        values = {field.attname: _seal_again(field, row, first[field.attname]) for field in behind}
    except (SealBroken, KeyRingError) as error:
        raise RotationStopped(f"{row._meta.label} {row.pk}: {error}") from None
    if not behind:
        return False
    # By a queryset: no signals, and no other column is written.
    type(row)._base_manager.filter(pk=row.pk).update(**values)
    return True


def _seal_again(field: SealedField, row: models.Model, is_first: bool) -> Any:
    try:
        return field.pre_save(row, is_first)
    except KeyDestroyed:
        # What took the place of forgotten content stands under the ring.
        with data_keys.sealing_without_owner():
            return field.pre_save(row, is_first)
