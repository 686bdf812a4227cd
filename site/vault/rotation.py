"""Re-sealing every value under the ring's first key."""

from collections.abc import Iterator

from django.apps import apps
from django.db import models, transaction

from .fields import SealedField, SealedToken
from .keyring import load_key_ring
from .seal import split_token


def sealed_fields() -> Iterator[tuple[type[models.Model], list[SealedField]]]:
    """Every model with its sealed fields."""
    for model in apps.get_models():
        fields = [field for field in model._meta.concrete_fields if isinstance(field, SealedField)]
        if fields:
            yield model, fields


def _is_behind(instance: models.Model, field: SealedField, primary_id: str) -> bool:
    raw = instance.__dict__.get(field.attname)
    return isinstance(raw, SealedToken) and split_token(raw)[1] != primary_id


def rotate(*, batch: int = 200) -> dict[str, int]:
    """Re-seals what stands under an older key. Returns {model label: rows re-sealed}. Safe to stop and start again."""
    primary_id = load_key_ring().primary.id
    counts = {}
    for model, fields in sealed_fields():
        counts[model._meta.label] = 0
        last = None
        while True:
            with transaction.atomic():
                rows = model._default_manager.order_by("pk")
                if last is not None:
                    rows = rows.filter(pk__gt=last)
                page = list(rows.select_for_update()[:batch])
                for row in page:
                    behind = [field for field in fields if _is_behind(row, field, primary_id)]
                    for field in behind:
                        field.reseal(row)
                    if behind:
                        values = {field.attname: field.pre_save(row, False) for field in behind}
                        model._default_manager.filter(pk=row.pk).update(**values)
                        counts[model._meta.label] += 1
            if not page:
                break
            last = page[-1].pk
    return counts
