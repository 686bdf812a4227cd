"""The files that Gammu SMSD reads and writes, as its manual names them."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from ...base import Message, RecipientRefused, Taken, Unreached
from ..description import SpoolGateway
from ..sms import SmsChannel, downs
from ..spool import SpoolTransport, iter_failed, iter_replies, iter_sent

REFERENCE = "0123456789abcdef0123456789abcdef"
SMS = Message("<1>", "+355691234567", "", "Vatra: 7K2M9-4XQ", reference=REFERENCE)


@pytest.fixture
def spool(tmp_path: Path) -> SpoolGateway:
    folders = {name: tmp_path / name for name in ("outbox", "sent", "error", "inbox")}
    for folder in folders.values():
        folder.mkdir()
    return SpoolGateway(by="gammu", name="sim", **folders)


def send(spool: SpoolGateway, message: Message = SMS) -> Taken:
    return SpoolTransport(spool).send(message, seconds=1)


def drop(folder: Path, name: str, content: bytes = b"", *, age: float = 10) -> Path:
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_an_sms_is_one_file_whose_name_gammu_understands(spool: SpoolGateway) -> None:
    assert send(spool) == Taken("sim", REFERENCE)

    (file,) = spool.outbox.iterdir()
    start, moment, serial, number, note = file.name.split("_")
    assert start[:4] == "OUTA"
    assert len(start) == 12
    assert len(moment) == 6
    assert serial == "00"
    assert number == SMS.address
    assert note == f"{REFERENCE}.txt"
    assert len(file.name) < 100  # the daemon's own bound
    assert file.read_bytes()[:2] == b"\xfe\xff"
    assert file.read_bytes().decode("utf-16") == SMS.text
    assert file.stat().st_mode & 0o007 == 0


def test_a_doubled_attempt_leaves_one_file(spool: SpoolGateway) -> None:
    assert send(spool) == send(spool)

    assert len(list(spool.outbox.iterdir())) == 1


def test_a_number_never_leads_out_of_the_folder(spool: SpoolGateway) -> None:
    for address in ("../../etc/x", "+355/../x", "", "355 69", "+35569123456789012"):
        with pytest.raises(RecipientRefused):
            send(spool, Message("<1>", address, "", "x"))
    assert list(spool.outbox.iterdir()) == []


def test_a_daemon_that_sends_nothing_is_passed_over(spool: SpoolGateway, settings: Any) -> None:
    drop(spool.outbox, "OUTA20261128_020000_00_+355691111111_" + "f" * 32 + ".txt", age=300)
    with pytest.raises(Unreached, match="spool_stuck"):
        send(spool)

    downs.clear()
    settings.NOTIFICATION_GATEWAYS = [spool.model_dump(mode="json")]
    with pytest.raises(Unreached, match="spool_stuck"):
        SmsChannel().send(SMS)


def test_a_folder_that_is_missing_is_no_fault_and_its_text_names_no_number(spool: SpoolGateway) -> None:
    spool.outbox.rmdir()

    with pytest.raises(Unreached) as failed:
        send(spool)
    assert failed.value.code == "spool_FileNotFoundError"
    assert failed.value.__cause__ is None


def test_what_was_sent_and_what_failed_is_known_by_its_reference(spool: SpoolGateway) -> None:
    name = f"OUTA20261128_020000_00_+355691234567_{REFERENCE}.txt"
    failed, sent = drop(spool.error, name), drop(spool.sent, name)
    drop(spool.error, "OUT+355691234567.txt")  # somebody else's
    drop(spool.error, "notes.txt")
    (spool.error / f"OUTA20261128_020000_00_1_{REFERENCE}.txt").symlink_to("/etc/passwd")

    assert list(iter_failed(spool)) == [(REFERENCE, failed)]
    assert list(iter_sent(spool)) == [(REFERENCE, sent)]


def test_an_sms_that_came_in_is_put_together_from_its_parts(spool: SpoolGateway) -> None:
    start = "IN20261128_021400_00_+355691234567"
    first = drop(spool.inbox, f"{start}_00.txt", b"\xfe\xff" + "7K2M9-4XQ RR".encode("utf-16-be"))
    second = drop(spool.inbox, f"{start}_01.txt", b"\xff\xfe" + "UGË 20".encode("utf-16-le"))
    other = drop(spool.inbox, "IN20261128_021500_00_Vodafone_00.txt", b"plain \xff")
    drop(spool.inbox, "IN20261128_021600_00_+355691234567_00.txt", b"half", age=0)  # still being written
    drop(spool.inbox, "IN20261128_021600_00_+355691234567_00.bin")

    one, two = iter_replies(spool)
    assert (one.id, one.sender, one.text, one.files) == (start, "+355691234567", "7K2M9-4XQ RRUGË 20", (first, second))
    assert two.sender == "Vodafone"
    assert two.files == (other,)


def test_folders_are_given_from_the_root_and_are_four(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="from the root"):
        SpoolGateway(
            by="gammu", name="sim", outbox="out", sent=tmp_path / "b", error=tmp_path / "c", inbox=tmp_path / "d"
        )
    with pytest.raises(ValueError, match="four"):
        SpoolGateway(by="gammu", name="sim", outbox=tmp_path, sent=tmp_path, error=tmp_path / "c", inbox=tmp_path / "d")
