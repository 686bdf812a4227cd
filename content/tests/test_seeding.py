import uuid

import pytest
from django.core.cache import cache
from wagtail.models import Locale, Page, Site

from ..models import ArticlePage, HelpPage, HomePage, Hotline, LanguagePage
from ..seeding.actions import seed_content
from ..texts import build_body, link_pages, pick_language
from .seeded import SeededTest


def snapshot() -> list[tuple]:
    return [
        *Page.objects.order_by("pk").values_list("pk", "path", "slug", "title", "locale_id", "latest_revision_id"),
        *Hotline.objects.order_by("pk").values_list(),
        *Site.objects.values_list(),
        *Locale.objects.values_list(),
    ]


@pytest.fixture
def empty(db):
    """An installation as the migrations leave it."""
    cache.clear()
    yield
    cache.clear()


def test_seeding_makes_both_languages_and_says_how_many(empty):
    made = {"locales": 1, "hotlines": 9, "words": 64, "files": 15, "pages": 228, "sites": 1}
    nothing = {"revisions of earlier pages": 0, "corrected texts": 0, "pages proposed for approval": 0}
    assert seed_content() == made | nothing
    assert set(Locale.objects.values_list("language_code", flat=True)) == {"sq", "en"}


def test_a_site_that_someone_pointed_elsewhere_stays_there_and_keeps_its_lines(empty):
    Hotline.objects.create(key="police_129", number="129", name_sq="Ynë", name_en="Ours", short_sq="P", short_en="P")
    own = Page.get_first_root_node().add_child(instance=HomePage(title="Own", slug="own"))
    Site.objects.update(root_page=own)
    made = seed_content()
    assert made["sites"] == 0
    assert made["hotlines"] == 8
    assert Site.objects.get().root_page_id == own.pk
    assert Hotline.objects.get(key="police_129").name_sq == "Ynë"


def test_an_installation_without_a_site_gets_one(empty):
    Site.objects.all().delete()
    assert seed_content()["sites"] == 1
    assert Site.objects.get().is_default_site


class TestAfterSeeding(SeededTest):
    def test_seeding_twice_changes_nothing(self):
        before = snapshot()
        assert set(seed_content().values()) == {0}
        assert snapshot() == before

    def as_in_the_first_release(self, **changed):
        """The page that told what stays on a phone before that had a page of its own."""
        old = ArticlePage.objects.get(slug="telefoni")
        texts = {"title": "Çfarë mbetet në këtë telefon", "draft_title": "Çfarë mbetet në këtë telefon", "body": "[]"}
        ArticlePage.objects.filter(pk=old.pk).update(**texts | changed)
        return old

    def called(self, title):
        return list(Page.objects.live().filter(title=title).values_list("slug", flat=True))

    def test_an_old_installation_ends_with_one_page_of_what_stays_on_the_phone(self):
        old = self.as_in_the_first_release()
        assert len(self.called("Çfarë mbetet në këtë telefon")) == 2
        seed_content()
        assert self.called("Çfarë mbetet në këtë telefon") == ["cfare-mbetet-ne-telefon"]
        now = ArticlePage.objects.get(pk=old.pk)
        title = "Telefoni dhe fotografitë private"
        assert (now.title, now.draft_title, now.slug) == (title, title, "telefoni")
        assert [block.block_type for block in now.body] == [block.block_type for block in old.body]

    def test_such_a_page_that_an_editor_has_saved_or_hidden_stays_as_it_is(self):
        old = self.as_in_the_first_release(live=False)
        seed_content()
        assert Page.objects.get(pk=old.pk).title == "Çfarë mbetet në këtë telefon"
        ArticlePage.objects.filter(pk=old.pk).update(live=True)
        ArticlePage.objects.get(pk=old.pk).save_revision()
        seed_content()
        assert Page.objects.get(pk=old.pk).title == "Çfarë mbetet në këtë telefon"

    def test_each_page_has_a_twin_with_the_same_parts_in_the_same_order(self):
        english = Locale.objects.get(language_code="en")
        # A page in a third language has none.
        twinned = Page.objects.filter(depth__gte=2, locale__language_code="sq").not_type(LanguagePage)
        for page in twinned:
            twin = page.get_translation(english)
            assert twin.live
            assert [block.id for block in page.specific.body] == [block.id for block in twin.specific.body]

    def test_wagtails_welcome_page_is_gone_and_the_site_starts_at_the_albanian_home(self):
        assert not Page.objects.filter(title__startswith="Welcome to your new Wagtail").exists()
        site = Site.objects.get()
        assert site.root_page.specific == HomePage.objects.get(locale__language_code="sq")
        assert site.site_name == "Vatra"
        assert Page.find_problems() == ([], [], [], [], [])

    def test_what_an_editor_changed_stays_changed(self):
        page = HelpPage.objects.get(locale__language_code="sq")
        page.title = "Ndihma e redaktuar"
        page.save_revision().publish()
        Hotline.objects.filter(key="ambulance_127").update(publish="no")
        seed_content()
        page.refresh_from_db()
        assert page.title == "Ndihma e redaktuar"
        assert Hotline.objects.get(key="ambulance_127").publish == "no"

    def test_what_an_editor_deleted_stays_deleted(self):
        ArticlePage.objects.get(slug="ofertat").delete()
        Hotline.objects.get(key="app_raporto").delete()
        assert set(seed_content().values()) == {0}
        assert not ArticlePage.objects.filter(slug="ofertat").exists()
        assert not Hotline.objects.filter(key="app_raporto").exists()

    def test_links_between_seeded_pages_stay_in_one_language(self):
        for page in Page.objects.filter(depth__gte=2).specific():
            raw = str(page.body.get_prep_value())
            assert "<a page=" not in raw
            for other in Page.objects.exclude(locale=page.locale):
                assert f'linktype="page" id="{other.pk}"' not in raw

    def test_seeded_lines_keep_the_flags_of_their_source(self):
        flags = dict(Hotline.objects.values_list("key", "publish"))
        shown = {"police_129", "ambulance_127", "alo_116111", "women_116117"}
        assert {key for key, flag in flags.items() if flag == "yes"} == shown
        waiting = {"emergency_112", "traffick_116006", "app_raporto"}
        assert {key for key, flag in flags.items() if flag == "verify_first"} == waiting

    def test_unknown_hours_stay_empty(self):
        assert Hotline.objects.get(key="traffick_116006").hours == ""

    def test_the_danger_line_stands_first_whatever_its_order(self):
        Hotline.objects.filter(key="police_129").update(order=29)
        Hotline.objects.filter(key="alo_116111").update(order=1)
        assert list(Hotline.objects.published().values_list("key", flat=True))[:2] == ["police_129", "ambulance_127"]


def test_a_link_to_a_page_that_is_not_there_leaves_its_words():
    assert link_pages('See <a page="help">the lines</a>.', {}) == "See the lines."


def test_a_line_that_is_not_there_is_left_out_of_a_text():
    blocks = [{"type": "hotline", "value": {"line": "gone"}}]
    assert build_body(blocks, "sq", pages={}, lines={}, namespace=uuid.uuid4()) == []


def test_a_text_is_taken_in_one_language_at_every_depth():
    assert pick_language({"a": [{"sq": "po", "en": "yes"}]}, "en") == {"a": ["yes"]}
    assert pick_language({"minutes": 5}, "sq") == {"minutes": 5}
