"""Translations with wagtail-localize, through the admin: sentences, PO files out and in, approval, and what follows."""

import polib
import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images import get_image_model
from wagtail.images.blocks import ImageChooserBlock
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Locale, Page
from wagtail_localize.fields import get_translatable_fields
from wagtail_localize.models import OverridableSegment, StringTranslation, Translation, TranslationSource

from audit.models import AuditEntry

from ..models import GlossaryTerm, Hotline, public_page_models
from ..review.actions import get_translation
from ..review.localize import get_block_names_with
from ..review.models import EditorNews
from .editors import Editor, EditorsTest

BODY = [
    ("rich_text", "<h2>Një titull</h2><p>Një fjali e parë.</p>"),
    ("hotline", {"line": None}),
    ("callout", {"kind": "care", "title": "Kujdes", "text": "<p>Ruajeni letrën.</p>"}),
    ("signs", {"title": "Shenja", "intro": "", "signs": ["Ju marrin letrat.", "Ju kërcënojnë."], "closing": "Flisni."}),
    ("quiz", {
        "title": "Provoni", "intro": "", "closing": "",
        "questions": [{
            "question": "Kush i mban letrat?", "explanation": "<p>Ju vetë.</p>",
            "answers": [{"text": "Unë", "is_right": True}, {"text": "Shefi", "is_right": False}],
        }],
    }),
]  # fmt: skip


class TranslationsTest(EditorsTest):
    def setUp(self) -> None:
        super().setUp()
        self.english = Locale.objects.get(language_code="en")
        body = [
            (kind, {"line": Hotline.objects.get(key="police_129")} if kind == "hotline" else value)
            for kind, value in BODY
        ]
        self.page = self.new_article(title="Letrat tuaja", slug="letrat", change_note="", body=body)

    def begin(self, page: Page | None = None) -> Translation:
        """“Translate this page”, as an editor presses it."""
        source = page or self.page
        response = self.ana.post("wagtail_localize:submit_page_translation", source.pk, locales=[self.english.pk])
        assert response.status_code == 302, response.content.decode()
        return Translation.objects.get(source__object_id=source.translation_key, target_locale=self.english)

    def twin(self) -> Page:
        return self.page.get_translation(self.english)

    def po(self, translation: Translation) -> polib.POFile:
        response = self.ana.get("wagtail_localize:download_pofile", translation.pk)
        assert response.status_code == 200
        return polib.pofile(response.content.decode())

    def upload(self, translation: Translation, po: polib.POFile | str) -> object:
        file = SimpleUploadedFile("en.po", str(po).encode(), "text/x-gettext-translation")
        return self.ana.post(
            "wagtail_localize:upload_pofile", translation.pk, file=file, next=reverse("wagtailadmin_home")
        )


class TestFilesThatAreDeleted(TranslationsTest):
    def test_they_leave_the_sentence_editor_which_would_stay_empty_without_them(self):
        image = get_image_model().objects.create(title="x", file=get_test_image_file())
        paper = get_document_model()(title="x", file_size=1)
        paper.file.save("x.pdf", ContentFile(b"%PDF-"))
        body = [
            ("rich_text", "<p>Një fjali.</p>"),
            ("figure", {"image": image, "alt": "Një dritare", "caption": ""}),
            ("download", {"document": paper, "title": "Fletë", "what": ""}),
        ]
        self.begin(self.new_article(slug="me-skedare", body=body))
        assert set(OverridableSegment.objects.values_list("data_json", flat=True)) == {str(image.pk), str(paper.pk)}
        paper.delete()
        assert [each.data_json for each in OverridableSegment.objects.all()] == [str(image.pk)]
        image.delete()
        assert not OverridableSegment.objects.exists()

    def test_each_part_of_a_block_that_chooses_a_file_is_known(self):
        assert get_block_names_with(ImageChooserBlock) == {"image", "poster"}
        assert get_block_names_with(DocumentChooserBlock) == {"file", "captions", "document"}


