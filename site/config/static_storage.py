"""Static files under names with a hash of their content, so that browsers may cache them for ever."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import rjsmin
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, in which ES modules import each other under their hashed names too.

    Without that a browser would fetch `./logic.js` under its plain name and could go on using an older copy beside the
    new `form.js`. An import must end with a semicolon and name a file (`./x.js`); modules must not import in circles.

    Our own scripts lie there without their comments and indentation, a third lighter (docs/adr/0225).
    """

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Hash what `collectstatic` found, as (storage, path) by name; our scripts by their shortened text."""
        shortened = {
            name: (ShortenedScripts(storage), path) if is_own_script(storage, name) else (storage, path)
            for name, (storage, path) in paths.items()
        }
        yield from super().post_process(shortened, dry_run=dry_run, **options)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress what pages ask for, the names with a hash. It is most of the work, and WhiteNoise does it twice."""
        asked_for = set(self.hashed_files.values())
        yield from super().compress_files([path for path in paths if path in asked_for])


class ShortenedScripts:
    """A storage of scripts that opens them without comments and indentation."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def open(self, name: str) -> "File[bytes]":
        with self.storage.open(name) as file:
            return ContentFile(shorten_script(file.read()), name=name)


def is_own_script(storage: Any, name: str) -> bool:
    """Whether this file is a script of the project, not of a package (those come as their makers publish them)."""
    return name.endswith(".js") and Path(getattr(storage, "location", "")) == Path(settings.ROOT) / "static"


def shorten_script(script: bytes) -> bytes:
    return bytes(rjsmin.jsmin(script))
