"""Files that a kit brings along where no page of the service can be asked: inside a PDF, inside a zip.

A template asks `{% file_address … %}` (content_tags), which asks the `bundle` of its context.
"""

import shutil
from pathlib import PurePath
from typing import Any, Protocol
from zipfile import ZipFile

from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage

from access.limits import Busy
from content.blocks.files import get_size
from content.library_files import is_withheld
from content.pictures import ORIGINAL, get_renditions_by_spec
from content.printable_catalog import Printable
from content.printables.rendering import render_printable

MAX_BUNDLED_BYTES = 200_000_000  # films mostly; what doesn't fit is named as missing
IMAGE_TYPES = {"jpeg": "image/jpeg", "svg": "image/svg+xml"}


class Bundle(Protocol):
    """Where the files of a page without the service are."""

    is_paper: bool

    def get_address(self, asset: Any) -> str:
        """Return the address of a picture, document or leaflet; "" where it isn't brought along."""
        ...


def read_picture(image: AbstractImage) -> tuple[bytes, str] | None:
    """Return (bytes, ending) of the largest size that any reader shows; None where none can be read."""
    return _read_size(image, -1)


def read_small_picture(image: AbstractImage) -> tuple[bytes, str] | None:
    """Return (bytes, ending) of a size that fills a phone's screen; None where none can be read."""
    return _read_size(image, 1)


def _read_size(image: AbstractImage, place: int) -> tuple[bytes, str] | None:
    """Read the size at this place among those that exist, from the smallest; the last where there are fewer."""
    sizes = get_renditions_by_spec(image)
    wanted = ORIGINAL if image.is_svg() else "format-jpeg"
    specs = [spec for spec in sizes if spec.startswith(wanted)]
    if not specs:
        return None
    try:
        with sizes[specs[min(place, len(specs) - 1)]].file.open("rb") as file:
            return file.read(), "svg" if image.is_svg() else "jpeg"
    except OSError:  # gone from the disk: the page says in words what it shows
        return None


class PaperFiles:
    """Pictures as parts of a PDF. Films, recordings and files are not printed: their titles and transcripts are."""

    is_paper = True

    def __init__(self) -> None:
        self.parts: dict[str, tuple[bytes, str]] = {}

    def get_address(self, asset: Any) -> str:
        if not isinstance(asset, get_image_model()):
            return ""
        read = read_picture(asset)
        if read is None:
            return ""
        body, ending = read
        address = f"paper:picture-{asset.pk}.{ending}"
        self.parts[address] = (body, IMAGE_TYPES[ending])
        return address


class ZipFiles:
    """Files beside the pages of a zip, each once. `missing`: the names of those that aren't in it."""

    is_paper = False

    def __init__(self, archive: ZipFile, folder: str, language: str) -> None:
        self.archive = archive
        self.folder = folder
        self.language = language
        self.room = MAX_BUNDLED_BYTES
        self.missing: list[str] = []
        self._addresses: dict[tuple[str, Any], str] = {}

    def get_address(self, asset: Any) -> str:
        if asset is None:
            return ""
        key = (type(asset).__name__, getattr(asset, "pk", None) or getattr(asset, "key", None))
        if key not in self._addresses:
            self._addresses[key] = self._add(asset)
            if not self._addresses[key]:
                self.missing.append(str(getattr(asset, "title", None) or getattr(asset, "name", "")))
        return self._addresses[key]

    def _add(self, asset: Any) -> str:
        if isinstance(asset, Printable):
            return self._add_leaflet(asset)
        if isinstance(asset, get_image_model()):
            read = read_picture(asset)
            return self._write(f"picture-{asset.pk}.{read[1]}", read[0]) if read else ""
        return self._add_document(asset)

    def _add_leaflet(self, paper: Printable) -> str:
        try:
            return self._write(f"{paper.key}.pdf", render_printable(paper, self.language))
        except Busy:
            raise
        except Exception:  # noqa: BLE001  # whatever is wrong with one leaflet, the kit goes along without it
            return ""

    def _add_document(self, document: Any) -> str:
        size = get_size(document)
        if not 0 < size <= self.room or is_withheld(document):
            return ""
        name = f"files/{document.pk}{PurePath(document.filename).suffix.lower()}"
        try:
            source = document.file.open("rb")
        except OSError:
            return ""
        # From here on an error stops the whole zip: half a file would look like a whole one.
        with source, self.archive.open(f"{self.folder}/{name}", "w", force_zip64=True) as target:
            shutil.copyfileobj(source, target)
        self.room -= size
        return name

    def _write(self, name: str, body: bytes) -> str:
        address = f"files/{name}"
        self.archive.writestr(f"{self.folder}/{address}", body)
        return address
