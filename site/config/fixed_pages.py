"""Fixed answers for when nothing can be looked up: pages and problem documents without template, catalog or database.

The telephone numbers are those of lines that never expire (a test checks them against the seeded lines).
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from access.languages import DEFAULT_LANGUAGE

API_PREFIX = "/api/"
RETRY_SECONDS = "10"
TRY_LATER = "Nothing was received. Send the same again in a moment: nothing is stored twice."
COME_IN_TURN = "Nothing was received: many are sending. Send the same again after as many seconds as Retry-After says."

# Read once, at the start: nothing is looked up when such a page is needed.
TEXTS: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "fixed_pages.json").read_text(encoding="utf-8"))
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body>
<p><a href="/dil/" rel="nofollow noreferrer">Dilni shpejt / Leave quickly</a></p>
{texts}
<p><a href="/">{home}</a></p>
</body>
</html>
"""
_FIRST = """<h1>{title}</h1>
<p>
{words}
{emergency}</p>"""
_OTHER = """<p lang="{language}"><strong>{title}</strong>
{words}
{emergency}</p>"""


@cache
def build_fixed_page(name: str, language: str = DEFAULT_LANGUAGE) -> str:
    """Build a page of `data/fixed_pages.json` in every language, that of `language` first."""
    others = (other for other in TEXTS if other != language)
    parts = [
        template.format(language=each, emergency=TEXTS[each]["emergency"], **TEXTS[each][name])
        for template, each in [(_FIRST, language), *((_OTHER, other) for other in others)]
    ]
    title, home = TEXTS[language][name]["title"], " / ".join(each["home"] for each in TEXTS.values())
    return _PAGE.format(language=language, texts="\n".join(parts), title=title, home=home)


def build_busy_page(path: str, method: str) -> str:
    """Return the "too busy" page in the language of the address; it says what happens to a form that was sent."""
    language = next((each for each in TEXTS if path.startswith(f"/{each}/")), DEFAULT_LANGUAGE)
    return build_fixed_page("busy" if method in ("GET", "HEAD") else "busy_sent", language)


def refuse_request(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer 503 before Django is entered: a problem document for the API, else a page with emergency numbers."""
    path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
    if path.startswith(API_PREFIX):
        return _answer_problem(environ, start_response, "503 Service Unavailable", TRY_LATER, RETRY_SECONDS)
    media_type = "text/html; charset=utf-8"
    return _answer(environ, start_response, "503 Service Unavailable", media_type, build_busy_page(path, method))


def give_turn(environ: dict[str, Any], start_response: Callable[..., Any], seconds: int) -> list[bytes]:
    """Answer 429 before Django is entered: others are being served, and this one comes again after so many seconds."""
    return _answer_problem(environ, start_response, "429 Too Many Requests", COME_IN_TURN, str(seconds))


def _answer_problem(
    environ: dict[str, Any], start_response: Callable[..., Any], status: str, title: str, seconds: str
) -> list[bytes]:
    document = {"type": "urn:vatra:problem:busy", "title": title, "status": int(status[:3])}
    return _answer(environ, start_response, status, "application/problem+json", json.dumps(document), seconds)


def _answer(
    environ: dict[str, Any],
    start_response: Callable[..., Any],
    status: str,
    media_type: str,
    text: str,
    seconds: str = RETRY_SECONDS,
) -> list[bytes]:
    body = text.encode()
    headers = [
        ("Content-Type", media_type),
        ("Content-Length", str(len(body))),
        ("Retry-After", seconds),
        ("Cache-Control", "no-store"),
        # Set here because Django's middleware, which would add these headers, isn't reached.
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Robots-Tag", "noindex, nofollow"),
    ]
    start_response(status, headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
