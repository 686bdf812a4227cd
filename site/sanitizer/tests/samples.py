"""Pictures and documents to put in, harmless and hostile, each made when it is asked for."""

import io
import struct
import zlib
from typing import Any

import pillow_heif
from PIL import Image, PngImagePlugin
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

CANARY = "Kanarina-e-Verdhe"
GPS = {1: "N", 2: (41.0, 19.0, 49.0), 3: "E", 4: (19.0, 49.0, 7.0)}
EXIF_SUB, EXIF_GPS = 0x8769, 0x8825


def picture(size: tuple[int, int] = (60, 40), mode: str = "RGB") -> Image.Image:
    """The left half dark, the right half light: one can tell where up is."""
    drawn = Image.new(mode, size, "black")
    drawn.paste("white", (size[0] // 2, 0, size[0], size[1]))
    return drawn


def exif(orientation: int = 1) -> Image.Exif:
    told = Image.Exif()
    told[0x010E] = CANARY  # description
    told[0x013B] = CANARY  # artist
    told[0x0112] = orientation
    told[EXIF_GPS] = GPS
    told[EXIF_SUB] = {0x9286: CANARY.encode()}  # comment
    return told


def written(image: Image.Image, format: str, **options: Any) -> bytes:
    into = io.BytesIO()
    image.save(into, format, **options)
    return into.getvalue()


def jpeg(size: tuple[int, int] = (60, 40), *, orientation: int = 1) -> bytes:
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{CANARY}</x:xmpmeta>".encode()
    return written(picture(size), "JPEG", exif=exif(orientation), comment=CANARY.encode(), xmp=xmp)


def png(size: tuple[int, int] = (60, 40)) -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", CANARY)
    words.add_itxt("XML:com.adobe.xmp", CANARY)
    return written(picture(size), "PNG", pnginfo=words, exif=exif())


def webp() -> bytes:
    return written(picture(), "WEBP", exif=exif(), xmp=CANARY.encode())


def heic() -> bytes:
    pillow_heif.register_heif_opener(thumbnails=False)
    return written(picture((64, 64)), "HEIF", exif=exif().tobytes())


def huge_png(side: int = 30_000) -> bytes:
    """Nine hundred million pixels in a few kilobytes; says so honestly."""
    return _png(side, side, zlib.compress(b"\0" * 1000))


def lying_png() -> bytes:
    """Says it is small, and holds two hundred megabytes of pixels."""
    return _png(10, 10, zlib.compress(b"\0" * 200_000_000, 9))


def text_bomb_png() -> bytes:
    """A small picture whose compressed comment would be a hundred megabytes long."""
    comment = b"Comment\0\0" + zlib.compress(b" " * 100_000_000, 9)
    return png()[:33] + _chunk(b"zTXt", comment) + png()[33:]


def _png(width: int, height: int, pixels: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


# ---- documents ----


def pdf(*, pages: int = 1, wrapped: bool = False, **changes: Any) -> bytes:
    """A document with text, a photo with Exif, an author, XMP, a comment and a link. `changes`: see `written_pdf`."""
    writer = PdfWriter()
    for _number in range(pages):
        page = writer.add_blank_page(300, 200)
        photo = _photo(wrapped=wrapped)
        photo[NameObject("/Metadata")] = writer._add_object(_xmp())
        page[NameObject("/Contents")] = writer._add_object(_drawing())
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/XObject"): DictionaryObject({NameObject("/Photo"): writer._add_object(photo)})}
        )
        page[NameObject("/Annots")] = ArrayObject([writer._add_object(_comment()), writer._add_object(_link())])
        page[NameObject("/Metadata")] = writer._add_object(_xmp())
    writer.add_metadata({"/Author": CANARY, "/Title": CANARY})
    writer.root_object[NameObject("/Metadata")] = writer._add_object(_xmp())
    return written_pdf(writer, **changes)


def written_pdf(
    writer: PdfWriter, *, password: str = "", owner: str = "", script: str = "", attached: bytes = b""
) -> bytes:
    if script:
        action = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject(script)}
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(DictionaryObject(action))
    if attached:
        writer.add_attachment("more.txt", attached)
    if password or owner:  # to open it, or to change it only
        writer.encrypt(user_password=password, owner_password=owner or None)
    into = io.BytesIO()
    writer.write(into)
    return into.getvalue()


def pdf_that(act: str) -> bytes:
    """A document that does this when it is opened, or when one presses its field."""
    writer = PdfWriter()
    page = writer.add_blank_page(300, 200)
    action = DictionaryObject({NameObject("/S"): NameObject(act), NameObject("/F"): TextStringObject("x")})
    if act == "/JavaScript":
        action[NameObject("/JS")] = TextStringObject("app.alert(1)")
    page[NameObject("/AA")] = DictionaryObject({NameObject("/O"): writer._add_object(action)})
    return written_pdf(writer)


def pdf_with_a_form_of_xml() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(300, 200)
    stream = DecodedStreamObject()
    stream.set_data(b"<xdp/>")
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/XFA"): writer._add_object(stream)})
    return written_pdf(writer)


def pdf_of_pages_in_a_circle() -> bytes:
    """Its tree of pages is its own child."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 1/Kids[2 0 R]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )


def pdf_nested_deeply() -> bytes:
    deep = b"[" * 50_000 + b"]" * 50_000
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/X " + deep + b">>endobj\n"
        b"2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )


def text_of_pdf(content: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def _drawing() -> StreamObject:
    stream = DecodedStreamObject()
    stream.set_data(b"q 60 0 0 40 20 20 cm /Photo Do Q")
    return stream


def _photo(*, wrapped: bool) -> StreamObject:
    stream = StreamObject()
    stream._data = zlib.compress(jpeg()) if wrapped else jpeg()
    for name, value in (("/Type", "/XObject"), ("/Subtype", "/Image"), ("/ColorSpace", "/DeviceRGB")):
        stream[NameObject(name)] = NameObject(value)
    filters = [NameObject("/FlateDecode"), NameObject("/DCTDecode")]
    stream[NameObject("/Filter")] = ArrayObject(filters) if wrapped else filters[1]
    for name, number in (("/Width", 60), ("/Height", 40), ("/BitsPerComponent", 8)):
        stream[NameObject(name)] = FloatObject(number)
    return stream


def _xmp() -> StreamObject:
    stream = DecodedStreamObject()
    stream.set_data(CANARY.encode())
    stream[NameObject("/Type")] = NameObject("/Metadata")
    return stream


def _comment() -> DictionaryObject:
    look = DecodedStreamObject()
    look.set_data(b"0 0 20 20 re f")
    look[NameObject("/Subtype")] = NameObject("/Form")
    look[NameObject("/BBox")] = ArrayObject([FloatObject(side) for side in (0, 0, 20, 20)])
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Square"),
            NameObject("/Rect"): ArrayObject([FloatObject(side) for side in (0, 0, 20, 20)]),
            NameObject("/T"): TextStringObject(CANARY),
            NameObject("/Contents"): TextStringObject(CANARY),
            NameObject("/AP"): DictionaryObject({NameObject("/N"): look}),
        }
    )


def _link() -> DictionaryObject:
    action = {NameObject("/S"): NameObject("/URI"), NameObject("/URI"): TextStringObject(f"https://x.example/{CANARY}")}
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Link"),
            NameObject("/Rect"): ArrayObject([FloatObject(side) for side in (0, 0, 20, 20)]),
            NameObject("/A"): DictionaryObject(action),
        }
    )
