"""Render HTML that refers to nothing outside itself as PDF/UA."""

from functools import cache
from pathlib import Path

from django.conf import settings

from access.limits import papers

from .rendered import NotGiven, Parts, Rendered

__all__ = ["NotGiven", "Parts", "PrintableError", "Rendered", "read_parts", "render_closed", "render_pdf"]

STYLES = settings.ROOT / "static" / "css" / "handout.css"
PARTS: dict[str, tuple[Path, str]] = {
    "paper:handout.css": (STYLES, "text/css"),
    "paper:LiberationSans-Regular.ttf": (settings.PAPER_FONTS / "LiberationSans-Regular.ttf", "font/ttf"),
    "paper:LiberationSans-Bold.ttf": (settings.PAPER_FONTS / "LiberationSans-Bold.ttf", "font/ttf"),
}


class PrintableError(Exception):
    """A printable asked for something that isn't one of its own parts."""


def render_closed(html: str, parts: Parts, *, base_url: str, identifier: str) -> Rendered:
    """Render HTML with these parts and nothing else, the same bytes for the same input. Raises NotGiven, Busy."""
    # Here, not above: it takes half a second and 30 MB, which most processes never need.
    from .closed_pdf import render

    # A page of PDF takes a second of processor time: one at a time, and who waits too long gets Busy (`access.limits`).
    with papers.turn():
        return render(html, parts, base_url=base_url, identifier=identifier)


@cache
def read_parts(files: tuple[tuple[str, Path, str], ...]) -> Parts:
    """Read parts that are files of ours, (url, path, media type) each, once in a process."""
    return {url: (path.read_bytes(), media_type) for url, path, media_type in files}


def render_pdf(html: str, *, own: Parts, identifier: str) -> bytes:
    """Return the PDF's bytes, the same for the same input. `own`: what this one printable brings along.

    Raises PrintableError, Busy.
    """
    ours = read_parts(tuple((url, *file) for url, file in PARTS.items()))
    try:
        return render_closed(html, {**ours, **own}, base_url="paper:", identifier=identifier).pdf
    except NotGiven:
        raise PrintableError("the paper asked for something outside itself") from None
