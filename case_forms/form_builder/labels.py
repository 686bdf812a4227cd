"""Labels of the closed vocabularies of a definition."""

from django.utils.translation import gettext_lazy as _

from access.languages import NATIVE_NAMES

SENSITIVITIES = {
    "public": _("public"),
    "internal": _("internal"),
    "personal": _("personal"),
    "special": _("special category"),
}


def language_name(code: str) -> str:
    """Return a language's own name where we have it, else its code."""
    return NATIVE_NAMES.get(code, code)
