"""A backup is taken to a real SFTP server and to a bucket that checks signatures, and comes back from there."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from config.backups import rotation
from config.backups.elsewhere import sftp
from config.backups.elsewhere.opening import open_store
from config.backups.elsewhere.store import NotTaken
from config.backups.elsewhere.taking import bring, take
from config.backups.making import CASE_KEYS
from config.health import BACKUP_ELSEWHERE, BACKUP_FAILED, describe_backup
from config.operator_check import _look_elsewhere
from notifications.outbox.models import Heartbeat

from ...tests.conftest import FilledSystem, system
from .bucket import BUCKET, KEY_ID, REGION, SECRET, Shelf, running_shelf
from .server import Server, running_server

__all__ = ["system"]
NOW = timezone.now().replace(microsecond=0)


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[Server]:
    with running_server(tmp_path) as found:
        settings.BACKUP_SFTP_KEY_FILE, settings.BACKUP_SFTP_KNOWN_HOSTS = str(found.key_file), str(found.known_hosts)
        settings.BACKUP_TO = found.url
        yield found


@pytest.fixture
def shelf(settings: Any) -> Iterator[Shelf]:
    with running_shelf() as found:
        settings.BACKUP_S3_ENDPOINT, settings.BACKUP_S3_REGION = found.url, REGION
        settings.BACKUP_S3_KEY_ID, settings.BACKUP_S3_SECRET = KEY_ID, SECRET
        settings.BACKUP_TO = f"s3://{BUCKET}/a/b c"
        yield found


@pytest.fixture(params=["server", "shelf"])
def place(request: pytest.FixtureRequest) -> "Place":
    return Place(request.getfixturevalue(request.param))


class Place:
    """Either of them, seen as files by their names."""

    def __init__(self, store: Server | Shelf) -> None:
        self.store = store

    @property
    def url(self) -> str:
        return self.store.url if isinstance(self.store, Server) else f"s3://{BUCKET}/a/b%20c"

    @property
    def files(self) -> dict[str, bytes]:
        if isinstance(self.store, Server):
            return {path.name: path.read_bytes() for path in self.store.shelf.iterdir()}
        return {name.rpartition("/")[2]: body for name, body in self.store.objects.items()}

    def write(self, name: str, body: bytes) -> None:
        if isinstance(self.store, Server):
            (self.store.shelf / name).write_bytes(body)
        else:
            self.store.objects[f"a/b c/{name}"] = body


def make(folder: Path, at: Any = NOW, body: bytes = b"archive", keys: bytes = b"keys") -> Path:
    """Write what a backup leaves in its folder."""
    folder.mkdir(exist_ok=True)
    path = folder / rotation.name_archive(at)
    path.write_bytes(body)
    path.with_name(f"{path.name}.sha256").write_text(f"{sha256(body).hexdigest()}  {path.name}\n")
    (folder / CASE_KEYS).write_bytes(keys)
    return path


def test_what_was_taken_comes_back_and_the_cases_keys_are_replaced(place: Place, tmp_path: Path) -> None:
    place.write("vatra-old.tar.age.unfinished", b"left behind")
    place.write("letters.txt", b"somebody else's")
    first = make(tmp_path / "out", body=bytes(range(256)) * 80_000, keys=b"first")
    assert take(place.url, first).archives == 1
    second = make(tmp_path / "out", NOW + timedelta(minutes=1), b"second", b"second keys")
    assert take(place.url, second).archives == 2
    names = {first.name, second.name, f"{first.name}.sha256", f"{second.name}.sha256", CASE_KEYS, "letters.txt"}
    assert set(place.files) == names
    assert place.files[CASE_KEYS] == b"second keys"
    for url, expected in ((f"{place.url}/{first.name}", first), (f"{place.url}/", second)):
        back = tmp_path / f"back-{expected.name}"
        back.mkdir()
        path = bring(url, back)
        assert path.read_bytes() == expected.read_bytes()
        assert path.stat().st_mode & 0o777 == 0o600
        assert (back / CASE_KEYS).read_bytes() == b"second keys"
    with pytest.raises(NotTaken, match="no archive"):
        bring(f"{place.url}/letters.txt", tmp_path)
    place.write(first.name, b"changed")
    (tmp_path / "odd").mkdir()
    with pytest.raises(NotTaken, match="isn't what its sum says"):
        bring(f"{place.url}/{first.name}", tmp_path / "odd")


def test_older_ones_go_only_after_the_new_one_has_arrived(place: Place, tmp_path: Path, settings: Any) -> None:
    old = [rotation.name_archive(NOW - timedelta(days=days)) for days in range(1, 60)]
    for name in old:
        place.write(name, b"old")
        place.write(f"{name}.sha256", b"old")
    settings.BACKUP_S3_SECRET = "wrong"
    settings.BACKUP_SFTP_KEY_FILE = str(tmp_path / "other")
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(settings.BACKUP_SFTP_KEY_FILE)
    archive = make(tmp_path / "out")
    with pytest.raises(NotTaken) as caught:
        take(place.url, archive)
    assert caught.value.code == "denied"
    assert set(old) <= set(place.files)
    settings.BACKUP_S3_SECRET, settings.BACKUP_SFTP_KEY_FILE = SECRET, str(tmp_path / "key")
    taken = take(place.url, archive)
    assert taken.removed > 30
    left = [name for name in place.files if name.endswith(".age") and name != CASE_KEYS]
    assert archive.name in left
    assert len(left) == taken.archives
    assert {f"{name}.sha256" for name in left} <= set(place.files)


def test_with_a_clock_that_was_set_back_the_new_one_stays(place: Place, tmp_path: Path) -> None:
    for days in range(40):
        place.write(rotation.name_archive(NOW + timedelta(days=days)), b"of the future")
    archive = make(tmp_path / "out", NOW - timedelta(days=400))
    take(place.url, archive)
    assert archive.name in place.files


def test_what_arrives_changed_is_not_stored(
    shelf: Shelf, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = make(tmp_path / "out")
    shelf.damages = ".age"
    with pytest.raises(NotTaken, match="isn't what was sent"):
        take(f"s3://{BUCKET}/a", archive)
    assert archive.name not in {name.rpartition("/")[2] for name in shelf.objects}

    async def cut(_self: Any, path: str, name: str) -> None:
        (server.folder / name.strip("/")).write_bytes(Path(path).read_bytes()[:-1])

    monkeypatch.setattr(asyncssh.SFTPClient, "put", cut)
    with pytest.raises(NotTaken, match="isn't what was sent"):
        take(server.url, archive)
    assert not list(server.shelf.iterdir())


def test_a_bucket_that_keeps_versions_gets_no_keys_of_cases(shelf: Shelf, tmp_path: Path) -> None:
    shelf.keeps_versions = True
    with pytest.raises(NotTaken, match="forgotten could be read again"):
        take(f"s3://{BUCKET}/a", make(tmp_path / "out"))
    assert not [name for name in shelf.objects if CASE_KEYS in name]
    assert not shelf.refused


def test_large_ones_go_in_parts(shelf: Shelf, tmp_path: Path) -> None:
    archive = make(tmp_path / "out", body=b"0123456789abcdef" * 1_400_000)
    take(f"s3://{BUCKET}", archive)
    assert shelf.objects[archive.name] == archive.read_bytes()
    assert not shelf.refused
    assert not shelf.parts


def test_a_server_with_another_key_is_not_talked_to(server: Server, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {other}")
    with pytest.raises(NotTaken, match="isn't the one in"):
        take(server.url, make(tmp_path / "out"))
    server.known_hosts.unlink()
    with pytest.raises(NotTaken):
        take(server.url, make(tmp_path / "out"))
    assert not list(server.shelf.iterdir())


def test_of_the_earlier_file_of_keys_nothing_stays_on_the_server(server: Server, tmp_path: Path) -> None:
    take(server.url, make(tmp_path / "out", keys=b"earlier keys"))
    with (server.shelf / CASE_KEYS).open("rb") as held:
        take(server.url, make(tmp_path / "out", NOW + timedelta(minutes=1), keys=b"later keys"))
        assert held.read() not in (b"earlier keys", b"")
    assert (server.shelf / CASE_KEYS).read_bytes() == b"later keys"


@pytest.mark.parametrize(
    "url",
    [
        *("https://x.example/", "sftp://host/path", "sftp://user@host", "sftp://user@host/", "sftp://u@host:99999/x"),
        *(
            "sftp://user:geheim@host/path",
            "s3://",
            "s3://user@bucket/",
            "s3://bucket:80/x",
            "s3://bucket/x?y",
            "",
            "s3:",
        ),
    ],
)
def test_an_odd_url_is_said_without_its_password(url: str) -> None:
    with pytest.raises(NotTaken) as caught, open_store(url):
        pass
    assert caught.value.code == "bad_url"
    assert "geheim" not in str(caught.value)


def test_a_place_that_does_not_answer_is_said(
    settings: Any, tmp_path: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sftp, "SECONDS", 2)
    with pytest.raises(NotTaken):
        take("sftp://backup@127.0.0.1:1/x", make(tmp_path / "out"))
    shelf.breaks = True
    with pytest.raises(NotTaken, match="can't be reached"):
        take(f"s3://{BUCKET}/x", make(tmp_path / "out"))
    settings.BACKUP_S3_KEY_ID = ""
    with pytest.raises(NotTaken, match="BACKUP_S3_KEY_ID"):
        take(f"s3://{BUCKET}/x", make(tmp_path / "out"))
    settings.BACKUP_S3_KEY_ID, settings.LOOPBACK_ENDPOINTS = KEY_ID, False
    with pytest.raises(NotTaken, match="https://"):
        take(f"s3://{BUCKET}/x", make(tmp_path / "out"))


def test_the_command_takes_it_there_and_restore_begins_there(
    system: FilledSystem, server: Server, settings: Any
) -> None:
    settings.BACKUP_MAX_HOURS = 26
    out = StringIO()
    call_command("backup", stdout=out)
    assert "arrived and read back; 1 archives there" in out.getvalue()
    assert _look_elsewhere(server.url).level == "ok"
    said = StringIO()
    call_command(
        "restore",
        f"{server.url}/",
        into=system.root / "empty",
        identity=str(system.identity_file),
        check=True,
        stdout=said,
    )
    assert "as its sum says" in said.getvalue()
    assert "all 1 keys of cases are there" in said.getvalue()
    assert not [path for path in system.root.iterdir() if path.name.startswith("backup-")]
    beats = {beat.part: beat for beat in Heartbeat.objects.all()}
    assert describe_backup(beats, timezone.now())["elsewhere_h"] == 0.0

    server.known_hosts.write_text("")
    with pytest.raises(CommandError, match="and not elsewhere"):
        call_command("backup", stdout=StringIO(), stderr=StringIO())
    assert Heartbeat.objects.get(part=BACKUP_FAILED).facts["code"] == "elsewhere_host_key"
    assert len(rotation.list_archives(system.folder)) == 2
    assert _look_elsewhere(server.url).level == "missing"
    Heartbeat.objects.filter(part=BACKUP_FAILED).delete()
    Heartbeat.objects.filter(part=BACKUP_ELSEWHERE).update(at=timezone.now() - timedelta(hours=30))
    beats = {beat.part: beat for beat in Heartbeat.objects.all()}
    assert describe_backup(beats, timezone.now())["ok"] is False
