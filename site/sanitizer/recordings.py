"""Clean copies of films, recordings and subtitles: what one sees, hears and reads, not where and by what it was made.

Phones write the place of a film into it. What is taken out of an MP4, WebM or Ogg is overwritten where it stands, since
other parts of the file say how many bytes lie before them.
"""

import re
from collections.abc import Callable, Iterator
from typing import NoReturn

from .file_types import FileRefused

Span = tuple[int, int]  # of bytes: from, to


def _refuse() -> NoReturn:
    raise FileRefused("unreadable")


# ---- MP4 and M4A: boxes in boxes ----

# What a player needs, for each box whose own boxes are looked at; "" is the file itself.
BOXES: dict[bytes, frozenset[bytes]] = {
    b"": frozenset((b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"ssix", b"prft")),
    b"moov": frozenset((b"mvhd", b"trak", b"mvex")),
    b"trak": frozenset((b"tkhd", b"edts", b"mdia", b"tref")),
    b"mdia": frozenset((b"mdhd", b"hdlr", b"minf", b"elng")),
}
DATED = frozenset((b"mvhd", b"tkhd", b"mdhd"))
TRACKS = frozenset((b"vide", b"soun", b"text", b"sbtl", b"subt", b"clcp", b"tmcd"))  # others say where a camera was


def is_film(content: bytes) -> bool:
    return content[4:8] == b"ftyp"


def clean_film(content: bytes) -> bytes:
    """Return an MP4 or M4A of the same length. Raises FileRefused."""
    film = bytearray(content[: find_film_end(content) or _refuse()])
    _clean_boxes(film, b"", 0, len(film))
    return bytes(film)


def find_film_end(content: bytes) -> int:
    """Return the offset behind the last whole box that begins as one."""
    end = 0
    for name, _start, _body, following in _boxes(content, 0, len(content)):
        if not (name.isalnum() or name in BOXES[b""]):
            break
        end = following
    return end


