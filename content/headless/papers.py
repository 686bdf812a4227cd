"""Papers to print: where they are fetched. The PDF itself is made when it is asked for."""

from typing import Any

from ..blocks.papers import get_paper
from .reading import absolute
from .schema import Schema, address, both_languages, maybe, number, record, ref, text

PAPER: Schema = record(
    {
        "key": text(),
        "title": both_languages(),
        "what": both_languages(),
        "urls": record({"sq": address(), "en": address()}),
        "type": {"const": "application/pdf"},
        "format": text(description="The size of the sheet: A4 or A3."),
        "pages": number(minimum=1),
    },
    description="A paper made at the moment it is fetched, with the telephone lines that may be shown then.",
)


def schema(components: dict[str, Schema]) -> Schema:
    components["Paper"] = PAPER
    return maybe(ref("Paper"))


def paper_value(value: Any) -> dict[str, Any] | None:
    """Null when the house no longer has the paper: front ends leave it out."""
    paper = get_paper(value)
    if paper is None:
        return None
    return {
        "key": paper.key,
        "title": paper.texts("name"),
        "what": paper.texts("what"),
        "urls": {code: absolute(path) for code, path in paper.addresses().items()},
        "type": "application/pdf",
        "format": paper.format,
        "pages": paper.pages,
    }
