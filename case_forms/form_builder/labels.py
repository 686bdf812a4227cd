"""What people call the closed vocabularies of a definition."""

from django.utils.translation import gettext_lazy as _

SENSITIVITIES = {
    "public": _("public"),
    "internal": _("internal"),
    "personal": _("personal"),
    "special": _("special category"),
}
LANGUAGES = {"sq": "Shqip", "en": "English"}


def language_name(code: str) -> str:
    """A language by its own name where the house knows it, else by its code."""
    return LANGUAGES.get(code, code)
