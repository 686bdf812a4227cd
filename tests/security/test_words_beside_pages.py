"""Attacks by words that stand before readers beside any page, so that no page's approval covers them; and what is said
when the clock finds another text than the one that was approved."""

import io
import json
from datetime import timedelta

from django.core import mail
from django.core.files.images import ImageFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Pillow
from wagtail.images import get_image_model
from wagtail.models import Locale, Revision

from audit.models import AuditEntry
from content import housekeeping
from content.models import GlossaryTerm
from content.review.actions import publish_due
from content.review.models import EditorNews
from content.tests.editors import EditorsTest, get_form

AWAY = "https://help.example.org/"


def linked(url: str) -> str:
    """An explanation as Draftail posts it, one word of which leads to this address."""
    block = {
        "key": "aaaaa", "text": "Drejton hetimin.", "type": "unstyled", "depth": 0, "inlineStyleRanges": [],
        "entityRanges": [{"offset": 0, "length": 7, "key": 0}],
    }  # fmt: skip
    link = {"type": "LINK", "mutability": "MUTABLE", "data": {"url": url}}
    return json.dumps({"blocks": [block], "entityMap": {"0": link}})


class TestWordsExplained(EditorsTest):
    def post(self, url: str, term: str = "fjalë e re"):
        data = {"term": term, "slug": "", "forms": "", "definition": linked(url)}
        return self.ana.client.post(reverse("wagtailsnippets_content_glossaryterm:add"), data)

    def test_an_explanation_leads_to_no_other_site_and_dials_no_number(self):
        for url in (AWAY, "tel:+355691234567", "mailto:x@help.example.org", "//help.example.org"):
            answer = self.post(url)
            assert "leads to a page of this site only" in answer.content.decode(), url
        assert not GlossaryTerm.objects.filter(term="fjalë e re").exists()

    def test_an_old_row_with_another_sites_address_leads_nowhere(self):
        GlossaryTerm.objects.create(
            term="fjalë", slug="fjale-prove", locale=Locale.objects.get(language_code="sq"),
            definition=f'<p>Shih <a href="{AWAY}">këtu</a>.</p>',
        )  # fmt: skip
        self.ana.save(self.article, action="submit", text="Kjo fjalë ka një shpjegim.")
        self.besa.post("review:decide", self.again(self.article).current_workflow_task_state.pk, action="approve")
        page = self.client.get(self.again(self.article).url).content.decode()
        assert "këtu" in page
        assert AWAY not in page
        assert AWAY not in self.client.get("/api/v2/glossary/?slug=fjale-prove").content.decode()

    def test_every_editor_hears_of_a_changed_word(self):
        word = GlossaryTerm.objects.create(
            term="fjalë", slug="fjale-prove", definition="<p>Një.</p>", locale=Locale.objects.get(language_code="sq")
        )
        plain = linked(AWAY).replace('"entityRanges": [{"offset": 0, "length": 7, "key": 0}]', '"entityRanges": []')
        data = {"term": "fjalë", "slug": "fjale-prove", "forms": "", "definition": plain}
        self.ana.client.post(reverse("wagtailsnippets_content_glossaryterm:edit", args=[word.pk]), data)
        assert EditorNews.objects.get().what == "word"
        housekeeping.each_minute()
        told = {letter.to[0] for letter in mail.outbox}
        assert {"ana@vatra.example", "besa@vatra.example"} <= told
        assert "a word of the glossary" in mail.outbox[0].body


class TestPictures(EditorsTest):
    def setUp(self) -> None:
        super().setUp()
        held = io.BytesIO()
        Pillow.new("RGB", (8, 8)).save(held, "PNG")
        held.seek(0)
        self.picture = get_image_model().objects.create(
            title="Dora", description="Dy duar.", file=ImageFile(held, name="dora.png")
        )

    def change(self, **words: str):
        data = {"title": "Dora", "description": "Dy duar.", "tags": "", "collection": self.picture.collection_id}
        data |= {f"focal_point_{name}": "" for name in ("x", "y", "width", "height")} | words
        return self.ana.client.post(reverse("wagtailimages:edit", args=[self.picture.pk]), data)

    def test_what_a_picture_shows_names_no_number_and_no_site(self):
        for words in ("Telefononi 069 123 4567", f"Shihni {AWAY}"):
            assert self.change(description=words).status_code == 200
            self.picture.refresh_from_db()
            assert self.picture.description == "Dy duar."

    def test_other_words_are_recorded_and_every_editor_hears_of_them(self):
        assert self.change(description="Dy duar që mbahen.").status_code == 302
        assert EditorNews.objects.get().what == "picture"
        assert AuditEntry.objects.filter(action="cms.edit", target_kind="image").exists()


class TestTheClock(EditorsTest):
    def approved_for_tomorrow_and_changed(self) -> Revision:
        soon = (timezone.localtime() + timedelta(days=1)).strftime("%d.%m.%Y %H:%M")
        self.ana.save(self.article, action="submit", title="E mirë", go_live_at=soon)
        state = self.again(self.article).current_workflow_task_state
        self.besa.post("review:decide", state.pk, action="approve")
        revision = Revision.objects.get(pk=state.revision_id)
        assert revision.approved_go_live_at is not None
        Revision.objects.filter(pk=revision.pk).update(content={**revision.content, "title": "E keqe"})
        return revision

    def run_the_clock(self) -> dict[str, int]:
        return publish_due(timezone.now() + timedelta(days=2))

    def test_editors_are_told_once_by_mail_and_on_the_page(self):
        revision = self.approved_for_tomorrow_and_changed()
        assert self.run_the_clock() == {"published": 0, "taken away": 0}
        self.run_the_clock()
        assert self.again(self.article).title == "Provë"
        revision.refresh_from_db()
        assert revision.approved_go_live_at is None
        assert AuditEntry.objects.filter(action="page.not_published").count() == 1
        mail.outbox.clear()
        housekeeping.each_minute()
        assert {"ana@vatra.example", "besa@vatra.example"} <= {letter.to[0] for letter in mail.outbox}
        letter = mail.outbox[0]
        assert letter.subject == "A page was not published"
        assert "differs from what was approved" in letter.body
        assert "done by one editor alone" not in letter.body
        screen = self.besa.text("wagtailadmin_pages:edit", self.article.pk)
        assert "Not published at its hour" in screen
        assert "Not published at its hour" in self.besa.text("wagtailadmin_pages:history", self.article.pk)

    def test_the_screen_says_it_until_the_page_is_submitted_again(self):
        self.approved_for_tomorrow_and_changed()
        self.run_the_clock()
        self.ana.client.post(reverse("wagtailadmin_pages:edit", args=[self.article.pk]), get_form(
            self.again(self.article), "submit", title="E mirë"))  # fmt: skip
        assert "Not published at its hour" not in self.besa.text("wagtailadmin_pages:edit", self.article.pk)
