"""Two machines, each with a disk of its own, have one library: processes with nothing in common but the bucket."""

import json
import os
import subprocess
import sys
from pathlib import Path

from config.backups.elsewhere.tests.bucket import Shelf, running_shelf
from tests.world.media_bucket import list_settings, names

PROGRAM = """
import json, sys
import django
django.setup()
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from content.media_storage.files import list_files
name, body = json.loads(sys.argv[1])
stored = default_storage.save(name, ContentFile(body.encode())) if body else ""
answer = Client().get(f"/media/{name}", headers={"host": "127.0.0.1"})
print(json.dumps({
    "stored": stored, "listed": sorted(each.name for each in list_files()), "status": answer.status_code,
    "body": b"".join(answer).decode(errors="replace"), "tag": answer.get("ETag"), "disk": settings.MEDIA_ROOT.exists(),
}))
"""


def start(shelf: Shelf, folder: Path, name: str, body: str = "") -> "subprocess.Popen[str]":
    described = {key: str(value) for key, value in list_settings(shelf).items() if key != "STORAGES"}
    environment = {
        **os.environ,
        **described,
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "DATA_DIR": str(folder),
        "DATABASE_URL": "sqlite://:memory:",
    }
    command = [sys.executable, "-c", PROGRAM, json.dumps([name, body])]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def read(process: "subprocess.Popen[str]") -> dict[str, object]:
    out, _err = process.communicate(timeout=120)
    assert process.returncode == 0
    found: dict[str, object] = json.loads(out.strip().rpartition("\n")[2])
    return found


def test_what_one_stores_the_other_gives_out_and_two_of_one_name_are_both_there(tmp_path: Path) -> None:
    with running_shelf() as shelf:
        one = read(start(shelf, tmp_path / "one", "images/a.svg", "<svg/>"))
        both = [start(shelf, tmp_path / place, "images/b.svg", f"<svg>{place}</svg>") for place in ("one", "two")]
        stored = {str(read(process)["stored"]) for process in both}
        other = read(start(shelf, tmp_path / "three", "images/a.svg"))
    assert one["status"] == other["status"] == 200
    assert one["body"] == other["body"] == "<svg/>"
    assert one["tag"] == other["tag"], "a browser that goes from one to the other has the picture"
    assert len(stored) == 2
    assert {shelf.objects[f"site/{name}"] for name in stored} == {b"<svg>one</svg>", b"<svg>two</svg>"}
    assert set(other["listed"]) == names(shelf) == {"images/a.svg", *stored}  # type: ignore[call-overload]
    assert not one["disk"]
    assert not other["disk"]
