"""Nothing that anyone may not come across shows anywhere in the public API: drafts, kept-back and unlisted pages."""

import json

from django.core.files.base import ContentFile
from wagtail.documents import get_document_model
from wagtail.models import Collection, CollectionViewRestriction, PageViewRestriction

from content.models import ArticlePage, HomePage, Hotline, SectionPage
from content.tests.seeded import SeededTest

SECRET = "kanarina-e-fshehur"
EVERYTHING = "fields=*&limit=100"


def home(language: str = "sq") -> HomePage:
    return HomePage.objects.get(locale__language_code=language)


def beneath(parent, kind=ArticlePage, *, slug: str = SECRET, title: str = SECRET, **given):
    page = kind(title=title, slug=slug, locale=parent.locale, **given)
    parent.add_child(instance=page)
    return page


def paragraph(html: str) -> list[dict]:
    return [{"type": "rich_text", "value": html}]


class Hidden(SeededTest):
    def told(self, address: str) -> str:
        answer = self.client.get(address)
        assert answer.status_code == 200, (address, answer.content)
        return answer.content.decode()

    def hidden_pages(self) -> list[ArticlePage]:
        """One of each kind that must not show, with an open page that links to all of them."""
        draft = beneath(home(), slug=f"{SECRET}-draft", live=False)
        unlisted = beneath(home(), slug=f"{SECRET}-unlisted", is_listed=False)
        kept_back = beneath(home(), slug=f"{SECRET}-kept")
        PageViewRestriction.objects.create(page=kept_back, restriction_type="password", password="x")
        under_kept = beneath(kept_back, slug=f"{SECRET}-under")
        under_unlisted = beneath(unlisted, slug=f"{SECRET}-under-unlisted")
        return [draft, unlisted, kept_back, under_kept, under_unlisted]

    def test_hidden_pages_are_in_no_list_search_or_count(self):
        before = json.loads(self.told(f"/api/v2/pages/{home().pk}/"))["meta"]["children"]["count"]
        total = json.loads(self.told("/api/v2/pages/"))["meta"]["total_count"]
        self.hidden_pages()
        assert SECRET not in self.told(f"/api/v2/pages/?{EVERYTHING}")
        assert SECRET not in self.told(f"/api/v2/pages/?search={SECRET}")
        assert json.loads(self.told("/api/v2/pages/"))["meta"]["total_count"] == total
        assert json.loads(self.told(f"/api/v2/pages/{home().pk}/"))["meta"]["children"]["count"] == before

    def test_hidden_pages_are_not_found_by_number_address_or_as_a_filter(self):
        for page in self.hidden_pages():
            for address in (
                f"/api/v2/pages/{page.pk}/",
                f"/api/v2/pages/find/?id={page.pk}",
                f"/api/v2/pages/find/?html_path={page.url}",
                f"/api/v2/pages/?child_of={page.pk}",
                f"/api/v2/pages/?descendant_of={page.pk}",
                f"/api/v2/pages/?ancestor_of={page.pk}",
                f"/api/v2/pages/?translation_of={page.pk}",
            ):
                answer = self.client.get(address)
                assert answer.status_code == 404, address
                assert SECRET not in answer.content.decode()

    def test_a_link_to_a_hidden_page_keeps_its_words_and_loses_its_address(self):
        links = "".join(f'<a linktype="page" id="{page.pk}">fjalë {page.pk}</a>' for page in self.hidden_pages())
        page = beneath(
            home(), slug="hapur", title="Hapur", body=paragraph(f"<p>{links}</p>"), sources=f"<p>{links}</p>"
        )
        told = self.told(f"/api/v2/pages/{page.pk}/")
        assert SECRET not in told
        assert "<a" not in told
        assert "fjalë" in told

    def test_a_hidden_parent_section_or_twin_is_not_named(self):
        section = beneath(home(), SectionPage, slug=f"{SECRET}-section", live=False)
        page = beneath(section, slug="hapur", title="Hapur")
        twin = beneath(home("en"), slug=f"{SECRET}-twin", live=False, translation_key=page.translation_key)
        found = json.loads(self.told(f"/api/v2/pages/{page.pk}/"))["meta"]
        assert found["parent"] is None
        assert found["section"] is None
        assert found["translations"] == []
        assert twin.slug not in self.told(f"/api/v2/pages/?{EVERYTHING}&locale=sq")

    def test_what_an_editor_has_not_published_yet_does_not_show(self):
        page = beneath(home(), slug="hapur", title="Hapur")
        page.title = SECRET
        page.change_note = SECRET
        page.save_revision()
        assert SECRET not in self.told(f"/api/v2/pages/?{EVERYTHING}")
        assert SECRET not in self.told(f"/api/v2/pages/{page.pk}/")

    def test_a_line_no_longer_shown_is_null_in_a_block_and_gone_from_the_list(self):
        line = Hotline.objects.published().filter(for_danger=False).first()
        page = beneath(home(), slug="linja", title="L", body=[{"type": "hotline", "value": {"line": line.pk}}])
        shown = json.loads(self.told(f"/api/v2/pages/{page.pk}/"))["body"][0]["value"]["line"]
        assert shown["key"] == line.key
        Hotline.objects.filter(pk=line.pk).update(publish="no", notes=SECRET, source=SECRET)
        assert json.loads(self.told(f"/api/v2/pages/{page.pk}/"))["body"][0]["value"]["line"] is None
        assert line.number not in self.told("/api/v2/hotlines/")
        assert self.client.get(f"/api/v2/hotlines/{line.key}/").status_code == 404

    def test_a_file_shows_only_once_a_public_page_uses_it_and_its_collection_is_open(self):
        collection = Collection.get_first_root_node().add_child(name="C")
        file = get_document_model().objects.create(
            title=SECRET, file=ContentFile(b"%PDF-1.4", name="x.pdf"), collection=collection
        )
        page = beneath(
            home(),
            slug="me-skedar",
            title="S",
            live=False,
            body=[{"type": "download", "value": {"document": file.pk, "title": "T", "what": ""}}],
        )
        assert SECRET not in self.told("/api/v2/documents/")
        page.save_revision().publish()
        assert SECRET in self.told("/api/v2/documents/")
        assert SECRET in self.told(f"/api/v2/pages/{page.pk}/")
        CollectionViewRestriction.objects.create(collection=collection, restriction_type="login")
        assert SECRET not in self.told("/api/v2/documents/")
        assert SECRET not in self.told(f"/api/v2/pages/{page.pk}/")


