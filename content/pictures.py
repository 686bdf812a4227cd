"""The sizes of an image: made when it comes into the library, only read when a page is shown.

Showing a page writes nothing and waits for no encoder. What is missing (a library filled by an older version, a size
that failed) is made by the hourly job; until then a page says in words what the image shows.
"""

from typing import Any

import structlog
from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save
from django.db.transaction import on_commit
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from wagtail.images import get_image_model
from wagtail.images.exceptions import InvalidFilterSpecError
from wagtail.images.models import AbstractImage, AbstractRendition, Filter, Picture, SourceImageIOError

from access.limits import Busy, pictures
from audit.put_aside import for_each_row, get_put_aside_keys

from .page_cache.shared import get_shared
from .page_cache.version import invalidate_pages

WIDTHS = (400, 800, 1200)
FORMATS = {"avif": "image/avif", "webp": "image/webp", "jpeg": "image/jpeg"}
POSTER = "max-960x960|format-webp"
ORIGINAL = "original"  # of a drawing (SVG), which needs no sizes
PUT_ASIDE_KIND = "picture.sizes"  # kind of `audit.put_aside`: an image whose sizes can't be made
log = structlog.get_logger(__name__)


def get_rendition_specs(image: AbstractImage) -> dict[str, str]:
    """Return {rendition spec: media type} of what a page offers to browsers, the smallest bytes first.

    Up to the width that the image has itself.
    """
    if image.is_svg():
        return {ORIGINAL: "image/svg+xml"}
    narrower = [width for width in WIDTHS if width < image.width]
    # One more than what is narrower: Wagtail doesn't enlarge, so that one has the image's own width.
    widths = WIDTHS[: len(narrower) + 1]
    return {f"format-{kind}|width-{width}": media for kind, media in FORMATS.items() for width in widths}


def get_renditions_by_spec(image: AbstractImage) -> dict[str, AbstractRendition]:
    """Return the existing renditions by spec, in the order of `get_rendition_specs`."""
    return _get_existing(image, [*get_rendition_specs(image)])


def draw_picture(image: AbstractImage | None, request: HttpRequest | None, *, alt: str, sizes: str) -> SafeString:
    """Return the <picture> that browsers choose a size from; "" until the sizes are made. `sizes`: as in HTML.

    Public pages share it: the addresses of nine renditions cost more than the rest of a block.
    """
    if image is None:
        return SafeString()

    def draw() -> SafeString:
        found = get_renditions_by_spec(image)
        drawn = Picture(found, {"alt": alt, "sizes": sizes, "loading": "lazy", "decoding": "async"})
        return drawn.__html__() if found else SafeString()

    return get_shared(request, ("picture", image.pk, alt, sizes), draw)


def get_poster(image: AbstractImage, request: HttpRequest | None = None) -> AbstractRendition | None:
    return get_shared(request, ("poster", image.pk), lambda: _get_existing(image, [POSTER]).get(POSTER))


def make_sizes(image: AbstractImage) -> int:
    """Make the missing renditions; return how many.

    A file that can't be read is logged by its number and stops nothing.
    """
    wanted = [*get_rendition_specs(image)] if image.is_svg() else [*get_rendition_specs(image), POSTER]
    there = _get_existing(image, wanted)
    missing = [spec for spec in wanted if spec not in there]
    if not missing:
        return 0
    try:
        # One encoder at a time in a process (`access.limits`); who gets no turn in time is Busy.
        with pictures.turn():
            made = image.get_renditions(*missing)
    except Busy:
        log.warning("picture_without_sizes", image=image.pk, error="Busy")  # the hourly job makes them
        return 0
    except (SourceImageIOError, InvalidFilterSpecError, OSError, ValueError) as error:
        log.warning("picture_without_sizes", image=image.pk, error=type(error).__name__)
        return 0
    invalidate_pages()
    return len(made)


def make_missing_sizes() -> int:
    """Make the missing renditions of every image in the library, each by itself; return how many."""
    made = 0

    def make(pk: int) -> None:
        nonlocal made
        image = _get_images().prefetch_related("renditions").filter(pk=pk).first()
        made += make_sizes(image) if image is not None else 0

    keys = _get_images().exclude(pk__in=get_put_aside_keys(PUT_ASIDE_KIND, timezone.now())).values_list("pk", flat=True)
    for_each_row(PUT_ASIDE_KIND, list(keys), make)
    return made


def connect() -> None:
    """Connect the signals. Called once, when the app is ready."""
    model = get_image_model()
    post_save.connect(_image_saved, sender=model, dispatch_uid="sizes-of-pictures")
    post_delete.connect(_rendition_deleted, sender=model.get_rendition_model(), dispatch_uid="sizes-of-pictures")


def _image_saved(instance: AbstractImage, raw: bool = False, **_given: Any) -> None:
    # A raw save is loaddata's; whether the file is there yet isn't known.
    if not raw:
        _make_soon(instance.pk)


def _rendition_deleted(instance: AbstractRendition, **_given: Any) -> None:
    """Make the sizes again: Wagtail deletes the old renditions after it has saved an image whose file was changed."""
    invalidate_pages()
    _make_soon(instance.image_id)


def _make_soon(pk: int) -> None:
    """Make the sizes once the change is committed, so that no encoder holds up the database."""
    on_commit(lambda: _make_now(pk))


def _make_now(pk: int) -> None:
    image = _get_images().filter(pk=pk).first()
    if image is not None:
        make_sizes(image)


def _get_images() -> QuerySet:
    found: QuerySet = get_image_model().objects.order_by("pk")
    return found


def _get_existing(image: AbstractImage, specs: list[str]) -> dict[str, AbstractRendition]:
    found = {each.spec: made for each, made in image.find_existing_renditions(*map(Filter, specs)).items()}
    return {spec: found[spec] for spec in specs if spec in found}
