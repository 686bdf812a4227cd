"""Read a recording as plain WAV and write it anew: sixteen bits, one channel, nothing but sound.

The header is written by us and every other part (names, dates, devices, places) is dropped, so that nothing is stored
but the samples. A file of any other kind isn't opened at all.
"""

import struct
from dataclasses import dataclass, field

PCM, BITS, CHANNELS = 1, 16, 1
BYTES_PER_SAMPLE = BITS // 8
MIN_RATE, MAX_RATE = 8_000, 48_000  # samples in a second
MEDIA_TYPE = "audio/wav"
HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
FORMAT = struct.Struct("<HHIIHH")


class VoiceRefused(Exception):
    """The recording isn't taken. Never holds content. `code`: not_wav, too_long, empty; from `voices` busy."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Recording:
    """Sound: `rate` in samples a second, `samples` sixteen bits each, little-endian."""

    rate: int
    samples: bytes = field(repr=False)

    @property
    def seconds(self) -> float:
        return len(self.samples) / BYTES_PER_SAMPLE / self.rate

    def as_wav(self) -> bytes:
        """Return the file, with a header that says only what a player needs."""
        size = len(self.samples)
        each_second = self.rate * BYTES_PER_SAMPLE
        head = HEADER.pack(
            *(b"RIFF", HEADER.size - 8 + size, b"WAVE", b"fmt ", FORMAT.size, PCM, CHANNELS),
            *(self.rate, each_second, BYTES_PER_SAMPLE, BITS, b"data", size),
        )
        return head + self.samples


def read_wav(content: bytes, *, max_bytes: int, max_seconds: int) -> Recording:
    """Return the sound of a WAV file. Raises VoiceRefused for whatever else it is, and for what is too long."""
    if len(content) > max_bytes:
        raise VoiceRefused("too_long")
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise VoiceRefused("not_wav")
    parts = _read_parts(content)
    form, samples = parts.get(b"fmt "), parts.get(b"data")
    # Exactly the plain form: the extended one names another format inside.
    if form is None or samples is None or len(form) != FORMAT.size:
        raise VoiceRefused("not_wav")
    kind, channels, rate, each_second, frame, bits = FORMAT.unpack(form)
    is_plain = (kind, channels, bits, frame) == (PCM, CHANNELS, BITS, BYTES_PER_SAMPLE)
    if not is_plain or not MIN_RATE <= rate <= MAX_RATE or each_second != rate * BYTES_PER_SAMPLE:
        raise VoiceRefused("not_wav")
    recording = Recording(rate, samples[: len(samples) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE])
    if not recording.samples.strip(b"\0"):
        raise VoiceRefused("empty")
    if recording.seconds > max_seconds + 1:
        raise VoiceRefused("too_long")
    return recording


def _read_parts(content: bytes) -> dict[bytes, bytes]:
    """Return the parts of the file by name. Raises VoiceRefused when one stands twice or ends after the file does."""
    parts: dict[bytes, bytes] = {}
    place = 12
    while place + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        begin, end = place + 8, place + 8 + size
        if name in parts or end > len(content):
            raise VoiceRefused("not_wav")
        parts[name] = content[begin:end]
        place = end + size % 2
    return parts
