"""Fixed answers for when nothing can be looked up: pages and problem documents without template, catalog or database.

The telephone numbers are those of lines that never expire (a test checks them against the seeded lines).
"""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from access.languages import DEFAULT_LANGUAGE

API_PREFIX = "/api/"
ENGLISH_PREFIX = "/en/"
RETRY_SECONDS = "10"
TRY_LATER = "Nothing was received. Send the same again in a moment: nothing is stored twice."

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Vatra</title>
</head>
<body>
<p><a href="/dil/" rel="nofollow noreferrer">Dilni shpejt / Leave quickly</a></p>
{first}
{second}
<p><a href="/">Vatra</a></p>
</body>
</html>
"""
_ALBANIAN = """{title}
{words}
Nëse një person është në rrezik, telefononi <a href="tel:129">129</a>. Ambulanca: <a href="tel:127">127</a>.</p>"""
_ENGLISH = """{title}
{words}
If someone is in danger, call <a href="tel:129">129</a>. Ambulance: <a href="tel:127">127</a>.</p>"""


def fixed_page(
    *, title: str, words: str, english_title: str, english_words: str, language: str = DEFAULT_LANGUAGE
) -> str:
    """Build a page in both languages, the one of `language` first."""
    if language == "sq":
        first = _ALBANIAN.format(title=f"<h1>{title}</h1>\n<p>", words=words)
        second = _ENGLISH.format(title=f'<p lang="en"><strong>{english_title}</strong>', words=english_words)
    else:
        first = _ENGLISH.format(title=f"<h1>{english_title}</h1>\n<p>", words=english_words)
        second = _ALBANIAN.format(title=f'<p lang="sq"><strong>{title}</strong>', words=words)
    return _PAGE.format(language=language, first=first, second=second)


def page_for(path: str, method: str) -> str:
    """Return the "too busy" page in the language of the address; it says what happens to a form that was sent."""
    return _busy_page("en" if path.startswith(ENGLISH_PREFIX) else "sq", method not in ("GET", "HEAD"))


@cache
def _busy_page(language: str, something_was_sent: bool) -> str:
    """Build the "too busy" page once for each language and case."""
    if something_was_sent:
        words = (
            "Ajo që dërguat nuk u pranua ende. Prisni disa sekonda dhe ringarkoni faqen: shfletuesi e dërgon përsëri."
        )
        english = "What you sent has not been received yet. Wait a few seconds and reload: your browser sends it again."
    else:
        words = "Nuk mund t'ju përgjigjemi menjëherë. Provoni përsëri pas disa sekondash."
        english = "We can't answer you right away. Try again in a few seconds."
    return fixed_page(
        title="Faqja është e ngarkuar",
        words=words,
        english_title="The site is busy just now.",
        english_words=english,
        language=language,
    )


def refusal(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer 503 before Django is entered: a problem document for the API, else a page with emergency numbers."""
    path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
    if path.startswith(API_PREFIX):
        media_type = "application/problem+json"
        body = json.dumps({"type": "urn:vatra:problem:busy", "title": TRY_LATER, "status": 503}).encode()
    else:
        media_type = "text/html; charset=utf-8"
        body = page_for(path, method).encode()
    headers = [
        ("Content-Type", media_type),
        ("Content-Length", str(len(body))),
        ("Retry-After", RETRY_SECONDS),
        ("Cache-Control", "no-store"),
        # Set here because Django's middleware, which would add these headers, isn't reached.
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Robots-Tag", "noindex, nofollow"),
    ]
    start_response("503 Service Unavailable", headers)
    return [] if method == "HEAD" else [body]
