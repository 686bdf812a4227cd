"""Sealed model fields: plain in Python, encrypted in every column, dump, backup and replica.

The model needs a primary key that exists before the first save (a UUID), because the row is part of what is sealed.
Reading opens the value and returns a fresh copy each time; to change it, assign. `QuerySet.update()` and lookups other
than `isnull` are refused: a sealed value can't be compared by the database.
"""

import json
from pickle import PicklingError
from typing import Any, NoReturn, SupportsIndex
from uuid import UUID

from django.core.exceptions import FieldError
from django.db import models

from .data_keys import has_key
from .seal import SealBroken, get_place, seal, split_token, unseal


class SealedToken(str):
    """A sealed value as it stands in the database."""

    __slots__ = ()


class Opened:
    """A plain value waiting for its row to be saved.

    Its repr says nothing, so a traceback can't leak it; it refuses to be pickled, so no queue, cache or session can.
    """

    __slots__ = ("after", "plain")

    def __init__(self, plain: bytes, after: int = 0) -> None:
        """Hold `plain`. `after`: when the value that it takes the place of was sealed."""
        self.plain, self.after = plain, after

    def __repr__(self) -> str:
        return "<sealed>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise PicklingError("a value that is to be sealed can't be pickled: save its row, and pass the key")

    def __copy__(self) -> "Opened":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Opened":
        return self


class SealedDescriptor:
    def __init__(self, field: "SealedField") -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            # A deferred column, as Django's own descriptor loads it.
            instance.refresh_from_db(fields=[name])
        raw = instance.__dict__[name]
        if raw is None:
            return None
        # Decrypted at each reading: once it is saved, no plain text stays on the instance.
        plain = raw.plain if isinstance(raw, Opened) else unseal(raw, self.field.place(instance))
        return self.field.from_plain(plain)

    def __set__(self, instance: models.Model, value: Any) -> None:
        if value is not None and not isinstance(value, (SealedToken, Opened)):
            value = Opened(self.field.to_plain(value), _sealed_at(instance.__dict__.get(self.field.attname)))
        instance.__dict__[self.field.attname] = value


class SealedField(models.TextField):
    """Base of the sealed fields; subclasses define how a value becomes bytes and back.

    `owner`: the attribute of the row that names whose data key seals the value ("case_id", "notice.case_id"); where it
    is null, or has no key (`vault.data_keys`), the ring seals. It changes nothing in the database, so no migration has
    it. When a row comes to an owner later, `reseal_for_owner` seals its values anew.
    """

    def __init__(self, *args: Any, owner: str = "", **kwargs: Any) -> None:
        self.owner = owner
        super().__init__(*args, **kwargs)

    def get_owner(self, instance: models.Model) -> UUID | None:
        """Return whose data key seals this row's value; None: the ring. Raises KeyDestroyed."""
        if not self.owner:
            return None
        found: Any = instance
        for name in self.owner.split("."):
            found = getattr(found, name)
            if found is None:
                return None
        return found if has_key(found) else None

    def to_plain(self, value: Any) -> bytes:
        raise NotImplementedError

    def from_plain(self, plain: bytes) -> Any:
        raise NotImplementedError

    def place(self, instance: models.Model) -> bytes:
        if instance.pk is None:
            raise ValueError(f"{self.model.__name__} needs its primary key before a sealed field can be written")
        return get_place(self.model._meta.db_table, self.attname, instance.pk)

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, SealedDescriptor(self))

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> SealedToken | None:
        return None if value is None else SealedToken(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> SealedToken | None:
        raw = model_instance.__dict__.get(self.attname)
        if isinstance(raw, Opened):
            owner = self.get_owner(model_instance)
            raw = SealedToken(seal(raw.plain, self.place(model_instance), again=not add, after=raw.after, owner=owner))
            model_instance.__dict__[self.attname] = raw
        return raw

    def get_prep_value(self, value: Any) -> str | None:
        if value is None:
            return None
        if isinstance(value, SealedToken):
            return str(value)
        # An UPDATE from a queryset has no single row, which the value must be bound to.
        raise FieldError(f"{self.name} is sealed: assign it to an instance and save that")

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def value_to_string(self, obj: models.Model) -> str:
        # dumpdata would otherwise write it out in plain.
        raise FieldError(f"{self.name} is sealed and can't be serialised")

    def reseal(self, instance: models.Model) -> None:
        """Mark the value for sealing with the ring's first key at the next save."""
        raw = instance.__dict__.get(self.attname)
        if isinstance(raw, SealedToken):
            instance.__dict__[self.attname] = Opened(unseal(raw, self.place(instance)), _sealed_at(raw))


def reseal_for_owner(instance: models.Model) -> list[str]:
    """Seal those values of a row anew, unsaved, that stand under another key than their owner's. Return their fields.

    For a row that has come to its owner in this transaction: a value that was its row's first stays marked as such.
    """
    changed = []
    for field in instance._meta.concrete_fields:
        raw = instance.__dict__.get(field.attname)
        if not isinstance(field, SealedField) or not field.owner or not isinstance(raw, SealedToken):
            continue
        token, owner = split_token(raw), field.get_owner(instance)
        if token.owner != owner:
            place = field.place(instance)
            sealed = seal(unseal(raw, place), place, again=token.again, after=token.sealed_at, owner=owner)
            instance.__dict__[field.attname] = SealedToken(sealed)
            changed.append(field.name)
    return changed


def _sealed_at(raw: Any) -> int:
    """Return when this was sealed; 0 when it wasn't, or can't be told. Two machines' clocks differ: see `seal`."""
    if isinstance(raw, Opened):
        return raw.after
    try:
        return split_token(raw).sealed_at if isinstance(raw, SealedToken) else 0
    except SealBroken:
        return 0


class SealedTextField(SealedField):
    def to_plain(self, value: Any) -> bytes:
        return str(value).encode()

    def from_plain(self, plain: bytes) -> str:
        return plain.decode()


class SealedJSONField(SealedField):
    _pyi_private_set_type: Any  # for django-stubs, which would take it for text
    _pyi_private_get_type: Any

    def to_plain(self, value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def from_plain(self, plain: bytes) -> Any:
        return json.loads(plain)


class SealedBytesField(SealedField):
    _pyi_private_set_type: Any  # for django-stubs, which would take it for text
    _pyi_private_get_type: Any

    def to_plain(self, value: Any) -> bytes:
        return bytes(value)

    def from_plain(self, plain: bytes) -> bytes:
        return plain
