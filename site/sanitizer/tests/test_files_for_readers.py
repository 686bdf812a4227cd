"""Files that the public site gives out: what one sees, hears and reads stays, what gives a person away doesn't."""

import contextlib
import io
import re
import struct
from collections.abc import Callable

import pytest
from PIL import Image, ImageCms, ImageSequence
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, TextStringObject

from .. import recordings
from ..file_types import FileRefused
from ..process import sanitize_for_readers
from ..readers import OFFICE, PICTURE, SIGNATURES, clean_for_readers, is_of_kind, refuse_what_goes_on
from . import reader_samples as made
from . import samples
from .reader_samples import SECRET
from .samples import CANARY

MOST = 10_000_000
FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "jpeg": (PICTURE, samples.jpeg),
    "jpeg with a preview": (PICTURE, made.photo_with_preview),
    "jpeg on its side": (PICTURE, lambda: samples.jpeg(orientation=6)),
    "two pictures in one": (
        PICTURE,
        lambda: samples.written(
            samples.picture(), "MPO", save_all=True, append_images=made.frames(), exif=samples.exif()
        ),
    ),
    "png": (PICTURE, samples.png),
    "png with words": (PICTURE, made.png_with_words),
    "webp": (PICTURE, samples.webp),
    "avif": (PICTURE, lambda: samples.written(samples.picture(), "AVIF", exif=samples.exif(), xmp=SECRET)),
    **{f"moving {kind}": (PICTURE, lambda kind=kind: made.moving(kind)) for kind in ("GIF", "PNG", "WEBP", "AVIF")},
    "pdf": ("pdf", samples.pdf),
    "docx": ("docx", made.docx),
    "xlsx": ("xlsx", lambda: made.zipped(made.xlsx_parts())),
    "odt": ("odt", lambda: made.zipped(made.odt_parts())),
    "mp4": ("mp4", made.film),
    "m4a": ("m4a", lambda: made.film(handler=b"soun")),
    "webm": ("webm", made.webm),
    "ogg": ("ogg", made.ogg),
    "wav": ("wav", made.wave),
    "mp3": ("mp3", made.mp3),
    "vtt": ("vtt", made.subtitles),
}  # fmt: skip


def cleaned(name: str) -> bytes:
    kind, make = FILES[name]
    return clean_for_readers(make(), kind, MOST)


def refusal(content: bytes, kind: str) -> str:
    try:
        refuse_what_goes_on(content, kind)
        clean_for_readers(content, kind, MOST)
    except FileRefused as refused:
        return refused.code
    return ""


def reveals(content: bytes, kind: str) -> bool:
    parts = [content, *made.unzipped(content).values()] if kind in OFFICE else [content]
    # pypdf writes what is no letter so; the link leads to a page of that name.
    plain = [re.sub(rb"\\(\d{3})", lambda found: bytes([int(found[1], 8)]), part) for part in parts]
    return any(SECRET in part.replace(b"https://x.example/" + SECRET, b"") for part in plain)


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_left_of_who_made_it_and_a_clean_copy_stays_as_it_is(name: str) -> None:
    kind, make = FILES[name]
    assert reveals(make(), kind)
    copy = cleaned(name)
    assert not reveals(copy, kind)
    again = clean_for_readers(copy, kind, MOST)
    assert again == copy or "avif" in name.lower() or kind == "pdf"
    refuse_what_goes_on(copy, kind)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_breaks_off_anywhere_raises_nothing_else(name: str) -> None:
    kind, make = FILES[name]
    content = make()
    for share in (0.02, 0.1, 0.35, 0.6, 0.9, 0.99):
        with contextlib.suppress(FileRefused):
            clean_for_readers(content[: int(len(content) * share)], kind, MOST)


# ---- pictures ----


def pixels(content: bytes) -> list[bytes]:
    with Image.open(io.BytesIO(content)) as image:
        return [frame.convert("RGBA").tobytes() for frame in ImageSequence.Iterator(image)]


