"""Blocks as typed JSON. Each kind of block has a schema and a way to make its value; both stand side by side here.

A block of a kind that isn't here is an error when the site starts to describe itself, not a surprise in an answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock
from wagtail.snippets.blocks import SnippetChooserBlock

from ..blocks.papers import PaperBlock
from ..models import Hotline
from . import files, lines, papers
from .reading import Reading
from .rich_text import to_html
from .schema import Schema, listing, maybe, number, one_of, record, ref, text, truth

Components = dict[str, Schema]
HTML: Schema = text(contentMediaType="text/html", description="Safe HTML; links are absolute addresses.")


@dataclass(frozen=True)
class Kind:
    schema: Callable[[Any, Components], Schema]
    value: Callable[[Any, Any, Reading], Any]


def get_schema(block: blocks.Block, components: Components) -> Schema:
    """The JSON Schema of this block's value. Blocks made of others are put into `components`, under their class."""
    return get_kind(block).schema(block, components)


def get_value(block: blocks.Block, value: Any, reading: Reading) -> Any:
    """This block's value as JSON."""
    return get_kind(block).value(block, value, reading)


def get_kind(block: blocks.Block) -> Kind:
    for base in type(block).__mro__:
        if base in KINDS:
            return KINDS[base]
    raise TypeError(f"{type(block).__name__} has no kind in content.headless.blocks")


def _stream_schema(block: blocks.StreamBlock, components: Components) -> Schema:
    def items() -> Schema:
        parts = [
            record(
                {
                    "type": {"const": name},
                    "id": maybe(text(description="The same as long as the block stands on this page.")),
                    "value": get_schema(child, components),
                }
            )
            for name, child in block.child_blocks.items()
        ]
        return listing({"oneOf": parts})

    return _once(block, components, items)


def _stream_value(block: blocks.StreamBlock, value: Any, reading: Reading) -> list[dict[str, Any]]:
    return [
        {"type": part.block_type, "id": part.id, "value": get_value(part.block, part.value, reading)}
        for part in value or []
    ]


def _struct_schema(block: blocks.StructBlock, components: Components) -> Schema:
    def whole() -> Schema:
        return record({name: get_schema(child, components) for name, child in block.child_blocks.items()})

    return _once(block, components, whole)


def _struct_value(block: blocks.StructBlock, value: Any, reading: Reading) -> dict[str, Any]:
    return {name: get_value(child, value.get(name), reading) for name, child in block.child_blocks.items()}


def _once(block: blocks.Block, components: Components, make: Callable[[], Schema]) -> Schema:
    name = type(block).__name__
    if name not in components:
        components[name] = {}
        components[name] = {**make(), **({"description": _first_line(block)} if _first_line(block) else {})}
    return ref(name)


def _first_line(block: blocks.Block) -> str:
    lines_ = (type(block).__doc__ or "").strip().splitlines()
    return lines_[0].strip() if lines_ else ""


def _choice_schema(block: blocks.ChoiceBlock, components: Components) -> Schema:
    return one_of(str(key) for key, _label in block.field.choices)


def _line_schema(block: SnippetChooserBlock, components: Components) -> Schema:
    if block.target_model is not Hotline:
        raise TypeError("Only telephone lines may be chosen in a block; give the other snippet a kind.")
    return maybe(ref("Hotline"))


def _line_value(block: SnippetChooserBlock, value: Any, reading: Reading) -> dict[str, Any] | None:
    """The line while readers may see it, else null: front ends leave the card out."""
    line = reading.lines.get(value.pk) if value else None
    return lines.line_value(line, reading) if line else None


def _words(block: Any, value: Any, reading: Reading) -> str:
    return "" if value is None else str(value)


KINDS: dict[type, Kind] = {
    PaperBlock: Kind(
        lambda block, components: papers.schema(components), lambda block, value, reading: papers.paper_value(value)
    ),
    blocks.StreamBlock: Kind(_stream_schema, _stream_value),
    blocks.StructBlock: Kind(_struct_schema, _struct_value),
    blocks.ListBlock: Kind(
        lambda block, components: listing(get_schema(block.child_block, components)),
        lambda block, value, reading: [get_value(block.child_block, each, reading) for each in value or []],
    ),
    blocks.RichTextBlock: Kind(
        lambda block, components: HTML, lambda block, value, reading: to_html(value.source if value else "", reading)
    ),
    blocks.CharBlock: Kind(lambda block, components: text(), _words),
    blocks.TextBlock: Kind(lambda block, components: text(), _words),
    blocks.ChoiceBlock: Kind(_choice_schema, _words),
    blocks.BooleanBlock: Kind(lambda block, components: truth(), lambda block, value, reading: bool(value)),
    blocks.IntegerBlock: Kind(lambda block, components: maybe(number()), lambda block, value, reading: value),
    ImageChooserBlock: Kind(
        lambda block, components: maybe(ref("Picture")),
        lambda block, value, reading: files.picture_value(value, reading) if value else None,
    ),
    DocumentChooserBlock: Kind(
        lambda block, components: maybe(ref("File")),
        lambda block, value, reading: files.file_value(value, reading) if value else None,
    ),
    SnippetChooserBlock: Kind(_line_schema, _line_value),
}
