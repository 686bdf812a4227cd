"""Clean copies of office files, which are zip archives of XML: the document, without who wrote it on which machine.

Left out or emptied: properties, previews, authors of comments and changes, paths of templates, printers, signatures,
Exif in pictures. Refused are programs, and files inside of another kind.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import PurePosixPath

from .file_types import HEIF_BRANDS, FileRefused
from .picture_parts import get_picture_kind, strip_picture
from .recordings import clean_film, is_film

TYPES = "[Content_Types].xml"
RELATIONS = "_rels/.rels"
# Each kind by what its list of parts says it is.
OOXML = {
    "docx": (b"wordprocessingml.document.main+xml",),
    "xlsx": (b"spreadsheetml.sheet.main+xml",),
    "pptx": (b"presentationml.presentation.main+xml", b"presentationml.slideshow.main+xml"),
}
ODF = {
    "odt": b"application/vnd.oasis.opendocument.text",
    "ods": b"application/vnd.oasis.opendocument.spreadsheet",
    "odp": b"application/vnd.oasis.opendocument.presentation",
}
MAX_PARTS, MAX_UNPACKED = 5_000, 200_000_000  # bytes
DEPTH = 2  # a sheet inside a slide, and no further
CALM = (1980, 1, 1, 0, 0, 0)  # the time of each part: a zip has to say one

DROPPED = re.compile(r"(docProps/thumbnail\.|Thumbnails/|_xmlsignatures/|META-INF/\w*signatures\.xml$)", re.IGNORECASE)
EMPTIED = re.compile(
    r"(docProps/|docMetadata/|package/services/metadata/|customXml/item\d*\.xml$|word/people\.xml$|xl/revisions/userNames)"
    r"|^meta\.xml$|/meta\.xml$",
    re.IGNORECASE,
)
PROGRAMS = re.compile(
    r"(vbaProject|vbaData|/activeX/|/ctrlProps/|^Basic/(?!script-l)|^Scripts/|\.(exe|dll|js|vbs|bat|cmd|ps1|jar|class)$)",
    re.IGNORECASE,
)
PRINTERS = re.compile(r"/printerSettings/", re.IGNORECASE)
EMBEDDED = re.compile(r"/embeddings/", re.IGNORECASE)
PICTURES = re.compile(r"\.(tiff?|hei[cf]|avif|wdp|jxr)$", re.IGNORECASE)  # with Exif, and nobody here to take it out
TEXT = (".xml", ".rels", ".vml", ".svg", ".rdf")
VALUE = rb"=(?:\"[^\"]*\"|'[^']*')"
LOCAL = rb"(?:file:|[A-Za-z]:|\\\\)"  # how the address of a file on somebody's machine begins
ROOT = re.compile(
    rb"(?P<head>.*?)<(?P<tag>[A-Za-z_][\w:.-]*)(?P<attributes>(?:[^>\"']|\"[^\"]*\"|'[^']*')*?)/?>", re.DOTALL
)
AUTHORS = rb"(?:author|initials|userId|providerId)"
# Which parts, what stands there, what instead.
REPLACED = [
    (re.compile(which), re.compile(what), instead)
    for which, what, instead in (
        (r"^word/", rb"(\sw\d*\w*:" + AUTHORS + rb")" + VALUE, rb'\1=""'),
        (r"^ppt/(commentA|a)uthors", rb"(\s(?:name|" + AUTHORS + rb"))" + VALUE, rb'\1=""'),
        (r"^xl/persons/", rb"(\s(?:displayName|" + AUTHORS + rb"))" + VALUE, rb'\1=""'),
        (r"^xl/comments", rb"<author>[^<]*</author>", b"<author></author>"),
        (r"^xl/(workbook|revisions/)", rb"(\suserName)" + VALUE, rb'\1=""'),
        (r"^xl/workbook", rb"(<[\w:]*absPath\b[^>]*?\surl)" + VALUE, rb'\1=""'),
        (r"^xl/", rb"(<pageSetup\b[^>]*?)\sr:id" + VALUE, rb"\1"),
        (
            r"\.rels$",
            rb"<Relationship\b[^>]*Type=\"[^\"]*/(?:thumbnail|printerSettings|digital-signature/\w+)\"[^>]*>",
            b"",
        ),
        (r"\.rels$", rb"(\sTarget)=(?:\"" + LOCAL + rb"[^\"]*\"|'" + LOCAL + rb"[^']*')", rb'\1="about:blank"'),
        (r"^\[Content_Types\]", rb"<Override\b[^>]*(?:thumbnail|printerSettings|_xmlsignatures)[^>]*>", b""),
        (r"^META-INF/manifest", rb"<manifest:file-entry\b[^>]*(?:Thumbnails|signatures\.xml)[^>]*>", b""),
        (
            r"(content|styles|settings)\.xml$",
            rb"<((?:dc|meta|loext):(?:creator|creator-initials|initial-creator|sender-initials))\b[^>]*>[^<]*</\1>",
            rb"<\1></\1>",
        ),
        (r"settings\.xml$", rb"(<config:config-item\b[^>]*\"Printer(?:Name|Setup)\"[^>]*>)[^<]*", rb"\1"),
    )
]


def clean_office(content: bytes, kind: str, depth: int = 0) -> bytes:
    """Return the clean copy of a file of this kind (docx, ..., odp). Raises FileRefused."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = _read_parts(archive)
    except FileRefused:
        raise
    except Exception:  # noqa: BLE001 - zipfile and zlib raise all sorts of errors on a broken file
        raise FileRefused("unreadable") from None
    _refuse_another_kind(parts, kind)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            if DROPPED.search(name) or PRINTERS.search(name):
                continue
            about = zipfile.ZipInfo(name, CALM)
            # The kind of an OpenDocument stands first and unpacked, so that its first bytes say it.
            about.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(about, _clean_part(name, part, depth))
    return written.getvalue()