@pytest.mark.parametrize("name", ["jpeg", "jpeg with a preview", "png", "png with words", "webp"])
def test_a_pictures_pixels_stay_as_they_are(name: str) -> None:
    assert pixels(cleaned(name)) == pixels(FILES[name][1]())
    with Image.open(io.BytesIO(cleaned(name))) as image:
        assert not image.getexif()
        assert not {"exif", "xmp", "comment", "icc_profile", "Author", "Comment"} & set(image.info)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_a_moving_picture_goes_on_moving(kind: str) -> None:
    before, after = made.moving(kind), cleaned(f"moving {kind}")
    with Image.open(io.BytesIO(before)) as old, Image.open(io.BytesIO(after)) as new:
        assert new.n_frames == 3  # type: ignore[attr-defined]
        assert (new.format, new.info.get("duration"), new.info.get("loop")) == (
            kind,
            *map(old.info.get, ("duration", "loop")),
        )
    if kind != "AVIF":  # encoded anew
        assert pixels(before) == pixels(after)


def test_a_picture_taken_sideways_stands_upright_and_keeps_its_quality() -> None:
    before = samples.jpeg((600, 400), orientation=6)
    after = cleaned_picture(before)
    with Image.open(io.BytesIO(before)) as old, Image.open(io.BytesIO(after)) as new:
        assert new.size == (400, 600)
        assert new.convert("L").getpixel((200, 50)) < 60  # type: ignore[operator]
        assert new.quantization == old.quantization  # type: ignore[attr-defined]


def cleaned_picture(content: bytes) -> bytes:
    return clean_for_readers(content, PICTURE, MOST)


def test_of_two_pictures_in_one_file_the_first_stays() -> None:
    with Image.open(io.BytesIO(cleaned("two pictures in one"))) as image:
        assert (image.format, getattr(image, "n_frames", 1)) == ("JPEG", 1)


def test_colours_that_need_a_profile_are_written_as_a_screen_shows_them() -> None:
    # A camera's own, with a name in it.
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    named = profile.replace("sRGB".encode("utf-16-be"), "Elir".encode("utf-16-be"))
    before = samples.written(samples.picture(), "PNG", icc_profile=named)
    copy = cleaned_picture(before)
    assert "Elir".encode("utf-16-be") not in copy
    with Image.open(io.BytesIO(copy)) as image:
        assert "icc_profile" not in image.info
        assert image.convert("L").getpixel((50, 20)) > 200  # type: ignore[operator]


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    assert refusal(samples.huge_png(8_000), PICTURE) == "too_many_pixels"
    assert refusal(samples.jpeg()[:700], PICTURE) in ("unreadable", "")


# ---- documents ----


