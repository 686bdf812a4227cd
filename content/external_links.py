"""Links to other sites in an editor's text say where they lead, and tell the other site nothing of where they stood."""

import re
from html import escape, unescape
from urllib.parse import urlsplit

from django.conf import settings

EXTERNAL_LINK = re.compile(
    r'<a\b(?P<attributes>[^>]*\bhref="(?P<address>https?://[^"]*)"[^>]*)>(?P<words>.*?)</a>', re.DOTALL
)
REL = re.compile(r'\s*\brel="[^"]*"')


def show_hosts(html: str) -> str:
    """Put the host behind each link to another site, unless its words name it already: "… (qendravatra.org.al)"."""
    return EXTERNAL_LINK.sub(_show_host, html) if "://" in html else html


def _show_host(found: re.Match[str]) -> str:
    host = get_shown_host(unescape(found["address"]))
    if not host:
        return found[0]
    link = f'<a{REL.sub("", found["attributes"])} rel="noreferrer noopener">{found["words"]}</a>'
    if host in found["words"].casefold():
        return link
    return f'{link} <span class="link-host">({escape(host)})</span>'


def get_shown_host(address: str) -> str:
    """Return the host that an address leads to, without "www."; "" for our own site and for what can't be read."""
    try:
        # Not what stands behind "://": in https://ours@theirs/ the host is "theirs".
        host = urlsplit(address).hostname or ""
    except ValueError:
        return ""
    return "" if host == urlsplit(settings.PUBLIC_URL).hostname else host.removeprefix("www.")
