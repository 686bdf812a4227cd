"""The pages on which a unit opens a kit: the list, a version, its materials, slides, papers, and the zip."""

import io
import re
import zipfile
from unittest.mock import patch

import pypdfium2
import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from access.limits import Busy
from access.models import StaffRole
from content.models import ExaminedFile, Hotline
from content.pictures import make_sizes
from content.printables.pdf import PrintableError
from outreach_pages.tests.places import person, region, unit

from ..bundle import build_bundle, get_bundle_name
from ..contents import get_standing, read_materials
from ..models import KitVersion
from ..papers import render_material
from .kit_world import KitTest, build_slide

OUTSIDE = re.compile(r'(?:src|poster|srcset)="(?:https?:)?/|<link[^>]+href=|@import|url\(')


class FieldKitsTest(KitTest):
    def setUp(self) -> None:
        super().setUp()
        self.worker = person("punonjes", unit=unit(region("vlore", "Vlorë", "AL-12")), language="en")
        self.client.force_login(self.worker)

    def newest(self) -> KitVersion:
        return self.get_versions()[-1]

    def get(self, name, *args, status=200):
        answer = self.client.get(reverse(f"session_kits:{name}", args=args))
        assert answer.status_code == status, answer.status_code
        return answer

    def html(self, name, *args):
        return self.get(name, *args).content.decode()


class TestReading(FieldKitsTest):
    def test_the_list_names_the_newest_version_of_each_published_kit_only(self):
        self.publish_slide("Si mashtrojnë")
        hidden = self.put_kit(self.slides, slug="hequr")
        hidden.unpublish()
        html = self.html("list")
        assert reverse("session_kits:kit", args=[self.newest().pk]) in html
        assert reverse("session_kits:kit", args=[self.get_versions()[0].pk]) not in html
        assert reverse("session_kits:kit", args=[KitVersion.objects.newest(hidden.pk).pk]) not in html

    def test_the_list_is_filtered_by_audience_and_what_is_unknown_filters_nothing(self):
        address = reverse("session_kits:list")
        assert "Klasa e nëntë" not in self.client.get(address, {"audience": "women"}).content.decode()
        assert "Klasa e nëntë" in self.client.get(address, {"audience": "martians", "language": "sq"}).content.decode()

    def test_a_version_shows_its_materials_in_the_kits_order(self):
        sheet = self.put_material("Fleta e punës", "worksheet", ("task", {"title": "Shkruani", "text": "", "lines": 4}))
        kit = self.put_kit(sheet, self.slides, slug="dy")
        html = self.html("kit", KitVersion.objects.newest(kit.pk).pk)
        assert html.index("1. Fleta e punës") < html.index("2. Diapozitivat")

    def test_an_old_version_says_so_and_what_replaced_it(self):
        old = self.newest()
        assert "replaced it on" not in self.html("kit", old.pk)
        self.publish_slide("Si mashtrojnë")
        for name, *more in (("kit",), ("material", self.slides.pk), ("slides", self.slides.pk)):
            html = self.html(name, old.pk, *more)
            assert "This is version 1. Version 2 replaced it on" in html
            assert reverse("session_kits:kit", args=[self.newest().pk]) in html
        html = self.html("kit", old.pk)
        assert "says something else now" in html
        self.slides.unpublish()
        assert "taken away since" in self.html("kit", old.pk)

    def test_a_kit_that_was_withdrawn_says_that_no_session_should_be_held_with_it(self):
        version = self.newest()
        self.kit.unpublish()
        assert "This kit is no longer published." in self.html("kit", version.pk)

    def test_a_material_and_its_slides_show_the_frozen_words(self):
        version = self.newest()
        self.publish_slide("Si mashtrojnë")
        assert "Rregullat" in self.html("material", version.pk, self.slides.pk)
        html = self.html("slides", version.pk, self.slides.pk)
        assert "Rregullat" in html
        assert "Si mashtrojnë" not in html

    def test_each_slide_links_to_its_neighbours_and_has_its_notes_beside_it(self):
        deck = self.put_material("Tri", "slides", *(build_slide(f"Nr {n}", notes=f"Thuaj {n}") for n in (1, 2, 3)))
        kit = self.put_kit(deck, slug="kit-tri")
        html = self.html("slides", KitVersion.objects.newest(kit.pk).pk, deck.pk)
        second = html[html.index('id="slide-2"') : html.index('id="slide-3"')]
        assert 'href="#slide-1"' in second
        assert 'href="#slide-3"' in second
        assert "Thuaj 2" in second

    def test_what_is_not_in_the_version_is_not_there(self):
        version = self.newest()
        other = self.put_material("Tjetër", "handout", ("rich_text", "<p>Po</p>"))
        for name in ("material", "slides", "pdf"):
            self.get(name, version.pk, other.pk, status=404)
        self.get("kit", version.pk + 1000, status=404)
        self.get("kit", 10**30, status=404)

    def test_only_slides_are_shown_as_slides(self):
        paper = self.put_material("Fletë", "handout", ("rich_text", "<p>Po</p>"))
        kit = self.put_kit(paper, slug="kit-flete")
        self.get("slides", KitVersion.objects.newest(kit.pk).pk, paper.pk, status=404)

    def test_editors_and_coordinators_open_kits_and_operators_do_not(self):
        for role, status in ((StaffRole.COORDINATOR, 200), (StaffRole.EDITOR, 200), (StaffRole.OPERATOR, 404)):
            more = {"region": region("vlore", "Vlorë", "AL-12")} if role == StaffRole.COORDINATOR else {}
            self.client.force_login(person(f"u-{role}", role, language="en", **more))
            self.get("list", status=status)
            self.get("kit", self.newest().pk, status=status)

    def test_a_kit_asks_the_database_as_often_for_nine_materials_as_for_one(self):
        papers = [self.put_material(f"Fletë {n}", "handout", ("rich_text", "<p>Po</p>")) for n in range(8)]
        kit = self.put_kit(self.slides, *papers, slug="nente")
        one, nine = self.newest().pk, KitVersion.objects.newest(kit.pk).pk
        self.html("kit", one)
        with self.assertNumQueries(self.count_queries(one)):
            self.html("kit", nine)

    def count_queries(self, version: int) -> int:
        with CaptureQueriesContext(connection) as found:
            self.html("kit", version)
        return len(found)


