"""The catalogue of printables: leaflet, card and posters. Their texts are data, in `content/data/papers/`.

A poster for somewhere (`posters.json`) has versions: in colour, in black and white, with strips to tear off, larger.
Editors choose the poster; readers choose the version.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils import translation

from access.languages import LANGUAGES, LocalizedText, get_current_language, localize_to

FOLDER = Path(__file__).parent / "data" / "papers"
DRAWINGS = FOLDER / "drawings"
# What hangs in a larger place is made in A3 too. In the order in which they are offered.
VERSIONS_BY_PLACE = {
    "station": ("", "bw", "strips", "a3", "a3-bw"),
    "clinic": ("", "bw", "strips"),
    "toilet": ("", "bw", "strips"),
}


@dataclass(frozen=True)
class Printable:
    """One printable. `texts_name`: its file of texts. `sheet`: its class in the style sheet.

    `poster`: the key of its entry in a file of several posters. `version`: which of them this is ("" for the first).
    `versions`: the keys of all, on the first.
    """

    key: str
    texts_name: str
    sheet: str
    format: str
    pages: int
    poster: str = ""
    version: str = ""
    versions: tuple[str, ...] = ()

    @property
    def template(self) -> str:
        return f"content/printables/{self.texts_name}.html"

    @property
    def words(self) -> dict[str, Any]:
        texts = load_texts(self.texts_name)
        return texts | load_posters()[self.poster] if self.poster else texts

    @property
    def is_black_and_white(self) -> bool:
        """Whether it is meant for a printer without colours. One that is cut into strips is copied, so it is, too."""
        return self.version.endswith("bw") or self.has_strips

    @property
    def has_strips(self) -> bool:
        return self.version == "strips"

    def texts(self, name: str) -> dict[str, str]:
        """Return its "name" or "what" in each language; in words for its size, where there are some."""
        found: dict[str, str] = self.words.get(f"{name}_{self.format.lower()}") or self.words[name]
        if name == "name" and self.version:
            return {code: f"{text} ({self.version_texts[code]})" for code, text in found.items()}
        return found

    @property
    def version_texts(self) -> dict[str, str]:
        """Return what this version is in each language: "In colour, A4"."""
        found: dict[str, str] = self.words["versions"][self.version]
        return found

    @property
    def name(self) -> LocalizedText:
        return localize_to(self.texts("name"), get_current_language())

    @property
    def what(self) -> LocalizedText:
        return localize_to(self.texts("what"), get_current_language())

    @property
    def version_name(self) -> LocalizedText:
        return localize_to(self.version_texts, get_current_language())

    def iter_versions(self) -> Iterator["Printable"]:
        """Yield every version of a poster, this one first; nothing where there is one only."""
        return (ALL_PRINTABLES[key] for key in self.versions)

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


@cache
def load_texts(name: str) -> dict[str, Any]:
    """Return one file of the folder, by its name without ".json"."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


@cache
def load_posters() -> dict[str, dict[str, Any]]:
    """Return the posters for somewhere, by their key."""
    return {each["key"]: each for each in load_texts("posters")["posters"]}


def _build_versions(poster: str, entry: dict[str, Any]) -> Iterator[Printable]:
    first = f"poster-{poster}"
    keys = {version: f"{first}-{version}" if version else first for version in VERSIONS_BY_PLACE[entry["place"]]}
    for version, key in keys.items():
        large = version.startswith("a3")
        mono = version not in ("", "a3")
        sheet = " ".join(
            (
                "poster placed",
                "poster-a3" if large else "poster-a4",
                "bw" if mono else f"ground-{entry['ground']}",
                *(("with-strips",) if version == "strips" else ()),
            )
        )
        yield Printable(
            key,
            "posters",
            sheet,
            "A3" if large else "A4",
            1,
            poster=poster,
            version=version,
            versions=() if version else tuple(keys.values()),
        )


_SHEETS = (
    Printable("leaflet", "leaflet", "leaflet leaflet-open", "A4", 2),
    Printable("pocket-card", "pocket_card", "pocket-card", "A4", 1),
    *(each for poster, entry in load_posters().items() for each in _build_versions(poster, entry)),
    Printable("poster-a4", "poster", "poster poster-open poster-a4", "A4", 1),
    Printable("poster-a3", "poster", "poster poster-open poster-a3", "A3", 1),
)
ALL_PRINTABLES: dict[str, Printable] = {paper.key: paper for paper in _SHEETS}
# What editors choose among: a poster once, with all its versions.
PRINTABLES: dict[str, Printable] = {paper.key: paper for paper in _SHEETS if not paper.version}
