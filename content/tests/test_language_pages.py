"""Short pages in other languages: published once a speaker has read every word, and found under their own name."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from ..checks.run import get_findings
from ..models import Hotline, LanguagePage
from .public_site import PublicSiteTest, stream
from .seeded import SeededTest

CARD = {"title": "Show", "meaning": "I need help.", "shown": "Kam nevojë për ndihmë."}


class TestLanguagePages(PublicSiteTest):
    def new_page(self, **fields: Any) -> LanguagePage:
        line = Hotline.objects.filter(number="129").get()
        body = stream(("number", {"line": line.pk, "words": "الشرطة"}), ("show_card", CARD))
        values = {"title": "هل تحتاج", "slug": "arabisht", "spoken": "ar", "intro": "أنت", "body": body}
        return self.put(LanguagePage(**{**values, **fields}), self.home)

    def stops(self, page: LanguagePage) -> bool:
        return any(each.code == "unread" and each.stops for each in get_findings(page))

    def test_it_is_stopped_until_somebody_who_speaks_it_has_read_exactly_these_words(self):
        page = self.new_page()
        assert self.stops(page)
        page.speaker, page.speaker_read_on = "Lejla", dt.date(2026, 11, 28)
        page.clean()
        assert not self.stops(page)
        page.intro = "أنت لا"
        page.clean()
        assert self.stops(page), "a word was changed after it was read"
        page.speaker_read_on = dt.date(2026, 11, 29)
        page.clean()
        assert not self.stops(page)
        page.speaker, page.speaker_read_on = "", None
        page.clean()
        assert self.stops(page)

    def test_a_reading_has_a_name_and_a_day(self):
        page = self.new_page()
        for name, day, wrong in (("Lejla", None, "speaker_read_on"), ("", dt.date(2026, 11, 28), "speaker")):
            page.speaker, page.speaker_read_on = name, day
            with pytest.raises(ValidationError) as refused:
                page.clean()
            assert list(refused.value.message_dict) == [wrong]

    def test_it_is_read_from_right_to_left_with_the_number_and_the_card_as_everybody_reads_them(self):
        html = self.html(self.new_page())
        assert '<article lang="ar" dir="rtl">' in html
        assert 'href="tel:129" dir="ltr"' in html
        assert '<p class="show-card-words" lang="sq" dir="ltr">Kam nevojë për ndihmë.</p>' in html

    def test_every_page_leads_to_it_under_the_name_that_its_speakers_give_it_while_it_is_public(self):
        page = self.new_page()
        link = f'<li><a href="{page.url}" lang="ar">العربية</a></li>'
        assert self.html(self.section).count(link) == 2  # the menu and the foot
        page.unpublish()
        assert "العربية" not in self.html(self.section)

    def test_a_line_that_may_not_be_shown_is_missing_on_it(self):
        page = self.new_page()
        Hotline.objects.filter(number="129").update(publish="no")
        html = self.html(page).split("<article lang")[1].split("</article>")[0]
        assert "tel:129" not in html
        assert "الشرطة" not in html


class TestSeeded(SeededTest):
    def test_what_is_shipped_is_a_draft_that_no_reader_finds_and_nobody_can_publish_as_it_is(self):
        pages = LanguagePage.objects.all()
        assert {page.spoken for page in pages} == {"it", "el", "tr", "ar", "uk", "fa"}
        for page in pages:
            assert not page.live
            assert self.client.get(page.get_url() or "/-/").status_code in (301, 404)
            assert any(each.code == "unread" for each in get_findings(page)), page
            assert [each.code for each in get_findings(page) if each.stops] == ["unread"], page
            assert [block.block_type for block in page.body] == ["rich_text", "number", "number", "show_card"]
        assert "Italiano" not in self.html("/")
