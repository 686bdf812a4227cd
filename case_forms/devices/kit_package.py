"""A kit's version as a phone that stores takes it along, for a room without a network.

Everything comes from the frozen version, in its language, as the zip does (`outreach_pages.kits.bundle`). Pictures go
along inside the HTML, up to a bound; films, recordings and files are named. Nothing in it is about a person.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import structlog
from django.template.loader import render_to_string
from django.utils import translation
from wagtail.images import get_image_model

from outreach_pages.kits.contents import Material, read_kit_body, read_materials
from outreach_pages.kits.files import IMAGE_TYPES, read_small_picture
from outreach_pages.kits.models import KitVersion
from outreach_pages.kits.papers import make_links_absolute
from outreach_pages.kits.slides import read_slides

MAX_PICTURES = 1_500_000  # bytes of all pictures of a kit, before base64 makes them a third larger
log = structlog.get_logger(__name__)


class PhoneFiles:
    """Pictures as data inside the HTML, each once in the count. `missing`: the names of what stays behind."""

    is_paper = True  # a quiz with its answers after the questions; films by their titles and transcripts

    def __init__(self, room: int = MAX_PICTURES) -> None:
        self.room = room
        self.missing: list[str] = []
        self._addresses: dict[Any, str] = {}

    def get_address(self, asset: Any) -> str:
        if asset is None:
            return ""
        key = (type(asset).__name__, getattr(asset, "pk", None) or getattr(asset, "key", None))
        if key not in self._addresses:
            self._addresses[key] = self._read(asset)
            if not self._addresses[key]:
                self.missing.append(str(getattr(asset, "title", None) or getattr(asset, "name", "")))
        return self._addresses[key]

    def _read(self, asset: Any) -> str:
        read = read_small_picture(asset) if isinstance(asset, get_image_model()) else None
        if read is None or len(read[0]) > self.room:
            return ""
        body, ending = read
        self.room -= len(body)
        return f"data:{IMAGE_TYPES[ending]};base64,{base64.b64encode(body).decode()}"


def build_kit_package(version: KitVersion) -> dict[str, Any]:
    """Build the package of a version.

    Returns {"id", "kit", "number", "language", "title", "intro", "minutes", "audience", "materials": [{"page",
    "number", "kind", "title", "minutes", "html", "slides": [{"title", "html", "notes"}]}], "words": HTML of what
    participants read on the session's page, "missing": names of what stays behind, "sha256"}. A material that can't be
    drawn is among what is missing, and stops no other.
    """
    files = PhoneFiles()
    with translation.override(version.language):
        materials = [made for each in read_materials(version) if (made := _try(version, files, each)) is not None]
        body = read_kit_body(version)
        package = {
            "id": version.pk,
            "kit": version.kit_id,
            "number": version.number,
            "language": version.language,
            "title": version.title,
            "intro": version.content.get("intro", ""),
            "minutes": version.minutes,
            "audience": str(version.get_audience_display()),
            "materials": materials,
            "words": _draw("devices/kit/words.html", version, files, {"kit_body": body}) if body else "",
            "missing": files.missing,
        }
    digest = hashlib.sha256(json.dumps(package, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return {**package, "sha256": digest}


def _try(version: KitVersion, files: PhoneFiles, material: Material) -> dict[str, Any] | None:
    try:
        return _build_material(version, files, material)
    except Exception as error:  # noqa: BLE001  # whatever is wrong with one material, the kit goes along without it
        log.warning("kit_material_not_drawn", version=version.pk, material=material.page, error=type(error).__name__)
        files.missing.append(material.title)
        return None


def _build_material(version: KitVersion, files: PhoneFiles, material: Material) -> dict[str, Any]:
    def draw(name: str, context: dict[str, Any]) -> str:
        return _draw(f"devices/kit/{name}.html", version, files, {"material": material, **context})

    return {
        "page": material.page,
        "number": material.number,
        "kind": material.kind_label,
        "title": material.title,
        "minutes": material.minutes,
        "html": draw("material", {}),
        "slides": _build_slides(material, draw) if material.is_slides else [],
    }


def _build_slides(material: Material, draw: Callable[[str, dict[str, Any]], str]) -> list[dict[str, str]]:
    return [
        {
            "title": slide.block.value["title"] if slide.is_plain else "",
            "html": draw("slide", {"slide": slide}),
            "notes": (slide.block.value["notes"] or "") if slide.is_plain else "",
        }
        for slide in read_slides(material)
    ]


def _draw(template: str, version: KitVersion, files: PhoneFiles, context: dict[str, Any]) -> str:
    frame = {"version": version, "language": version.language, "bundle": files}
    return make_links_absolute(render_to_string(template, frame | context)).strip()
