"""Blocks that carry a file: pictures, films, sound, papers."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock

from .texts import SHORT


class FigureBlock(blocks.StructBlock):
    """A picture. What it shows must be said in words, for those who can't see it or don't load pictures."""

    image = ImageChooserBlock(label=_("picture"))
    alt = blocks.CharBlock(max_length=240, label=_("what it shows, in words"))
    caption = blocks.CharBlock(max_length=240, required=False, label=_("caption"))

    class Meta:
        icon = "image"
        label = _("Picture")
        template = "content/blocks/figure.html"


class VideoBlock(blocks.StructBlock):
    """A film of our own, never loaded before the reader asks for it; with captions and the words to read."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    file = DocumentChooserBlock(label=_("film"), help_text=_("MP4 or WebM."))
    captions = DocumentChooserBlock(label=_("captions"), help_text=_("WebVTT, in the language of the film."))
    poster = ImageChooserBlock(required=False, label=_("picture before it plays"))
    transcript = blocks.RichTextBlock(features=SHORT, label=_("what is said and seen, in words"))
    seconds = blocks.IntegerBlock(min_value=1, max_value=7200, label=_("length in seconds"))

    class Meta:
        icon = "media"
        label = _("Video")
        template = "content/blocks/video.html"


class AudioBlock(blocks.StructBlock):
    """A recording, with its words to read."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    file = DocumentChooserBlock(label=_("recording"), help_text=_("MP3, M4A, Ogg or WAV."))
    transcript = blocks.RichTextBlock(features=SHORT, label=_("what is said, in words"))
    seconds = blocks.IntegerBlock(min_value=1, max_value=7200, label=_("length in seconds"))

    class Meta:
        icon = "media"
        label = _("Audio")
        template = "content/blocks/audio.html"


class DownloadBlock(blocks.StructBlock):
    """A paper to take along."""

    document = DocumentChooserBlock(label=_("file"))
    title = blocks.CharBlock(max_length=120, label=_("title"))
    what = blocks.TextBlock(required=False, label=_("what it is and for whom"))

    class Meta:
        icon = "download"
        label = _("Download")
        template = "content/blocks/download.html"
