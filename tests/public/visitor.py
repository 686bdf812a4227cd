"""An anonymous visitor without a browser: asks the whole system (`config.wsgi`), follows what pages link to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

from config.wsgi import application
from tests.connections import connections_stay_open

HOST = "http://127.0.0.1:8000"
MOST = 600  # addresses a crawl may ask for
LINKED = {"a": "href", "link": "href", "script": "src", "img": "src", "source": "src", "form": "action", "track": "src"}
LINKED |= {"video": "poster", "audio": "src"}


@dataclass
class Seen:
    """One answer. `links`: (element, address as written)."""

    path: str
    response: httpx.Response
    links: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_page(self) -> bool:
        return self.response.headers.get("content-type", "").startswith("text/html")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and given.get("rel") in ("canonical",):
            return
        address = given.get(LINKED.get(tag, ""))
        if address:
            self.found.append((tag, address))
        for candidate in (given.get("srcset") or "").split(","):
            if candidate.strip():
                self.found.append((tag, candidate.split()[0]))


def visitor() -> httpx.Client:
    return httpx.Client(transport=httpx.WSGITransport(app=application, raise_app_exceptions=True), base_url=HOST)


def look(client: httpx.Client, path: str) -> Seen:
    with connections_stay_open():
        seen = Seen(path, client.get(path))
    if seen.is_page:
        reader = _Links()
        reader.feed(seen.response.text)
        seen.links = reader.found
    return seen


def crawl(client: httpx.Client, starts: list[str]) -> Iterator[Seen]:
    """Every address that can be reached from `starts` by following links of ours, each once; forms aren't sent."""
    waiting, known = list(starts), set(starts)
    while waiting:
        assert len(known) <= MOST, "the crawl doesn't end: addresses are made up as it goes"
        seen = look(client, waiting.pop(0))
        yield seen
        for element, written in seen.links:
            path = own_path(seen.path, written)
            if element != "form" and path is not None and path not in known:
                known.add(path)
                waiting.append(path)


def own_path(base: str, written: str) -> str | None:
    """The path (with its query) on our own host; None for another host, another scheme, or a place in the same page."""
    if re.match(r"(tel|mailto|data|sms):", written):
        return None
    parts = urlsplit(urljoin(HOST + base, written))
    if parts.scheme not in ("http", "https") or parts.netloc != urlsplit(HOST).netloc:
        return None
    return parts.path + (f"?{parts.query}" if parts.query else "")
