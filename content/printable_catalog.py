"""The catalogue of printables: leaflet, card and posters. Their texts are data, in `content/data/papers/`."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils import translation

from access.languages import LANGUAGES, LocalizedText, get_current_language, localize_to

FOLDER = Path(__file__).parent / "data" / "papers"


@dataclass(frozen=True)
class Printable:
    """One printable. `texts_name`: its file of texts. `sheet`: its class in the style sheet."""

    key: str
    texts_name: str
    sheet: str
    format: str
    pages: int

    @property
    def template(self) -> str:
        return f"content/printables/{self.texts_name}.html"

    @property
    def words(self) -> dict[str, Any]:
        return load_texts(self.texts_name)

    def texts(self, name: str) -> dict[str, str]:
        """Return its "name" or "what" in each language; in words for its size, where there are some."""
        found: dict[str, str] = self.words.get(f"{name}_{self.format.lower()}") or self.words[name]
        return found

    @property
    def name(self) -> LocalizedText:
        return localize_to(self.texts("name"), get_current_language())

    @property
    def what(self) -> LocalizedText:
        return localize_to(self.texts("what"), get_current_language())

    @property
    def address(self) -> str:
        """Return where it is fetched, in the active language."""
        return reverse("papers:paper", args=[self.key])

    def addresses(self) -> dict[str, str]:
        found = {}
        for code in LANGUAGES:
            with translation.override(code):
                found[code] = self.address
        return found


PRINTABLES: dict[str, Printable] = {
    paper.key: paper
    for paper in (
        Printable("leaflet", "leaflet", "leaflet leaflet-open", "A4", 2),
        Printable("pocket-card", "pocket_card", "pocket-card", "A4", 1),
        Printable("poster-a4", "poster", "poster poster-open poster-a4", "A4", 1),
        Printable("poster-a3", "poster", "poster poster-open poster-a3", "A3", 1),
    )
}


@cache
def load_texts(name: str) -> dict[str, Any]:
    """Return one file of the folder, by its name without ".json"."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found
