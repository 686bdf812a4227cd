"""Printables in the API: where they are fetched. The PDF itself is made when it is asked for."""

from typing import Any

from ..blocks.printables import get_printable
from .json_schema import Schema, by_language, integer, nullable, record, ref, string, uri
from .loader import absolute_url

PRINTABLE: Schema = record(
    {
        "key": string(),
        "title": ref("BothLanguages"),
        "what": ref("BothLanguages"),
        "urls": by_language(uri()),
        "type": {"const": "application/pdf"},
        "format": string(description="The size of the sheet: A4 or A3."),
        "pages": integer(minimum=1),
    },
    description="A paper made at the moment it is fetched, with the telephone lines that may be shown then.",
)


def printable_schema(components: dict[str, Schema]) -> Schema:
    components["Paper"] = PRINTABLE
    return nullable(ref("Paper"))


def printable_value(value: Any) -> dict[str, Any] | None:
    """Return the printable's value; None when the site no longer has it, so that front ends leave it out."""
    paper = get_printable(value)
    if paper is None:
        return None
    return {
        "key": paper.key,
        "title": paper.texts("name"),
        "what": paper.texts("what"),
        "urls": {code: absolute_url(path) for code, path in paper.addresses().items()},
        "type": "application/pdf",
        "format": paper.format,
        "pages": paper.pages,
    }
