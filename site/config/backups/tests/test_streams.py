"""What is encrypted comes back whole or not at all."""

import io
import os
import threading
from pathlib import Path

import pytest

from config.backups.streams import (
    CHUNK,
    BadKey,
    Identity,
    NotOpened,
    decrypting,
    encrypting,
    parse_identities,
    parse_recipients,
)

PLAIN = os.urandom(3 * CHUNK + 17)


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity.generate()


@pytest.fixture(scope="module")
def sealed(identity: Identity) -> bytes:
    file = io.BytesIO()
    with encrypting(file, [identity.to_public()]) as sink:
        sink.write(PLAIN)
    return file.getvalue()


def open_it(sealed: bytes, identity: Identity) -> bytes:
    with decrypting(io.BytesIO(sealed), [identity]) as source:
        return source.read()


def test_it_comes_back_as_it_was(sealed: bytes, identity: Identity) -> None:
    assert open_it(sealed, identity) == PLAIN
    assert PLAIN[:64] not in sealed


def test_another_identity_opens_nothing(sealed: bytes) -> None:
    with pytest.raises(NotOpened):
        open_it(sealed, Identity.generate())


@pytest.mark.parametrize("cut", [0, 50, 1000, 2 * CHUNK, -1])
def test_what_was_cut_off_does_not_open(sealed: bytes, identity: Identity, cut: int) -> None:
    with pytest.raises(NotOpened):
        open_it(sealed[:cut], identity)


def test_one_changed_bit_is_noticed(sealed: bytes, identity: Identity) -> None:
    changed = bytearray(sealed)
    changed[2 * CHUNK] ^= 1
    with pytest.raises(NotOpened):
        open_it(bytes(changed), identity)


def test_what_was_abandoned_has_no_end(identity: Identity) -> None:
    file = io.BytesIO()

    def abandon() -> None:
        with encrypting(file, [identity.to_public()]) as sink:
            sink.write(PLAIN)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        abandon()
    with pytest.raises(NotOpened):
        open_it(file.getvalue(), identity)


def test_a_full_disk_is_an_error_and_no_waiting(identity: Identity) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"), encrypting(Full(), [identity.to_public()]) as sink:
        sink.write(PLAIN * 4)


def test_a_reader_that_stops_in_the_middle_leaves_no_thread_waiting(sealed: bytes, identity: Identity) -> None:
    def stop() -> None:
        with decrypting(io.BytesIO(sealed), [identity]) as source:
            source.read(10)
            raise ZeroDivisionError

    before = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        stop()
    assert threading.active_count() == before


def test_keys_are_read_as_age_writes_them(identity: Identity, tmp_path: Path) -> None:
    assert str(parse_recipients([f" {identity.to_public()} "])[0]) == str(identity.to_public())
    assert str(parse_identities(f"# created: today\n\n{identity}\n")[0]) == str(identity)


@pytest.mark.parametrize("text", ["", "# only words\n", "AGE-SECRET-KEY-1WRONG", "age1wrong"])
def test_what_is_no_identity_is_said_without_showing_it(text: str) -> None:
    with pytest.raises(BadKey) as caught:
        parse_identities(text)
    assert "WRONG" not in str(caught.value)


def test_what_is_no_recipient_is_said() -> None:
    with pytest.raises(BadKey, match="no public key of age"):
        parse_recipients(["age1nothing"])
