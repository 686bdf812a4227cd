"""Languages as XLSForms name them, "English (en)", and as we do, "en"."""

import re
import unicodedata
from collections.abc import Iterator

from django.conf.locale import LANG_INFO

from .findings import Report
from .sheet import Row, Sheet, Tokens

NAMES = {
    "sq": "Shqip",
    "en": "English",
    "it": "Italiano",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "el": "Ελληνικά",
    "mk": "Македонски",
    "sr": "Srpski",
    "rom": "Romani",
    "tr": "Türkçe",
    "ru": "Русский",
    "uk": "Українська",
    "ar": "العربية",
    "fa": "فارسی",
    "ro": "Română",
    "pt": "Português",
    "pl": "Polski",
}
# Names that Django has not, or has for another code.
ALSO = {
    "gjuha shqipe": "sq",
    "greek": "el",
    "serbian": "sr",
    "srpski": "sr",
    "roma": "rom",
    "farsi": "fa",
    "dari": "prs",
    "pashto": "ps",
    "kurdish": "ku",
    "kurmanji": "kmr",
    "sorani": "ckb",
    "chinese": "zh",
    "tagalog": "tl",
    "filipino": "fil",
    "bahasa indonesia": "id",
    "kiswahili": "sw",
    "tetun": "tet",
    "amharic": "am",
    "tigrinya": "ti",
    "somali": "so",
    "haitian creole": "ht",
    "khmer": "km",
    "lao": "lo",
    "sinhala": "si",
    "hausa": "ha",
    "kinyarwanda": "rw",
    "wolof": "wo",
}
CODE = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{2}))?", re.IGNORECASE)
IN_BRACKETS = re.compile(r"\(\s*([^()]{2,8})\s*\)\s*$")
KNOWN = {
    name.casefold(): code
    for code, info in LANG_INFO.items()
    if CODE.fullmatch(code) and "-" not in code
    for name in (info.get("name"), info.get("name_local"))
    if name
}
TRANSLATED = (("label",), ("hint",), ("guidance_hint",), ("bind", "jr:constraintMsg"))


def get_code(name: str) -> str | None:
    """Return the code for a name such as "Shqip (sq)", "English" or "en"; None when there is none."""
    bracketed = IN_BRACKETS.search(name)
    found = CODE.fullmatch(bracketed[1].strip() if bracketed else name.strip())
    known = KNOWN | {_folded(label): code for code, label in NAMES.items()} | ALSO
    # Two or three letters alone are a code when they are small, or when there is such a language: "EN", but not "Lao".
    # In brackets, or with a region, they are one anyhow.
    if found and (bracketed or name.strip().islower() or found[2] or found[1].lower() in known.values()):
        return found[1].lower() + (f"-{found[2].upper()}" if found[2] else "")
    return known.get(_folded(IN_BRACKETS.sub("", name)))


def get_name(code: str) -> str:
    """Return "Shqip (sq)" for "sq"; the code twice when there is no name for it."""
    return f"{NAMES.get(code, code)} ({code})"


def _translated(sheets: list[Sheet]) -> Iterator[tuple[Sheet, Tokens, Tokens]]:
    for sheet in sheets:
        for start in TRANSLATED:
            yield from ((sheet, column, start) for column in sheet.columns(*start))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().casefold()


class Languages:
    """The languages of one workbook.

    `codes`: the form's, the default first; `plain`: that of texts without one.
    """

    def __init__(self, sheets: list[Sheet], default: str, otherwise: str, report: Report) -> None:
        self.of: dict[str, str] = {}
        plain_is_used = False
        columns = [
            (sheet, column, start) for sheet in sheets for start in TRANSLATED for column in sheet.columns(*start)
        ]
        for sheet, column, start in columns:
            if len(column) == len(start):
                plain_is_used |= any(row.get(*column) for row in sheet.rows)
            elif len(column) == len(start) + 1:
                self._take(column[-1], sheet, column, report)
        self.plain = (get_code(default) if default else None) or (otherwise if plain_is_used or not self.of else "")
        if plain_is_used and not (default and get_code(default)) and self.plain not in self.of.values():
            report.note("language_assumed", name=self.plain)
        codes = list(dict.fromkeys(self.of.values()))
        first = get_code(default) if default else None
        if plain_is_used and self.plain not in codes:
            codes.insert(0, self.plain)
        if first in codes:
            codes.remove(first)
            codes.insert(0, first)
        self.codes = codes or [self.plain or otherwise]

    def _take(self, name: str, sheet: Sheet, column: tuple[str, ...], report: Report) -> None:
        code = get_code(name)
        if code is None:
            report.error("unknown_language", sheet.name, 1, sheet.headers[column], name=name[:60])
            return
        others = [other for other, its in self.of.items() if its == code and other != name]
        if others:
            report.error("language_twice", sheet.name, 1, sheet.headers[column])
        self.of[name] = code

    def texts(self, row: Row, *tokens: str) -> dict[str, str]:
        """Return {code: text} of a column, in the order of the form's languages."""
        found: dict[str, str] = {}
        for name, text in row.texts(*tokens).items():
            code = self.of.get(name) if name else self.plain
            if code and (name or code not in found):
                found[code] = text
        return {code: found[code] for code in self.codes if code in found}

    def everywhere(self, text: str) -> dict[str, str]:
        """Return the same text in each language."""
        return dict.fromkeys(self.codes, text)
