"""All files go from the folder into the bucket and back, compared; nothing is replaced, and what broke off goes on."""

import os
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config.backups.elsewhere.tests.bucket import Shelf
from content.media_storage.files import get_bucket
from content.media_storage.moving import Bucket, Folder, copy_all
from tests.world.media_bucket import media_in_bucket, names

FILES = {"images/a.webp": b"a" * 70_000, "original_images/fëmijë.jpg": b"o", "documents/a.pdf": b"%PDF-", "empty": b""}


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with media_in_bucket() as found:
        yield found
        if found.hangs is not None:
            found.hangs.set()


@pytest.fixture
def root(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    for name, body in FILES.items():
        path = settings.MEDIA_ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return Path(settings.MEDIA_ROOT)


def run(direction: str, **options: Any) -> str:
    out = StringIO()
    call_command("media", direction, stdout=out, **options)
    return out.getvalue()


def read(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_all_files_go_there_and_back_and_stay_where_they_were(shelf: Shelf, root: Path, tmp_path: Path) -> None:
    (root / "link").symlink_to(root / "empty")
    (root / "half.unfinished").write_bytes(b"x")
    assert "4 files copied" in run("to-bucket")
    assert {name.removeprefix("site/"): body for name, body in shelf.objects.items()} == FILES
    assert FILES.items() <= read(root).items()
    assert "4 files copied" in run("to-folder", folder=tmp_path / "other")
    assert read(tmp_path / "other") == FILES


def test_run_again_it_copies_what_is_missing_and_compares_the_rest(shelf: Shelf, root: Path) -> None:
    run("to-bucket")
    del shelf.objects["site/documents/a.pdf"]
    shelf.asked.clear()
    assert "1 files copied" in run("to-bucket")
    sent = [path for method, path in shelf.asked if method == "PUT" and "probe" not in path]
    assert sent == ["/shelf/site/documents/a.pdf"]


def test_a_file_that_is_another_there_is_named_and_not_replaced(shelf: Shelf, root: Path) -> None:
    shelf.objects["site/documents/a.pdf"] = b"%PDF!"
    with pytest.raises(CommandError, match="1 files aren't there"):
        run("to-bucket")
    assert shelf.objects["site/documents/a.pdf"] == b"%PDF!"
    assert names(shelf) == set(FILES), "the others went"
    shelf.objects["site/documents/a.pdf"] = b"%PDF-2"
    with pytest.raises(CommandError):
        run("to-folder")
    assert read(root) == FILES


def test_a_folder_that_knows_no_links_is_filled_too(shelf: Shelf, root: Path, tmp_path: Path, monkeypatch: Any) -> None:
    def refuse(*_names: Any) -> None:
        raise PermissionError

    run("to-bucket")
    monkeypatch.setattr(os, "link", refuse)
    run("to-folder", folder=tmp_path / "other")
    assert read(tmp_path / "other") == FILES


def test_what_arrives_damaged_is_named(shelf: Shelf, root: Path) -> None:
    shelf.damages = ".webp"
    out = StringIO()
    with pytest.raises(CommandError, match="1 files"):
        call_command("media", "to-bucket", stdout=out)
    assert "images/a.webp" in out.getvalue()


def test_names_that_cannot_be_stored_are_named_and_the_others_go(shelf: Shelf, root: Path) -> None:
    for odd in (b"a\\b.jpg", b"a\nb.jpg", b"\xff.jpg"):
        with open(os.path.join(os.fsencode(root), odd), "wb"):
            pass
    moved = copy_all(Folder(root), Bucket(get_bucket()))
    assert (moved.copied, len(moved.failed)) == (4, 3)
    with pytest.raises(CommandError, match="3 files"):
        run("to-bucket")


def test_an_object_whose_name_leads_out_of_the_folder_is_written_nowhere(shelf: Shelf, tmp_path: Path) -> None:
    for odd in ("../out.txt", "../../out.txt", "/out.txt", "a/../../out.txt"):
        shelf.objects[f"site/{odd}"] = b"x"
    run("to-folder", folder=tmp_path / "media")
    assert list(tmp_path.rglob("*.txt")) == []


def test_a_bucket_that_is_away_or_open_to_everybody_gets_nothing(shelf: Shelf, root: Path) -> None:
    shelf.is_public = True
    with pytest.raises(CommandError, match=r"gives its files to everybody.*Nothing was copied"):
        run("to-bucket")
    shelf.is_public = False
    shelf.hangs = threading.Event()
    with pytest.raises(CommandError, match=r"doesn't answer in time.*Nothing was copied"):
        run("to-bucket")
    assert shelf.objects == {}


def test_without_a_bucket_it_says_what_is_missing(root: Path) -> None:
    with pytest.raises(CommandError, match="MEDIA_BUCKET_URL is empty"):
        run("to-bucket")
