"""Endpoints of images and documents: only those that a public page uses.

The library also holds what drafts will show.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet, prefetch_related_objects
from django.http import HttpRequest
from rest_framework import serializers
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from ..asset_usage import get_assets_used_on
from ..models import public_pages
from ..pictures import FORMATS, get_rendition_specs, get_renditions_by_spec
from .json_schema import Schema, array, enum, integer, nullable, record, ref, string, uri
from .loader import Loader, absolute_url, in_open_collections
from .parameters import NO_NUL, Parameter
from .serializers import ComputedField, PublicSerializer, serializer_schema
from .viewsets import PublicAPIViewSet

Image = get_image_model()
Document = get_document_model()

RENDITION: Schema = record(
    {
        "url": uri(),
        "width": integer(minimum=1),
        "height": integer(minimum=1),
        "type": enum([*FORMATS.values(), "image/svg+xml"]),
    },
    description="One size of a picture in one format.",
)


def used_on_public_pages(model: type, request: HttpRequest | None = None) -> QuerySet:
    """Return the images or documents that a public page shows or links to, in collections that are open."""
    return in_open_collections(get_assets_used_on(public_pages(request), model))


def get_renditions(image: Any, loader: Loader) -> list[dict[str, Any]]:
    """Return every existing size in every format, the smallest bytes first. Asking makes none."""
    media = get_rendition_specs(image)
    return [
        # A drawing may have no size of its own; the schema promises at least 1.
        {"url": absolute_url(each.url), "width": max(1, each.width), "height": max(1, each.height), "type": media[spec]}
        for spec, each in get_renditions_by_spec(image).items()
    ]


class PictureSerializer(PublicSerializer):
    """A picture within a page."""

    id = serializers.IntegerField(read_only=True, min_value=1)
    alt = serializers.CharField(source="description", read_only=True, help_text="What it shows, in words.")
    width = serializers.IntegerField(read_only=True, min_value=1)
    height = serializers.IntegerField(read_only=True, min_value=1)
    renditions = ComputedField(
        array(ref("Rendition"), description="For `srcset`, one `<source>` for each type."), get_renditions
    )

    class Meta:
        model = Image
        fields = ["id", "title", "alt", "width", "height", "renditions"]


class FileSerializer(PublicSerializer):
    """A file within a page."""

    id = serializers.IntegerField(read_only=True, min_value=1)
    url = ComputedField(uri(), lambda file, loader: loader.get_file_url(file))
    type = ComputedField(string(description="Its media type."), lambda file, loader: file.content_type)
    bytes = ComputedField(nullable(integer(minimum=0)), lambda file, loader: file.get_file_size())

    class Meta:
        model = Document
        fields = ["id", "title", "url", "type", "bytes"]


class _LibraryViewSet(PublicAPIViewSet):
    meta_fields = ["detail_url"]
    orders = ("id", "title")
    parameters = (Parameter("search", string(minLength=1, maxLength=200, pattern=NO_NUL), "Words in the title."),)

    def get_queryset(self) -> QuerySet:
        return used_on_public_pages(self.model, self.request._request).order_by("id")

    def filter_by_search(self, queryset: QuerySet, words: str) -> QuerySet:
        for word in words.split():
            queryset = queryset.filter(title__icontains=word)
        return queryset


class ImagesViewSet(_LibraryViewSet):
    """Pictures that public pages show, each in several sizes as AVIF, WebP and JPEG."""

    plural = "images"
    component = "Image"
    model = Image
    base_serializer_class = PictureSerializer
    body_fields = PictureSerializer.Meta.fields

    def load(self, things: Iterable[Any]) -> list[Any]:
        images = list(things)
        # Otherwise each image of a list would ask for its renditions by itself.
        if "renditions" in self.asked_fields():
            prefetch_related_objects(images, "renditions")
        return images

    @classmethod
    def components(cls) -> dict[str, Schema]:
        picture = serializer_schema(PictureSerializer(), description=PictureSerializer.__doc__)
        return {**super().components(), "Rendition": RENDITION, "Picture": picture}


class DocumentsViewSet(_LibraryViewSet):
    """Files that public pages offer or link to."""

    plural = "documents"
    component = "Document"
    model = Document
    base_serializer_class = FileSerializer
    body_fields = FileSerializer.Meta.fields

    @classmethod
    def components(cls) -> dict[str, Schema]:
        return {**super().components(), "File": serializer_schema(FileSerializer(), description=FileSerializer.__doc__)}
