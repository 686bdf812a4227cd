"""The registry's entries: one field of an answer, with its schema and how it is made."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from .schema import Schema, record

Make = Callable[[Any, Any], Any]  # (object, Reading) -> JSON


@dataclass(frozen=True)
class Field:
    """`make` gets the object and the `Reading` it is read in. `in_list`: shown in lists without being asked for."""

    name: str
    schema: Schema
    make: Make
    in_meta: bool = False
    in_list: bool = False

    def listed(self) -> "Field":
        return replace(self, in_list=True)


def plain(name: str, schema: Schema, *, in_list: bool = False, in_meta: bool = False, of: str = "") -> Field:
    """A field that is an attribute of the object."""
    return Field(name, schema, lambda thing, reading: getattr(thing, of or name), in_meta=in_meta, in_list=in_list)


def chosen(fields: Iterable[Field], asked: str | None, *, in_list: bool) -> list[Field]:
    """Those to show. `asked` is the parameter `fields`, already found to be well formed (Wagtail's syntax)."""
    every = list(fields)
    wanted = {field.name for field in every if field.in_list or not in_list}
    first, *others = asked.split(",") if asked else [""]
    if first == "*":
        wanted = {field.name for field in every}
    elif first == "_":
        wanted = set()
    elif first:
        others = [first, *others]
    for name in others:
        if name.startswith("-"):
            wanted.discard(name[1:])
        else:
            wanted.add(name)
    return [field for field in every if field.name in wanted]


def represent(thing: Any, fields: Iterable[Field], reading: Any) -> dict[str, Any]:
    """{"id", "meta": {...}, ...}: the shape of Wagtail's API."""
    body: dict[str, Any] = {}
    meta: dict[str, Any] = {}
    for field in fields:
        (meta if field.in_meta else body)[field.name] = field.make(thing, reading)
    if not meta:
        return body
    start = {"id": body.pop("id")} if "id" in body else {}
    return {**start, "meta": meta, **body}


def whole_schema(fields: Iterable[Field], **more: Any) -> Schema:
    """Of an object shown with exactly these fields."""
    every = list(fields)
    start = {field.name: field.schema for field in every if not field.in_meta and field.name == "id"}
    meta = {field.name: field.schema for field in every if field.in_meta}
    body = {field.name: field.schema for field in every if not field.in_meta and field.name != "id"}
    return record({**start, **({"meta": record(meta)} if meta else {}), **body}, **more)


def partial_schema(fields: Iterable[Field], **more: Any) -> Schema:
    """Of an object shown with some of these fields, whichever were asked for."""
    schema = whole_schema(fields, **more)
    schema.pop("required")
    if "meta" in schema["properties"]:
        schema["properties"]["meta"] = {
            name: part for name, part in schema["properties"]["meta"].items() if name != "required"
        }
    return schema