class TestPapers(FieldKitsTest):
    def test_a_material_prints_and_its_file_names_kit_and_version(self):
        answer = self.get("pdf", self.newest().pk, self.slides.pk)
        assert answer.content.startswith(b"%PDF-")
        assert answer["Content-Disposition"] == 'inline; filename="01-diapozitivat-v1-sq.pdf"'

    def test_a_handout_has_the_helplines_of_the_day(self):
        paper = self.put_material("Fletë", "handout", ("rich_text", "<p>Po</p>"))
        version = KitVersion.objects.newest(self.put_kit(paper, slug="kit-flete").pk)
        with patch("outreach_pages.kits.papers._render", side_effect=lambda html, *_rest: html) as made:
            html = str(render_material(version, read_materials(version)[0], get_standing(version)))
            assert all(line.number in html for line in Hotline.objects.published())
            assert made.called

    def test_the_same_paper_is_made_once_a_day(self):
        with patch("outreach_pages.kits.papers.render_pdf", return_value=b"%PDF-x") as made:
            for _each in range(3):
                self.get("pdf", self.newest().pk, self.slides.pk)
        assert made.call_count <= 1


class TestZip(FieldKitsTest):
    def setUp(self) -> None:
        super().setUp()
        self.quiz = self.put_material(
            "Kuizi",
            "quiz",
            (
                "quiz",
                {
                    "title": "A e dallon?",
                    "questions": [
                        {
                            "question": "Kush i mban dokumentet?",
                            "answers": [{"text": "Unë", "is_right": True}, {"text": "Ai", "is_right": False}],
                            "explanation": "<p>Ju.</p>",
                        }
                    ],
                },
            ),
        )
        self.version = KitVersion.objects.newest(self.put_kit(self.slides, self.quiz, slug="me-kuiz").pk)

    def unpack(self) -> dict[str, bytes]:
        answer = self.get("zip", self.version.pk)
        assert answer["Content-Disposition"] == f'attachment; filename="{get_bundle_name(self.version)}.zip"'
        with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
            assert archive.testzip() is None
            names = [name.removeprefix(f"{get_bundle_name(self.version)}/") for name in archive.namelist()]
            assert len(set(names)) == len(names)
            return dict(zip(names, (archive.read(name) for name in archive.namelist()), strict=True))

    def test_it_holds_pages_slides_and_papers_and_asks_for_nothing_outside(self):
        files = self.unpack()
        assert set(files) == {
            "index.html",
            "01-diapozitivat.html",
            "01-diapozitivat-slides.html",
            "02-kuizi.html",
            "pdf/01-diapozitivat.pdf",
            "pdf/02-kuizi.pdf",
        }
        for name, body in files.items():
            if name.endswith(".html"):
                html = body.decode()
                assert not OUTSIDE.search(html), (name, OUTSIDE.search(html))
                for address in re.findall(r' href="([^"#]+)"', html):
                    assert address in files or address.startswith(("tel:", "https:", "http:")), (name, address)
        assert all(body.startswith(b"%PDF-") for name, body in files.items() if name.endswith(".pdf"))

    def test_its_first_page_names_the_version_the_day_and_the_helplines(self):
        html = self.unpack()["index.html"].decode()
        assert "versioni 1" in html
        assert all(line.number in html for line in Hotline.objects.published())

    def test_a_paper_that_fails_stops_nothing_and_is_named(self):
        def render(version, material, *rest, **more):
            if material.page == self.quiz.pk:
                raise PrintableError
            return render_material(version, material, *rest, **more)

        with patch("outreach_pages.kits.bundle.render_material", side_effect=render):
            files = self.unpack()
        assert "pdf/02-kuizi.pdf" not in files
        assert "pdf/01-diapozitivat.pdf" in files
        assert "<li>PDF: Kuizi</li>" in files["index.html"].decode()

    def test_while_too_many_are_made_nobody_gets_half_a_zip(self):
        with patch("outreach_pages.kits.bundle.render_material", side_effect=Busy):
            self.client.raise_request_exception = False
            answer = self.client.get(reverse("session_kits:zip", args=[self.version.pk]))
        assert answer.status_code == 503

    def test_an_old_version_is_marked_on_each_page(self):
        self.publish_slide("Si mashtrojnë")
        for name, body in self.unpack().items():
            if name.endswith(".html"):
                assert "versioni 2" in body.decode(), name

    def test_a_file_that_does_not_fit_is_named_as_missing(self):
        document = get_document_model().objects.create(title="Filmi", file=ContentFile(b"x" * 50, name="filmi.mp4"))
        block = ("download", {"document": document.pk, "title": "Filmi ynë", "what": ""})
        sheet = self.put_material("Film", "handout", block)
        self.version = KitVersion.objects.newest(self.put_kit(sheet, slug="kit-film").pk)
        files = self.unpack()
        assert files[f"files/{document.pk}.mp4"] == b"x" * 50
        with patch("outreach_pages.kits.files.MAX_BUNDLED_BYTES", 10):
            files = self.unpack()
        assert f"files/{document.pk}.mp4" not in files
        assert "<li>Filmi</li>" in files["index.html"].decode()

    def test_a_file_that_cannot_be_cleaned_is_named_as_missing(self):
        document = get_document_model().objects.create(title="Plani", file=ContentFile(b"x" * 50, name="plani.pdf"))
        block = ("download", {"document": document.pk, "title": "Plani ynë", "what": ""})
        sheet = self.put_material("Plan", "handout", block)
        self.version = KitVersion.objects.newest(self.put_kit(sheet, slug="kit-plan").pk)
        ExaminedFile.objects.update_or_create(file_hash=document.file_hash, defaults={"problem": "locked"})
        files = self.unpack()
        assert f"files/{document.pk}.pdf" not in files
        assert "<li>Plani</li>" in files["index.html"].decode()

    def test_no_title_and_no_file_name_leads_out_of_its_folder(self):
        document = get_document_model().objects.create(
            title="../../../out", file=ContentFile(b"x", name="out.p df;x\\y..")
        )
        block = ("download", {"document": document.pk, "title": "/etc/passwd", "what": ""})
        sheet = self.put_material("../..\\..//out", "handout", block)
        self.version = KitVersion.objects.newest(self.put_kit(sheet, slug="kit-out").pk)
        for name in self.unpack():
            assert re.fullmatch(r"(files/|pdf/)?[a-z0-9-]+(\.[a-z0-9]+)?", name), name

    def test_a_picture_comes_along_once_and_is_on_the_paper(self):
        image = get_image_model().objects.create(title="Skica", file=get_test_image_file())
        make_sizes(image)
        figure = ("figure", {"image": image.pk, "alt": "Një skicë", "caption": ""})
        sheet = self.put_material("Me figurë", "handout", figure, figure)
        self.version = KitVersion.objects.newest(self.put_kit(sheet, slug="kit-figure").pk)
        files = self.unpack()
        assert files[f"files/picture-{image.pk}.jpeg"].startswith(b"\xff\xd8")
        html = files["01-me-figure.html"].decode()
        assert html.count(f'<img src="files/picture-{image.pk}.jpeg" alt="Një skicë">') == 2
        with pypdfium2.PdfDocument(files["pdf/01-me-figure.pdf"]) as document:
            pictures = [each for each in document[0].get_objects() if each.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
        assert len(pictures) == 2

    def test_a_large_zip_waits_on_the_disk_and_is_the_same(self):
        small = self.unpack()
        with patch("outreach_pages.kits.bundle.IN_MEMORY", 100):
            assert self.unpack().keys() == small.keys()

    def test_the_zip_is_closed_when_something_goes_wrong(self):
        with (
            patch("outreach_pages.kits.bundle.read_materials", side_effect=OSError("full")),
            pytest.raises(OSError, match="full"),
        ):
            build_bundle(self.version)