def public_pdf() -> bytes:
    """Links to the web, into the document and to a file; an outline; a language; a field to fill in; who signed."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(samples.pdf(pages=2))))
    writer.add_outline_item(title="Kapitulli", page_number=1)
    writer.root_object[NameObject("/Lang")] = TextStringObject("sq")
    page = writer.pages[0]
    for kind, key, target in (
        ("/URI", "/URI", "https://vatra.example/ndihme"),
        ("/URI", "/URI", f"file:///C:/Users/{CANARY}/x.pdf"),
        ("/GoToR", "/F", f"C:/Users/{CANARY}/y.pdf"),
    ):
        action = {NameObject("/S"): NameObject(kind), NameObject(key): TextStringObject(target)}
        page["/Annots"].get_object().append(writer._add_object(note("/Link", {"/A": DictionaryObject(action)})))  # type: ignore[attr-defined]
    field = {"/FT": NameObject("/Tx"), "/T": TextStringObject("qyteti"), "/V": TextStringObject("")}
    page["/Annots"].get_object().append(writer._add_object(note("/Widget", field)))  # type: ignore[attr-defined]
    return samples.written_pdf(writer)


def note(kind: str, more: dict[str, object]) -> DictionaryObject:
    sides = ArrayObject([FloatObject(side) for side in (0, 0, 20, 20)])
    plain = {"/Type": NameObject("/Annot"), "/Subtype": NameObject(kind), "/Rect": sides, **more}
    return DictionaryObject({NameObject(key): value for key, value in plain.items()})


def test_a_document_keeps_what_readers_use_and_loses_who_wrote_it() -> None:
    copy = clean_for_readers(public_pdf(), "pdf", MOST)
    assert not reveals(copy, "pdf")
    reader = PdfReader(io.BytesIO(copy))
    assert len(reader.pages) == 2
    assert not reader.metadata
    assert reader.xmp_metadata is None
    assert [each.title for each in reader.outline] == ["Kapitulli"]  # type: ignore[union-attr]
    assert reader.root_object["/Lang"] == "sq"
    notes = [each.get_object() for each in reader.pages[0]["/Annots"]]  # type: ignore[attr-defined]
    links = [each["/A"]["/URI"] for each in notes if "/A" in each]
    assert links == [f"https://x.example/{CANARY}", "https://vatra.example/ndihme"]
    assert [each["/T"] for each in notes if each["/Subtype"] == "/Widget"] == ["qyteti"]
    assert not any("/T" in each for each in notes if each["/Subtype"] != "/Widget")


def test_what_an_earlier_state_of_a_document_said_is_gone() -> None:
    writer = PdfWriter(io.BytesIO(samples.pdf()), incremental=True)
    writer.add_metadata({"/Author": "Dikush tjetër"})
    into = io.BytesIO()
    writer.write(into)
    assert reveals(into.getvalue(), "pdf")
    assert not reveals(clean_for_readers(into.getvalue(), "pdf", MOST), "pdf")


@pytest.mark.parametrize("act", ["/JavaScript", "/Launch", "/SubmitForm"])
def test_a_document_that_acts_is_refused(act: str) -> None:
    assert refusal(samples.pdf_that(act), "pdf") == "active"
    assert refusal(samples.pdf(script="app.alert(1)"), "pdf") == "active"


# ---- office ----


def test_an_office_file_keeps_its_words_and_its_picture() -> None:
    parts = made.unzipped(cleaned("docx"))
    assert "Një fjali." in parts["word/document.xml"].decode()
    assert b'w:author=""' in parts["word/document.xml"]
    assert b"w:date" in parts["word/document.xml"]
    with Image.open(io.BytesIO(parts["word/media/image1.jpeg"])) as image:
        assert image.size == (60, 40)
        assert not image.getexif()
    assert b"word/document.xml" in parts["_rels/.rels"]
    assert b"thumbnail" not in parts["_rels/.rels"]
    assert "docProps/thumbnail.jpeg" not in parts
    assert parts["docProps/core.xml"].endswith(b"></cp:coreProperties>")
    assert next(iter(made.unzipped(cleaned("odt")))) == "mimetype"
    sheet = made.unzipped(cleaned("xlsx"))
    assert "xl/printerSettings/printerSettings1.bin" not in sheet
    assert b'<pageSetup paperSize="9"/>' in sheet["xl/worksheets/sheet1.xml"]
    assert b"printerSettings" not in sheet["xl/worksheets/_rels/sheet1.xml.rels"]


def test_a_sheet_inside_a_document_is_cleaned_too() -> None:
    inner = made.zipped(made.xlsx_parts())
    outer = made.unzipped(clean_for_readers(made.docx(**{"word/embeddings/a.xlsx": inner}), "docx", MOST))
    assert not reveals(outer["word/embeddings/a.xlsx"], "xlsx")


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"word/vbaProject.bin": b"x"}, "active"),
        ({"word/embeddings/oleObject1.bin": b"x"}, "active"),
        ({"word/embeddings/a.xlsx": b"x"}, "unreadable"),
        ({"word/media/a.tiff": b""}, "picture_inside"),
        ({"word/media/a.jpeg": b"II*\0"}, "picture_inside"),
        ({"word/media/a.jpeg": b"\0\0\0\x20ftypheic"}, "picture_inside"),
        ({"[Content_Types].xml": b"<Types/>"}, "wrong_kind"),
        ({"word/document.xml": "<w:p/>".encode("utf-16")}, "unreadable"),
        ({"word/document.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><w:p/>'}, "unreadable"),
        ({"../x.xml": b"<a/>"}, "unreadable"),
    ],
)  # fmt: skip
def test_an_office_file_with_something_else_inside_is_refused(parts: dict[str, bytes], code: str) -> None:
    assert refusal(made.docx(**parts), "docx") == code


def test_a_document_that_is_none_is_refused() -> None:
    assert refusal(b"PK\x03\x04 and junk", "docx") == "wrong_kind"
    assert refusal(made.zipped({"a.txt": b"x"}), "docx") == "wrong_kind"
    assert refusal(made.zipped(made.xlsx_parts()), "docx") == "wrong_kind"
    assert refusal(made.zipped(made.odt_parts()), "ods") == "wrong_kind"


def test_a_zip_that_unpacks_for_ever_is_refused() -> None:
    assert refusal(made.docx(**{"word/a.xml": b" " * 200_000_001}), "docx") == "unreadable"


# ---- films, recordings, subtitles ----


def test_a_film_keeps_its_length_and_its_pictures_where_they_were() -> None:
    before, after = made.film(), cleaned("mp4")
    assert len(after) == len(before)
    assert after.index(b"PICTURES") == before.index(b"PICTURES")
    assert b"samples" in after
    assert struct.pack(">I", 0xE0000000) not in after  # the day
    assert len(cleaned("webm")) == len(made.webm())
    assert b"PICTURES" in cleaned("webm")


@pytest.mark.parametrize("handler", [b"meta", b"mebx", b"camm"])
def test_a_film_with_a_track_of_something_else_is_refused(handler: bytes) -> None:
    assert refusal(made.film(handler=handler), "mp4") == "hidden_track"


def test_recordings_keep_their_sound() -> None:
    ogg = cleaned("ogg")
    assert len(ogg) == len(made.ogg())
    assert b"SOUND" in ogg
    assert recordings.find_ogg_end(ogg) == len(ogg)
    for start, _spans, end in recordings._pages(ogg):
        page = bytearray(ogg[start:end])
        said, page[22:26] = bytes(page[22:26]), bytes(4)
        assert recordings._ogg_checksum(page) == int.from_bytes(said, "little")
    assert b"SOUND!" in cleaned("wav")
    assert recordings.find_wave_end(cleaned("wav")) == len(cleaned("wav"))
    assert cleaned("mp3") == (b"\xff\xfb\x90\x00" + b"\x11" * 413) * 3


def test_the_checksum_is_that_of_ogg() -> None:
    assert recordings._ogg_checksum(b"123456789") == 0x89A1897F  # CRC-32/CKSUM's polynomial, from 0, not inverted


def test_subtitles_keep_their_lines() -> None:
    assert cleaned("vtt").decode() == "WEBVTT\nLanguage: sq\n\n1\n00:00:00.000 --> 00:00:04.000\nNjë fjali.\n"
    assert b"-->" in clean_for_readers(b"WEBVTT\n00:00.000 --> 00:01.000\nA\n", "vtt", MOST)


# ---- what goes on behind its end ----


@pytest.mark.parametrize("name", [name for name, (kind, _make) in FILES.items() if kind not in (PICTURE, "vtt")])
def test_a_document_with_another_file_behind_it_is_refused(name: str) -> None:
    kind, make = FILES[name]
    refuse_what_goes_on(make(), kind)
    for hidden in (b"<script>alert(1)</script>", made.docx()):
        if kind in OFFICE and hidden.startswith(b"PK"):
            hidden += b"x"
        assert refusal(make() + hidden, kind) == "goes_on"


def test_behind_a_picture_it_is_left_out() -> None:
    for name, (kind, make) in FILES.items():
        if kind == PICTURE:
            assert b"<script>" not in cleaned_picture(make() + b"<script>alert(1)</script>"), name


def test_what_is_stored_already_is_cleaned_however_it_ends() -> None:
    hidden = b"<script>alert(1)</script>"
    for name in ("pdf", "mp4", "webm", "ogg", "wav"):
        kind, make = FILES[name]
        assert hidden not in sanitize_for_readers(make() + hidden, kind=kind, most_bytes=MOST, by=1, is_new=False), name


def test_the_process_apart_says_what_is_wrong() -> None:
    for content, kind, code in (
        (made.film() + b"<script>", "mp4", "goes_on"),
        (samples.pdf_that("/JavaScript"), "pdf", "active"),
        (b"PK", "docx", "wrong_kind"),
        (b"", "pdf", "empty_file"),
    ):
        with pytest.raises(FileRefused) as refused:
            sanitize_for_readers(content, kind=kind, most_bytes=MOST, by=1)
        assert refused.value.code == code


@pytest.mark.parametrize("kind", SIGNATURES)
def test_every_kind_is_known_by_its_beginning_and_no_page_passes_for_one(kind: str) -> None:
    place, marks = SIGNATURES[kind]
    for mark in marks:
        assert is_of_kind(b"\0" * place + mark + b"...", kind)
    assert not is_of_kind(b"<script>alert(1)</script>", kind)
    assert not is_of_kind(b"", kind)


def test_every_kind_has_a_way_to_be_cleaned() -> None:
    assert set(SIGNATURES) == {"pdf", *OFFICE, *recordings.CLEANERS}