class TestTranslating(TranslationsTest):
    def test_a_page_begins_its_other_language_as_a_draft(self):
        self.begin()
        assert not self.twin().live
        assert "/en/" in self.twin().url
        assert self.client.get(self.twin().url).status_code == 404

    def test_po_goes_out_and_in_and_another_editor_publishes(self):
        translation = self.begin()
        po = self.po(translation)
        said = {entry.msgid for entry in po}
        assert {
            "Letrat tuaja",
            "Një fjali e parë.",
            "Kujdes",
            "Ju marrin letrat.",
            "Kush i mban letrat?",
            "Ju vetë.",
        } <= said
        assert not {"care", "129"} & said
        for entry in po:
            entry.msgstr = "letters" if entry.msgctxt == "slug" else f"EN {entry.msgid}"
        assert self.upload(translation, po).status_code == 302
        assert StringTranslation.objects.filter(translation_of__data="Kujdes", data="EN Kujdes").exists()

        look = self.ana.text("review:submit_translation", self.twin().pk)
        assert f"{len(po)} of {len(po)} sentences" in look
        self.ana.post("review:submit_translation", self.twin().pk)
        assert not self.twin().live
        state = self.twin().current_workflow_task_state
        self.ana.post("review:decide", state.pk, action="approve")
        assert not self.twin().live
        self.besa.post("review:decide", state.pk, action="approve")

        twin = self.twin()
        assert twin.live
        html = self.html(twin.url)
        assert "EN Një fjali e parë." in html
        assert "EN Kush i mban letrat?" in html
        assert 'href="tel:129"' in html[html.index("<main") :]
        assert f'href="{self.page.url}"' in html
        assert f'href="{twin.url}"' in self.html(self.page.url)

    def test_a_file_that_is_no_po_is_refused_and_changes_nothing(self):
        translation = self.begin()
        before = StringTranslation.objects.count()
        assert self.upload(translation, "not a po file").status_code == 302
        assert StringTranslation.objects.count() == before

    def test_a_po_file_of_another_page_is_refused(self):
        other = self.begin(self.new_article(slug="tjeter", title="Tjetër"))
        translation = self.begin()
        po = self.po(other)
        for entry in po:
            entry.msgstr = "stray"
        self.upload(translation, po)
        assert not StringTranslation.objects.filter(data="stray").exists()

    def test_what_is_not_translated_yet_is_said_before_it_is_sent(self):
        self.begin()
        assert "would appear on the page in the other language" in self.ana.text(
            "review:submit_translation", self.twin().pk
        )

    def test_the_sentence_editor_says_how_to_send_and_can_not_publish(self):
        self.begin()
        page = self.ana.text("wagtailadmin_pages:edit", self.twin().pk)
        assert reverse("review:submit_translation", args=[self.twin().pk]) in page
        response = self.ana.post("wagtailadmin_pages:edit", self.twin().pk, action="publish")
        assert response.status_code in (302, 403)
        assert not self.twin().live
        self.ana.post("review:submit_translation", self.twin().pk)
        waiting = self.besa.text("wagtailadmin_pages:edit", self.twin().pk)
        assert reverse("review:decide", args=[self.twin().current_workflow_task_state.pk]) in waiting

    def test_sending_twice_is_refused_with_words(self):
        self.begin()
        self.ana.post("review:submit_translation", self.twin().pk)
        address = reverse("review:submit_translation", args=[self.twin().pk])
        html = self.ana.client.post(address, follow=True).content.decode()
        assert "is already waiting for approval" in html

    def test_fetching_what_is_new_publishes_nothing_whatever_is_posted(self):
        translation = self.begin()
        self.page.title = "Letrat tuaja, e re"
        self.page.save_revision().publish()
        address = reverse("wagtail_localize:update_translations", args=[translation.source_id])
        assert "Publish immediately" not in self.ana.client.get(address).content.decode()
        with self.captureOnCommitCallbacks(execute=True):
            assert self.ana.client.post(address, {"publish_translations": "on"}).status_code == 302
        assert not self.twin().live
        assert "Letrat tuaja, e re" in {entry.msgid for entry in self.po(translation)}

    def test_a_twin_never_becomes_a_copy_in_the_wrong_language(self):
        self.begin()
        assert self.ana.get("wagtail_localize:convert_to_alias", self.twin().pk).status_code == 404

    def test_people_of_other_roles_send_no_translation(self):
        self.begin()
        operator = Editor("op", "Operators", role="operator")
        assert operator.post("review:submit_translation", self.twin().pk).status_code == 404

    def test_pages_that_are_no_translation_are_sent_from_the_editor(self):
        assert get_translation(self.page) is None
        assert self.ana.get("review:submit_translation", self.page.pk).status_code in (302, 403)


