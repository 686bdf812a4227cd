"""The register of breaches and the record of processing on paper: A4, tagged, black and white."""

from typing import Any

from django.template.loader import render_to_string

from access.languages import get_current_language
from notifications.briefs.documents import to_pdf
from notifications.texts.senders import ORGANISATION


def render_paper(template: str, context: dict[str, Any], *, identifier: str) -> bytes:
    """Render a sheet in the active language. Raises DocumentRefused, Busy."""
    own = {"organisation": str(ORGANISATION), "language": get_current_language()}
    html = render_to_string(template, {**context, **own})
    return to_pdf(html, identifier=identifier).pdf
