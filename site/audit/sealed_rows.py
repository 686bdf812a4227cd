"""Rows that say who is told, who may open a brief and who has which role carry a keyed seal.

Who can write to the database but has no key (a stolen backup put back, an injected statement, a colleague at the
database's console) could otherwise turn a notice, a PIN or a role to themselves. `seal` is an HMAC under a lasting key
(`vault.lasting`) over the table, the row's key and the values of `SEALED`, its owner among them:

- It is made anew in the transaction of whatever changes one of these values by `save`, `update`, `bulk_create` or
  `bulk_update`, and only where it held before: a later honest change covers up nothing.
- Whoever acts on such a row asks `keep_intact` or `find_broken` first. A row whose seal is broken is as if it weren't
  there: the next one on duty is told, no PIN fits, no role counts.
- Each seal and each removal is an entry of the audit chain. `find_unexplained` compares: that names an older row that
  was put back with its older seal, one that was added or deleted, and what lacks an entry.

A simulation's rows exist nowhere and need no seal.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, ClassVar, TypeVar

import structlog
from django.apps import apps
from django.db import models, transaction
from django.db.models.signals import class_prepared, post_delete

from vault import lasting
from vault.data_keys import is_suspended

from .chain import AuditEvent, log_event, log_events
from .models import AuditEntry

M = TypeVar("M", bound="SealedRow")
Row = TypeVar("Row", bound="SealedRow")

SEALED_AS = "row.sealed"
REMOVED = "row.removed"
FIRST = "row.sealed_first"  # once for each kind: what was there when its rows began to be sealed
ACCEPTED = "row.accepted"  # by an operator, who has asked its owner
SHORT = 16  # hex digits of a seal that the chain holds

_comparisons: dict[str, "Comparison"] = {}

log = structlog.get_logger(__name__)


class SealedQuerySet(models.QuerySet[M]):
    """Queries of rows with a seal, which changes with what it covers."""

    def update(self, **kwargs: Any) -> int:
        if not _covers(self.model, kwargs):
            return super().update(**kwargs)
        with transaction.atomic():
            # Locked, so that what is found is what is changed.
            keys = list(self.order_by().select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
            broken = find_broken(self.model, keys)
            changed = super().update(**kwargs)
            reseal(self.model, [key for key in keys if key not in broken])
        return changed

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        with transaction.atomic():
            made = super().bulk_create(objs, *args, **kwargs)
            reseal(self.model, [row.pk for row in made])
        return made


class SealedRow(models.Model):
    """A row with a seal over `SEALED`: names of columns as attributes (`partner_id`)."""

    seal = models.CharField(max_length=96, blank=True, default="", db_default="", editable=False)

    SEALED: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        fields = kwargs.get("update_fields")
        if fields is not None and not _covers(type(self), fields):
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            was_intact = self._state.adding or self.pk is None or not find_broken(type(self), [self.pk])
            super().save(*args, **kwargs)
            if was_intact:
                self.seal = reseal(type(self), [self.pk]).get(self.pk, self.seal)


def _covers(model: type[SealedRow], names: Iterable[str]) -> bool:
    options: Any = model._meta
    return any(name == "pk" or options.get_field(name).attname in model.SEALED for name in names)


def get_models() -> list[type[SealedRow]]:
    """Return every model whose rows are sealed."""
    return [model for model in apps.get_models() if issubclass(model, SealedRow)]


def keep_intact(rows: Iterable[Row]) -> list[Row]:
    """Return the rows whose seal holds, in their order; each other one is logged. As they were read, unchanged."""
    found = list(rows)
    if not found or is_suspended():
        return found
    hashes = lasting.get_hashes(lasting.ROWS)
    return [row for row in found if _is_intact(type(row), _read(row), hashes)]


def find_broken(model: type[SealedRow], keys: Collection[Any]) -> set[Any]:
    """Return which of these rows have a broken seal, as the database has them now; each is logged."""
    if not keys or is_suspended():
        return set()
    hashes = lasting.get_hashes(lasting.ROWS)
    rows = model._base_manager.filter(pk__in=keys).values("pk", "seal", *model.SEALED)
    return {row["pk"] for row in rows if not _is_intact(model, row, hashes)}


def reseal(model: type[SealedRow], keys: Sequence[Any], *, notes_anyway: bool = False) -> dict[Any, str]:
    """Seal these rows as the database has them now, and note it in the chain. Return the seals by key.

    `notes_anyway`: also where the seal holds already, as that of an older row which is to count again.
    """
    seals: dict[Any, str] = {}
    if not keys or is_suspended():
        return seals
    hashes = lasting.get_hashes(lasting.ROWS)
    for row in model._base_manager.filter(pk__in=keys).order_by("pk").values("pk", "seal", *model.SEALED):
        plain = _encode(model, row)
        if hashes.matches(plain, row["seal"]) and not notes_anyway:
            seals[row["pk"]] = row["seal"]
            continue
        seal = seals[row["pk"]] = hashes.make(plain)
        models.QuerySet(model).filter(pk=row["pk"]).update(seal=seal)
        log_event(SEALED_AS, target_kind=_kind(model), target_id=row["pk"], seal=_shorten(seal))
    return seals


def seal_first() -> int:
    """Seal what was there before rows of its kind were sealed, once for each kind. Return how many rows."""
    done = _read_first()
    new = [model for model in get_models() if _kind(model) not in done]
    if not new:
        return 0
    with transaction.atomic():
        sealed = {
            _kind(model): len(reseal(model, list(model._base_manager.filter(seal="").values_list("pk", flat=True))))
            for model in new
        }
        newest = {name: each.get_newest() for name, each in _comparisons.items() if name not in done}
        log_events([AuditEvent(FIRST, detail={**sealed, **newest})])
    return sum(sealed.values())


def _read_first() -> dict[str, int]:
    """Return what the first seals of each kind counted; {} before there are any."""
    found: dict[str, int] = {}
    for detail in AuditEntry.objects.filter(action=FIRST).order_by("-number").values_list("detail", flat=True):
        found |= detail  # the oldest last: what was counted once stays
    return found


@dataclass(frozen=True)
class Comparison:
    """What else the chain says of rows that are only ever added, as published versions by their hash.

    `get_newest`: the greatest key; what is older than the first seals may have no entry. `compare(newest)`: what isn't
    as the chain says, given the greatest key of that time.
    """

    get_newest: Callable[[], int]
    compare: "Callable[[int], Iterable[Unexplained]]"


def register_comparison(name: str, comparison: Comparison) -> None:
    """Let `find_unexplained` compare these rows, too."""
    _comparisons[name] = comparison


@dataclass(frozen=True)
class Unexplained:
    """A row that is not as the chain says. `why`: "broken", "unknown", "older", "gone"."""

    kind: str
    key: str
    why: str

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.why}"


def find_unexplained() -> list[Unexplained]:
    """Return each row whose seal is broken or isn't the one that the chain holds last, and each that is gone."""
    first = _read_first()
    if not first:
        return []
    noted = {(kind, key): str(detail.get("seal", "")) for kind, key, detail in read_last((SEALED_AS, REMOVED))}
    found = [each for model in get_models() for each in _compare(model, noted)]
    return found + [
        each for name, comparison in _comparisons.items() for each in comparison.compare(first.get(name, 0))
    ]