class TestWhatIsTranslated(TranslationsTest):
    def test_each_seeded_page_of_each_type_can_be_taken_into_sentences(self):
        seen = set()
        for page in Page.objects.filter(depth__gte=2, locale__language_code="sq").specific():
            source, _made = TranslationSource.get_or_create_from_instance(page)
            said = set(source.stringsegment_set.values_list("string__data", flat=True))
            assert page.title in said, page
            assert not page.intro or any(part in said for part in (page.intro, page.intro.strip())), page
            seen.add(type(page))
        assert len(seen) >= 4

    def test_every_field_of_every_type_says_whether_it_is_translated(self):
        """A new page type's texts are translated; days, flags and choices are shared or each language's own."""
        own = {"change_note", "checked_on", "review_by", "legal_check", "legal_checked_on", "for_lawyer"}
        for model in public_page_models():
            fields = {field.field_name: type(field).__name__ for field in get_translatable_fields(model)}
            for name in ("intro", "body", "sources", "title", "search_description", "seo_title"):
                assert fields.get(name) == "TranslatableField", (model, name)
            for name in own:
                assert fields.get(name) == "SynchronizedField", (model, name)

    def test_words_explained_are_translated_too(self):
        term = GlossaryTerm.objects.create(
            term="Fjalë e provës",
            definition="<p>Një shpjegim.</p>",
            locale=self.page.locale,
            forms=["fjalës së provës"],
        )
        response = self.ana.post(
            "wagtail_localize:submit_snippet_translation",
            "content",
            "glossaryterm",
            str(term.pk),
            locales=[self.english.pk],
        )
        assert response.status_code == 302
        translation = Translation.objects.get(source__object_id=term.translation_key)
        po = self.po(translation)
        assert {"Fjalë e provës", "Një shpjegim."} <= {entry.msgid for entry in po}
        for entry in po:
            entry.msgstr = {"Fjalë e provës": "Word on trial", "Një shpjegim.": "An explanation."}.get(
                entry.msgid, "word-on-trial"
            )
        self.upload(translation, po)
        translation.save_target(user=self.ana.user)
        twin = term.get_translation(self.english)
        assert (twin.term, twin.definition) == ("Word on trial", "<p>An explanation.</p>")

    def test_a_words_translation_takes_no_number_to_readers_and_editors_hear_of_what_it_takes(self):
        term = GlossaryTerm.objects.create(term="Fjalë", definition="<p>Një.</p><p>Dy.</p>", locale=self.page.locale)
        self.ana.post(
            "wagtail_localize:submit_snippet_translation",
            "content", "glossaryterm", str(term.pk), locales=[self.english.pk],
        )  # fmt: skip
        translation = Translation.objects.get(source__object_id=term.translation_key)

        def publish(**words: str) -> GlossaryTerm:
            po = self.po(translation)
            for entry in po:
                entry.msgstr = {"Fjalë": "Word", "Një.": "One.", "Dy.": "Two.", **words}.get(entry.msgid, "word")
            self.upload(translation, po)
            twin = term.get_translation(self.english)
            address = GlossaryTerm.snippet_viewset.get_url_name("edit")
            assert self.ana.post(address, str(twin.pk), action="publish").status_code == 302
            return term.get_translation(self.english)

        EditorNews.objects.all().delete()
        for number in ("Call +355 69 999 8888.", "069 999 8888"):
            twin = publish(**{"Dy.": number})
            assert "999" not in twin.definition
            assert "999" not in publish(Fjalë=number).term
        assert not EditorNews.objects.exists()
        twin = publish()
        assert (twin.term, twin.definition) == ("Word", "<p>One.</p><p>Two.</p>")
        assert [(news.what, news.title) for news in EditorNews.objects.all()] == [("word", "Word")]
        assert AuditEntry.objects.filter(action="cms.edit", target_id=str(twin.pk)).exists()

    def test_a_word_and_its_forms_hold_no_number_either(self):
        word = GlossaryTerm(term="069 999 8888", forms=["069 999 8887"], definition="<p>Një.</p>")
        with pytest.raises(ValidationError) as refused:
            word.clean()
        assert set(refused.value.message_dict) == {"term", "forms"}
        GlossaryTerm(term="116 111", forms=["129"], definition="<p>Linja 112.</p>").clean()
