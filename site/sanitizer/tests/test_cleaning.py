"""What is kept of a file is its picture or its pages, and nothing else. What could do harm isn't taken."""

import contextlib
import io
import json
import subprocess
import threading
import time
from pathlib import Path
from queue import Queue

import pytest
from PIL import Image
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.filters import decode_stream_data

from .. import process
from ..documents import clean_document, clean_public_document
from ..file_types import FileRefused
from ..jpeg import without_extras
from ..process import clean_copy, sanitize_file
from . import samples
from .samples import CANARY

MOST = 10 * 1024 * 1024
PATIENCE = 20  # seconds: how long a test waits for what happens at once
BOTH = frozenset(("image", "pdf"))


def cleaned(content: bytes, most: int = MOST) -> tuple[str, bytes]:
    return clean_copy(content, most)


def refusal(content: bytes, most: int = MOST) -> str:
    with pytest.raises(FileRefused) as refused:
        clean_copy(content, most)
    return refused.value.code


# ---- pictures ----


@pytest.mark.parametrize(
    ("content", "kept_as"),
    [
        (samples.jpeg(), "image/jpeg"),
        (samples.png(), "image/png"),
        (samples.webp(), "image/jpeg"),
        (samples.heic(), "image/jpeg"),
    ],
    ids=["jpeg", "png", "webp", "heic"],
)
def test_a_picture_keeps_its_pixels_and_nothing_else(content: bytes, kept_as: str) -> None:
    media_type, copy = cleaned(content)
    assert media_type == kept_as
    assert CANARY.encode() not in copy
    with Image.open(io.BytesIO(copy)) as image:
        assert not image.getexif()
        assert not {"exif", "xmp", "comment", "icc_profile", "Author"} & set(image.info)
        grey = image.convert("L")
        assert grey.getpixel((5, 20)) < 60
        assert grey.getpixel((55, 20)) > 200


def test_where_it_was_taken_is_gone() -> None:
    content = samples.jpeg()
    with Image.open(io.BytesIO(content)) as before:
        assert before.getexif().get_ifd(samples.EXIF_GPS)
    with Image.open(io.BytesIO(cleaned(content)[1])) as after:
        assert not after.getexif().get_ifd(samples.EXIF_GPS)


def test_a_picture_taken_sideways_stands_upright() -> None:
    with Image.open(io.BytesIO(cleaned(samples.jpeg(orientation=6))[1])) as image:
        assert image.size == (40, 60)
        assert image.convert("L").getpixel((20, 5)) < 60


def test_a_large_picture_is_made_smaller() -> None:
    with Image.open(io.BytesIO(cleaned(samples.jpeg((6000, 3000)))[1])) as image:
        assert image.size == (4096, 2048)


def test_a_transparent_picture_stays_readable_as_jpeg() -> None:
    drawn = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    _media_type, copy = cleaned(samples.written(drawn, "WEBP", lossless=True))
    with Image.open(io.BytesIO(copy)) as image:
        assert image.convert("L").getextrema()[0] > 240


def test_sixteen_bits_a_pixel_become_eight() -> None:
    drawn = Image.new("I;16", (10, 10), 0x8000)
    with Image.open(io.BytesIO(cleaned(samples.written(drawn, "PNG"))[1])) as image:
        assert image.mode == "L"
        assert image.getpixel((5, 5)) == 0x80


def test_of_a_moving_picture_the_first_frame_is_kept() -> None:
    first, second = samples.picture(), Image.new("RGB", (60, 40), "red")
    content = samples.written(first, "PNG", save_all=True, append_images=[second])
    with Image.open(io.BytesIO(cleaned(content)[1])) as image:
        assert getattr(image, "n_frames", 1) == 1


def test_a_png_that_would_be_too_large_becomes_jpeg() -> None:
    noise = Image.effect_noise((600, 600), 80).convert("RGB")
    media_type, copy = cleaned(samples.written(noise, "PNG"), 300_000)
    assert media_type == "image/jpeg"
    assert len(copy) <= 300_000


def test_what_can_not_be_made_small_enough_is_too_large() -> None:
    noise = Image.effect_noise((600, 600), 80).convert("RGB")
    assert refusal(samples.written(noise, "JPEG"), 1000) == "too_large"


