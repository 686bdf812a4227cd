"""Re-seal every value under the ring's first key, in today's format."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models, transaction

from .fields import SealedField, SealedToken
from .keyring import KeyRingError, load_key_ring
from .seal import FORM, SealBroken, split_token


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
    return token.key_id != primary_id or token.form != FORM


def rotate(*, batch: int = 200) -> dict[str, int]:
    """Re-seal what stands under an older key. Return {model label: rows re-sealed}. Safe to stop and start again.

    Raises RotationStopped at a row that doesn't open; the rows before it are done.
    """
    primary_id = load_key_ring().primary.id
    counts = {}
    for model, fields in sealed_fields():
        counts[model._meta.label] = 0
        last = None
        while page := _next_page(model, last, batch):
            # One transaction for each page, so that nobody waits for all of them and a stop loses no more than one.
            with transaction.atomic():
                rows = model._base_manager.select_for_update().filter(pk__in=page)
                counts[model._meta.label] += sum(_reseal(row, fields, primary_id) for row in rows)
            last = page[-1]
    return counts


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
    except (SealBroken, KeyRingError) as error:
        raise RotationStopped(f"{row._meta.label} {row.pk}: {error}") from None
    if not behind:
        return False
    values = {field.attname: field.pre_save(row, first[field.attname]) for field in behind}
    # By a queryset: no signals, and no other column is written.
    type(row)._base_manager.filter(pk=row.pk).update(**values)
    return True
