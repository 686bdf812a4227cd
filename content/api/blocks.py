"""Blocks as typed JSON: for each kind of block its schema and, right below, its value.

Wagtail's own `get_api_representation` names pictures, files and hotlines by number, public or not. A block of a kind
that isn't here is an error as soon as the API describes itself, not a surprise in an answer.
"""

from collections.abc import Callable
from functools import singledispatch
from typing import Any

from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock
from wagtail.snippets.blocks import SnippetChooserBlock

from ..blocks.files import PrintableBlock, get_printable
from ..models import Hotline
from .hotlines import HotlineSerializer
from .json_schema import HTML, Schema, array, boolean, by_language, enum, integer, nullable, record, ref, string, uri
from .library import FileSerializer, PictureSerializer
from .loader import Loader, absolute_url, api_url
from .rich_text import to_html

Components = dict[str, Schema]
PRINTABLE: Schema = record(
    {
        "key": string(),
        "title": ref("BothLanguages"),
        "what": ref("BothLanguages"),
        "urls": by_language(uri()),
        "type": {"const": "application/pdf"},
        "format": string(description="The size of the sheet: A4 or A3."),
        "pages": integer(minimum=1),
        "versions": array(
            record(
                {
                    "key": string(),
                    "title": ref("BothLanguages"),
                    "urls": by_language(uri()),
                    "format": string(description="The size of the sheet: A4 or A3."),
                    "black_and_white": boolean(description="Whether it is meant for a printer without colours."),
                    "strips": boolean(description="Whether strips can be torn off."),
                }
            ),
            description="Every version of a poster, this one first; empty where there is one only.",
        ),
    },
    description="A paper made at the moment it is fetched, with the telephone lines that may be shown then.",
)

CHOSEN_PAGE: Schema = record(
    {"id": integer(minimum=1), "detail_url": uri(), "html_url": uri()},
    description="A page that the block leads to.",
)


@singledispatch
def block_schema(block: blocks.Block, components: Components) -> Schema:
    """Return the JSON Schema of this block's value.

    Blocks made of others are put into `components`, under their class.
    """
    raise TypeError(f"{type(block).__name__} has no schema in content.api.blocks")


@singledispatch
def block_value(block: blocks.Block, value: Any, loader: Loader) -> Any:
    """Return this block's value as JSON."""
    raise TypeError(f"{type(block).__name__} has no value in content.api.blocks")


def _once(block: blocks.Block, components: Components, build: Callable[[], Schema]) -> Schema:
    name = type(block).__name__
    if name not in components:
        # Entered before it is built, so that a block that contains itself ends in a reference and not in a loop.
        components[name] = {}
        first_line = (type(block).__doc__ or "").strip().partition("\n")[0].strip()
        components[name] = {**build(), **({"description": first_line} if first_line else {})}
    return ref(name)


@block_schema.register
def _(block: blocks.StreamBlock, components: Components) -> Schema:
    def item(name: str, child: blocks.Block) -> Schema:
        number = nullable(string(description="The same as long as the block stands on this page."))
        return record({"type": {"const": name}, "id": number, "value": block_schema(child, components)})

    return _once(
        block, components, lambda: array({"oneOf": [item(name, child) for name, child in block.child_blocks.items()]})
    )


@block_value.register
def _(block: blocks.StreamBlock, value: Any, loader: Loader) -> Any:
    return [
        {"type": part.block_type, "id": part.id, "value": block_value(part.block, part.value, loader)}
        for part in value or []
    ]


@block_schema.register
def _(block: blocks.StructBlock, components: Components) -> Schema:
    children = block.child_blocks
    return _once(
        block,
        components,
        lambda: record({name: block_schema(child, components) for name, child in children.items()}),
    )


@block_value.register
def _(block: blocks.StructBlock, value: Any, loader: Loader) -> Any:
    return {name: block_value(child, value.get(name), loader) for name, child in block.child_blocks.items()}


def _hotline_schema(block: SnippetChooserBlock, components: Components) -> Schema:
    if block.target_model is not Hotline:
        raise TypeError("Only telephone lines may be chosen in a block; describe the other snippet here first.")
    return nullable(ref("Hotline"))


