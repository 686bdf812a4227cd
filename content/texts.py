"""Turns a bilingual text ({"sq": ..., "en": ...} at its leaves) into the stored form of a page body in one language."""

import re
import uuid
from collections.abc import Mapping
from typing import Any

PAGE_LINK = re.compile(r'<a page="([a-z_]+)">(.*?)</a>')


def in_one_language(value: Any, language: str) -> Any:
    """Replaces each {"sq", "en"} by its text in this language."""
    if isinstance(value, Mapping):
        if value.keys() == {"sq", "en"}:
            return value[language]
        return {key: in_one_language(inner, language) for key, inner in value.items()}
    if isinstance(value, list):
        return [in_one_language(inner, language) for inner in value]
    return value


def link_pages(html: str, pages: Mapping[str, int]) -> str:
    """Makes `<a page="help">` a Wagtail link; a page that isn't there leaves its words without a link."""

    def link(match: re.Match[str]) -> str:
        page_id = pages.get(match[1])
        return f'<a linktype="page" id="{page_id}">{match[2]}</a>' if page_id else match[2]

    return PAGE_LINK.sub(link, html)


def body_in(
    blocks: list[dict[str, Any]],
    language: str,
    *,
    pages: Mapping[str, int],
    lines: Mapping[str, int],
    namespace: uuid.UUID,
) -> list[dict[str, Any]]:
    """The raw StreamField data: [{"type", "value", "id"}].

    Ids depend on the place only, so a page and its twin have the same ones and stay comparable block by block.
    A telephone line is named by its key; a block whose line isn't there is left out.
    """
    found = []
    for number, block in enumerate(blocks):
        if block["type"] == "hotline":
            line = lines.get(block["value"]["line"])
            if line is None:
                continue
            value: Any = {"line": line}
        else:
            value = _stored(in_one_language(block["value"], language), pages, namespace, str(number))
        found.append({"type": block["type"], "value": value, "id": str(uuid.uuid5(namespace, str(number)))})
    return found


def _stored(value: Any, pages: Mapping[str, int], namespace: uuid.UUID, place: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _stored(inner, pages, namespace, f"{place}/{key}") for key, inner in value.items()}
    if isinstance(value, list):
        return [
            {
                "type": "item",
                "value": _stored(inner, pages, namespace, f"{place}/{number}"),
                "id": str(uuid.uuid5(namespace, f"{place}/{number}")),
            }
            for number, inner in enumerate(value)
        ]
    return link_pages(value, pages) if isinstance(value, str) else value
