"""Links that lead nowhere. Other sites are never asked: only how their address is written can be checked."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

from ...extract import PageParts
from ..facts import CheckContext
from ..findings import Finding

NUMBERS = ("tel:", "sms:", "callto:", "whatsapp:")  # rules/numbers.py
SAYS_NOTHING = {
    "këtu",
    "klikoni këtu",
    "kliko këtu",
    "lexo më shumë",
    "here",
    "click here",
    "read more",
    "more",
    "link",
}


def check(pieces: PageParts, facts: CheckContext) -> Iterator[Finding]:
    for kind, target, text, place in pieces.links:
        words = _broken(kind, target, facts)
        if words is not None:
            yield Finding("link", words, place, text or target)
        elif text.lower() in SAYS_NOTHING:
            yield Finding("link_text", _("Make the link text say where it leads."), place, text)


def _broken(kind: str, target: str, facts: CheckContext) -> object | None:
    if kind == "page":
        if target not in facts.known_pages:
            return _("The link leads to a page that was deleted.")
        return None if target in facts.live_pages else _("The link leads to a page that readers can't see.")
    if kind == "document":
        return None if target in facts.documents else _("The link leads to a file that was deleted.")
    return _wrong_address(target)


def _wrong_address(address: str) -> object | None:
    lowered = address.strip().lower()
    if lowered.startswith((*NUMBERS, "#")):
        return None
    if lowered.startswith("mailto:"):
        try:
            EmailValidator()(address.strip()[7:].partition("?")[0])
        except ValidationError:
            return _("This e-mail address is not valid.")
        return None
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname or ""
    except ValueError:
        return _("This address is not valid.")
    if not parts.scheme and not host:
        return _("Link to our own pages by choosing them, so that the link still works when they move.")
    if parts.scheme == "http":
        return _("Use https:// so that nobody can read along on the way.")
    if parts.scheme != "https" or "." not in host or " " in address.strip():
        return _("This address is not valid.")
    return None