class Registered(SeededTest):
    # Never shown by the API: what colleagues tell each other, and what only decides whether a page shows.
    INNER = {"page_ptr", "review_by", "change_note", "is_listed", "tagged_items", "is_sensitive"}
    INNER |= {"legal_checked_by", "legal_checked_text", "for_lawyer"}
    INNER |= {"speaker", "speaker_read_on", "speaker_read_text"}

    def test_every_field_of_a_shown_type_is_a_decision(self):
        from wagtail.models import Page

        from content.models import PublicPageMixin

        from ..page_queries import shown_models
        from ..pages import PagesViewSet

        stock = {field.name for field in Page._meta.get_fields()}
        assert issubclass(ArticlePage, PublicPageMixin)
        for name, model in shown_models().items():
            own = {field.name for field in model._meta.get_fields() if field.concrete or field.many_to_many} - stock
            told = {*PagesViewSet.get_available_fields(model), *self.INNER}
            assert own <= told, f"{name}: {own - told} is neither shown nor kept back on purpose"

    def test_a_type_without_api_fields_never_shows(self):
        from content.models import public_page_models

        from ..page_queries import shown_models, type_name

        shown = set(shown_models())
        others = {type_name(model) for model in public_page_models()} - shown
        assert others == {"outreach_pages.SessionPage"}
