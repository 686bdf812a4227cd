"""Workbooks taken apart and put together wrong."""

import random
import re
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook

SHEET, STRINGS, TYPES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "[Content_Types].xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = ["type", "name", "label", "relevant", "constraint", "calculation", "choice_filter", "default"]
GOOD = [HEAD, ["text", "a", "A"]]
ENTRY = re.compile(rb"PK\x01\x02")  # a line of a zip's directory


def book(survey: list[list[Any]], choices: list[list[Any]] | None = None) -> bytes:
    made = Workbook()
    made.remove(made.active)
    for name, rows in {"survey": survey, "choices": choices}.items():
        if rows is not None:
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append(row)
    stream = BytesIO()
    made.save(stream)
    return stream.getvalue()


def rows(*more: list[Any]) -> list[list[Any]]:
    return [HEAD, *more]


def noise(length: int, seed: int = 1) -> str:
    """A text that can't be packed tightly."""
    return "".join(random.Random(seed).choices("abcdefghijklmnopqrstuvwxyz ", k=length))


def get_parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: dict[str, bytes]) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def with_parts(more: dict[str, bytes]) -> bytes:
    return zipped({**get_parts(book(GOOD)), **more})


def changed(name: str, change: Callable[[bytes], bytes], content: bytes | None = None) -> bytes:
    parts = get_parts(content or book(GOOD))
    parts[name] = change(parts.get(name, b""))
    return zipped(parts)


def declared(types: bytes, ending: str) -> bytes:
    """Declare parts of an ending as of a type with macros, as SheetJS does for .bin in every workbook."""
    kind = "application/vnd.ms-excel.sheet.binary.macroEnabled.main"
    return types.replace(b"<Override", f'<Default Extension="{ending}" ContentType="{kind}"/><Override'.encode(), 1)


def sheet_in_a_part_of_excels_own() -> bytes:
    """A workbook whose only sheet is where Excel keeps its notes, with a DOCTYPE in UTF-16."""
    content = in_utf_16()
    for name in (TYPES, "xl/_rels/workbook.xml.rels"):
        content = changed(name, lambda old: old.replace(b"/xl/worksheets/sheet1.xml", b"/customXml/item1.xml"), content)
    parts = get_parts(content)
    hidden = parts.pop(SHEET)
    return zipped({**parts, "customXml/item1.xml": hidden})


def in_sheet(xml: str) -> bytes:
    """A workbook whose first sheet holds just these rows."""
    data = f"<sheetData>{xml}</sheetData>".encode()
    return changed(SHEET, lambda old: re.sub(rb"<sheetData>.*</sheetData>", lambda found: data, old))


def line(number: int, *texts: str) -> str:
    cells = (
        f'<c r="{chr(65 + column)}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
        for column, text in enumerate(texts)
    )
    return f'<row r="{number}">{"".join(cells)}</row>'


def marked_encrypted() -> bytes:
    content = bytearray(book(GOOD))
    for found in ENTRY.finditer(bytes(content)):
        content[found.start() + 8] |= 1
    return bytes(content)


def overlapping() -> bytes:
    """Two names for one part."""
    content = bytearray(with_parts({"xl/other.xml": b"<x/>"}))
    entries = [found.start() for found in ENTRY.finditer(bytes(content))]
    content[entries[-1] + 42 : entries[-1] + 46] = content[entries[0] + 42 : entries[0] + 46]
    return bytes(content)


def corrupted() -> bytes:
    content = bytearray(book(GOOD))
    middle = len(content) // 3
    content[middle : middle + 200] = bytes(200)
    return bytes(content)


def doubled_names() -> bytes:
    """Two parts with one name: written with two, renamed in place."""
    return with_parts({"xl/workbuuk.xml": b"<x/>"}).replace(b"xl/workbuuk.xml", b"xl/workbook.xml")


def said_to_be_large() -> bytes:
    """A directory that says one part unpacks to 4 GB."""
    content = bytearray(book(GOOD))
    entry = ENTRY.search(bytes(content))
    assert entry
    content[entry.start() + 24 : entry.start() + 28] = struct.pack("<I", 0xFFFF_FFF0)
    return bytes(content)


def one_text_everywhere() -> bytes:
    """A text of a megabyte that stands in thousands of cells."""
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 3_000))
    strings = f'<sst xmlns="{MAIN}"><si><t xml:space="preserve"> {noise(1_000_000)} </t></si></sst>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    known = f'<Override PartName="/{STRINGS}" ContentType="{kind}"/></Types>'.encode()
    content = changed(STRINGS, lambda old: strings.encode(), in_sheet(cells))
    return changed(TYPES, lambda old: old.replace(b"</Types>", known), content)


def as_large_as_they_go() -> bytes:
    data = line(1, "type", "name", "label") + line(2, "text", "a", "A") + line(1_048_576, "text", "z", "Z")
    everywhere = b'<dimension ref="A1:XFD1048576"'
    return changed(SHEET, lambda old: re.sub(rb'<dimension ref="[^"]*"', everywhere, old), in_sheet(data))


def merged() -> bytes:
    made = load_workbook(BytesIO(book(GOOD)))
    made["survey"].merge_cells("A2:C4")
    stream = BytesIO()
    made.save(stream)
    return stream.getvalue()


def nested_elements() -> bytes:
    opening = "".join(f'<a b="{n * 7919 % 1_000_003}">' for n in range(200_000))
    return in_sheet(f"<row r='1'>{opening}{'</a>' * 200_000}</row>")


def many_styles() -> bytes:
    drawn = random.Random(3)
    styles = "".join(f'<xf fontId="{drawn.randrange(10**9)}" fillId="0" borderId="0"/>' for _ in range(250_000))
    whole = f"<cellXfs>{styles}</cellXfs>".encode()
    return changed(
        "xl/styles.xml", lambda old: re.sub(rb"<cellXfs.*</cellXfs>", lambda found: whole, old, flags=re.DOTALL)
    )


def in_utf_16() -> bytes:
    start = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY e "x">]>'
    return changed(SHEET, lambda old: b"\xff\xfe" + (start + old.decode()).encode("utf-16-le"))


def in_latin() -> bytes:
    start = b'<?xml version="1.0" encoding="windows-1252"?>'
    return changed(SHEET, lambda old: start + old[old.index(b"<worksheet") :])


def sheet_called(name: str, other: str) -> bytes:
    content = book(GOOD, [["list_name", "name"], ["l", "a"]])
    return changed("xl/workbook.xml", lambda old: old.replace(f'"{name}"'.encode(), f'"{other}"'.encode()), content)


def nested(sort: str, depth: int) -> bytes:
    begin = [[f"begin_{sort}", f"{sort[0]}{n}", f"G{n}"] for n in range(depth)]
    return book(rows(*begin, GOOD[1], *([f"end_{sort}"] for _ in range(depth))))


def growing(depth: int) -> str:
    """Each level stands twice in what the next converts to."""
    text = "${t}"
    for _ in range(depth):
        text = f"int({text} div 3)"
    return text
