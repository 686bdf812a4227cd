"""Seeded pages have a revision from the first day, and an upgrade stores those that were seeded without one."""

import re
from unittest import mock

from django.utils import timezone
from wagtail.models import Page, PageLogEntry, Revision

from audit.models import PutAside

from ..models import ArticlePage
from ..review.authors import STORED, get_writers
from ..seeding import revisions
from ..seeding.actions import seed_content
from ..seeding.revisions import store_missing_revisions
from .editors import EditorsTest, get_form

LOADED = re.compile(r'name="(loaded_revision_\w+)" value="([^"]*)"')


class FirstRevisionsTest(EditorsTest):
    def setUp(self) -> None:
        super().setUp()
        self.page = ArticlePage.objects.get(slug="ofertat")
        self.title = self.page.title

    def as_seeded_without_one(self, page: Page) -> None:
        """What an earlier release left: the page, and neither a revision nor an entry in its history."""
        Page.objects.filter(pk=page.pk).update(latest_revision=None, live_revision=None)
        PageLogEntry.objects.filter(page_id=page.pk).delete()
        page.revisions.all().delete()
        self.page = self.again(page)

    def get_stored(self) -> Revision:
        return Revision.objects.get(pk=PageLogEntry.objects.get(page_id=self.page.pk, action=STORED).revision_id)

    def refuse_the_second_of_two(self) -> None:
        """Both open the page, then both type: the second is told, and what the first typed stays."""
        opened = [
            dict(LOADED.findall(editor.text("wagtailadmin_pages:edit", self.page.pk)))
            for editor in (self.ana, self.besa)
        ]
        answers = [
            editor.client.post(
                f"/cms/pages/{self.page.pk}/edit/",
                get_form(self.page, intro=words, **form),
                headers={"accept": "application/json"},
            ).json()
            for editor, words, form in zip((self.ana, self.besa), ("AA", "BB"), opened, strict=True)
        ]
        assert answers[0]["success"]
        assert (answers[1]["success"], answers[1]["error_code"]) == (False, "invalid_revision")
        assert self.again(self.page).get_latest_revision_as_object().intro == "AA"


class TestFreshHouse(FirstRevisionsTest):
    def test_every_page_has_one_that_holds_what_its_row_holds(self):
        pages = Page.objects.filter(depth__gt=1).not_exact_type(Page).specific()
        assert len(pages) > 200
        for page in pages:
            assert page.latest_revision_id, page
            assert page.live_revision_id == (page.latest_revision_id if page.live else None), page
            held = page.latest_revision.content
            words = {name: held[name] for name in ("title", "intro", "body", "live", "slug") if name in held}
            assert words == {name: page.serializable_data()[name] for name in words}, page

    def test_the_second_of_two_editors_is_told_and_overwrites_nothing(self):
        self.refuse_the_second_of_two()

    def test_what_readers_had_is_in_the_history_and_can_be_put_back(self):
        first = self.page.live_revision
        self.ana.save(self.page, action="submit", title="E re")
        self.besa.post("review:decide", self.again(self.page).current_workflow_task_state.pk, action="approve")
        assert self.again(self.page).title == "E re"
        put_back = f"/cms/pages/{self.page.pk}/revisions/{first.pk}/revert/"
        history = self.ana.text("wagtailadmin_pages:history", self.page.pk)
        assert "Stored by the service" in history
        assert put_back in history
        assert self.title in self.ana.client.get(put_back).content.decode()

    def test_nothing_is_missing_afterwards(self):
        assert store_missing_revisions() == 0


