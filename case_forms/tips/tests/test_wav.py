"""Only plain sound is taken, and nothing but its samples is stored."""

import math
import struct
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..wav import HEADER, Recording, VoiceRefused, read_wav

RATE = 8000


@cache
def sound(seconds: float = 1.0, rate: int = RATE) -> bytes:
    count = int(seconds * rate)
    return struct.pack(f"<{count}h", *(int(9000 * math.sin(place / 5)) for place in range(count)))


def wav(seconds: float = 1.0, rate: int = RATE) -> bytes:
    return Recording(rate, sound(seconds, rate)).as_wav()


def parts(*named: tuple[bytes, bytes]) -> bytes:
    body = b"".join(name + struct.pack("<I", len(value)) + value + b"\0" * (len(value) % 2) for name, value in named)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def fmt(kind: int = 1, channels: int = 1, rate: int = RATE, bits: int = 16) -> tuple[bytes, bytes]:
    frame = channels * bits // 8
    return b"fmt ", struct.pack("<HHIIHH", kind, channels, rate, rate * frame, frame, bits)


def read(content: bytes, max_bytes: int = 3_000_000, max_seconds: int = 180) -> Recording:
    return read_wav(content, max_bytes=max_bytes, max_seconds=max_seconds)


def refused(content: bytes, **limits: int) -> str:
    with pytest.raises(VoiceRefused) as problem:
        read(content, **limits)
    return problem.value.code


def test_what_we_write_is_what_we_read():
    found = read(wav(2))
    assert (found.rate, found.seconds, found.samples) == (RATE, 2.0, sound(2))
    assert read(found.as_wav()) == found


def test_names_dates_and_places_in_the_file_are_dropped():
    secret = b"INAM\x04\0\0\0Arta"
    content = parts(fmt(), (b"LIST", b"INFO" + secret), (b"data", sound()), (b"id3 ", b"GPS 41.3 19.8"))
    assert read(content).as_wav() == wav()
    assert b"Arta" not in read(content).as_wav()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"OggS" + b"\0" * 60,
        b"\x1aE\xdf\xa3webm",
        b"ID3" + b"\0" * 60,
        wav()[:40],
        parts(fmt()),
        parts((b"data", sound())),
        parts(fmt(kind=3), (b"data", sound())),
        parts(fmt(kind=0xFFFE), (b"data", sound())),
        parts(fmt(channels=2), (b"data", sound())),
        parts(fmt(bits=8), (b"data", sound())),
        parts(fmt(rate=4000), (b"data", sound())),
        parts(fmt(rate=0), (b"data", sound())),
        parts(fmt(rate=96_000), (b"data", sound())),
        parts((b"fmt ", fmt()[1] + b"\0\0"), (b"data", sound())),
        parts(fmt(), (b"data", sound()), (b"data", sound())),
        wav()[:-2],
    ],
)
def test_whatever_else_it_is_is_refused(content):
    assert refused(content) == "not_wav"


def test_what_is_too_long_or_too_large_is_refused_at_its_bound():
    assert read(wav(2), max_seconds=2).seconds == 2
    assert refused(wav(3.1), max_seconds=2) == "too_long"
    assert refused(wav(2), max_bytes=len(wav(2)) - 1) == "too_long"


def test_silence_is_no_message():
    assert refused(parts(fmt(), (b"data", b"\0" * 16_000))) == "empty"
    assert refused(parts(fmt(), (b"data", b""))) == "empty"


@given(st.binary(max_size=400), st.integers(0, 60))
def test_no_file_breaks_it(tail, cut):
    content = wav(0.01)[:cut] + tail
    try:
        found = read(content)
    except VoiceRefused:
        return
    assert len(found.as_wav()) == HEADER.size + len(found.samples)
