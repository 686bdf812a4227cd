"""Papers for everybody: read as text, their pattern read as a telephone reads it, and asked for as readers do."""

import io
import re
from datetime import timedelta
from unittest import mock

import pypdfium2
import zxingcpp
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader

from content.blocks import BodyBlock, DownloadsBlock
from content.models import DownloadPage, Hotline
from content.page_cache.middleware import PageCacheMiddleware
from content.page_cache.tests.wsgi import Counting, ask
from content.printable_catalog import ALL_PRINTABLES, PRINTABLES, load_posters
from content.tests.public_site import stream
from content.tests.seeded import SeededTest

from .. import rendering
from ..rendering import render_printable

LANGUAGES = ("sq", "en")


def get_text(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def get_pictures(pdf: bytes) -> list[Image.Image]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=2.2).to_pil().convert("L") for page in document]


def each(papers=PRINTABLES):
    for paper in papers.values():
        for language in LANGUAGES:
            yield paper, language, render_printable(paper, language)


class TestPapers(SeededTest):
    def test_each_is_tagged_titled_and_as_long_and_large_as_it_says(self):
        sides = {"A4": (210, 297), "A3": (297, 420)}
        for paper, language, pdf in each(ALL_PRINTABLES):
            reader = PdfReader(io.BytesIO(pdf))
            root = reader.trailer["/Root"]
            assert root["/MarkInfo"]["/Marked"], paper.key
            assert (root["/Lang"], reader.metadata.title) == (language, paper.texts("name")[language])
            assert len(reader.pages) == paper.pages, (paper.key, language)
            box = reader.pages[0].mediabox
            assert tuple(round(float(side) / 72 * 25.4) for side in (box.width, box.height)) == sides[paper.format]

    def test_each_shows_the_lines_that_may_be_shown_and_no_other(self):
        for paper, _language, pdf in each():
            text = get_text(pdf)
            for number in ("129", "127", "116 111", "116 117"):
                assert number in text, (paper.key, number)
            for number in ("116 006", "0800", "112 "):
                assert number not in text, (paper.key, number)
            assert "victim" not in text.lower()
            assert "viktim" not in text.lower()

    def test_a_line_switched_off_is_on_no_paper_from_the_next_one_on(self):
        paper = PRINTABLES["leaflet"]
        assert "116 111" in get_text(render_printable(paper, "sq"))
        Hotline.objects.filter(key="alo_116111").update(publish="no")
        assert "116 111" not in get_text(render_printable(paper, "sq"))

    def test_a_line_that_nobody_called_for_long_is_on_no_paper(self):
        long_ago = timezone.localdate() - timedelta(days=400)
        Hotline.objects.filter(key="alo_116111").update(verified_on=long_ago, first_shown_on=long_ago)
        for paper, _language, pdf in each():
            assert "116 111" not in get_text(pdf), paper.key
            assert "129" in get_text(pdf), paper.key

    def test_without_any_line_a_paper_says_where_to_go(self):
        Hotline.objects.update(publish="no")
        for key in ("leaflet", "pocket-card", "poster-a4"):
            assert "nearest police station" in get_text(render_printable(PRINTABLES[key], "en")), key

    def test_a_telephone_reads_where_the_site_begins(self):
        for paper, language, pdf in each():
            read = {found.text for picture in get_pictures(pdf) for found in zxingcpp.read_barcodes(picture)}
            assert read == {settings.PUBLIC_URL + ("/en/" if language == "en" else "/")}, (paper.key, language)

    def test_the_outside_of_the_folded_card_says_nothing(self):
        for language in LANGUAGES:
            pdf = render_printable(PRINTABLES["pocket-card"], language)
            assert "Vatra" not in get_text(pdf)
            picture = get_pictures(pdf)[0]
            scale = picture.width / 210
            outside = picture.crop([round(side * scale) for side in (20, 42 + 54, 190, 42 + 108)])
            assert zxingcpp.read_barcodes(outside) == []

    def test_the_same_paper_is_rendered_once_however_often_it_is_asked_for(self):
        rendering._render.cache_clear()
        with mock.patch.object(rendering, "render_pdf", wraps=rendering.render_pdf) as to_pdf:
            for _again in range(3):
                self.client.get("/fleta/leaflet.pdf?anything")
        assert to_pdf.call_count == 1


