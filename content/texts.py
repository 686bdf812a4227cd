"""Turn a multilingual text ({code: text} at its leaves) into the stored form of a page body in one language."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from access.languages import DEFAULT_LANGUAGE, LANGUAGES

PAGE_LINK = re.compile(r'<a page="([a-z_]+)">(.*?)</a>')


def pick_language(value: Any, language: str) -> Any:
    """Replace each {code: text} by its text in this language; in one that it lacks, by the default language's."""
    if isinstance(value, Mapping):
        # Languages as keys and nothing else: that is a text; any other mapping is structure.
        if DEFAULT_LANGUAGE in value and value.keys() <= set(LANGUAGES):
            return value.get(language, value[DEFAULT_LANGUAGE])
        return {key: pick_language(inner, language) for key, inner in value.items()}
    if isinstance(value, list):
        return [pick_language(inner, language) for inner in value]
    return value


def link_pages(html: str, pages: Mapping[str, int]) -> str:
    """Turn `<a page="help">` into a Wagtail link; a page that doesn't exist leaves its words without a link."""

    def link(match: re.Match[str]) -> str:
        page_id = pages.get(match[1])
        return f'<a linktype="page" id="{page_id}">{match[2]}</a>' if page_id else match[2]

    return PAGE_LINK.sub(link, html)


def build_body(
    blocks: list[dict[str, Any]],
    language: str,
    *,
    pages: Mapping[str, int],
    lines: Mapping[str, int],
    namespace: uuid.UUID,
    files: Mapping[tuple[str, str], int] | None = None,
) -> list[dict[str, Any]]:
    """Build the raw StreamField data: [{"type", "value", "id"}].

    Ids depend on the place only, so a page and its translation have the same ones and stay comparable block by block. A
    hotline is named by its key, a picture by {"picture": key}, a file by {"file": key} and a page by {"page": key}; a
    block whose hotline, picture, file or page doesn't exist is left out.
    """
    stored = _Stored(pages, files or {}, namespace)
    found = []
    for number, block in enumerate(blocks):
        if block["type"] in ("hotline", "number"):
            line = lines.get(block["value"]["line"])
            if line is None:
                continue
            value: Any = {**pick_language(block["value"], language), "line": line}
        else:
            try:
                value = stored.value(pick_language(block["value"], language), str(number))
            except _Missing:
                continue
        found.append({"type": block["type"], "value": value, "id": str(uuid.uuid5(namespace, str(number)))})
    return found


class _Missing(Exception):
    """The block shows a picture or file that isn't in the library, or names a page that isn't there."""


@dataclass(frozen=True)
class _Stored:
    """Converter of values to the form in which a StreamField stores them."""

    pages: Mapping[str, int]
    files: Mapping[tuple[str, str], int]
    namespace: uuid.UUID

    def value(self, value: Any, place: str) -> Any:
        if isinstance(value, Mapping):
            if value.keys() == {"page"}:
                if value["page"] not in self.pages:
                    raise _Missing
                return self.pages[value["page"]]
            name = get_file_reference(value)
            if name is None:
                return {key: self.value(inner, f"{place}/{key}") for key, inner in value.items()}
            if name not in self.files:
                raise _Missing
            return self.files[name]
        if isinstance(value, list):
            return [self._item(inner, f"{place}/{number}") for number, inner in enumerate(value)]
        return link_pages(value, self.pages) if isinstance(value, str) else value

    def _item(self, value: Any, place: str) -> dict[str, Any]:
        # The form in which Wagtail's ListBlock stores its items.
        return {"type": "item", "value": self.value(value, place), "id": str(uuid.uuid5(self.namespace, place))}


def get_file_reference(value: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return (kind, key) of {"picture": key} or {"file": key}, else None."""
    if len(value) != 1:
        return None
    [(kind, key)] = value.items()
    return (kind, key) if kind in ("picture", "file") and isinstance(key, str) else None
