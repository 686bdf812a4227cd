"""Images and documents of the first content. One comes into the library when a newly made page shows it."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from sanitizer.readers import clean_for_readers

from ..library_files import get_kind, remember_clean
from ..texts import get_file_reference, pick_language
from .memory import SeedMemory

FOLDER = Path(__file__).parents[1] / "data" / "media"
PLACES = {"picture": ("pictures", "original_images"), "file": ("files", "documents")}


def create_files(named: Iterable[tuple[str, str]], memory: SeedMemory) -> tuple[dict[tuple[str, str], int], int]:
    """Return ({(kind, key): id}, how many are new) for the files that these pages name.

    A file that an editor deleted or replaced stays deleted or replaced.
    """
    found: dict[tuple[str, str], int] = {}
    new = 0
    for kind, key in dict.fromkeys(named):
        about = _load_descriptions()[PLACES[kind][0]][key]
        shipped = (FOLDER / about["file"]).read_bytes()
        place = _get_storage_name(kind, about["file"], shipped)
        if memory.first_time(f"{kind}:{key}"):
            clean = clean_for_readers(shipped, get_kind(about["file"]), len(shipped))
            found[kind, key] = _create(kind, about, clean, place)
            new += 1
        elif (pk := _model(kind).objects.filter(file=place).values_list("pk", flat=True).first()) is not None:
            found[kind, key] = pk
    return found, new


def iter_named_files(spec: Any, language: str) -> Iterator[tuple[str, str]]:
    """Yield the files that a page's data names in this language: {"picture": key} and {"file": key}."""
    value = pick_language(spec, language)
    if isinstance(value, Mapping):
        if (name := get_file_reference(value)) is not None:
            yield name
            return
        for inner in value.values():
            yield from iter_named_files(inner, language)
    elif isinstance(value, list):
        for inner in value:
            yield from iter_named_files(inner, language)


@cache
def _load_descriptions() -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = json.loads((FOLDER / "media.json").read_text())
    return found


def _model(kind: str) -> Any:
    return get_image_model() if kind == "picture" else get_document_model()


def _get_storage_name(kind: str, name: str, content: bytes) -> str:
    """Return a file's name in the storage, made of its content as it is shipped.

    So a seeding that was rolled back leaves what the next one finds.
    """
    stem, _dot, ending = name.rpartition(".")
    return f"{PLACES[kind][1]}/{stem}-{hashlib.sha256(content).hexdigest()[:10]}.{ending}"


def _create(kind: str, about: dict[str, str], content: bytes, place: str) -> int:
    # The size too: an interrupted copy leaves a file that exists and is cut off.
    if not default_storage.exists(place) or default_storage.size(place) != len(content):
        place = default_storage.save(place, ContentFile(content))
    made = _model(kind)(title=about["title"], file=place, file_size=len(content))
    made.file_hash = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    if kind == "picture":
        made.description = about["description"]
    made.save()
    remember_clean(made.file_hash)
    pk: int = made.pk
    return pk
