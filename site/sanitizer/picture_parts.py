"""Pictures without what isn't drawn: Exif, XMP, IPTC, comments, profiles, previews, data behind their end.

The pixels stay as they were encoded, in moving pictures too, wherever leaving parts of the file out is enough. Drawn
anew are pictures that lie on their side or whose colours need their profile, and every AVIF.
"""

import contextlib
import io
from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageCms, ImageOps
from PIL.JpegImagePlugin import get_sampling

from .drawn_pictures import MAX_PIXELS
from .file_types import FileRefused
from .jpeg import without_extras

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
ORIENTATION = 0x0112
PNG_PARTS = frozenset(b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB sBIT bKGD pHYs acTL fcTL fdAT".split())
WEBP_PARTS = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"))
WEBP_PROFILE, WEBP_EXIF, WEBP_XMP = 0x20, 0x08, 0x04  # flags of VP8X
GIF_CONTROL, GIF_APPLICATION, GIF_LOOPS = 0xF9, 0xFF, (b"NETSCAPE2.0", b"ANIMEXTS1.0")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def clean_kept_picture(content: bytes) -> bytes:
    """Return the same picture, in the same format, with its pixels alone. Raises FileRefused."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            # Said by the header, before a single pixel: that is what stops a decompression bomb.
            if opened.width * opened.height > MAX_PIXELS:
                raise FileRefused("too_many_pixels")
            opened.load()  # a picture that breaks off is refused, not kept
            kind = "JPEG" if opened.format == "MPO" else str(opened.format)  # several pictures in one: the first stays
            if kind == "AVIF" or _needs_drawing(opened):
                content = _draw(opened, kind, content)
    except (Image.DecompressionBombError, MemoryError):
        raise FileRefused("too_many_pixels") from None
    except FileRefused:
        raise
    except Exception:  # noqa: BLE001 - decoders raise all sorts of errors on a broken file
        raise FileRefused("unreadable") from None
    return content if kind == "AVIF" else strip_picture(content, kind)


def strip_picture(content: bytes, kind: str) -> bytes:
    """Return a JPEG, PNG, GIF or WebP without all parts that draw nothing. Raises FileRefused."""
    try:
        return {"JPEG": without_extras, "PNG": _strip_png, "GIF": _strip_gif, "WEBP": _strip_webp}[kind](content)
    except IndexError:  # it breaks off
        raise FileRefused("unreadable") from None


def get_picture_kind(content: bytes) -> str:
    """Return the format that the first bytes say, of those that `strip_picture` knows; "" of none."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    return "WEBP" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else ""


# ---- drawn anew ----


def _needs_drawing(image: Image.Image) -> bool:
    return _get_orientation(image) != 1 or _read_profile(image) is not None


def _get_orientation(image: Image.Image) -> int:
    with contextlib.suppress(Exception):  # a broken Exif block: as it lies
        return int(image.getexif().get(ORIENTATION, 1)) if getattr(image, "n_frames", 1) == 1 else 1
    return 1


def _read_profile(image: Image.Image) -> Any:
    """Return the profile of colours that aren't those of a screen (sRGB), which are what a browser assumes."""
    found = image.info.get("icc_profile")
    is_moving = getattr(image, "is_animated", False)
    if not found or is_moving or image.mode not in ("RGB", "RGBA", "CMYK", "P"):
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(found))
        name = f"{profile.profile.profile_description} {profile.profile.model}"
        fits = profile.profile.xcolor_space.strip() == ("CMYK" if image.mode == "CMYK" else "RGB")
    except (OSError, ImageCms.PyCMSError, TypeError, ValueError):
        return None  # broken: browsers pass it by, too
    return profile if fits and "srgb" not in name.lower() else None


def _draw(opened: Image.Image, kind: str, content: bytes) -> bytes:
    into = io.BytesIO()
    if kind == "AVIF" and getattr(opened, "n_frames", 1) > 1:
        opened.save(into, "AVIF", save_all=True, quality=85, speed=10, exif=b"", xmp=b"", icc_profile=b"")
        return into.getvalue()
    options: dict[str, Any] = {
        "AVIF": {"quality": 85, "speed": 10},
        "WEBP": {"lossless": True} if b"VP8L" in content[12:64] else {"quality": 90},
    }.get(kind, {})
    if kind == "JPEG":
        jpeg: Any = opened
        sampling = get_sampling(jpeg)
        options = {"qtables": jpeg.quantization, "progressive": bool(opened.info.get("progressive"))}
        options |= {"subsampling": sampling} if sampling >= 0 else {}
    profile = _read_profile(opened)
    upright: Image.Image = opened
    with contextlib.suppress(Exception):
        upright = ImageOps.exif_transpose(opened)
    if upright.mode == "P":
        upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    if profile is not None:
        mode = "RGB" if upright.mode == "CMYK" else upright.mode
        with contextlib.suppress(ImageCms.PyCMSError):
            upright = ImageCms.profileToProfile(upright, profile, SRGB, outputMode=mode) or upright
    upright = upright.copy()
    upright.info.clear()  # comments and profiles would be written out again
    upright.save(into, kind, **options)
    return into.getvalue()


# ---- parts left out ----


def _strip_png(content: bytes) -> bytes:
    pieces, at = [content[:8]], 8
    while True:
        name, following = content[at + 4 : at + 8], at + 12 + int.from_bytes(content[at : at + 4], "big")
        if len(name) < 4 or following > len(content):
            raise FileRefused("unreadable")
        if name == b"IEND":
            return b"".join([*pieces, b"\0\0\0\0IEND\xaeB`\x82"])
        if name in PNG_PARTS:
            pieces.append(content[at:following])
        at = following


def _strip_webp(content: bytes) -> bytes:
    end = min(len(content), 8 + int.from_bytes(content[4:8], "little"))
    body = b"".join(_webp_parts(content, 12, end))
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def _webp_parts(content: bytes, at: int, end: int) -> Iterator[bytes]:
    while at + 8 <= end:
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if at + 8 + size > end:
            raise FileRefused("unreadable")
        body = content[at + 8 : at + 8 + size]
        if name == b"VP8X":
            body = bytes([body[0] & ~(WEBP_PROFILE | WEBP_EXIF | WEBP_XMP)]) + body[1:10]
        elif name == b"ANMF":
            body = body[:16] + b"".join(_webp_parts(body, 16, len(body)))
        if name in WEBP_PARTS:
            yield name + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)
        at += 8 + size + size % 2


def _strip_gif(content: bytes) -> bytes:
    at = 13 + _gif_colours(content[10])
    pieces = [content[:at]]
    while content[at] != 0x3B:
        if content[at] == 0x2C:
            following = _gif_blocks_end(content, at + 11 + _gif_colours(content[at + 9]))
            is_kept = True
        elif content[at] == 0x21:
            following = _gif_blocks_end(content, at + 2)
            is_loop = following - at == 19 and content[at + 3 : at + 14] in GIF_LOOPS
            is_kept = content[at + 1] == GIF_CONTROL or (content[at + 1] == GIF_APPLICATION and is_loop)
        else:
            raise FileRefused("unreadable")
        if is_kept:
            pieces.append(content[at:following])
        at = following
    return b"".join([*pieces, b";"])


def _gif_colours(flags: int) -> int:
    """Return the bytes of a table of colours."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_blocks_end(content: bytes, at: int) -> int:
    while content[at]:
        at += 1 + content[at]
    return at + 1
