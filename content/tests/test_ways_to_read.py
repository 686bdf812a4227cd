"""A page that says itself again in easy words or in sign language leads there from its top."""

import pytest
from django.core.exceptions import ValidationError

from ..blocks import BodyBlock
from ..models import ArticlePage, StepsPage
from .public_site import PublicSiteTest, main, stream
from .seeded import SeededTest
from .test_blocks import document, picture

EASY = {"title": "Me pak fjalë", "sentences": [{"text": "Mund të pyesni.", "image": None}]}


def film(**more):
    value = {"title": "Filmi", "file": document("f.mp4"), "captions": document("f.vtt", b"WEBVTT"), "poster": None}
    return value | {"transcript": "<p>F.</p>", "seconds": 5} | more


class TestWaysToRead(PublicSiteTest):
    def shown(self, *blocks):
        return main(self.html(self.put(ArticlePage(title="A", slug="a", body=stream(*blocks)))))

    def test_the_top_leads_to_easy_words_and_to_the_film_in_sign_language(self):
        html = self.shown(("video", film(sign_language=True)), ("easy_words", EASY))
        ways, text = html.split('<div class="body">')
        assert ways.index("Në gjuhën e shenjave") < ways.index('href="#easy-words"')
        anchor = ways.partition('href="#film-')[2].partition('"')[0]
        assert f'id="film-{anchor}"' in text
        assert 'id="easy-words"' in text
        assert "Mund të pyesni." in text
        assert "Në gjuhën e shenjave" in text

    def test_a_page_without_them_has_no_such_list(self):
        html = self.shown(("video", film()), ("quote", {"text": "x", "source": ""}))
        assert "ways-to-read" not in html
        assert "film-" not in html

    def test_a_picture_beside_a_sentence_is_decoration(self):
        easy = EASY | {"sentences": [{"text": "Mund të pyesni.", "image": picture()}]}
        image = self.shown(("easy_words", easy)).partition('id="easy-words"')[2].partition("<img")[2].partition(">")[0]
        assert 'alt=""' in image

    def test_a_long_sentence_and_a_second_block_are_refused(self):
        block = BodyBlock()
        long = EASY | {"sentences": [{"text": "fjalë " * 25, "image": None}]}
        for wrong in ([("easy_words", long)], [("easy_words", EASY)] * 2):
            value = block.to_python(
                [{"type": name, "value": value, "id": str(at)} for at, (name, value) in enumerate(wrong)]
            )
            with pytest.raises(ValidationError):
                block.clean(value)


class TestSeeded(SeededTest):
    def test_what_happens_is_said_in_easy_words_in_both_languages(self):
        for page in StepsPage.objects.live():
            if any(block.block_type == "video" for block in page.body):
                html = main(self.html(page.url))
                assert 'href="#easy-words"' in html
                easy = html.partition('id="easy-words"')[2].partition("</section>")[0]
                assert easy.count("<li>") == 12

    def test_other_front_ends_get_both(self):
        page = next(page for page in StepsPage.objects.live() if page.slug == "what-happens")
        body = {each["type"]: each["value"] for each in self.client.get(f"/api/v2/pages/{page.pk}/").json()["body"]}
        assert body["easy_words"]["sentences"][1]["text"] == "You need not say your name."
        assert body["video"]["sign_language"] is False