def read_last(actions: Collection[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (target kind, target id, detail) of each entry of these kinds, in their order."""
    entries = AuditEntry.objects.filter(action__in=actions).order_by("number")
    yield from entries.values_list("target_kind", "target_id", "detail").iterator()


def _compare(model: type[SealedRow], noted: Mapping[tuple[str, str], str]) -> Iterator[Unexplained]:
    kind, hashes, there = _kind(model), lasting.get_hashes(lasting.ROWS), set()
    for row in model._base_manager.order_by("pk").values("pk", "seal", *model.SEALED):
        key = str(row["pk"])
        there.add(key)
        if not hashes.matches(_encode(model, row), row["seal"]):
            yield Unexplained(kind, key, "broken")
        elif (kind, key) not in noted or not noted[kind, key]:
            yield Unexplained(kind, key, "unknown")
        elif noted[kind, key] != _shorten(row["seal"]):
            yield Unexplained(kind, key, "older")
    for (of_kind, key), seal in noted.items():
        if of_kind == kind and seal and key not in there:
            yield Unexplained(kind, key, "gone")


def _is_intact(model: type[SealedRow], row: Mapping[str, Any], hashes: lasting.Hashes) -> bool:
    if hashes.matches(_encode(model, row), row["seal"]):
        return True
    log.error("row_seal_broken", kind=_kind(model), row=str(row["pk"]))
    return False


def _read(row: SealedRow) -> dict[str, Any]:
    return {"pk": row.pk, "seal": row.seal, **{name: getattr(row, name) for name in row.SEALED}}


def _encode(model: type[SealedRow], row: Mapping[str, Any]) -> bytes:
    values = {name: row[name] for name in model.SEALED}
    return json.dumps([model._meta.db_table, str(row["pk"]), values], sort_keys=True, default=_write).encode()


def _write(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def _kind(model: type[models.Model]) -> str:
    return str(model._meta.model_name)


def _shorten(seal: str) -> str:
    return seal.partition(":")[2][:SHORT]


def _note_removal(sender: type[models.Model], instance: models.Model, **_kwargs: Any) -> None:
    if issubclass(sender, SealedRow) and not is_suspended():
        log_event(REMOVED, target_kind=_kind(sender), target_id=instance.pk)


def _register(sender: type[models.Model], **_kwargs: Any) -> None:
    if issubclass(sender, SealedRow):
        lasting.register_hash_column(lasting.ROWS, sender._meta.label, "seal")


post_delete.connect(_note_removal, dispatch_uid="audit.row_removed")
class_prepared.connect(_register, dispatch_uid="audit.sealed_model")