class TestUpgradedHouse(FirstRevisionsTest):
    def test_a_page_without_one_gets_it_once_as_it_stands(self):
        self.as_seeded_without_one(self.page)
        assert store_missing_revisions() == 1
        assert store_missing_revisions() == 0
        page = self.again(self.page)
        stored = self.get_stored()
        assert page.live_revision == page.latest_revision == stored
        assert not page.has_unpublished_changes
        assert (stored.user, stored.content["title"]) == (None, self.title)

    def test_the_second_of_two_editors_is_told_and_overwrites_nothing(self):
        self.as_seeded_without_one(self.page)
        store_missing_revisions()
        self.refuse_the_second_of_two()

    def test_a_hidden_page_gets_one_that_is_not_live(self):
        self.as_seeded_without_one(self.page)
        Page.objects.filter(pk=self.page.pk).update(live=False)
        assert store_missing_revisions() == 1
        page = self.again(self.page)
        assert (page.live, page.live_revision, page.latest_revision) == (False, None, self.get_stored())

    def test_beside_a_draft_what_readers_have_is_stored_before_it(self):
        self.as_seeded_without_one(self.page)
        self.ana.save(self.page, title="Fjalët e Anës")
        draft = self.again(self.page).latest_revision
        assert store_missing_revisions() == 1
        assert store_missing_revisions() == 0
        stored = self.get_stored()
        assert stored.content["title"] == self.title
        assert stored.created_at < draft.created_at
        assert self.again(self.page).latest_revision == draft

    def test_whoever_wrote_the_draft_before_it_still_does_not_approve_it(self):
        self.as_seeded_without_one(self.page)
        self.ana.save(self.page, title="Fjalët e Anës")
        store_missing_revisions()
        self.besa.save(self.again(self.page), action="submit", seo_title="Presje")
        state = self.again(self.page).current_workflow_task_state
        assert get_writers(state.revision) == {self.ana.user.pk, self.besa.user.pk}
        self.ana.post("review:decide", state.pk, action="approve")
        assert self.again(self.page).title == self.title

    def test_putting_back_what_was_stored_beside_a_draft_begins_afresh(self):
        self.as_seeded_without_one(self.page)
        self.ana.save(self.page, title="Fjalët e Anës")
        store_missing_revisions()
        put_back = f"/cms/pages/{self.page.pk}/revisions/{self.get_stored().pk}/revert/"
        response = self.besa.client.post(put_back, get_form(self.page, title=self.title))
        assert response.status_code == 302
        assert get_writers(self.again(self.page).latest_revision) == {self.besa.user.pk}

    def test_words_that_an_editor_published_over_are_taken_from_the_data_file(self):
        self.as_seeded_without_one(self.page)
        self.page.title, self.page.intro = "E re", "Tjetër"
        self.page.save_revision(user=self.ana.user).publish(user=self.besa.user, skip_permission_checks=True)
        live = self.again(self.page).live_revision
        assert seed_content()["revisions of earlier pages"] == 1
        stored = self.get_stored()
        assert stored.content["title"] == self.title
        assert stored.created_at < live.created_at
        page = self.again(self.page)
        assert (page.title, page.live_revision, page.latest_revision) == ("E re", live, live)
        assert seed_content()["revisions of earlier pages"] == 0

    def test_a_page_that_cannot_be_stored_stops_no_other(self):
        other = self.home.specific
        for page in (other, self.page):
            self.as_seeded_without_one(page)
        create = revisions._create_revision

        def fail_for_one(page: Page, **options: bool) -> Revision:
            if page.pk == self.page.pk:
                raise ValueError
            return create(page, **options)

        with mock.patch.object(revisions, "_create_revision", fail_for_one):
            assert store_missing_revisions() == 1
        assert self.again(other).latest_revision_id
        assert PutAside.objects.get(kind=revisions.PUT_ASIDE_KIND).row == str(self.page.pk)
        assert store_missing_revisions() == 1
        assert not PutAside.objects.filter(kind=revisions.PUT_ASIDE_KIND).exists()

    def test_what_a_release_writes_over_was_stored_before(self):
        """A page that an earlier release seeded under the title that another page has now."""
        old = ArticlePage.objects.get(slug="telefoni")
        self.as_seeded_without_one(old)
        before = {"title": "Çfarë mbetet në këtë telefon", "draft_title": "Çfarë mbetet në këtë telefon", "body": "[]"}
        ArticlePage.objects.filter(pk=old.pk).update(**before, last_published_at=timezone.now())
        seed_content()
        titles = [each.content["title"] for each in old.revisions.order_by("pk")]
        assert titles == [before["title"], self.again(old).title]
        assert self.again(old).live_revision == old.revisions.order_by("pk").last()