@pytest.mark.parametrize(
    ("bomb", "codes"),
    [
        (samples.huge_png(), {"too_many_pixels"}),
        (samples.huge_png(8_000), {"too_many_pixels"}),
        (samples.lying_png(), {"unreadable", ""}),
    ],
    ids=["900 megapixels", "64 megapixels", "more than it says"],
)
def test_bombs_do_not_go_off(bomb: bytes, codes: set[str]) -> None:
    assert len(bomb) < 300_000
    code = ""
    try:
        assert len(sanitize_file(bomb, accept=BOTH, most_bytes=MOST, by=1).content) < 5000
    except FileRefused as refused:
        code = refused.code
    assert code in codes


def test_a_comment_that_unpacks_for_ever_is_refused() -> None:
    assert len(samples.text_bomb_png()) < 300_000
    with pytest.raises(FileRefused) as refused:
        sanitize_file(samples.text_bomb_png(), accept=BOTH, most_bytes=MOST, by=1)
    assert refused.value.code == "unreadable"


# ---- what a file is ----


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\0", "wrong_kind"),
        (b"GIF89a" + b"\0" * 100, "wrong_kind"),
        (b"MZ" + b"\0" * 100, "wrong_kind"),
        (b"PK\x03\x04" + b"\0" * 100, "wrong_kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "wrong_kind"),
        (b"<!doctype html><script>alert(1)</script>", "wrong_kind"),
        (b"\0\0\0\x20ftypisom" + b"\0" * 100, "wrong_kind"),
        (b"\xff\xd8\xff", "unreadable"),
        (b"\x89PNG\r\n\x1a\n", "unreadable"),
        (b"RIFF\0\0\0\0WEBP", "unreadable"),
        (b"\0\0\0\x20ftypheic" + b"\0" * 100, "unreadable"),
        (b"%PDF-", "unreadable"),
        (b"%PDF-1.7\n" + b"\0" * 10_000, "unreadable"),
        (samples.jpeg()[:700], "unreadable"),
        (samples.png()[:-60], "unreadable"),
        (samples.heic()[:200], "unreadable"),
        (samples.pdf()[:100], "unreadable"),
    ],
)
def test_only_whole_files_of_the_known_kinds_are_taken(content: bytes, code: str) -> None:
    """In the process apart: WeasyPrint, which tests have loaded, makes Pillow put up with halves of pictures."""
    with pytest.raises(FileRefused) as refused:
        sanitize_file(content, accept=BOTH, most_bytes=MOST, by=1)
    assert refused.value.code == code


def test_a_page_hidden_in_a_picture_is_gone() -> None:
    page = b"<script>alert(document.cookie)</script>"
    archive = b"PK\x03\x04 hidden archive"
    for content in (samples.jpeg() + page + archive, samples.png() + page + archive):
        copy = cleaned(content)[1]
        assert page not in copy
        assert archive not in copy


def test_a_picture_that_is_a_document_too_becomes_one_thing() -> None:
    assert b"%PDF" not in cleaned(samples.jpeg() + samples.pdf())[1]
    copy = cleaned(samples.pdf() + samples.jpeg() + b"PK\x03\x04hidden")[1]
    assert b"hidden" not in copy
    assert PdfReader(io.BytesIO(copy)).pages


def test_a_kind_that_the_question_does_not_take_is_refused_before_it_is_read() -> None:
    for content, accept in ((samples.pdf(), "image"), (samples.jpeg(), "pdf")):
        with pytest.raises(FileRefused) as refused:
            sanitize_file(content, accept=frozenset((accept,)), most_bytes=MOST, by=1)
        assert refused.value.code == "wrong_kind"


# ---- documents ----


def test_a_document_keeps_its_pages_and_loses_who_made_them() -> None:
    media_type, copy = cleaned(samples.pdf(pages=2))
    assert media_type == "application/pdf"
    reader = PdfReader(io.BytesIO(copy))
    assert len(reader.pages) == 2
    assert not reader.metadata
    assert reader.xmp_metadata is None
    assert CANARY.encode() not in _unpacked(copy)
    page = reader.pages[0]
    assert [str(note.get_object()["/Subtype"]) for note in page["/Annots"]] == ["/Square"]
    picture = page.images[0].image
    assert picture.size == (60, 40)
    assert not picture.getexif()


