"""Files for readers, each with CANARY wherever such a file may say who made it, where and with what."""

import io
import struct
import zipfile
from collections.abc import Mapping

from PIL import Image, PngImagePlugin

from ..recordings import _ogg_checksum
from .samples import CANARY, exif, picture, written

SECRET = CANARY.encode()
XML = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
RELATIONS = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>'
OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def frames() -> list[Image.Image]:
    return [Image.new("RGB", (60, 40), colour) for colour in ("red", "green", "blue")]


def moving(kind: str) -> bytes:
    first, *others = frames()
    words = {"comment": SECRET} if kind == "GIF" else {"exif": exif()}
    return written(first, kind, save_all=True, append_images=others, duration=100, loop=0, **words)


def photo_with_preview() -> bytes:
    """A JPEG whose head has a small picture of what was there before it was cut."""
    plain = written(picture(), "JPEG")
    preview = (CANARY.encode() * 10)[: 3 * 4 * 4]
    head = b"JFIF\0\x01\x02\0\0\x01\0\x01\x04\x04" + preview
    extension = b"JFXX\0\x10" + SECRET
    rest = plain[2:]
    assert rest[:2] == b"\xff\xe0"
    rest = rest[2 + int.from_bytes(rest[2:4], "big") :]
    return plain[:2] + _segment(0xE0, head) + _segment(0xE0, extension) + rest


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def png_with_words() -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", CANARY)
    words.add_text("Comment", CANARY, zip=True)
    words.add_itxt("XML:com.adobe.xmp", CANARY)
    return written(picture(), "PNG", pnginfo=words)


# ---- office ----


