"""Pictures and files: only those that a public page uses, since the library also holds what drafts will show."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.request import Request
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from ..models import public_pages
from ..pictures import FORMATS, get_sizes, sized
from ..used import used_on
from .endpoint import Endpoint, endpoint_address
from .fields import Field, plain, represent, whole_schema
from .parameters import NO_NUL, PAGING, Parameter, fields_parameter, order_parameter
from .reading import Reading, absolute, in_open_collections
from .schema import Schema, address, listing, maybe, number, one_of, record, ref, text

Image = get_image_model()
Document = get_document_model()

RENDITION: Schema = record(
    {
        "url": address(),
        "width": number(minimum=1),
        "height": number(minimum=1),
        "type": one_of([*FORMATS.values(), "image/svg+xml"]),
    },
    description="One size of a picture in one format.",
)


def used_on_public_pages(model: type, request: HttpRequest | None = None) -> QuerySet:
    """Of images or documents, those that a public page shows or links to, in collections that are open."""
    return in_open_collections(used_on(public_pages(request), model))


def renditions(image: Any) -> list[dict[str, Any]]:
    """Every size in every format that is there, the smallest bytes first. Asking makes none."""
    media = sized(image)
    return [
        {"url": absolute(each.url), "width": max(1, each.width), "height": max(1, each.height), "type": media[spec]}
        for spec, each in get_sizes(image).items()
    ]


PICTURE = (
    plain("id", number(minimum=1), in_list=True),
    plain("title", text(), in_list=True),
    Field("alt", text(description="What it shows, in words."), lambda image, reading: image.description, in_list=True),
    plain("width", number(minimum=1), in_list=True),
    plain("height", number(minimum=1), in_list=True),
    Field(
        "renditions",
        listing(ref("Rendition"), description="For `srcset`, one `<source>` for each type."),
        lambda image, reading: renditions(image),
        in_list=True,
    ),
)
FILE = (
    plain("id", number(minimum=1), in_list=True),
    plain("title", text(), in_list=True),
    Field("url", address(), lambda file, reading: reading.address_of_file(file), in_list=True),
    Field("type", text(description="Its media type."), lambda file, reading: file.content_type, in_list=True),
    Field("bytes", maybe(number(minimum=0)), lambda file, reading: file.get_file_size(), in_list=True),
)


def picture_value(image: Any, reading: Reading) -> dict[str, Any]:
    return represent(image, PICTURE, reading)


def file_value(file: Any, reading: Reading) -> dict[str, Any] | None:
    """The file, or null when its collection has been shut."""
    return represent(file, FILE, reading) if reading.file_address(file.pk) else None


def _with_detail(component: str, fields: Sequence[Field]) -> tuple[Field, ...]:
    """In the endpoint's own answers `meta` says where the object is read again."""
    names = {"Picture": "images", "File": "documents"}
    link = Field(
        "detail_url",
        address(),
        lambda thing, reading: endpoint_address(names[component], thing.pk),
        in_meta=True,
        in_list=True,
    )
    return (*fields, link)


class _Library(Endpoint):
    model: Any
    order: tuple[str, ...] = ("id", "title")

    def everything(self) -> QuerySet:
        return used_on_public_pages(self.model, self.request._request).order_by("id")

    def narrowed(self, found: Any, values: dict[str, Any], request: Request) -> Any:
        if "search" in values:
            for word in values["search"].split():
                found = found.filter(title__icontains=word)
        return found.order_by(*values["order"].split(",")) if "order" in values else found


class ImagesEndpoint(_Library):
    """Pictures that public pages show, each in several sizes as AVIF, WebP and JPEG."""

    plural = "images"
    model = Image
    component = "Image"
    fields = _with_detail("Picture", PICTURE)
    parameters = (
        Parameter("search", text(minLength=1, maxLength=200, pattern=NO_NUL), "Words in the title."),
        fields_parameter(field.name for field in fields),
        order_parameter(["id", "title"]),
        *PAGING,
    )

    def loaded(self, things: Iterable[Any], fields: Sequence[Field], reading: Reading) -> list[Any]:
        wants_sizes = any(field.name == "renditions" for field in fields)
        return list(things.prefetch_related("renditions")) if wants_sizes else list(things)  # type: ignore[attr-defined]

    @classmethod
    def components(cls) -> dict[str, Schema]:
        own = {"Rendition": RENDITION, "Picture": whole_schema(PICTURE, description="A picture within a page.")}
        return {**super().components(), **own}


class DocumentsEndpoint(_Library):
    """Files that public pages offer or link to."""

    plural = "documents"
    model = Document
    component = "Document"
    fields = _with_detail("File", FILE)
    parameters = (
        Parameter("search", text(minLength=1, maxLength=200, pattern=NO_NUL), "Words in the title."),
        fields_parameter(field.name for field in fields),
        order_parameter(["id", "title"]),
        *PAGING,
    )

    @classmethod
    def components(cls) -> dict[str, Schema]:
        return {**super().components(), "File": whole_schema(FILE, description="A file within a page.")}