class TestPosters(SeededTest):
    """Posters for somewhere: one sentence, one drawing, in versions."""

    def get_picture(self, key):
        with pypdfium2.PdfDocument(render_printable(ALL_PRINTABLES[key], "sq")) as document:
            return document[0].render(scale=1).to_pil().convert("HSV")

    def test_each_says_its_one_sentence_in_both_languages(self):
        for key, poster in load_posters().items():
            for language in LANGUAGES:
                text = get_text(render_printable(PRINTABLES[f"poster-{key}"], language))
                assert poster["sentence"][language] in text.replace("’", "'")
                assert poster["lead"][language] in text

    def test_with_every_line_there_is_each_still_fits_on_its_sheet(self):
        Hotline.objects.exclude(number="").update(publish="yes", verified_on=timezone.localdate())
        # In black and white it is as long as in colour.
        posters = {key: paper for key, paper in ALL_PRINTABLES.items() if paper.poster and "bw" not in paper.version}
        for paper, language, pdf in each(posters):
            text = get_text(pdf)
            assert ("112 " in text, "116 006" in text) == (True, True), (paper.key, language)
            assert len(PdfReader(io.BytesIO(pdf)).pages) == 1, (paper.key, language)

    def test_what_is_for_a_printer_without_colours_has_none(self):
        for paper in ALL_PRINTABLES.values():
            if paper.poster and paper.format == "A4":
                most = self.get_picture(paper.key).getchannel("S").getextrema()[1]
                assert (most == 0) is paper.is_black_and_white, (paper.key, most)

    def test_ten_strips_carry_numbers_and_the_address_and_no_word(self):
        for key in load_posters():
            pdf = render_printable(ALL_PRINTABLES[f"poster-{key}-strips"], "sq")
            assert get_text(pdf).count("116 111") == 11  # ten strips, and the poster itself
            (picture,) = get_pictures(pdf)
            assert len(zxingcpp.read_barcodes(picture)) == 10
        strips = get_text(pdf).partition("para se ta varni.")[2]
        assert not re.search(
            "[^\\W\\d]{3,}", strips.replace(settings.PUBLIC_URL.split("://")[1], "").partition(". ")[2]
        )

    def test_the_line_for_its_readers_comes_first(self):
        for key, first, second in (("young-school", "116 111", "116 117"), ("women-clinic", "116 117", "116 111")):
            text = get_text(render_printable(PRINTABLES[f"poster-{key}"], "sq"))
            assert text.index(first) < text.index(second), key

    def test_without_any_line_its_strips_carry_the_address_alone(self):
        Hotline.objects.update(publish="no")
        text = get_text(render_printable(ALL_PRINTABLES["poster-women-clinic-strips"], "en"))
        assert "nearest police station" in text
        assert text.count(settings.PUBLIC_URL.split("://")[1]) == 10

    def test_a_version_is_served_and_one_that_its_place_has_no_room_for_is_not(self):
        assert self.client.get("/fleta/poster-young-school-strips.pdf").status_code == 200
        assert self.client.get("/fleta/poster-young-school-a3.pdf").status_code == 404

    def test_the_public_api_lists_its_versions(self):
        page = DownloadPage.objects.get(slug="to-print")
        files = {
            each["value"]["key"]: each["value"] for each in self.client.get(f"/api/v2/pages/{page.pk}/").json()["files"]
        }
        versions = files["poster-workers-station"]["versions"]
        assert [each["format"] for each in versions] == ["A4", "A4", "A4", "A3", "A3"]
        assert [each["key"] for each in versions if each["strips"]] == ["poster-workers-station-strips"]
        assert versions[1]["black_and_white"]
        assert versions[1]["urls"]["en"] == settings.PUBLIC_URL + "/en/fleta/poster-workers-station-bw.pdf"
        assert files["leaflet"]["versions"] == []


