"""Clean copies of pictures: the pixels drawn anew, upright, and nothing else that the file held."""

import contextlib
import io

from PIL import Image, ImageOps

from .file_types import JPEG, PNG, FileRefused, Kind

MAX_PIXELS = 50_000_000
MAX_SIDE = 4096
QUALITIES = (88, 75, 60)


def clean_picture(content: bytes, kind: Kind, most_bytes: int) -> tuple[str, bytes]:
    """Return (media type, content) of the copy. Raises FileRefused.

    PNG stays PNG where it fits into `most_bytes`, everything else becomes JPEG.
    """
    try:
        return _copy(_pixels(content, kind), kind, most_bytes)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        raise FileRefused("too_many_pixels") from None
    except FileRefused:
        raise
    except Exception:  # noqa: BLE001 - decoders raise all sorts of errors on a broken file
        raise FileRefused("unreadable") from None


def _pixels(content: bytes, kind: Kind) -> Image.Image:
    if kind.name == "HEIF":
        # imported only when needed: this process starts anew for each file
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    with Image.open(io.BytesIO(content), formats=[kind.name]) as opened:
        width, height = opened.size
        if width * height > MAX_PIXELS:
            raise FileRefused("too_many_pixels")
        if kind is JPEG:
            # lets the decoder scale down while it decodes: a large photo then needs a fraction of the memory
            opened.draft("RGB", (MAX_SIDE, MAX_SIDE))
        # the size was read from the header above, before a single pixel: that is what stops a decompression bomb
        opened.load()
        opened.thumbnail((MAX_SIDE, MAX_SIDE))
        upright: Image.Image = opened
        with contextlib.suppress(Exception):  # a broken EXIF block: then as it lies
            upright = ImageOps.exif_transpose(opened)
        drawn = _drawn(upright)
    drawn.info.clear()  # comments and profiles would be written out again
    return drawn


def _drawn(image: Image.Image) -> Image.Image:
    """Redraw as grey, colour, or colour with transparency."""
    if image.mode.startswith("I"):  # sixteen bits a pixel
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode == "L":
        return image.copy()
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _copy(image: Image.Image, kind: Kind, most_bytes: int) -> tuple[str, bytes]:
    if kind is PNG:
        written = _written(image, "PNG", optimize=False)
        if len(written) <= most_bytes:
            return "image/png", written
    flat = _on_white(image)
    for quality in QUALITIES:
        written = _written(flat, "JPEG", quality=quality)
        if len(written) <= most_bytes:
            return "image/jpeg", written
    raise FileRefused("too_large")


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _written(image: Image.Image, name: str, **options: int) -> bytes:
    into = io.BytesIO()
    image.save(into, name, **options)
    return into.getvalue()
