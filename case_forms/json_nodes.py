"""The base of the typed nodes that a stored definition is parsed into: forms (ADR 85) and procedures (ADR 93).

A node has every property under its Python name; one that isn't stored has the default that the format gives it. What is
stored comes back unchanged, so a version's sha256 is over the same text as before. Imports nothing of Django.
"""

import copy
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, StrictStr, ValidationError

# A base class must be a name for mypy. pydantic keeps its metaclass in a private module, so that at run time it is
# taken from a model instead.
if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)

Texts = dict[StrictStr, StrictStr]  # {language: words}
CAME = "_came"  # where a node of a damaged draft keeps what came


class NodeType(ModelMetaclass):
    """The metaclass of nodes, which makes `isinstance` as fast as for any class.

    Walkers ask all the time what an item is; pydantic's own check goes through `abc`, which is ten times as slow.
    """

    __instancecheck__ = type.__instancecheck__


class Node(BaseModel, metaclass=NodeType):
    """One part of a definition."""

    # `extra="allow"` holds on to properties that the format doesn't have, so that `stored` gives them back and the
    # rules of shape can report them. "constants" writes NaN and infinity as they came instead of as null.
    model_config = ConfigDict(frozen=True, extra="allow", ser_json_inf_nan="constants")

    # {stored name: Python name} of the properties whose stored names can't be names here, or would hide one of Python's
    python_names: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.python_names = {field.alias: own for own, field in cls.model_fields.items() if field.alias}

    @cached_property
    def properties(self) -> Mapping[str, Any]:
        """The stored properties whose values have the right type, by their stored names."""
        stored_names = {own: name for name, own in self.python_names.items()}
        return {stored_names.get(own, own): getattr(self, own) for own in self.model_fields_set}

    def has(self, name: str) -> bool:
        """Return whether the stored part has this property, with a value of the right type.

        `name`: the stored name.
        """
        return name in self.properties

    def value_of(self, name: str) -> Any:
        """Return the property with this stored name ("with", "list", "min"), its default when it isn't stored."""
        return getattr(self, self.python_names.get(name, name), None)

    def texts_of(self, name: str) -> Texts:
        """Return the texts with this stored name; none when there are none, or when something else is stored."""
        found = self.value_of(name)
        return found if isinstance(found, dict) else {}

    @cached_property
    def stored(self) -> dict[str, Any]:
        """The part as it is stored. Shared by all readers: never change it; `to_json` gives a copy."""
        return self._dumped()

    def to_json(self) -> dict[str, Any]:
        """Return the part as it is stored, as new objects that the caller may change."""
        # For a damaged node a dump would lack what couldn't be read; any other dump is made of new objects already.
        return copy.deepcopy(self.stored) if CAME in self.__dict__ else self._dumped()

    def _dumped(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


AnyNode = TypeVar("AnyNode", bound=Node)


def read_damaged(model: type[AnyNode], came: Any, read_property: Callable[[str, str, Any], Any]) -> AnyNode:
    """Read a damaged part property by property; the value as it came is kept in `stored`.

    `read_property` takes (Python name, stored name, value) and raises ValidationError or TypeError when the value has
    the wrong type; the property then reads as its default.
    """
    values: dict[str, Any] = {}
    for own, field in model.model_fields.items():
        name = field.alias or own
        if isinstance(came, dict) and name in came:
            try:
                values[own] = read_property(own, name, came[name])
            except (ValidationError, TypeError):
                continue
    # `model_construct` skips validation: of the whole it has failed, and each property was validated alone above.
    node = model.model_construct(_fields_set=set(values), **values)
    # Fills the `cached_property`, past the frozen model's `__setattr__`, so that nothing of a damaged draft gets lost.
    node.__dict__["stored"] = node.__dict__[CAME] = came
    return node
