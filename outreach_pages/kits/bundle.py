"""One zip with everything of a kit's version, for a room without a network.

Its pages ask nothing from outside and open from the disk. The zip is whole before its first byte is sent: what is half
there would be found out in front of a class.
"""

import tempfile
from dataclasses import dataclass
from functools import cache
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

import structlog
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.text import slugify

from access.limits import Busy, kits
from content.models import Hotline

from .contents import Material, Standing, get_standing, read_kit_body, read_materials
from .files import ZipFiles
from .models import KitVersion
from .papers import make_links_absolute, render_material
from .slides import read_slides

IN_MEMORY = 8_000_000  # a larger zip waits on the disk until it is sent
SHEETS = ("tokens", "base", "components", "public-texts", "public-quiz", "kits")
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class BundledMaterial:
    """A material in the zip: its pages by their names; `pdf` is "" where the PDF couldn't be made."""

    material: Material
    page: str
    slides: str
    pdf: str


def get_bundle_name(version: KitVersion) -> str:
    """Return the name of the zip and of the folder in it: the kit, its version, its language."""
    kit = slugify(version.title)[:60] or "kit"
    return f"vatra-{kit}-v{version.number}-{version.language}"


def build_bundle(version: KitVersion) -> IO[bytes]:
    """Return the zip, whole, at its beginning. The caller closes it. Raises Busy."""
    with kits.turn():
        archive_file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (the answer closes it)
        try:
            with ZipFile(archive_file, "w", ZIP_DEFLATED) as archive, translation.override(version.language):
                _Writer(version, archive).write()
            archive_file.seek(0)
        except BaseException:
            archive_file.close()
            raise
        return archive_file


class _Writer:
    """Writes a version into a zip: its materials, then the index, which names what is missing."""

    def __init__(self, version: KitVersion, archive: ZipFile) -> None:
        self.version = version
        self.archive = archive
        self.folder = get_bundle_name(version)
        self.day = timezone.localdate()
        self.standing: Standing = get_standing(version)
        self.files = ZipFiles(archive, self.folder, version.language)
        self.missing: list[str] = []

    def write(self) -> None:
        bundled = [self._write_material(each) for each in read_materials(self.version)]
        index = {
            "materials": bundled,
            "kit_body": read_kit_body(self.version),
            "lines": list(Hotline.objects.published()),
        }
        # Rendered twice: its own words may bring along files, and what is missing of them stands on it as well.
        for _each in range(2):
            html = self._render("bundle.html", index | {"missing": [*self.missing, *self.files.missing]})
        self._write_text("index.html", html)

    def _write_material(self, material: Material) -> BundledMaterial:
        name = f"{material.number:02d}-{slugify(material.title)[:60] or material.kind}"
        made = BundledMaterial(
            material,
            page=f"{name}.html",
            slides=f"{name}-slides.html" if material.is_slides else "",
            pdf=f"pdf/{name}.pdf" if self._write_pdf(f"pdf/{name}.pdf", material) else "",
        )
        context: dict[str, Any] = {"material": material, "made": made}
        self._write_text(made.page, self._render("bundled_material.html", context))
        if made.slides:
            self._write_text(made.slides, self._render("slides.html", context | {"slides": read_slides(material)}))
        return made

    def _write_pdf(self, name: str, material: Material) -> bool:
        try:
            pdf = render_material(self.version, material, self.standing, on=self.day)
        except Busy:
            raise
        except Exception as error:  # noqa: BLE001  # whatever is wrong with one paper, the kit goes along without it
            log.warning("kit_without_pdf", version=self.version.pk, material=material.page, error=type(error).__name__)
            self.missing.append(f"PDF: {material.title}")
            return False
        self.archive.writestr(f"{self.folder}/{name}", pdf)
        return True

    def _render(self, template: str, context: dict[str, Any]) -> str:
        frame = {
            "version": self.version,
            "standing": self.standing,
            "language": self.version.language,
            "day": self.day,
            "bundle": self.files,
            "styles": _read_styles(),
            "script": _read_script(),
        }
        return make_links_absolute(render_to_string(f"outreach_pages/kits/{template}", frame | context))

    def _write_text(self, name: str, text: str) -> None:
        self.archive.writestr(f"{self.folder}/{name}", text.encode())


@cache
def _read_styles() -> str:
    folder = settings.ROOT / "static" / "css"
    return "\n".join((folder / f"{name}.css").read_text(encoding="utf-8") for name in SHEETS)


@cache
def _read_script() -> str:
    return (settings.ROOT / "static" / "js" / "slides.js").read_text(encoding="utf-8")
