"""A material as PDF, made from the frozen words of its version with the helplines of the day."""

import datetime
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from content.models import Hotline
from content.printables.pdf import Parts, read_parts, render_pdf

from .contents import Material, Standing
from .files import PaperFiles
from .labels import MaterialKind
from .models import KitVersion
from .slides import read_slides

STYLES = (("paper:kit.css", settings.ROOT / "static" / "css" / "kit-paper.css", "text/css"),)
WITH_HOTLINES = frozenset({MaterialKind.HANDOUT, MaterialKind.TEACHER, MaterialKind.WORKSHEET})
MAX_RENDERED = 48


def render_material(
    version: KitVersion, material: Material, standing: Standing, *, on: datetime.date | None = None
) -> bytes:
    """Return one material as PDF/UA-1, in the language of its version. Raises PrintableError, Busy.

    What was made is cached under everything that can change on it, as for the other papers.
    """
    day = on or timezone.localdate()
    files = PaperFiles()
    with translation.override(version.language):
        context: dict[str, Any] = {
            "version": version,
            "material": material,
            "standing": standing,
            "language": version.language,
            "day": day,
            "bundle": files,
            "lines": list(Hotline.objects.published()) if material.kind in WITH_HOTLINES else [],
            "slides": read_slides(material) if material.is_slides else [],
        }
        html = make_links_absolute(render_to_string("outreach_pages/kits/paper.html", context))
    identifier = f"kit {version.kit_id} {version.number} {material.page} {day}"
    return _render(html, tuple(sorted(files.parts.items())), identifier)


def make_links_absolute(html: str) -> str:
    """Let links to the service's own pages lead there from a paper or a file."""
    return html.replace(' href="/', f' href="{settings.PUBLIC_URL}/')


@lru_cache(maxsize=MAX_RENDERED)
def _render(html: str, parts: Sequence[tuple[str, tuple[bytes, str]]], identifier: str) -> bytes:
    own: Parts = {**read_parts(STYLES), **dict(parts)}
    return render_pdf(html, own=own, identifier=identifier)
