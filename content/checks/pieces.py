"""Takes a page apart into what the checks look at, whatever its type and blocks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.documents.models import AbstractDocument
from wagtail.fields import RichTextField, StreamField
from wagtail.images.blocks import ImageChooserBlock
from wagtail.models import Page
from wagtail.rich_text import RichText as StoredRichText
from wagtail.snippets.blocks import SnippetChooserBlock

from ..models import Hotline
from . import html

# Never before readers, or another check's business.
NOT_READ = {"change_note", "slug", "seo_title", "search_description", "title", "draft_title", "url_path"}
NOT_READ |= {"legal_checked_by", "legal_checked_text", "for_lawyer"}


@dataclass(frozen=True)
class Words:
    """A stretch of text and where an editor finds it. `is_prose`: it has sentences; `is_address`: part of one."""

    text: str
    place: str
    is_prose: bool = False
    is_address: bool = False


@dataclass
class Pieces:
    """A page, taken apart. Lists of (what, place)."""

    words: list[Words] = field(default_factory=list)
    headings: list[tuple[int, str, str]] = field(default_factory=list)  # level, text, place
    links: list[tuple[str, str, str, str]] = field(default_factory=list)  # kind, target, text, place
    pictures: list[tuple[str, Any, str]] = field(default_factory=list)  # its words, the image, place
    lines: list[tuple[Hotline | None, str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # places of files that aren't there
    seen: list[Words] = field(default_factory=list)  # what stays in a browser's history and tabs


def iter_pieces(page: Page) -> Pieces:
    """Everything a reader of the page gets, in the order of its fields."""
    found = Pieces()
    title = str(Page._meta.get_field("title").verbose_name)
    found.headings.append((1, page.title, title))
    found.words.append(Words(page.title, title))
    in_tab = page.seo_title or page.title
    found.seen.append(Words(in_tab, str(Page._meta.get_field("seo_title").verbose_name)))
    found.seen.append(
        Words(page.slug.replace("-", " "), str(Page._meta.get_field("slug").verbose_name), is_address=True)
    )
    description = str(Page._meta.get_field("search_description").verbose_name)
    found.seen.append(Words(page.search_description, description))
    own = {each.name for each in Page._meta.get_fields()}
    for each in page._meta.get_fields():
        if isinstance(each, models.Field) and each.name not in own and each.name not in NOT_READ:
            _field(found, page, each)
    return found


def _field(found: Pieces, page: Page, each: models.Field) -> None:
    place = str(each.verbose_name)
    if isinstance(each, StreamField):
        for child in getattr(page, each.name) or ():
            _block(found, child.block, child.value, _under(place, child.block), depth=0)
    elif isinstance(each, RichTextField):
        _rich(found, getattr(page, each.name), place)
    elif isinstance(each, models.ForeignKey) and each.related_model is Hotline:
        if getattr(page, each.attname) is not None:
            found.lines.append((getattr(page, each.name), place))
    elif isinstance(each, models.ForeignKey) and issubclass(each.related_model, AbstractDocument):
        if getattr(page, each.attname) is not None:
            found.links.append(("document", str(getattr(page, each.attname)), "", place))
    elif type(each) in (models.CharField, models.TextField) and not each.choices:
        _text(found, getattr(page, each.name), place, is_prose=type(each) is models.TextField)


def _block(found: Pieces, block: blocks.Block, value: Any, place: str, *, depth: int) -> None:
    if isinstance(block, blocks.StructBlock):
        _struct(found, block, value, place, depth=depth)
    elif isinstance(block, blocks.StreamBlock):
        for child in value or ():
            _block(found, child.block, child.value, _under(place, child.block), depth=depth + 1)
    elif isinstance(block, blocks.ListBlock):
        for number, child in enumerate(value or (), start=1):
            _block(found, block.child_block, child, f"{place} {number}", depth=depth + 1)
    elif isinstance(block, SnippetChooserBlock) and block.target_model is Hotline:
        found.lines.append((value, place))
    elif isinstance(block, DocumentChooserBlock | ImageChooserBlock) and value is None:
        if block.required:
            found.missing.append(place)
    elif isinstance(block, DocumentChooserBlock):
        found.links.append(("document", str(value.pk), "", place))
    elif isinstance(block, blocks.PageChooserBlock):
        if value is not None:
            found.links.append(("page", str(value.pk), "", place))
    elif isinstance(value, StoredRichText):
        _rich(found, value.source, place)
    elif isinstance(block, blocks.URLBlock):
        if value:
            found.links.append(("address", value, "", place))
    elif isinstance(block, blocks.CharBlock | blocks.TextBlock):
        _text(found, value, place, is_prose=True)


def _struct(found: Pieces, block: blocks.StructBlock, value: Any, place: str, *, depth: int) -> None:
    """A struct's fields. Titles of the body's blocks are headings of the second level, those within of the third."""
    names = block.child_blocks
    if "image" in names and isinstance(names["image"], ImageChooserBlock) and "alt" in names:
        found.pictures.append(((value.get("alt") or "").strip(), value.get("image"), _under(place, names["alt"])))
    for name, child in names.items():
        if name == "alt":
            continue
        here = _under(place, child)
        if name == "title" or name.endswith("_title"):
            if text := (value.get(name) or "").strip():
                found.headings.append((2 if depth == 0 else 3, text, here))
                found.words.append(Words(text, here))
            continue
        _block(found, child, value.get(name), here, depth=depth + 1)


def _rich(found: Pieces, source: str, place: str) -> None:
    rich = html.read(source or "")
    found.headings += [(level, text, place) for level, text in rich.headings]
    found.words += [Words(line, place, is_prose=True) for line in rich.text.split("\n") if line]
    found.links += [("page", target, text, place) for target, text in rich.pages]
    found.links += [("document", target, text, place) for target, text in rich.documents]
    found.links += [("address", target, text, place) for target, text in rich.addresses]
    found.pictures += [(alt, None, place) for alt in rich.pictures]


def _text(found: Pieces, value: Any, place: str, *, is_prose: bool) -> None:
    text = str(value or "").strip()
    if text:
        found.words.append(Words(text, place, is_prose))


def _under(place: str, block: blocks.Block) -> str:
    return f"{place} › {block.label}"


def prose(found: Pieces) -> Iterator[str]:
    """The sentences of the page."""
    return (each.text for each in found.words if each.is_prose)