class TestItsAddress(SeededTest):
    def test_each_language_has_its_own_and_says_what_it_is(self):
        for address, word in (("/fleta/leaflet.pdf", "Të drejtat tuaja"), ("/en/fleta/leaflet.pdf", "Your rights")):
            answer = self.client.get(address)
            assert answer["Content-Type"] == "application/pdf"
            assert answer["Content-Disposition"].startswith("inline")
            assert answer["X-Robots-Tag"] == "noindex, nofollow"
            assert word in get_text(answer.content)
            assert not answer.cookies
            assert self.client.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304
            head = self.client.head(address)
            assert (head.status_code, head.content) == (200, b"")

    def test_an_address_of_no_paper_leads_to_the_page_that_helps(self):
        for address in (
            "/fleta/card.pdf",
            "/en/fleta/LEAFLET.pdf",
            "/fleta/",
            "/fleta/leaflet/",
            "/fleta/../leaflet.pdf",
        ):
            assert self.client.get(address).status_code == 404, address
        assert self.client.post("/fleta/leaflet.pdf").status_code in (403, 405)

    def test_it_is_kept_whole_and_ends_with_the_line_that_stood_on_it(self):
        django = Counting(get_wsgi_application())
        pages = PageCacheMiddleware(django, limit=10_000_000, seconds=60)
        first, second = (ask(pages, "/en/fleta/poster-a4.pdf", Accept_Encoding="identity") for _each in range(2))
        assert first.body == second.body
        assert django.asked == 1
        assert "Vary" not in first.headers or first.headers["Vary"] == "Accept-Encoding"
        same = ask(pages, "/en/fleta/poster-a4.pdf", If_None_Match=second.headers["Etag"], Accept_Encoding="identity")
        assert (same.status, same.body) == (304, b"")
        with self.captureOnCommitCallbacks(execute=True):
            line = Hotline.objects.get(key="women_116117")
            line.publish = "no"
            line.save()
        pages.cache_version.refresh()
        assert "116 117" not in get_text(ask(pages, "/en/fleta/poster-a4.pdf", Accept_Encoding="identity").body)

    def test_what_someone_adds_to_the_address_is_kept_nowhere(self):
        assert self.client.get("/fleta/leaflet.pdf?x=1")["Cache-Control"] == "no-store"


class TestOnItsPage(SeededTest):
    def test_the_page_of_papers_offers_each_with_its_kind_and_pages(self):
        for url, start in (("/per-printim/", "/fleta/"), ("/en/to-print/", "/en/fleta/")):
            html = self.html(url)
            for paper in ALL_PRINTABLES.values():
                assert f'href="{start}{paper.key}.pdf"' in html
            assert "PDF, A4, 2 " in html

    def test_the_public_api_tells_of_it_in_both_languages(self):
        page = DownloadPage.objects.get(slug="to-print")
        first = self.client.get(f"/api/v2/pages/{page.pk}/").json()["files"][0]
        assert first["type"] == "paper"
        told = first["value"]
        assert (told["key"], told["type"], told["format"], told["pages"]) == ("leaflet", "application/pdf", "A4", 2)
        assert told["title"] == PRINTABLES["leaflet"].texts("name")
        assert told["urls"] == {
            "sq": settings.PUBLIC_URL + "/fleta/leaflet.pdf",
            "en": settings.PUBLIC_URL + "/en/fleta/leaflet.pdf",
        }

    def test_a_paper_that_is_no_more_leaves_no_hole(self):
        page = DownloadPage.objects.get(slug="to-print")
        page.files = stream(("paper", {"paper": "gone"}))
        page.save()
        assert "/fleta/" not in self.html("/en/to-print/")
        assert self.client.get(f"/api/v2/pages/{page.pk}/").json()["files"][0]["value"] is None

    def test_editors_choose_among_them_in_any_text(self):
        for block in (BodyBlock(), DownloadsBlock()):
            choice = block.child_blocks["paper"].child_blocks["paper"]
            assert [key for key, _name in choice.field.choices if key] == [*PRINTABLES]
