"""Blocks with a file: figures, videos, recordings, downloads, and papers to print."""

import mimetypes
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock

from ..pictures import draw_picture, get_poster
from ..printable_catalog import PRINTABLES, Printable
from ..ways_to_read import build_film_anchor
from .texts import SHORT

FILM_TYPES = {"mp4": "video/mp4", "webm": "video/webm"}
SOUND_TYPES = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg", "oga": "audio/ogg", "wav": "audio/wav"}
CAPTION_TYPES = {"vtt": "text/vtt"}
SIZES = "(min-width: 700px) 640px, calc(100vw - 32px)"  # width of a picture within a text


def get_kind(document: Any) -> str:
    """Return the kind of file by its ending, in lower case: "pdf"."""
    return PurePath(document.filename).suffix.lstrip(".").lower()


def get_size(document: Any) -> int:
    """Return the size in bytes, as counted when the file was added; 0 when unknown."""
    if document.file_size:
        return int(document.file_size)
    try:
        return int(document.file.size)
    # A file that is missing on the disk must not take the whole page down.
    except OSError:
        return 0


def get_media_type(document: Any) -> str:
    name = document.filename
    # Our own list first: what `mimetypes` knows depends on the system.
    return (FILM_TYPES | SOUND_TYPES | CAPTION_TYPES).get(get_kind(document)) or mimetypes.guess_type(name)[0] or ""


def describe_length(seconds: int) -> str:
    """Return how long a film is, rounded up to minutes from two minutes on."""
    if seconds < 120:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    # Rounded up, so that nobody starts a film that is longer than it said.
    minutes = -(-seconds // 60)
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


def describe_file(document: Any) -> dict[str, Any]:
    """Return what a reader wants to know before loading a file: {"kind", "size", "media_type"}."""
    if document is None:
        return {}
    return {"kind": get_kind(document).upper(), "size": get_size(document), "media_type": get_media_type(document)}


def _get_request(parent_context: dict[str, Any] | None) -> HttpRequest | None:
    return (parent_context or {}).get("request")


class FileOfKindMixin:
    """A block whose chosen files must be of a kind that a browser plays."""

    kinds: dict[str, dict[str, str]] = {}

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)  # type: ignore[misc]
        wrong = {
            name: ValidationError(gettext("Choose a file of this kind: %(kinds)s.") % {"kinds": ", ".join(kinds)})
            for name, kinds in self.kinds.items()
            if cleaned.get(name) and get_kind(cleaned[name]) not in kinds
        }
        if wrong:
            raise StructBlockValidationError(block_errors=wrong)
        return cleaned


class FigureBlock(blocks.StructBlock):
    """A picture. What it shows must be said in words, for those who can't see it or don't load pictures."""

    image = ImageChooserBlock(label=_("picture"))
    alt = blocks.CharBlock(max_length=240, label=_("what it shows, in words"))
    caption = blocks.CharBlock(max_length=240, required=False, label=_("caption"))

    class Meta:
        icon = "image"
        label = _("Picture")
        template = "content/blocks/figure.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Add `picture`: empty until its sizes are made, some moments after it came in."""
        request = _get_request(parent_context)
        drawn = draw_picture(value.get("image"), request, alt=value.get("alt", ""), sizes=SIZES)
        return super().get_context(value, parent_context=parent_context) | {"picture": drawn}


class VideoBlock(FileOfKindMixin, blocks.StructBlock):
    """A film of our own, never loaded before the reader asks for it; with captions and a transcript."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    file = DocumentChooserBlock(label=_("film"), help_text=_("MP4 or WebM."))
    captions = DocumentChooserBlock(label=_("captions"), help_text=_("WebVTT, in the language of the film."))
    poster = ImageChooserBlock(required=False, label=_("picture before it plays"))
    transcript = blocks.RichTextBlock(features=SHORT, label=_("what is said and seen, in words"))
    seconds = blocks.IntegerBlock(min_value=1, max_value=7200, label=_("length in seconds"))
    sign_language = blocks.BooleanBlock(
        required=False, label=_("in sign language"), help_text=_("The page's top then leads to the film.")
    )

    kinds = {"file": FILM_TYPES, "captions": CAPTION_TYPES}

    class Meta:
        icon = "media"
        label = _("Video")
        template = "content/blocks/video.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context=parent_context) | describe_file(value["file"])
        poster = value.get("poster")
        return context | {
            "poster": get_poster(poster, _get_request(parent_context)) if poster else None,
            "length": describe_length(value["seconds"] or 0),
            "language": get_language(),
            "anchor": build_film_anchor(value["file"].pk) if value["file"] and value.get("sign_language") else "",
        }


class AudioBlock(FileOfKindMixin, blocks.StructBlock):
    """A recording with a transcript."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    file = DocumentChooserBlock(label=_("recording"), help_text=_("MP3, M4A, Ogg or WAV."))
    transcript = blocks.RichTextBlock(features=SHORT, label=_("what is said, in words"))
    seconds = blocks.IntegerBlock(min_value=1, max_value=7200, label=_("length in seconds"))

    kinds = {"file": SOUND_TYPES}

    class Meta:
        icon = "media"
        label = _("Audio")
        template = "content/blocks/audio.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context=parent_context) | describe_file(value["file"])
        return context | {"length": describe_length(value["seconds"] or 0)}


class DownloadBlock(blocks.StructBlock):
    """A file to download."""

    document = DocumentChooserBlock(label=_("file"))
    title = blocks.CharBlock(max_length=120, label=_("title"))
    what = blocks.TextBlock(required=False, label=_("what it is and for whom"))

    class Meta:
        icon = "download"
        label = _("Download")
        template = "content/blocks/download.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        return super().get_context(value, parent_context=parent_context) | describe_file(value["document"])


def get_printable_choices() -> list[tuple[str, str | Promise]]:
    return [(key, paper.name) for key, paper in PRINTABLES.items()]


def get_printable(value: Any) -> Printable | None:
    """Return the printable that a block names; None when it no longer exists."""
    return PRINTABLES.get(value.get("paper") or "") if value else None


class PrintableBlock(blocks.StructBlock):
    """A leaflet, card or poster to print. Its name and words come with it, in each language."""

    # A callable: names are read in the language of whoever opens the form.
    paper = blocks.ChoiceBlock(choices=get_printable_choices, label=_("leaflet or card"))

    class Meta:
        icon = "doc-full"
        label = _("Leaflet or card to print")
        template = "content/blocks/paper.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        return super().get_context(value, parent_context=parent_context) | {"paper": get_printable(value)}