def _unpacked(content: bytes) -> bytes:
    """Everything in the file, each object as it is written and each stream as it unpacks."""
    reader = PdfReader(io.BytesIO(content))
    parts = [content]
    for number in range(1, 200):
        with contextlib.suppress(PyPdfError):
            found = reader.get_object(number)
            parts += [repr(found).encode(), getattr(found, "_data", b"")]
    return b"".join(parts)


def test_a_document_that_is_only_locked_against_changes_is_cleaned() -> None:
    """Every reader opens it without a password, and many papers of the state are so."""
    content = samples.pdf(pages=2, owner="x")
    bare, public = clean_document(content, 10**6)[1], clean_public_document(content, 10**6)
    for copy in (bare, public):
        assert len(PdfReader(io.BytesIO(copy)).pages) == 2
        assert not PdfReader(io.BytesIO(copy)).is_encrypted
    assert CANARY.encode() not in _unpacked(bare)
    assert not PdfReader(io.BytesIO(public)).metadata
    assert PdfReader(io.BytesIO(public)).xmp_metadata is None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (samples.pdf(password="x"), "locked"),
        (samples.pdf(script="app.alert(1)"), "active"),
        (samples.pdf(attached=b"more"), "active"),
        (samples.pdf_that("/JavaScript"), "active"),
        (samples.pdf_that("/Launch"), "active"),
        (samples.pdf_that("/SubmitForm"), "active"),
        (samples.pdf_that("/GoToE"), "active"),
        (samples.pdf_with_a_form_of_xml(), "active"),
        (samples.pdf_of_pages_in_a_circle(), "unreadable"),
        (samples.pdf_nested_deeply(), "unreadable"),
    ],
    ids=["locked", "script", "attached", "js", "launch", "submit", "embedded", "xfa", "circle", "deep"],
)
def test_a_document_that_acts_or_hides_is_refused(content: bytes, code: str) -> None:
    assert refusal(content) == code


def test_a_script_in_an_earlier_state_of_the_file_counts() -> None:
    """Written over later, and still in the file."""
    content = samples.pdf_that("/JavaScript").replace(b"/AA", b"/ZZ")
    assert refusal(content) == "active"


def test_a_document_of_too_many_pages_is_refused() -> None:
    assert refusal(samples.pdf(pages=201)) == "too_many_pages"


def test_a_document_whose_pictures_are_wrapped_twice_loses_their_exif_too() -> None:
    wrapped = samples.pdf(wrapped=True)
    photo = PdfReader(io.BytesIO(wrapped)).pages[0]["/Resources"]["/XObject"]["/Photo"]
    assert CANARY.encode() in decode_stream_data(photo)
    copy = cleaned(wrapped)[1]
    assert CANARY.encode() not in _unpacked(copy)
    assert PdfReader(io.BytesIO(copy)).pages[0].images[0].image.size == (60, 40)


def test_a_progressive_jpeg_keeps_all_its_scans() -> None:
    content = samples.written(samples.picture((200, 100)), "JPEG", progressive=True, exif=samples.exif())
    bare = without_extras(content + b"\xff\xd8 another picture")
    assert CANARY.encode() not in bare
    assert bare.endswith(b"\xff\xd9")
    with Image.open(io.BytesIO(bare)) as after, Image.open(io.BytesIO(content)) as before:
        assert after.tobytes() == before.tobytes()


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xe1\xff\xff", b"\xff\xd8no", b"\xff\xd8\xff\xe1\0\1"]
)
def test_a_jpeg_that_can_not_be_followed_is_refused(content: bytes) -> None:
    with pytest.raises(FileRefused):
        without_extras(content)


# ---- the process apart ----


def test_the_process_apart_gives_the_same_copy() -> None:
    found = sanitize_file(samples.jpeg(), accept=BOTH, most_bytes=MOST, by=1)
    assert (found.media_type, found.content) == cleaned(samples.jpeg())


def test_a_decoder_that_dies_takes_nothing_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "PROGRAM", "import os; os.kill(os.getpid(), 11)")
    with pytest.raises(FileRefused) as refused:
        sanitize_file(samples.jpeg(), accept=BOTH, most_bytes=MOST, by=1)
    assert refused.value.code == "unreadable"