def _boxes(content: bytes | bytearray, at: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield (name, start, start of its body, what follows); stop before one that isn't whole."""
    while at + 8 <= end:
        size, name, body = int.from_bytes(content[at : at + 4], "big"), bytes(content[at + 4 : at + 8]), at + 8
        if size == 1:
            size, body = int.from_bytes(content[at + 8 : at + 16], "big"), at + 16
        following = end if size == 0 else at + size
        if following < body or following > end:
            return
        yield name, at, body, following
        at = following


def _clean_boxes(film: bytearray, parent: bytes, start: int, end: int) -> None:
    for name, at, body, following in list(_boxes(film, start, end)):
        if name not in BOXES[parent]:
            film[at + 4 : at + 8] = b"free"
            film[body:following] = bytes(following - body)
        elif name in DATED:
            times = 8 if film[body] == 0 else 16
            film[body + 4 : body + 4 + times] = bytes(times)
        elif name == b"hdlr":
            if bytes(film[body + 8 : body + 12]) not in TRACKS:
                raise FileRefused("hidden_track")
            film[body + 24 : following] = bytes(following - body - 24)  # the camera's name for it
        elif name in BOXES:
            _clean_boxes(film, name, body, following)


# ---- WebM: elements in elements ----

SEGMENT, INFO, VOID = b"\x18\x53\x80\x67", b"\x15\x49\xa9\x66", 0xEC
WEBM_HEAD = b"\x1a\x45\xdf\xa3"
WEBM_LEFT_OUT = frozenset((b"\x12\x54\xc3\x67", b"\x19\x41\xa4\x69"))  # tags, attachments
# Title, date, file names and numbers of this and neighbouring files, what wrote it.
WEBM_INFO_LEFT_OUT = frozenset(
    bytes.fromhex(each) for each in ["7ba9", "4461", "7384", "73a4", "3cb923", "3c83ab", "3eb923", "3e83bb"]
)
WEBM_INFO_BLANKED = frozenset((b"\x4d\x80", b"\x57\x41"))  # which must be there


def clean_webm(content: bytes) -> bytes:
    """Return a WebM of the same length. Raises FileRefused."""
    film = bytearray(content[: find_webm_end(content) or _refuse()])
    for name, _start, body, end in list(_elements(film, 0, len(film))):
        if name == SEGMENT:
            _clean_segment(film, body, end)
    return bytes(film)


def find_webm_end(content: bytes) -> int:
    end = 0
    for name, _start, _body, following in _elements(content, 0, len(content)):
        if name not in (WEBM_HEAD, SEGMENT, bytes([VOID])):
            break
        end = following
    return end


def _elements(content: bytes | bytearray, at: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield (id, start, start of its body, what follows); stop before one that isn't whole."""
    while at < end:
        name_length = 9 - content[at].bit_length()
        if name_length > 4 or at + name_length >= end:
            return
        size_at = at + name_length
        size_length = 9 - content[size_at].bit_length()
        body = size_at + size_length
        if size_length > 8 or body > end:
            return
        size = int.from_bytes(content[size_at:body], "big") & ((1 << 7 * size_length) - 1)
        is_open = size == (1 << 7 * size_length) - 1  # as a browser writes it while it records: up to the end
        following = end if is_open else body + size
        if following > end:
            return
        yield bytes(content[at:size_at]), at, body, following
        at = following


def _clean_segment(film: bytearray, start: int, end: int) -> None:
    for name, at, body, following in list(_elements(film, start, end)):
        if name in WEBM_LEFT_OUT:
            _void(film, at, following)
        elif name == INFO:
            for inner, inner_at, inner_body, inner_end in list(_elements(film, body, following)):
                if inner in WEBM_INFO_LEFT_OUT:
                    _void(film, inner_at, inner_end)
                elif inner in WEBM_INFO_BLANKED:
                    film[inner_body:inner_end] = b" " * (inner_end - inner_body)
        elif name == bytes([VOID]):
            film[body:following] = bytes(following - body)


def _void(film: bytearray, at: int, end: int) -> None:
    """Overwrite an element by one of the same length that says nothing."""
    length = end - at
    if length < 9:
        film[at:end] = bytes([VOID, 0x80 | (length - 2)]) + bytes(length - 2)
    else:
        film[at:end] = bytes([VOID, 0x01]) + (length - 9).to_bytes(7, "big") + bytes(length - 9)


# ---- Ogg: packets cut into pages ----

COMMENTS = (b"\x03vorbis", b"OpusTags", b"\x83theora")
OGG_MARK = b"OggS"


def clean_ogg(content: bytes) -> bytes:
    """Return an Ogg file of the same length, its comments overwritten. Raises FileRefused."""
    pages = list(_pages(content))
    sound = bytearray(content[: pages[-1][2] if pages else _refuse()])
    packets: dict[bytes, list[Span]] = {}  # the packet that each stream is in the middle of
    for start, spans, _end in pages:
        serial = bytes(sound[start + 14 : start + 18])
        for span, is_over in spans:
            packets.setdefault(serial, []).append(span)
            if is_over:
                _blank_comments(sound, packets.pop(serial))
    for start, _spans, end in pages:
        sound[start + 22 : start + 26] = bytes(4)
        sound[start + 22 : start + 26] = _ogg_checksum(sound[start:end]).to_bytes(4, "little")
    return bytes(sound)


def find_ogg_end(content: bytes) -> int:
    return max((end for _start, _spans, end in _pages(content)), default=0)


def _pages(content: bytes) -> Iterator[tuple[int, list[tuple[Span, bool]], int]]:
    """Yield (start, [(bytes, whether the packet ends here)], end) of each page; stop before one that isn't whole."""
    at = 0
    while content[at : at + 4] == OGG_MARK and at + 27 <= len(content):
        lengths = content[at + 27 : at + 27 + content[at + 26]]
        start = body = at + 27 + content[at + 26]
        spans: list[tuple[Span, bool]] = []
        for number, length in enumerate(lengths):
            body += length
            if length < 255 or number == len(lengths) - 1:
                spans.append(((start, body), length < 255))
                start = body
        if body > len(content):
            return
        yield at, spans, body
        at = body


def _blank_comments(sound: bytearray, spans: list[Span]) -> None:
    packet = b"".join(bytes(sound[start:end]) for start, end in spans)
    mark = next((each for each in COMMENTS if packet.startswith(each)), None)
    if mark is None:
        return
    blank = bytearray(packet)
    vendor = len(mark)
    at = vendor + 4 + _little(packet, vendor)
    blank[vendor + 4 : at] = b" " * (at - vendor - 4)
    count, at = _little(packet, at), at + 4
    for _each in range(count):
        length = _little(packet, at)
        if at + 4 + length > len(packet):
            raise FileRefused("unreadable")
        blank[at + 4 : at + 4 + length] = (b"X=" + b" " * length)[:length]
        at += 4 + length
    if mark == b"OpusTags":
        blank[at:] = bytes(len(blank) - at)  # may hold anything
    at = 0
    for start, end in spans:
        sound[start:end] = blank[at : at + end - start]
        at += end - start


def _little(packet: bytes, at: int) -> int:
    if at + 4 > len(packet):
        raise FileRefused("unreadable")
    return int.from_bytes(packet[at : at + 4], "little")


def _make_ogg_table() -> tuple[int, ...]:
    table = []
    for number in range(256):
        value = number << 24
        for _bit in range(8):
            value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
        table.append(value & 0xFFFFFFFF)
    return tuple(table)


OGG_TABLE = _make_ogg_table()


def _ogg_checksum(page: bytes | bytearray) -> int:
    value = 0
    for byte in page:
        value = ((value << 8) & 0xFFFFFFFF) ^ OGG_TABLE[(value >> 24) ^ byte]
    return value


# ---- WAV, MP3, subtitles ----

WAVE_PARTS = frozenset((b"fmt ", b"fact", b"data"))
SUBTITLES_HEAD = re.compile(r"(Kind|Language): ?[\w-]{1,20}")
MP3_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by MPEG's version
MP3_BITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
MP3_FEW_BITS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def clean_wave(content: bytes) -> bytes:
    """Return a WAV with its format and samples alone."""
    pieces, at = [], 12
    while at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        body = content[at + 8 : at + 8 + size]  # a recorder that was cut off promises more samples than there are
        if name in WAVE_PARTS:
            pieces.append(name + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2))
        at += 8 + size + size % 2
    whole = b"".join(pieces)
    return b"RIFF" + (len(whole) + 4).to_bytes(4, "little") + b"WAVE" + whole


def find_wave_end(content: bytes) -> int:
    return 8 + int.from_bytes(content[4:8], "little")


def clean_mp3(content: bytes) -> bytes:
    """Return an MP3 without its labels, which hold names, dates and pictures."""
    start, end = _mp3_sound(content)
    return content[start:end]


def _mp3_sound(content: bytes) -> Span:
    start, end = 0, len(content)
    while content[start : start + 3] == b"ID3":
        size = 0
        for byte in content[start + 6 : start + 10]:
            size = size << 7 | byte & 0x7F
        start += 10 + size + (10 if content[start + 5] & 0x10 else 0)
    while end > start:
        if content[end - 128 : end - 125] == b"TAG":
            end -= 128
        elif content[end - 32 : end - 24] == b"APETAGEX":
            has_head = content[end - 9] & 0x80
            end -= int.from_bytes(content[end - 20 : end - 16], "little") + (32 if has_head else 0)
        elif content[end - 9 : end] == b"LYRICS200" and content[end - 15 : end - 9].isdigit():
            end -= 15 + int(content[end - 15 : end - 9])
        else:
            break
    return min(start, len(content)), max(start, end)


def find_mp3_end(content: bytes) -> int:
    """Return the offset behind the last frame, and behind labels and silence that follow it."""
    at, end = _mp3_sound(content)
    while at + 4 <= end and (length := _mp3_frame(content[at : at + 4])):
        at += length
    # The last frame of a file that was cut off is taken as it is.
    return len(content) if at >= end or not content[at:end].strip(b"\0") else at


def _mp3_frame(head: bytes) -> int:
    """Return the bytes of the frame that begins so, in layer III; 0 where none does."""
    version, layer, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 2 & 3
    if head[0] != 0xFF or head[1] < 0xE0 or version == 1 or layer != 1 or rate == 3 or not 0 < head[2] >> 4 < 15:
        return 0
    bits = (MP3_BITS if version == 3 else MP3_FEW_BITS)[head[2] >> 4] * 1000
    return (144 if version == 3 else 72) * bits // MP3_RATES[version][rate] + (head[2] >> 1 & 1)


def clean_subtitles(content: bytes) -> bytes:
    """Return a WebVTT without its notes and what its first line says besides. Raises FileRefused."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileRefused("unreadable") from None
    if "\0" in text:
        raise FileRefused("unreadable")
    blocks = re.split(r"\n{2,}", text.replace("\r\n", "\n").replace("\r", "\n").strip("\n"))
    head = [line for line in blocks[0].split("\n")[1:] if SUBTITLES_HEAD.fullmatch(line)]
    kept = [each for each in blocks[1:] if not re.match(r"NOTE(\s|$)", each)]
    if "-->" in blocks[0]:  # of a file without the empty line
        kept.insert(0, blocks[0].partition("\n")[2])
    return "\n\n".join(["\n".join(["WEBVTT", *head]), *kept]).encode() + b"\n"


CLEANERS: dict[str, Callable[[bytes], bytes]] = {
    "mp4": clean_film,
    "m4a": clean_film,
    "webm": clean_webm,
    "ogg": clean_ogg,
    "oga": clean_ogg,
    "wav": clean_wave,
    "mp3": clean_mp3,
    "vtt": clean_subtitles,
}
ENDS: dict[str, Callable[[bytes], int]] = {
    "mp4": find_film_end,
    "m4a": find_film_end,
    "webm": find_webm_end,
    "ogg": find_ogg_end,
    "oga": find_ogg_end,
    "wav": find_wave_end,
    "mp3": find_mp3_end,
}
