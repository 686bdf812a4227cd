"""The sizes of a picture: made when it comes into the library, only read when a page is shown.

Showing a page writes nothing and waits for no encoder. What is missing (a library filled by an older version, a size
that failed) is made by the hourly round; until then a page says in words what the picture shows.
"""

from typing import Any

import structlog
from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save
from django.db.transaction import on_commit
from django.http import HttpRequest
from django.utils import timezone
from wagtail.images import get_image_model
from wagtail.images.exceptions import InvalidFilterSpecError
from wagtail.images.models import AbstractImage, AbstractRendition, Filter, SourceImageIOError

from access.limits import Busy, pictures
from audit.put_aside import aside, each

from .serving.generation import begin_new_generation
from .serving.shared import remembered

WIDTHS = (400, 800, 1200)
FORMATS = {"avif": "image/avif", "webp": "image/webp", "jpeg": "image/jpeg"}
POSTER = "max-960x960|format-webp"
WHOLE = "original"  # of a drawing (SVG), which needs no sizes
SIZES = "picture.sizes"  # what is put aside when a picture's can't be made
log = structlog.get_logger(__name__)


def sized(image: AbstractImage) -> dict[str, str]:
    """{how it is made: media type} of what a page offers to browsers, the smallest bytes first: up to the width that
    the picture has itself."""
    if image.is_svg():
        return {WHOLE: "image/svg+xml"}
    narrower = [width for width in WIDTHS if width < image.width]
    widths = WIDTHS[: len(narrower) + 1]
    return {f"format-{kind}|width-{width}": media for kind, media in FORMATS.items() for width in widths}


def get_sizes(image: AbstractImage, request: HttpRequest | None = None) -> dict[str, AbstractRendition]:
    """Those that are there, by how they are made, in the order of `sized`. Read once a generation."""
    return remembered(request, ("sizes", image.pk), lambda: _there(image, [*sized(image)]))


def get_poster(image: AbstractImage, request: HttpRequest | None = None) -> AbstractRendition | None:
    return remembered(request, ("poster", image.pk), lambda: _there(image, [POSTER]).get(POSTER))


def make_sizes(image: AbstractImage) -> int:
    """Makes what is missing; how many. A file that can't be read is logged by its number and keeps nobody from work."""
    wanted = [*sized(image)] if image.is_svg() else [*sized(image), POSTER]
    there = _there(image, wanted)
    missing = [spec for spec in wanted if spec not in there]
    if not missing:
        return 0
    try:
        with pictures.turn():
            made = image.get_renditions(*missing)
    except Busy:
        log.warning("picture_without_sizes", image=image.pk, error="Busy")  # each hour what lacks is made
        return 0
    except (SourceImageIOError, InvalidFilterSpecError, OSError, ValueError) as error:
        log.warning("picture_without_sizes", image=image.pk, error=type(error).__name__)
        return 0
    begin_new_generation()
    return len(made)


def make_missing_sizes() -> int:
    """Of every picture in the library, each by itself; how many were made."""
    made = 0

    def make(pk: int) -> None:
        nonlocal made
        image = _library().prefetch_related("renditions").filter(pk=pk).first()
        made += make_sizes(image) if image is not None else 0

    keys = _library().exclude(pk__in=aside(SIZES, timezone.now())).values_list("pk", flat=True)
    each(SIZES, list(keys), make)
    return made


def connect() -> None:
    """Called once, when the room is ready."""
    model = get_image_model()
    post_save.connect(_came_in, sender=model, dispatch_uid="sizes-of-pictures")
    post_delete.connect(_lost_a_size, sender=model.get_rendition_model(), dispatch_uid="sizes-of-pictures")


def _came_in(instance: AbstractImage, raw: bool = False, **_given: Any) -> None:
    if not raw:
        _make_soon(instance.pk)


def _lost_a_size(instance: AbstractRendition, **_given: Any) -> None:
    """Another file was put in its place: Wagtail throws the old sizes away after it has saved the picture."""
    begin_new_generation()
    _make_soon(instance.image_id)


def _make_soon(pk: int) -> None:
    """Once the change is committed, so that no encoder holds up the database."""
    on_commit(lambda: _make_now(pk))


def _make_now(pk: int) -> None:
    image = _library().filter(pk=pk).first()
    if image is not None:
        make_sizes(image)


def _library() -> QuerySet:
    found: QuerySet = get_image_model().objects.order_by("pk")
    return found


def _there(image: AbstractImage, specs: list[str]) -> dict[str, AbstractRendition]:
    found = {each.spec: made for each, made in image.find_existing_renditions(*map(Filter, specs)).items()}
    return {spec: found[spec] for spec in specs if spec in found}
