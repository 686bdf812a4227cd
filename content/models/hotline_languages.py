"""Languages that are spoken on a hotline, by their ISO 639 codes."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

SPOKEN = {
    "sq": pgettext_lazy("language", "Albanian"),
    "sqk": pgettext_lazy("language", "Albanian Sign Language"),
    "en": pgettext_lazy("language", "English"),
    "it": pgettext_lazy("language", "Italian"),
    "el": pgettext_lazy("language", "Greek"),
    "rom": pgettext_lazy("language", "Romani"),
    "mk": pgettext_lazy("language", "Macedonian"),
    "sr": pgettext_lazy("language", "Serbian"),
    "bs": pgettext_lazy("language", "Bosnian"),
    "tr": pgettext_lazy("language", "Turkish"),
    "de": pgettext_lazy("language", "German"),
    "fr": pgettext_lazy("language", "French"),
    "es": pgettext_lazy("language", "Spanish"),
    "ru": pgettext_lazy("language", "Russian"),
    "uk": pgettext_lazy("language", "Ukrainian"),
    "ar": pgettext_lazy("language", "Arabic"),
    "fa": pgettext_lazy("language", "Persian"),
}

# As those who speak it write it. The site itself is in Albanian and English.
OTHER_LANGUAGES = {
    "it": "Italiano",
    "el": "Ελληνικά",
    "tr": "Türkçe",
    "ar": "العربية",
    "uk": "Українська",
    "fa": "فارسی / دری",
    "rom": "Romani",
    "mk": "Македонски",
    "sr": "Srpski",
    "bs": "Bosanski",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "ru": "Русский",
}
RIGHT_TO_LEFT = frozenset({"ar", "fa"})


def check_codes(value: Any) -> None:
    """Validate a list of codes, each once. Codes that aren't listed above may be stored from earlier."""
    is_list = isinstance(value, list) and all(isinstance(code, str) and code.isalpha() for code in value)
    if not is_list or len(set(value)) != len(value):
        raise ValidationError(_("Choose the languages again."))


def get_names(codes: list[str]) -> list[str]:
    """Return the languages' names for readers; a code that has no name here is left out."""
    return [str(SPOKEN[code]) for code in codes if code in SPOKEN]


def get_choices(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Return [(code, name)] of these languages, by name: those that a reader may choose among."""
    return sorted(((code, str(SPOKEN[code])) for code in set(codes) if code in SPOKEN), key=lambda each: each[1])