def _read_parts(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [each for each in archive.infolist() if not each.is_dir()]
    if len(entries) > MAX_PARTS or sum(each.file_size for each in entries) > MAX_UNPACKED:
        raise FileRefused("unreadable")
    if any(each.flag_bits & 0x1 for each in entries):
        raise FileRefused("locked")
    names = [each.filename for each in entries]
    if len({name.lower() for name in names}) < len(names) or any(not _is_plain(name) for name in names):
        raise FileRefused("unreadable")
    # No part unpacks to more than it said: zipfile stops there.
    return {each.filename: archive.read(each) for each in entries}


def _is_plain(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and name.isprintable()


def _refuse_another_kind(parts: Mapping[str, bytes], kind: str) -> None:
    if kind in ODF:
        if parts.get("mimetype", b"").strip() != ODF[kind] or "content.xml" not in parts:
            raise FileRefused("wrong_kind")
        if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
            raise FileRefused("locked")
        if b"oleobject" in parts.get("META-INF/manifest.xml", b""):
            raise FileRefused("active")
        return
    listed = parts.get(TYPES, b"")
    if b"macroEnabled" in listed:
        raise FileRefused("active")
    if RELATIONS not in parts or not any(each in listed for each in OOXML[kind]):
        raise FileRefused("wrong_kind")


def _clean_part(name: str, part: bytes, depth: int) -> bytes:
    if PROGRAMS.search(name):
        raise FileRefused("active")
    if EMBEDDED.search(name):
        return _clean_embedded(name, part, depth)
    if PICTURES.search(name) or _is_other_picture(part):
        raise FileRefused("picture_inside")
    if kind := get_picture_kind(part):
        return strip_picture(part, kind)
    if is_film(part):
        return clean_film(part)
    if not name.lower().endswith(TEXT):
        return part
    if part.startswith((b"\xff\xfe", b"\xfe\xff")) or b"<!ENTITY" in part:
        raise FileRefused("unreadable")  # nothing below would find what it looks for
    if EMPTIED.search(name) and not name.endswith(".rels"):
        part = _empty(part)
    for which, what, instead in REPLACED:
        if which.search(name):
            part = what.sub(instead, part)
    return part


def _is_other_picture(part: bytes) -> bool:
    return part.startswith((b"II*\0", b"MM\0*")) or (is_film(part) and part[8:12] in HEIF_BRANDS | {b"avif", b"avis"})


def _clean_embedded(name: str, part: bytes, depth: int) -> bytes:
    kind = PurePosixPath(name).suffix.lstrip(".").lower()
    if name.endswith(".rels"):
        return part
    if kind not in OOXML or depth >= DEPTH:
        raise FileRefused("active")
    return clean_office(part, kind, depth + 1)


def _empty(part: bytes) -> bytes:
    """Return the document's first element without what is in it. What isn't XML is left out wholly."""
    found = ROOT.match(part)
    if found is None:
        return b""
    tag = found["tag"]
    # A comment before the root may say who wrote it.
    declared = re.match(rb"\s*<\?xml[^>]*\?>", found["head"])
    return (declared.group() if declared else b"") + b"<" + tag + found["attributes"].rstrip() + b"></" + tag + b">"