def _hotline_value(block: SnippetChooserBlock, value: Any, loader: Loader) -> Any:
    """Return the hotline while readers may see it, else null: front ends leave the card out."""
    line = loader.hotlines.get(value.pk) if value else None
    return loader.serialize(HotlineSerializer, line) if line else None


def _file_value(block: DocumentChooserBlock, value: Any, loader: Loader) -> Any:
    """Return the file, or null when its collection has been closed."""
    return loader.serialize(FileSerializer, value) if value and loader.file_url(value.pk) else None


def _picture_value(block: ImageChooserBlock, value: Any, loader: Loader) -> Any:
    return loader.serialize(PictureSerializer, value) if value else None


def _page_value(block: blocks.PageChooserBlock, value: Any, loader: Loader) -> dict[str, Any] | None:
    """Return where the page is read, or null when nobody may come across it."""
    url = loader.page_url(value.pk) if value else None
    return {"id": value.pk, "detail_url": api_url("pages", value.pk), "html_url": url} if url else None


def _text_value(block: blocks.Block, value: Any, loader: Loader) -> str:
    return "" if value is None else str(value)


def _printable_schema(block: PrintableBlock, components: Components) -> Schema:
    components["Paper"] = PRINTABLE
    return nullable(ref("Paper"))


def _printable_value(block: PrintableBlock, value: Any, loader: Loader) -> dict[str, Any] | None:
    """Return the printable's value; None when the site no longer has it, so that front ends leave it out."""
    paper = get_printable(value)
    if paper is None:
        return None
    return {
        "key": paper.key,
        "title": paper.texts("name"),
        "what": paper.texts("what"),
        "urls": {code: absolute_url(path) for code, path in paper.addresses().items()},
        "type": "application/pdf",
        "format": paper.format,
        "pages": paper.pages,
        "versions": [
            {
                "key": each.key,
                "title": each.version_texts,
                "urls": {code: absolute_url(path) for code, path in each.addresses().items()},
                "format": each.format,
                "black_and_white": each.is_black_and_white,
                "strips": each.has_strips,
            }
            for each in paper.iter_versions()
        ],
    }


block_schema.register(blocks.ListBlock, lambda block, components: array(block_schema(block.child_block, components)))
block_value.register(
    blocks.ListBlock,
    lambda block, value, loader: [block_value(block.child_block, each, loader) for each in value or []],
)
# singledispatch takes the nearest class: PrintableBlock is described here and not as the StructBlock that it is.
block_schema.register(PrintableBlock, _printable_schema)
block_value.register(PrintableBlock, _printable_value)
block_schema.register(blocks.RichTextBlock, lambda block, components: HTML)
block_value.register(blocks.RichTextBlock, lambda block, value, loader: to_html(value.source if value else "", loader))
for text_block in (blocks.CharBlock, blocks.TextBlock):
    block_schema.register(text_block, lambda block, components: string())
    block_value.register(text_block, _text_value)
block_schema.register(
    blocks.ChoiceBlock, lambda block, components: enum(str(key) for key, _label in block.field.choices)
)
block_value.register(blocks.ChoiceBlock, _text_value)
block_schema.register(blocks.BooleanBlock, lambda block, components: boolean())
block_value.register(blocks.BooleanBlock, lambda block, value, loader: bool(value))
block_schema.register(blocks.IntegerBlock, lambda block, components: nullable(integer()))
block_value.register(blocks.IntegerBlock, lambda block, value, loader: value)
block_schema.register(ImageChooserBlock, lambda block, components: nullable(ref("Picture")))
block_value.register(ImageChooserBlock, _picture_value)
block_schema.register(blocks.PageChooserBlock, lambda block, components: nullable(CHOSEN_PAGE))
block_value.register(blocks.PageChooserBlock, _page_value)
block_schema.register(DocumentChooserBlock, lambda block, components: nullable(ref("File")))
block_value.register(DocumentChooserBlock, _file_value)
block_schema.register(SnippetChooserBlock, _hotline_schema)
block_value.register(SnippetChooserBlock, _hotline_value)
