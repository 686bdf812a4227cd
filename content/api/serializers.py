"""Wagtail's serializer with computed fields, and the JSON Schema of what a serializer makes."""

from collections.abc import Callable
from typing import Any, ClassVar

from rest_framework import serializers
from wagtail.api.v2.serializers import BaseSerializer, DetailUrlField

from . import json_schema
from .json_schema import Schema, record, ref


class ComputedField(serializers.Field):
    """A value made by `compute(object, Loader)`, described by `schema`."""

    def __init__(self, schema: Schema, compute: Callable[[Any, Any], Any]) -> None:
        self.schema, self.compute = schema, compute
        super().__init__(source="*", read_only=True)

    def __deepcopy__(self, memo: Any) -> "ComputedField":
        """Copy the field and share its schema, which nobody changes: serializers copy every field for each answer."""
        return ComputedField(self.schema, self.compute)

    def to_representation(self, value: Any) -> Any:
        return self.compute(value, self.context["loader"])


def localized(name: str) -> ComputedField:
    """Return a field for a text that the model gives in each language (`get_texts`)."""
    return ComputedField(ref("BothLanguages"), lambda thing, loader: thing.get_texts(name))


class PublicSerializer(BaseSerializer):
    """Wagtail's serializer, with {"loader": Loader} in its context.

    Subclasses name their model and fields in `Meta`.
    """

    meta_fields: ClassVar[list[str]] = []


# The first that fits counts, so the special ones stand before the general.
STANDARD: tuple[tuple[type, Callable[[Any], Schema]], ...] = (
    (DetailUrlField, lambda field: json_schema.uri()),
    (serializers.ListField, lambda field: json_schema.array(field_schema(field.child, {}))),
    (serializers.ChoiceField, lambda field: json_schema.enum([str(key) for key in field.choices])),
    (serializers.CharField, lambda field: json_schema.string()),
    (serializers.BooleanField, lambda field: json_schema.boolean()),
    (serializers.IntegerField, lambda field: json_schema.integer(minimum=field.min_value)),
    (serializers.DateField, lambda field: json_schema.date()),
    (serializers.DateTimeField, lambda field: json_schema.date_time()),
)


def field_schema(field: Any, components: dict[str, Schema], *, is_declared: bool = True) -> Schema:
    """Return the schema of one field; what it refers to is put into `components`.

    `help_text` describes a declared field; taken over from a model it speaks to editors. Raises TypeError for a kind of
    field that nobody has described yet: at the start, not in an answer.
    """
    if hasattr(field, "build_schema"):
        return field.build_schema(components)
    if hasattr(field, "schema"):
        return field.schema
    found = next((make(field) for kind, make in STANDARD if isinstance(field, kind)), None)
    if found is None:
        raise TypeError(f"{field.field_name}: {type(field).__name__} has no schema in content.api.serializers")
    if is_declared and field.help_text:
        found = {**found, "description": str(field.help_text)}
    return json_schema.nullable(found) if field.allow_null else found


def serializer_schema(
    serializer: Any, *, components: dict[str, Schema] | None = None, is_partial: bool = False, **more: Any
) -> Schema:
    """Return the schema of objects with exactly this serializer's fields; with `is_partial`, with any of them."""
    into = {} if components is None else components
    schemas = {
        name: field_schema(field, into, is_declared=name in serializer._declared_fields)
        for name, field in serializer.fields.items()
    }
    meta = record({name: schemas.pop(name) for name in serializer.meta_fields if name in schemas})
    start = {"id": schemas["id"]} if "id" in schemas else {}
    whole = record({**start, **({"meta": meta} if meta["properties"] else {}), **schemas}, **more)
    # `fields=` may leave out anything, the id as well; other properties stay forbidden.
    if is_partial:
        del whole["required"], meta["required"]
    return whole
