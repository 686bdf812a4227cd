"""An archive is what was written, by us, or it is refused."""

import io
import json
import tarfile
from typing import Any, BinaryIO

import pytest
from pyrage.x25519 import Identity

from config.backups.archive import MANIFEST, SIGNATURE, Damaged, Manifest, read, writing
from config.backups.streams import encrypting


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity.generate()


def write(identity: Identity, members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with writing(file, [identity.to_public()], Manifest("backup", "2026-11-28T02:30:00+00:00")) as archive:
        for name, content in members.items():
            archive.add_bytes(name, content)
    return file.getvalue()


def write_by_hand(identity: Identity, members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """As somebody writes one who knows the public key alone."""
    file = io.BytesIO()
    with encrypting(file, [identity.to_public()]) as sink, tarfile.open(fileobj=sink, mode="w|") as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


def receive_into(found: dict[str, bytes]) -> Any:
    def receive(name: str, file: BinaryIO) -> None:
        found[name] = file.read()

    return receive


def test_members_come_back_with_a_manifest_that_is_ours(identity: Identity) -> None:
    found: dict[str, bytes] = {}
    manifest = read(io.BytesIO(write(identity, {"a": b"1", "b/ë": b""})), [identity], receive_into(found))
    assert found == {"a": b"1", "b/ë": b""}
    assert manifest.is_signed
    assert manifest.made_at == "2026-11-28T02:30:00+00:00"


def test_a_receiver_that_reads_nothing_changes_nothing(identity: Identity) -> None:
    assert read(io.BytesIO(write(identity, {"a": b"1" * 100_000})), [identity], lambda _name, _file: None).is_signed


def test_another_service_signs_otherwise(identity: Identity, settings: Any) -> None:
    sealed = write(identity, {"a": b"1"})
    settings.AUDIT_KEYS = ["test1:b3RoZXItY2hhaW4ta2V5LW9mLTMyLWJ5dGVzLXRlc3Q="]
    assert not read(io.BytesIO(sealed), [identity], lambda _name, _file: None).is_signed
    settings.AUDIT_KEYS = ["other2:b3RoZXItY2hhaW4ta2V5LW9mLTMyLWJ5dGVzLXRlc3Q="]
    assert not read(io.BytesIO(sealed), [identity], lambda _name, _file: None).is_signed


def test_who_knows_the_public_key_alone_writes_none_that_is_signed(identity: Identity) -> None:
    body = json.dumps({"kind": "backup", "made_at": "x", "members": {}, "format": 1, "is_signed": True}).encode()
    forged = write_by_hand(identity, [(tarfile.TarInfo(MANIFEST), body), (tarfile.TarInfo(SIGNATURE), b"test1:00")])
    assert not read(io.BytesIO(forged), [identity], lambda _name, _file: None).is_signed


def make_link() -> tarfile.TarInfo:
    info = tarfile.TarInfo("link")
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return info


@pytest.mark.parametrize(
    "info", [tarfile.TarInfo("../out"), tarfile.TarInfo("/etc/cron.d/x"), tarfile.TarInfo("a/../../b"), make_link()]
)
def test_a_member_that_leads_out_is_refused(identity: Identity, info: tarfile.TarInfo) -> None:
    with pytest.raises(Damaged, match="no backup writes"):
        read(io.BytesIO(write_by_hand(identity, [(info, b"")])), [identity], lambda _name, _file: None)


def test_one_that_was_never_finished_is_refused(identity: Identity) -> None:
    with pytest.raises(Damaged, match="never finished"):
        read(io.BytesIO(write_by_hand(identity, [(tarfile.TarInfo("a"), b"1")])), [identity], lambda _n, _f: None)


@pytest.mark.parametrize("members", [{}, {"a": [1, "0" * 64]}, {"a": [2, "x"]}, {"b": [1, "x"]}])
def test_members_that_are_not_as_listed_are_refused(identity: Identity, members: dict[str, Any]) -> None:
    body = json.dumps({"kind": "backup", "made_at": "x", "members": members, "format": 1}).encode()
    odd = write_by_hand(identity, [(tarfile.TarInfo("a"), b"1"), (tarfile.TarInfo(MANIFEST), body)])
    with pytest.raises(Damaged, match="aren't what the list says"):
        read(io.BytesIO(odd), [identity], lambda _name, _file: None)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"format": 99}', b'{"format": 1}', b'{"format": 1, "odd": 1}'])
def test_a_list_that_cannot_be_read_is_refused(identity: Identity, body: bytes) -> None:
    with pytest.raises(Damaged):
        read(io.BytesIO(write_by_hand(identity, [(tarfile.TarInfo(MANIFEST), body)])), [identity], lambda _n, _f: None)


def test_what_is_no_tar_is_refused(identity: Identity) -> None:
    file = io.BytesIO()
    with encrypting(file, [identity.to_public()]) as sink:
        sink.write(b"something else" * 1000)
    with pytest.raises(Damaged):
        read(io.BytesIO(file.getvalue()), [identity], lambda _name, _file: None)
