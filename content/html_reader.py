"""Parse the rich text that editors write into its text, links and pictures."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

BREAKS = {"p", "li", "br", "ul", "ol", "blockquote", *(f"h{level}" for level in range(1, 7))}


@dataclass
class RichText:
    """The parts of one rich text. `text` has a line for each paragraph or list item."""

    text: str = ""
    pages: list[tuple[str, str]] = field(default_factory=list)  # id, words of the link
    documents: list[tuple[str, str]] = field(default_factory=list)
    addresses: list[tuple[str, str]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)  # their words, "" when there are none


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = RichText()
        self._text: list[str] = []
        self._link: tuple[list[tuple[str, str]], str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        # A line's end at both ends of a block, or its last word would run into the first of the next.
        if tag in BREAKS:
            self._text.append("\n")
        if tag == "a":
            kind = values.get("linktype", "")
            place = {"page": self.found.pages, "document": self.found.documents}.get(kind, self.found.addresses)
            target = values.get("id", "") if kind in ("page", "document") else values.get("href", "")
            self._link = (place, target, [])
        elif tag == "img" or (tag == "embed" and values.get("embedtype") == "image"):
            self.found.pictures.append(values.get("alt", "").strip())

    def handle_endtag(self, tag: str) -> None:
        if tag in BREAKS:
            self._text.append("\n")
        if tag == "a" and self._link is not None:
            place, target, words = self._link
            place.append((target, "".join(words).strip()))
            self._link = None

    def handle_data(self, data: str) -> None:
        self._text.append(data)
        if self._link is not None:
            self._link[2].append(data)

    def result(self) -> RichText:
        lines = (" ".join(line.split()) for line in "".join(self._text).split("\n"))
        self.found.text = "\n".join(line for line in lines if line)
        return self.found


def read_html(html: str) -> RichText:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.result()