def zipped(parts: Mapping[str, bytes]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
        archive.comment = SECRET
    return into.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {each.filename: archive.read(each) for each in archive.infolist()}


def docx_parts(*, photo: bytes = b"") -> dict[str, bytes]:
    w = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    return {
        "[Content_Types].xml": XML
        + b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        + b'<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml"'
        + b' ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": XML
        + RELATIONS
        % (
            b'<Relationship Id="rId1" Type="' + OFFICE + b'/officeDocument" Target="word/document.xml"/>'
            b'<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/'
            b'thumbnail" Target="docProps/thumbnail.jpeg"/>'
        ),
        "docProps/core.xml": XML
        + b'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
        + b' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>%s</dc:creator></cp:coreProperties>' % SECRET,
        "docProps/app.xml": XML
        + b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Company>'
        + SECRET
        + b"</Company></Properties>",
        "docProps/thumbnail.jpeg": written(picture(), "JPEG", comment=SECRET),
        "word/document.xml": XML
        + b"<w:document "
        + w
        + b'><w:body><w:p><w:ins w:id="1" w:author="%s" w:date="2026-01-01T00:00:00Z"><w:r><w:t>Nj\xc3\xab fjali.'
        % SECRET
        + b"</w:t></w:r></w:ins></w:p></w:body></w:document>",
        "word/comments.xml": XML
        + b"<w:comments "
        + w
        + b'><w:comment w:id="0" w:author=\'%s\' w:initials="%s"/></w:comments>' % (SECRET, SECRET),
        "word/people.xml": XML + b'<w15:people xmlns:w15="urn:x"><w15:person w15:author="%s"/></w15:people>' % SECRET,
        "word/_rels/settings.xml.rels": XML
        + RELATIONS
        % (
            b'<Relationship Id="rId1" Type="' + OFFICE + b'/attachedTemplate" TargetMode="External"'
            b' Target="file:///C:/Users/' + SECRET + b'/Normal.dotm"/>'
        ),
        "word/media/image1.jpeg": photo or written(picture(), "JPEG", exif=exif()),
    }


def docx(**parts: bytes) -> bytes:
    return zipped(docx_parts() | parts)


def xlsx_parts() -> dict[str, bytes]:
    return {
        "[Content_Types].xml": XML
        + b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override'
        + b' PartName="/xl/workbook.xml"'
        + b' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": XML
        + RELATIONS % (b'<Relationship Id="rId1" Type="' + OFFICE + b'/officeDocument" Target="xl/workbook.xml"/>'),
        "docProps/core.xml": XML + b"<cp:coreProperties>%s</cp:coreProperties>" % SECRET,
        "xl/workbook.xml": XML
        + b'<workbook><fileSharing userName="%s"/><x15ac:absPath url="C:\\Users\\%s\\" xmlns:x15ac="urn:x"/>'
        % (SECRET, SECRET)
        + b'<sheets><sheet name="Numra"/></sheets></workbook>',
        "xl/comments1.xml": XML + b"<comments><authors><author>%s</author></authors></comments>" % SECRET,
        "xl/persons/person.xml": XML + b'<personList><person displayName="%s" id="{1}"/></personList>' % SECRET,
        "xl/worksheets/sheet1.xml": XML + b'<worksheet><pageSetup r:id="rId1" paperSize="9"/></worksheet>',
        "xl/worksheets/_rels/sheet1.xml.rels": XML
        + RELATIONS
        % (
            b'<Relationship Id="rId1" Type="' + OFFICE + b'/printerSettings"'
            b' Target="../printerSettings/printerSettings1.bin"/>'
        ),
        "xl/printerSettings/printerSettings1.bin": SECRET,
    }


def odt_parts() -> dict[str, bytes]:
    return {
        "mimetype": b"application/vnd.oasis.opendocument.text",
        "content.xml": XML
        + b'<office:document-content xmlns:office="urn:o"><office:annotation><dc:creator>%s</dc:creator>' % SECRET
        + b"<text:p>Nj\xc3\xab fjali.</text:p></office:annotation></office:document-content>",
        "meta.xml": XML
        + b'<office:document-meta xmlns:office="urn:o" office:version="1.2"><office:meta><meta:initial-creator>%s'
        % SECRET
        + b"</meta:initial-creator></office:meta></office:document-meta>",
        "settings.xml": XML
        + b'<config:config-item config:name="PrinterName" config:type="string">%s</config:config-item>' % SECRET,
        "Thumbnails/thumbnail.png": png_with_words(),
        "META-INF/manifest.xml": XML
        + b'<manifest:manifest><manifest:file-entry manifest:full-path="Thumbnails/thumbnail.png"'
        + b' manifest:media-type="image/png"/></manifest:manifest>',
    }


# ---- films and recordings ----


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return (len(body) + 8).to_bytes(4, "big") + name + body


def film(*, handler: bytes = b"vide") -> bytes:
    """An MP4 as a telephone writes it: the place, the maker, the day, a name for its camera."""
    day = struct.pack(">I", 0xE0000000)
    mdia = box(
        b"mdia",
        box(b"mdhd", bytes(4), day, day, bytes(12)),
        box(b"hdlr", bytes(8), handler, bytes(12), SECRET + b"\0"),
        box(b"minf", box(b"stbl", b"samples")),
    )
    place = box(b"udta", box(b"\xa9xyz", SECRET), box(b"meta", SECRET))
    moov = box(
        b"moov",
        box(b"mvhd", bytes(4), day, day, bytes(88)),
        box(b"trak", box(b"tkhd", bytes(4), day, day, bytes(72)), mdia, box(b"udta", SECRET)),
        place,
        box(b"meta", SECRET),
    )
    return (
        box(b"ftyp", b"isom\0\0\0\0") + moov + box(b"uuid", SECRET) + box(b"free", SECRET) + box(b"mdat", b"PICTURES")
    )


def element(name: str, body: bytes) -> bytes:
    return bytes.fromhex(name) + (0x10000000 | len(body)).to_bytes(4, "big") + body


def webm() -> bytes:
    info = (
        element("2ad7b1", b"\x0f\x42\x40") + element("7ba9", SECRET) + element("4d80", SECRET) + element("5741", SECRET)
    )
    tags = element("1254c367", element("7373", SECRET))
    segment = element("1549a966", info) + tags + element("ec", SECRET) + element("1f43b675", b"PICTURES")
    return element("1a45dfa3", element("4282", b"webm")) + element("18538067", segment)


def ogg() -> bytes:
    """Opus: its head, its comments over two pages, sound."""
    words = [b"ARTIST=" + SECRET, b"METADATA_BLOCK_PICTURE=" + SECRET * 20]
    counted = b"".join(struct.pack("<I", len(each)) + each for each in words)
    comments = b"OpusTags" + struct.pack("<I", len(SECRET)) + SECRET + struct.pack("<I", len(words)) + counted
    head = b"OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0"
    return page(head, 0) + page(comments[:255], 1, ends=False) + page(comments[255:], 2) + page(b"SOUND", 3)


def page(body: bytes, number: int, *, ends: bool = True) -> bytes:
    lengths = [255] * (len(body) // 255) + ([len(body) % 255] if ends else [])
    head = b"OggS\0\0" + bytes(8) + b"\x01\0\0\0" + struct.pack("<I", number)
    made = head + bytes(4) + bytes([len(lengths), *lengths]) + body
    return head + struct.pack("<I", _ogg_checksum(made)) + made[26:]


def wave() -> bytes:
    parts = b"".join(
        name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
        for name, body in (
            (b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)),
            (b"bext", SECRET),
            (b"data", b"SOUND!"),
            (b"LIST", b"INFOIART" + SECRET),
        )
    )
    return b"RIFF" + struct.pack("<I", len(parts) + 4) + b"WAVE" + parts


def mp3() -> bytes:
    frame = b"\xff\xfb\x90\x00" + b"\x11" * 413  # 128 kbit/s, 44.1 kHz: 417 bytes
    label = b"TIT2" + len(SECRET).to_bytes(4, "big") + b"\0\0" + SECRET
    ape = SECRET + b"APETAGEX" + struct.pack("<IIII", 2000, len(SECRET) + 32, 1, 0) + bytes(8)
    return b"ID3\x03\0\0\0\0\0" + bytes([len(label)]) + label + frame * 3 + ape + b"TAG" + SECRET.ljust(125, b"\0")


def subtitles() -> bytes:
    return (
        f"WEBVTT - {CANARY}\nLanguage: sq\nX-By: {CANARY}\n\nNOTE {CANARY}\nmore\n\n"
        "1\n00:00:00.000 --> 00:00:04.000\nNjë fjali.\n"
    ).encode()
