"""What editors may put into the library, and what they are told of the rest."""

import re
from io import BytesIO
from unittest import mock

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image, ImageFile
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from sanitizer.tests import reader_samples, samples

from ..models import ExaminedFile
from .editors import EditorsTest

PICTURES = ["JPEG", "PNG", "WEBP", "GIF", "AVIF"]


def picture(kind: str = "JPEG", share: float = 1.0, size: tuple[int, int] = (600, 400)) -> SimpleUploadedFile:
    """One with much to tell, so that a part of it is really missing; `share` of its bytes."""
    data = BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(data, kind)
    whole = data.getvalue()
    return SimpleUploadedFile(f"pamje.{kind.lower()}", whole[: int(len(whole) * share)])


def file(name: str, data: bytes = b"<script>alert(1)</script>") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


class TestPicturesComingIn(EditorsTest):
    def put(self, upload: SimpleUploadedFile) -> str:
        response = self.ana.post("wagtailimages:add", title="Pamje", file=upload, collection="1")
        return "" if response.status_code == 302 else response.content.decode()

    def test_a_whole_picture_comes_in(self):
        assert self.put(picture()) == ""
        assert get_image_model().objects.filter(title="Pamje").exists()

    def test_one_that_breaks_off_is_refused_beside_its_field_however_lenient_others_are(self):
        with mock.patch.object(ImageFile, "LOAD_TRUNCATED_IMAGES", True):  # as WeasyPrint leaves it
            for kind in PICTURES:
                assert "is incomplete" in self.put(picture(kind, share=0.4))
        assert not get_image_model().objects.filter(title="Pamje").exists()

    def test_what_is_stored_is_a_clean_copy_and_known_as_one(self):
        assert self.put(SimpleUploadedFile("gps.jpg", samples.jpeg(orientation=6))) == ""
        image = get_image_model().objects.get(title="Pamje")
        assert re.fullmatch(r"original_images/gps\w*\.jpg", image.file.name)
        with image.file.open() as file:
            assert reader_samples.SECRET not in file.read()
        assert (image.width, image.height, image.file_size) == (40, 60, image.file.size)
        assert ExaminedFile.objects.get(file_hash=image.file_hash).problem == ""

    def test_several_at_once_are_cleaned_too(self):
        for name, field, sent in (
            ("wagtailimages:add_multiple", "files[]", SimpleUploadedFile("gps.jpg", samples.jpeg())),
            ("wagtaildocs:add_multiple", "files[]", SimpleUploadedFile("a.docx", reader_samples.docx())),
        ):
            data = {field: sent, "title": "Pamje", "collection": "1"}
            answer = self.ana.client.post(reverse(name), data, headers={"X-Requested-With": "XMLHttpRequest"})
            assert answer.json()["success"], answer.content
        image, paper = get_image_model().objects.get(title="Pamje"), get_document_model().objects.get(title="Pamje")
        for each in (image, paper):
            with each.file.open() as file:
                assert reader_samples.SECRET not in file.read()
            assert ExaminedFile.objects.filter(file_hash=each.file_hash).exists()

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
        assert self.put(file("fleta.pdf", samples.pdf())) == ""
        assert self.put(file("ZERI.WAV", reader_samples.wave())) == ""
        stored = get_document_model().objects.filter(title="Fletë")
        assert len(stored) == 2
        for each in stored:
            with each.file.open() as opened:
                assert b"bext" not in opened.read()
            assert ExaminedFile.objects.filter(file_hash=each.file_hash, problem="").exists()

    def test_what_acts_goes_on_behind_its_end_or_is_another_is_refused_with_what_to_do(self):
        for name, data, words in (
            ("evil.docx", b"PK\x03\x04 and junk", "is not really a .docx"),
            ("evil.docx", reader_samples.zipped({"a.txt": b"x"}), "is not really a .docx"),
            ("evil.docx", reader_samples.docx(**{"word/vbaProject.bin": b"x"}), "a program or another file"),
            ("evil.pdf", samples.pdf(script="app.alert(1)"), "a program or another file"),
            ("evil.pdf", samples.pdf(password="x"), "This document is locked"),
            ("evil.pdf", samples.pdf() + reader_samples.docx(), "Something follows the end"),
            ("evil.mp4", reader_samples.film() + b"<script>", "Something follows the end"),
            ("evil.mp4", reader_samples.film(handler=b"camm"), "where the camera was"),
        ):
            assert words in self.put(file(name, data)), name
        assert not get_document_model().objects.filter(title="Fletë").exists()

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
        self.put(file("fleta.pdf", samples.pdf()))
        paper = get_document_model().objects.get(title="Fletë")
        self.ana.post("wagtaildocs:edit", paper.pk, title="Tjetër", collection="1")
        assert get_document_model().objects.get(pk=paper.pk).title == "Tjetër"
