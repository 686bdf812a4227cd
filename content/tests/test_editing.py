from django.contrib.auth.models import Group
from django.urls import reverse
from wagtail.models import Locale, Page
from wagtail_localize.models import StringTranslation, Translation, TranslationSource

from access.models import Assignment, StaffRole, User
from tests.examples import FACTOR

from ..models import ArticlePage, HelpPage, HomePage, Hotline
from .seeded import SeededTest


class TestEditing(SeededTest):
    def sign_in_editor(self) -> None:
        user = User.objects.create_user("editor", password="x")
        Assignment.objects.create(user=user, role=StaffRole.EDITOR)
        user.groups.add(*Group.objects.filter(name__in=["Editors", "Moderators"]))
        self.client.force_login(user)

    def test_an_editor_opens_every_page_type(self):
        """Every page; in `make test` the longest of each type."""
        self.sign_in_editor()
        pages = list(Page.objects.filter(depth__gte=2, locale__language_code="sq").specific())
        if FACTOR < 1:
            by_length = sorted(pages, key=lambda page: len(str(getattr(page, "body", ""))))
            pages = list({type(page): page for page in by_length}.values())
        assert len(pages) > 8
        for page in pages:
            assert self.client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).status_code == 200, page

    def test_an_editor_may_keep_the_telephone_lines(self):
        self.sign_in_editor()
        listing = self.client.get("/cms/snippets/content/hotline/")
        assert listing.status_code == 200
        assert "116 006" in listing.content.decode()
        line = Hotline.objects.get(key="emergency_112")
        assert self.client.get(f"/cms/snippets/content/hotline/edit/{line.pk}/").status_code == 200

    def test_the_editors_rooms_carry_the_system_mark(self):
        self.sign_in_editor()
        html = self.client.get("/cms/").content.decode()
        assert "css/cms.css" in html
        assert "vatra-mark" in html

    def test_a_preview_shows_the_draft_in_the_pages_language(self):
        page = HelpPage.objects.get(locale__language_code="en")
        page.title = "Draft title"
        response = page.make_preview_request()
        assert response.status_code == 200
        html = response.content.decode()
        assert "Draft title" in html
        assert '<html lang="en">' in html

    def test_a_preview_may_stand_in_a_frame_of_ours_and_stays_strict_otherwise(self):
        policy = HelpPage.objects.first().make_preview_request()["Content-Security-Policy"]
        assert "frame-ancestors 'self'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy

    def test_a_page_translated_through_wagtail_localize_is_served_in_english(self):
        home = HomePage.objects.get(locale__language_code="sq")
        page = home.add_child(
            instance=ArticlePage(
                title="Provë",
                slug="prove",
                intro="Hyrje",
                body=[
                    ("rich_text", "<p>Një fjali.</p>"),
                    ("hotline", {"line": Hotline.objects.get(key="police_129")}),
                    ("steps", {"title": "Hapa", "steps": [{"title": "Një", "text": ""}, {"title": "Dy", "text": ""}]}),
                ],
            )
        )
        english = Locale.objects.get(language_code="en")
        source, _created = TranslationSource.get_or_create_from_instance(page)
        translation = Translation.objects.create(source=source, target_locale=english)
        for segment in source.stringsegment_set.all():
            StringTranslation.objects.create(
                translation_of=segment.string,
                locale=english,
                context=segment.context,
                data="A sentence." if segment.string.data == "Një fjali." else "x-" + segment.string.data,
            )
        with self.captureOnCommitCallbacks(execute=True):
            translation.save_target(publish=True)
        twin = page.get_translation(english)
        html = self.client.get(twin.url).content.decode()
        assert twin.url.startswith("/en/")
        assert "A sentence." in html
        assert 'href="tel:129"' in html[html.index("<main") :]

    def test_the_page_tree_admits_only_what_belongs(self):
        assert HomePage.allowed_parent_page_models() == [Page]
        assert HelpPage.allowed_subpage_models() == []
        assert HomePage not in ArticlePage.allowed_subpage_models()
