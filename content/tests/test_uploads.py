"""What editors may put into the library, and what they are told of the rest."""

from io import BytesIO
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageFile
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from ..uploads import KINDS, is_complete_picture, is_of_kind
from .editors import EditorsTest

PICTURES = ["JPEG", "PNG", "WEBP", "GIF", "AVIF"]
SOUND = b"RIFF\x24\x00\x00\x00WAVEfmt "


def picture(kind: str = "JPEG", share: float = 1.0, size: tuple[int, int] = (600, 400)) -> SimpleUploadedFile:
    """One with much to tell, so that a part of it is really missing; `share` of its bytes."""
    data = BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(data, kind)
    whole = data.getvalue()
    return SimpleUploadedFile(f"pamje.{kind.lower()}", whole[: int(len(whole) * share)])


def file(name: str, data: bytes = b"<script>alert(1)</script>") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_that_breaks_off_is_no_whole_one_however_lenient_others_are(kind, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint leaves it
    assert is_complete_picture(picture(kind))
    assert not is_complete_picture(picture(kind, share=0.4))
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_known_by_its_beginning_and_no_page_passes_for_one(kind):
    place, marks = KINDS[kind]
    for mark in marks:
        assert is_of_kind(file(f"x.{kind}", b"\0" * place + mark + b"..."), kind)
    assert not is_of_kind(file(f"x.{kind}"), kind)
    assert not is_of_kind(file(f"x.{kind}", b""), kind)


class TestPicturesComingIn(EditorsTest):
    def put(self, upload: SimpleUploadedFile) -> str:
        response = self.ana.post("wagtailimages:add", title="Pamje", file=upload, collection="1")
        return "" if response.status_code == 302 else response.content.decode()

    def test_a_whole_picture_comes_in(self):
        assert self.put(picture()) == ""
        assert get_image_model().objects.filter(title="Pamje").exists()

    def test_one_that_breaks_off_is_refused_beside_its_field_however_lenient_others_are(self):
        for lenient in (True, False):
            with mock.patch.object(ImageFile, "LOAD_TRUNCATED_IMAGES", lenient):
                for kind in PICTURES:
                    assert "is incomplete" in self.put(picture(kind, share=0.4))
        assert not get_image_model().objects.filter(title="Pamje").exists()

    def test_one_too_large_for_this_machine_is_refused_with_its_measure(self):
        huge = BytesIO()
        Image.new("1", (8000, 7000)).save(huge, "PNG")
        assert "too many pixels" in self.put(SimpleUploadedFile("x.png", huge.getvalue()))

    def test_another_title_for_a_picture_asks_for_no_file(self):
        self.put(picture())
        image = get_image_model().objects.get(title="Pamje")
        self.ana.post("wagtailimages:edit", image.pk, title="Tjetër", collection="1")
        assert get_image_model().objects.get(pk=image.pk).title == "Tjetër"


class TestFilesComingIn(EditorsTest):
    def put(self, upload: SimpleUploadedFile) -> str:
        response = self.ana.post("wagtaildocs:add", title="Fletë", file=upload, collection="1")
        return "" if response.status_code == 302 else response.content.decode()

    def test_a_file_readers_can_open_comes_in(self):
        assert self.put(file("fleta.pdf", b"%PDF-1.7\n")) == ""
        assert self.put(file("ZERI.WAV", SOUND)) == ""
        assert get_document_model().objects.filter(title="Fletë").count() == 2

    def test_pages_and_programs_are_refused_beside_their_field(self):
        for name in ("faqe.html", "program.exe", "pa-mbarese", "pamje.svg"):
            html = self.put(file(name))
            assert "can&#x27;t be given a file of this kind" in html, name
            assert "pdf, docx" in html
        assert not get_document_model().objects.filter(title="Fletë").exists()

    def test_what_only_calls_itself_a_paper_is_refused(self):
        assert "is not really a .pdf" in self.put(file("fleta.pdf"))
        assert not get_document_model().objects.filter(title="Fletë").exists()

    def test_the_window_where_a_block_chooses_its_file_asks_the_same(self):
        form = {"document-chooser-upload-title": "Fletë", "document-chooser-upload-file": file("faqe.html")}
        html = self.ana.post("wagtaildocs_chooser:create", **form).content.decode()
        assert "given a file of this kind" in html
        assert not get_document_model().objects.filter(title="Fletë").exists()

    def test_another_title_for_a_file_asks_for_none(self):
        self.put(file("fleta.pdf", b"%PDF-1.7\n"))
        paper = get_document_model().objects.get(title="Fletë")
        self.ana.post("wagtaildocs:edit", paper.pk, title="Tjetër", collection="1")
        assert get_document_model().objects.get(pk=paper.pk).title == "Tjetër"
