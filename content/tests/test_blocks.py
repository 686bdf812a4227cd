import math
import re
import wave
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import TestCase
from PIL import Image
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from access.models import MobileUnit, Region

from ..blocks import BodyBlock
from ..blocks.files import describe_length
from ..models import ArticlePage
from ..regions import get_regions_with_units
from .public_site import PublicSiteTest, main, stream


def picture() -> int:
    """In the library, with its sizes, as after an editor's upload."""
    data = BytesIO()
    Image.new("RGB", (1300, 800), (11, 85, 99)).save(data, "PNG")
    with TestCase.captureOnCommitCallbacks(execute=True):
        made = get_image_model().objects.create(title="x", file=ContentFile(data.getvalue(), "x.png"))
    return made.pk


def document(name: str, content: bytes = b"x" * 2048) -> int:
    made = get_document_model()(title=name, file_size=len(content))
    made.file.save(name, ContentFile(content))
    return made.pk


def tone(seconds: int = 2) -> bytes:
    """A recording: a quiet tone."""
    found = BytesIO()
    with wave.open(found, "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(bytes(128 + round(20 * math.sin(each / 3)) for each in range(8000 * seconds)))
    return found.getvalue()


FILM_KINDS = ("video/mp4", "text/vtt")


class TestBlocks(PublicSiteTest):
    def shown(self, name: str, value: dict) -> str:
        return main(self.html(self.put(ArticlePage(title="A", slug="a", body=stream((name, value))), self.section)))

    def test_a_picture_comes_in_small_formats_with_its_measures_and_its_words(self):
        html = self.shown("figure", {"image": picture(), "alt": "Një dritare", "caption": "Foto jonë"})
        assert 'type="image/avif"' in html
        assert 'type="image/webp"' in html
        image = re.search(r"<img[^>]*>", html)[0]
        for part in ('alt="Një dritare"', 'loading="lazy"', 'width="', 'height="', "sizes="):
            assert part in image, part

    def test_a_picture_without_words_is_refused(self):
        block = BodyBlock().child_blocks["figure"]
        image = get_image_model().objects.get(pk=picture())
        with pytest.raises(ValidationError):
            block.clean(block.to_python({"image": image.pk, "alt": "", "caption": ""}))

    def test_a_film_is_not_loaded_before_it_is_wanted_and_can_be_read(self):
        value = {"title": "Filmi", "file": document("f.mp4"), "captions": document("f.vtt"), "poster": picture()}
        html = self.shown("video", value | {"transcript": "<p>Fjalët.</p>", "seconds": 150})
        assert re.search(r'<video controls preload="none"[^>]* poster="[^"]+\.webp"', html)
        assert 'type="video/mp4"' in html
        assert '<track kind="captions"' in html
        assert "Fjalët." in html
        assert "autoplay" not in html

    def test_a_recording_can_be_read(self):
        value = {"title": "Zëri", "file": document("z.mp3"), "transcript": "<p>Fjalët.</p>", "seconds": 45}
        html = self.shown("audio", value)
        assert '<audio controls preload="none"' in html
        assert "Fjalët." in html

    def test_a_recording_is_heard_in_parts_at_the_address_its_page_gives(self):
        sound = tone()
        value = {"title": "Zëri", "file": document("z.wav", sound), "transcript": "<p>Fjalët.</p>", "seconds": 2}
        source = re.search(r'<source src="([^"]+)" type="([^"]+)"', self.shown("audio", value))
        assert source[2] == "audio/wav"
        answer = self.client.get(source[1], headers={"Range": "bytes=44-143"})
        assert (answer.status_code, answer.getvalue()) == (206, sound[44:144])
        assert answer["Content-Type"] in ("audio/wav", "audio/x-wav")
        assert not answer.cookies

    def test_a_film_and_its_captions_are_found_at_the_addresses_its_page_gives(self):
        value = {"title": "F", "file": document("f.mp4"), "captions": document("f.vtt", b"WEBVTT"), "poster": None}
        html = self.shown("video", value | {"transcript": "<p>F.</p>", "seconds": 5})
        for address, kind in zip(re.findall(r'<(?:source|track)[^>]* src="([^"]+)"', html), FILM_KINDS, strict=True):
            answer = self.client.get(address)
            assert (answer.status_code, answer["Content-Type"]) == (200, kind), address

    def test_a_film_of_a_kind_no_browser_plays_is_refused_at_its_field(self):
        block = BodyBlock().child_blocks["audio"]
        value = {"title": "x", "file": document("z.docx"), "transcript": "<p>x</p>", "seconds": 1}
        with pytest.raises(ValidationError) as refused:
            block.clean(block.to_python(value))
        assert "file" in refused.value.block_errors

    def test_a_paper_says_its_kind_and_size(self):
        html = self.shown("download", {"document": document("fletushka.pdf"), "title": "Fletushka", "what": "Për ju"})
        assert re.search(r"PDF, 2,0\sKB", html)

    def test_a_paper_that_was_deleted_leaves_no_hole(self):
        pk = document("x.pdf")
        page = self.put(
            ArticlePage(title="A", slug="a", body=stream(("download", {"document": pk, "title": "T", "what": ""}))),
            self.section,
        )
        get_document_model().objects.get(pk=pk).delete()
        assert 'class="card download"' not in self.html(page)

    def test_a_quiz_sends_nothing_and_explains_each_question(self):
        answers = [{"text": "Po", "is_right": False}, {"text": "Jo", "is_right": True}]
        question = {"question": "A duhet të paguani?", "answers": answers, "explanation": "<p>Asnjëherë.</p>"}
        html = self.shown("quiz", {"title": "Kuiz", "intro": "", "questions": [question, question], "closing": ""})
        quiz = re.search(r'<section class="panel quiz">.*?</section>', html, re.DOTALL)[0]
        assert "<form" not in quiz
        assert "value=" not in quiz
        assert "Asnjëherë." in quiz
        assert len(set(re.findall(r'name="([^"]+)"', quiz))) == 2
        ids = re.findall(r' id="([^"]+)"', quiz)
        assert len(ids) == len(set(ids)) == 4

    def test_a_region_with_a_unit_shows_it_and_never_its_telephone(self):
        vlore = Region.objects.create(slug="vlore", name="Vlorë", iso_code="12", is_outreach=True)
        Region.objects.create(slug="fier", name="Fier", iso_code="04")
        MobileUnit.objects.create(slug="v", name="Njësia Vlorë", region=vlore, callback_phone="0691234567")
        MobileUnit.objects.create(slug="old", name="Njësia e vjetër", region=vlore, is_active=False)
        html = self.shown("region_chooser", {"title": "Kush është pranë", "intro": ""})
        vlore_part, fier_part = html[html.index("Vlorë") :], html[html.index("Fier") : html.index("Vlorë")]
        assert "Njësia Vlorë" in vlore_part
        assert "Njësia e vjetër" not in html
        assert "691234567" not in html
        assert "Këtu nuk ka njësi lëvizëse." in fier_part
        assert "/pyet/" not in fier_part

    def test_where_there_is_no_unit_the_centres_answers(self):
        vlore = Region.objects.create(slug="vlore", name="Vlorë", iso_code="12", is_outreach=True)
        Region.objects.create(slug="fier", name="Fier", iso_code="04")
        unit = MobileUnit.objects.create(slug="vlore", name="Njësia Vlorë", region=vlore)
        html = self.shown("region_chooser", {"title": "Kush është pranë", "intro": ""})
        fier_part = html[html.index("Fier") :].split("</details>")[0]
        assert "Njësia Vlorë" in fier_part
        assert "/pyet/fier/" in fier_part
        unit.is_active = False
        unit.save()
        assert [region.ask_url for region in get_regions_with_units()] == ["", ""]

    def test_a_line_within_the_text_is_gone_with_its_permission_to_be_shown(self):
        page = self.put(
            ArticlePage(title="A", slug="a", body=stream(("hotline", {"line": self.line.pk}))), self.section
        )
        assert 'class="line line-danger"' in self.html(page)
        self.line.publish = "no"
        self.line.save()
        assert 'class="line line-danger"' not in self.html(page)

    def test_a_quote_names_who_said_it(self):
        html = self.shown("quote", {"text": "Askush nuk ka të drejtë.", "by": "Kushtetuta"})
        assert "<figcaption>Kushtetuta</figcaption>" in html


def test_lengths_are_told_in_words():
    assert describe_length(45).startswith("45 ")
    assert describe_length(150).startswith("3 ")


def test_every_block_begins_so_that_a_draft_of_it_can_be_saved_at_once():
    for name, block in BodyBlock().child_blocks.items():
        block.clean_deferred(block.get_default())  # as Wagtail saves drafts
        assert name