def test_a_decoder_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "PROGRAM", "import time; time.sleep(60)")
    monkeypatch.setattr(process, "CLOCK_SECONDS", 0.6)
    with pytest.raises(FileRefused) as refused:
        sanitize_file(samples.jpeg(), accept=BOTH, most_bytes=MOST, by=1)
    assert refused.value.code == "unreadable"


APART = """
import os, sys, json
sys.path[:0] = [sys.argv[1], sys.argv[1] + '/site']
from sanitizer import process
process.clean_copy = lambda content, most: ({answer}, b"")
process.main()
"""


def test_the_process_apart_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_KEYS", CANARY)
    monkeypatch.setattr(process, "PROGRAM", APART.format(answer="json.dumps(dict(os.environ))"))
    environment = json.loads(sanitize_file(samples.jpeg(), accept=BOTH, most_bytes=MOST, by=1).media_type)
    assert CANARY not in environment.values()
    assert not any(name.startswith(("VAULT", "SECRET", "DATABASE", "DJANGO")) for name in environment)


def test_the_process_apart_can_not_write_to_the_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    writing = f"os.write(os.open({str(path)!r}, os.O_CREAT | os.O_WRONLY), content)"
    monkeypatch.setattr(process, "PROGRAM", APART.format(answer=writing))
    with pytest.raises(FileRefused):
        sanitize_file(samples.jpeg(), accept=BOTH, most_bytes=MOST, by=1)
    assert path.read_bytes() == b""


def test_when_the_machine_is_taken_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process._machine, "seconds", 0.1)
    with process._machine.turn(), pytest.raises(FileRefused) as refused:
        sanitize_file(samples.jpeg(), accept=BOTH, most_bytes=MOST, by=1)
    assert refused.value.code == "busy"


def test_two_files_wait_for_their_turn_and_the_next_is_told_at_once() -> None:
    places = process._machine._places
    with process._machine.turn():
        assert [places.acquire(blocking=False) for _number in range(2)] == [True, True]
        began = time.monotonic()
        with pytest.raises(FileRefused) as refused:
            sanitize_file(samples.jpeg(), accept=BOTH, most_bytes=MOST, by=1)
        assert time.monotonic() - began < process.QUEUE_SECONDS / 2
        places.release(2)
    assert refused.value.code == "busy"


def test_whoever_sends_many_files_at_once_keeps_nobody_from_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five of one person's come first and at once: one is cleaned, one waits for it, and another person's is next."""
    may_go = threading.Event()
    cleaning: list[str] = []
    finished: Queue[tuple[str, str]] = Queue()

    def run(*_args: object, **_more: object) -> subprocess.CompletedProcess[bytes]:
        cleaning.append(threading.current_thread().name)
        assert may_go.wait(PATIENCE)
        return subprocess.CompletedProcess([], 0, b'{"media_type": "image/png"}\n', b"")

    def send() -> None:
        person = threading.current_thread().name
        try:
            finished.put((person, sanitize_file(samples.jpeg(), accept=BOTH, most_bytes=MOST, by=person).media_type))
        except FileRefused as refused:
            finished.put((person, refused.code))

    monkeypatch.setattr(process.subprocess, "run", run)
    monkeypatch.setattr(process._machine, "seconds", PATIENCE)
    monkeypatch.setitem(process._own._limits, "seconds", PATIENCE)
    many = [threading.Thread(target=send, name="many") for _number in range(5)]
    another = threading.Thread(target=send, name="another")
    try:
        for thread in many:
            thread.start()
        assert [finished.get(timeout=PATIENCE) for _number in range(3)] == [("many", "one_at_a_time")] * 3
        another.start()
        began = time.monotonic()
        while not process._machine._turns._line:  # until another's waits for its turn
            assert another.is_alive(), "it got no place"
            assert time.monotonic() - began < PATIENCE
            time.sleep(0.001)
    finally:
        may_go.set()
        for thread in (*many, another):
            if thread.ident:
                thread.join(PATIENCE)
    assert cleaning == ["many", "another", "many"]
    assert [finished.get_nowait()[1] for _number in range(3)] == ["image/png"] * 3
    assert not process._own._here, "nobody is remembered whose files are done"


def test_whoever_is_next_waits_as_long_as_a_file_may_take() -> None:
    assert process._machine.seconds >= process.CLOCK_SECONDS
