"""What is announced: what everybody can find, before or after; never what is kept from lists. docs/adr/0164"""

from django.core.files.base import ContentFile
from django.test import override_settings
from wagtail.documents import get_document_model
from wagtail.models import Page, PageViewRestriction

from access.models import Region
from content.models import ArticlePage, GlossaryTerm, Hotline
from content.page_listing import public_pages

from ..public_changes import public_content_changed
from .seeded import SeededTest


@override_settings(PUBLISH_WEBHOOKS=[{"name": "front"}])
class PublicChanges(SeededTest):
    def setUp(self) -> None:
        super().setUp()
        self.told: list[tuple[str, str]] = []
        public_content_changed.connect(self.listen)
        self.addCleanup(public_content_changed.disconnect, self.listen)

    def listen(self, kind: str, language: str, **more) -> None:
        # Nothing goes along by which a page could be named; the sender is a type.
        assert set(more) == {"signal", "sender"}
        self.told.append((kind, language))

    def article(self, language: str = "sq") -> ArticlePage:
        public = public_pages().filter(locale__language_code=language).values("pk")
        return ArticlePage.objects.filter(pk__in=public).first()

    def take(self) -> set[tuple[str, str]]:
        told, self.told = set(self.told), []
        return told

    def test_a_page_that_is_published_or_taken_back_in_its_language(self):
        for language in ("sq", "en"):
            page = self.article(language)
            page.title += " 2"
            page.save_revision().publish()
            assert self.take() == {("page", language)}
            page.refresh_from_db()
            page.unpublish()
            assert self.take() == {("page", language)}

    def test_a_draft_is_nothing(self):
        page = self.article()
        page.title += " 2"
        page.save_revision()
        page.get_parent().add_child(instance=ArticlePage(title="Draft", slug="draft", live=False))
        assert self.take() == set()

    def test_a_page_that_is_moved_or_deleted(self):
        page = self.article()
        page.move(page.get_siblings().first(), pos="left")
        assert self.take() == {("page", "sq")}
        Page.objects.get(pk=page.pk).delete()
        assert ("page", "sq") in self.take()

    def test_a_page_leaving_the_lists_is_said_and_then_nothing_more(self):
        page = self.article()
        page.is_listed = False
        page.save_revision().publish()
        assert self.take() == {("page", "sq")}
        page.refresh_from_db()
        page.title += " 2"
        page.save_revision().publish()
        page.refresh_from_db()
        page.unpublish()
        page.delete()
        assert self.take() == set()

    def test_a_password_is_said_and_what_is_behind_it_is_not(self):
        page = self.article()
        restriction = PageViewRestriction.objects.create(
            page=page, restriction_type=PageViewRestriction.PASSWORD, password="hunter22"
        )
        assert self.take() == {("page", "sq")}
        page.title += " 2"
        page.save_revision().publish()
        assert self.take() == set()
        restriction.delete()
        assert ("page", "sq") in self.take()

    def test_a_hotline_that_is_changed_hidden_or_shown(self):
        line = Hotline.objects.published().first()
        line.order += 1
        line.save()
        assert self.take() == {("hotline", "")}
        shown = line.publish
        line.publish = "no"
        line.save()
        assert self.take() == {("hotline", "")}
        line.notes = "Only for staff, and nobody sees the line."
        line.save()
        assert self.take() == set()
        line.publish = shown
        line.save()
        assert self.take() == {("hotline", "")}

    def test_a_term_and_a_region(self):
        term = GlossaryTerm.objects.filter(locale__language_code="en").first()
        term.save()
        assert self.take() == {("glossary_term", "en")}
        term.delete()
        assert self.take() == {("glossary_term", "en")}
        Region.objects.create(name="Vlorë", slug="vlore", iso_code="AL-12")
        assert self.take() == {("region", "")}

    def test_a_new_file_is_on_no_page(self):
        get_document_model().objects.create(title="Handout", file=ContentFile(b"text", name="handout.txt"))
        assert self.take() == set()

    def test_nothing_is_asked_while_nobody_listens(self):
        page = self.article()
        with override_settings(PUBLISH_WEBHOOKS=[]):
            page.save_revision().publish()
            Hotline.objects.published().first().save()
        assert self.take() == set()
