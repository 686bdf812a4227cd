"""The papers: read as text, looked at as pictures, and their pattern read as a telephone reads it."""

import io
import socket
from datetime import timedelta

import pypdfium2
import pytest
import zxingcpp
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from PIL import Image
from pypdf import PdfReader

from content.models import Hotline
from content.printables.pdf import PrintableError, render_pdf

from ..cards.codes import build_short_url, render_qr_png
from ..handouts import KINDS, build_context, render_handout
from .cards_world import CARD, CODE, CardTest


def get_text(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def get_pictures(pdf: bytes) -> list[Image.Image]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=2.2).to_pil().convert("L") for page in document]


class TestHandouts(CardTest):
    def each(self):
        for kind in KINDS:
            for language in ("sq", "en"):
                yield kind, language, render_handout(self.session, kind, language)

    def test_each_paper_is_tagged_titled_has_a_language_and_brings_its_letters(self):
        for kind, language, pdf in self.each():
            reader = PdfReader(io.BytesIO(pdf))
            root = reader.trailer["/Root"]
            assert root["/MarkInfo"]["/Marked"], kind
            assert root["/Lang"] == language
            assert reader.metadata.title
            assert b"pdfuaid" in root["/Metadata"].get_data()
            for page in reader.pages:
                for font in page["/Resources"]["/Font"].values():
                    for inner in font.get_object()["/DescendantFonts"]:
                        assert "/FontFile2" in inner.get_object()["/FontDescriptor"]

    def test_a_telephone_reads_the_address_from_each_paper(self):
        for kind, language, pdf in self.each():
            read = {found.text for picture in get_pictures(pdf) for found in zxingcpp.read_barcodes(picture)}
            assert read == {settings.PUBLIC_URL + ("/en" if language == "en" else "") + CARD}, (kind, language)

    def test_each_paper_says_the_address_the_code_the_day_and_the_published_numbers_only(self):
        for kind, _language, pdf in self.each():
            text = get_text(pdf)
            assert "7K2M 9QXB" in text, kind
            assert "129" in text
            assert "116 111" in text
            assert "116 006" not in text
            assert "0800" not in text
            assert "Çelësi" not in text
            assert "victim" not in text.lower()
            assert "viktim" not in text.lower()
            assert "20" in text.partition("Printuar më")[2][:14] or "20" in text.partition("Printed on")[2][:14]

    def test_a_line_switched_off_is_on_no_paper(self):
        Hotline.objects.exclude(key="police_129").update(publish="no")
        for kind, _language, pdf in self.each():
            assert "116 111" not in get_text(pdf), kind

    def test_a_line_grown_old_on_the_day_of_printing_is_on_no_paper(self):
        today = timezone.localdate()
        for kind, (template, _class) in KINDS.items():
            for language in ("sq", "en"):
                told = {}
                for day in (today, today + timedelta(days=settings.HOTLINE_TEST_DAYS + 1)):
                    with translation.override(language):
                        told[day] = render_to_string(template, build_context(self.session, kind, language, day))
                now, later = told.values()
                assert "116 111" in now, (kind, language)
                assert "116 111" not in later, (kind, language)
                assert "129" in later

    def test_without_any_line_a_paper_says_where_to_go(self):
        Hotline.objects.update(publish="no")
        for kind in ("leaflet", "poster_a4"):
            assert "nearest police station" in get_text(render_handout(self.session, kind, "en"))

    def test_sheets_have_the_size_they_say_and_papers_the_pages(self):
        sizes = {"leaflet": (210, 297, 2), "pocket_card": (210, 297, 1), "poster_a4": (210, 297, 1)}
        for kind, (width, height, pages) in (sizes | {"poster_a3": (297, 420, 1)}).items():
            reader = PdfReader(io.BytesIO(render_handout(self.session, kind, "sq")))
            box = reader.pages[0].mediabox
            assert [round(float(side) / 72 * 25.4) for side in (box.width, box.height)] == [width, height]
            assert len(reader.pages) == pages, kind

    def test_the_longest_leaflet_has_two_pages(self):
        topics = ["recognition", "prevention", "protection", "reintegration", "access_to_justice"]
        topics += ["rights", "reporting", "online", "labour"]
        for audience, _label in self.session._meta.get_field("audience").choices:
            session = self.make_session(audience=audience, topics=topics)
            pages = PdfReader(io.BytesIO(render_handout(session, "leaflet", "sq"))).pages
            assert len(pages) == 2, audience

    def test_the_outside_of_the_folded_card_says_nothing(self):
        text = get_text(render_handout(self.session, "pocket_card", "en"))
        assert "Vatra" not in text
        picture = get_pictures(render_handout(self.session, "pocket_card", "en"))[0]
        scale = picture.width / 210
        outside = picture.crop([round(side * scale) for side in (20, 42 + 54, 190, 42 + 108)])
        assert zxingcpp.read_barcodes(outside) == []

    def test_the_same_day_gives_the_same_bytes(self):
        assert render_handout(self.session, "leaflet", "sq") == render_handout(self.session, "leaflet", "sq")

    def test_staff_fetch_a_paper_and_a_pattern(self):
        self.client.force_login(self.worker)
        assert "Pocket card" in self.html(reverse("session_cards:handouts", args=[self.session.pk]))
        paper = self.client.get(reverse("session_cards:handout", args=[self.session.pk, "pocket_card", "sq"]))
        assert paper["Content-Type"] == "application/pdf"
        assert paper.content.startswith(b"%PDF")
        for kind in ("svg", "png"):
            answer = self.client.get(reverse("session_cards:qr", args=[self.session.pk, "en", kind]))
            assert answer.status_code == 200
            assert "no-store" in answer["Cache-Control"]
        for wrong in (["cardboard", "sq"], ["leaflet", "fr"]):
            assert self.client.get(reverse("session_cards:handout", args=[self.session.pk, *wrong])).status_code == 404

    def test_the_pattern_alone_is_read_too(self):
        picture = Image.open(io.BytesIO(render_qr_png(CODE, "sq"))).convert("L")
        assert zxingcpp.read_barcodes(picture)[0].text == build_short_url(CODE, "sq")


@pytest.mark.parametrize("source", ["file:///etc/passwd", "http://127.0.0.1:9/x.png", "handout.css"])
def test_a_paper_reaches_nothing_outside_itself(source, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *_args: pytest.fail("went out"))
    with pytest.raises(PrintableError):
        render_pdf(f'<html lang="sq"><title>x</title><img src="{source}" alt="x">', own={}, identifier="x")
