"""Filling the public form as a browser without JavaScript does: reading the page's fields, changing some, pressing."""

import re
from html import unescape
from typing import Any

from django.test import Client

FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"([^>]*)>')


def hidden(html: str) -> dict[str, Any]:
    """The hidden fields that would be sent with the page's form."""
    found: dict[str, Any] = {}
    for name, value, rest in FIELD.findall(html):
        if "disabled" in rest:
            continue
        if name == "shown":
            found.setdefault("shown", []).append(unescape(value))
        else:
            found[name] = unescape(value)
    return found


def press(client: Client, address: str, html: str, go: str, **typed: Any) -> Any:
    return client.post(address, {**hidden(html), **typed, "go": go})


def to_review(client: Client, address: str, **typed: Any) -> str:
    """Through the form to its last page. `typed` are the fields of the first page."""
    html = client.get(address).content.decode()
    html = press(client, address, html, "next", what="A car waits at the school.", **typed).content.decode()
    for _page in range(4):
        if 'value="_review"' in html:
            return html
        answered = press(client, address, html, "next")
        html = answered.content.decode()
    raise AssertionError("the review never came")
