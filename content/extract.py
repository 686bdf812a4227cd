"""Extract the texts, links, pictures and hotlines of a page, whatever its type and blocks."""

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

from . import html_reader

HOTLINE = "content.hotline"  # by its label: this module is loaded with the models
# Never shown to readers, or handled apart in `extract_page`.
NOT_READ = {"change_note", "slug", "seo_title", "search_description", "title", "draft_title", "url_path"}
NOT_READ |= {"legal_checked_by", "legal_checked_text", "for_lawyer", "speaker", "speaker_read_text"}


@dataclass(frozen=True)
class TextPart:
    """A stretch of text and where an editor finds it. `is_prose`: it has sentences; `is_address`: part of one."""

    text: str
    place: str
    is_prose: bool = False
    is_address: bool = False


@dataclass
class PageParts:
    """A page, taken apart. Lists of (what, place)."""

    words: list[TextPart] = field(default_factory=list)
    links: list[tuple[str, str, str, str]] = field(default_factory=list)  # kind, target, text, place
    pictures: list[tuple[str, Any, str]] = field(default_factory=list)  # its words, the image, place
    hotlines: list[tuple[Any, str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # places of files that aren't there
    seen: list[TextPart] = field(default_factory=list)  # what stays in a browser's history and tabs
    unread: list[str] = field(default_factory=list)  # places: nobody who speaks the language has read these words


def extract_page(page: Page) -> PageParts:
    """Extract everything that a reader of the page gets, in the order of its fields."""
    found = PageParts()
    title = str(Page._meta.get_field("title").verbose_name)
    found.words.append(TextPart(page.title, title))
    # As the template does: without a title for the browser the page's own stands in the tab.
    in_tab = page.seo_title or page.title
    found.seen.append(TextPart(in_tab, str(Page._meta.get_field("seo_title").verbose_name)))
    found.seen.append(
        TextPart(page.slug.replace("-", " "), str(Page._meta.get_field("slug").verbose_name), is_address=True)
    )
    description = str(Page._meta.get_field("search_description").verbose_name)
    found.seen.append(TextPart(page.search_description, description))
    # Wagtail's own columns (owner, locale, path …) hold no text for readers.
    own = {each.name for each in Page._meta.get_fields()}
    for each in page._meta.get_fields():
        if isinstance(each, models.Field) and each.name not in own and each.name not in NOT_READ:
            _field(found, page, each)
    return found


def _field(found: PageParts, page: Page, each: models.Field) -> None:
    place = str(each.verbose_name)
    if isinstance(each, StreamField):
        for child in getattr(page, each.name) or ():
            _block(found, child.block, child.value, _under(place, child.block))
    elif isinstance(each, RichTextField):
        _rich(found, getattr(page, each.name), place)
    elif isinstance(each, models.ForeignKey) and _is_hotline(each.related_model):
        if getattr(page, each.attname) is not None:
            found.hotlines.append((getattr(page, each.name), place))
    elif isinstance(each, models.ForeignKey) and issubclass(each.related_model, AbstractDocument):
        if getattr(page, each.attname) is not None:
            found.links.append(("document", str(getattr(page, each.attname)), "", place))
    # The exact types: a SlugField or EmailField is a CharField too, and no text to read.
    elif type(each) in (models.CharField, models.TextField) and not each.choices:
        _text(found, getattr(page, each.name), place, is_prose=type(each) is models.TextField)


def _is_hotline(model: Any) -> bool:
    return bool(model._meta.label_lower == HOTLINE)


def _block(found: PageParts, block: blocks.Block, value: Any, place: str) -> None:
    if isinstance(block, blocks.StructBlock):
        _struct(found, block, value, place)
    elif isinstance(block, blocks.StreamBlock):
        for child in value or ():
            _block(found, child.block, child.value, _under(place, child.block))
    elif isinstance(block, blocks.ListBlock):
        for number, child in enumerate(value or (), start=1):
            _block(found, block.child_block, child, f"{place} {number}")
    elif isinstance(block, SnippetChooserBlock) and _is_hotline(block.target_model):
        found.hotlines.append((value, place))
    elif isinstance(block, DocumentChooserBlock | ImageChooserBlock) and value is None:
        # A deleted file leaves None in the stream; where the block may do without one, nothing is missing.
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


def _struct(found: PageParts, block: blocks.StructBlock, value: Any, place: str) -> None:
    """Extract a struct's fields. Its picture and the words for it are one thing; titles are text without sentences."""
    names = block.child_blocks
    if "image" in names and isinstance(names["image"], ImageChooserBlock) and "alt" in names:
        found.pictures.append(((value.get("alt") or "").strip(), value.get("image"), _under(place, names["alt"])))
    for name, child in names.items():
        if name == "alt":
            continue
        here = _under(place, child)
        if name == "title" or name.endswith("_title"):
            if text := (value.get(name) or "").strip():
                found.words.append(TextPart(text, here))
            continue
        _block(found, child, value.get(name), here)


def _rich(found: PageParts, source: str, place: str) -> None:
    rich = html_reader.read_html(source or "")
    found.words += [TextPart(line, place, is_prose=True) for line in rich.text.split("\n") if line]
    found.links += [("page", target, text, place) for target, text in rich.pages]
    found.links += [("document", target, text, place) for target, text in rich.documents]
    found.links += [("address", target, text, place) for target, text in rich.addresses]
    found.pictures += [(alt, None, place) for alt in rich.pictures]


def _text(found: PageParts, value: Any, place: str, *, is_prose: bool) -> None:
    text = str(value or "").strip()
    if text:
        found.words.append(TextPart(text, place, is_prose))


def _under(place: str, block: blocks.Block) -> str:
    return f"{place} › {block.label}"
