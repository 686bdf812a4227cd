"""Remove a deleted image or document from the translations in which it stood.

wagtail-localize offers each chosen file to be replaced in the other language, and asks for it by its number. For one
that is gone its sentence editor stays empty: nothing of that page could be translated any more.
"""

from typing import Any

from django.db.models import Q
from django.db.models.signals import post_delete
from wagtail import blocks
from wagtail.documents import get_document_model
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images import get_image_model
from wagtail.images.blocks import ImageChooserBlock
from wagtail_localize.models import OverridableSegment, SegmentOverride

from ..blocks import BodyBlock, DownloadsBlock


def listen() -> None:
    for model in (get_image_model(), get_document_model()):
        post_delete.connect(_leave_translations, sender=model, dispatch_uid=f"review.missing_files.{model.__name__}")


def places_for(chooser: type[blocks.Block]) -> set[str]:
    """Return the names of block parts where such a file is chosen, as the paths of segments end."""
    structs = [each for stream in (BodyBlock(), DownloadsBlock()) for each in stream.child_blocks.values()]
    return {
        name
        for struct in structs
        if isinstance(struct, blocks.StructBlock)
        for name, child in struct.child_blocks.items()
        if isinstance(child, chooser)
    }


def _leave_translations(sender: type, instance: Any, **_given: Any) -> None:
    chooser = ImageChooserBlock if issubclass(sender, get_image_model()) else DocumentChooserBlock
    there = Q(*(Q(context__path__endswith=f".{name}") for name in places_for(chooser)), _connector=Q.OR)
    for model in (OverridableSegment, SegmentOverride):
        model.objects.filter(there, data_json=str(instance.pk)).delete()
