"""What an editor deleted is gone from readers at once, and can be put back; for good it takes two, or thirty days."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, PageLogEntry, ReferenceIndex, Revision

from audit.models import AuditEntry, PutAside

from ..housekeeping import each_hour
from ..models import ArticlePage, HomePage, SectionPage
from ..models.page_permissions import is_never_deleted
from ..review.actions import publish_due
from ..review.deleted_pages import ask_to_erase, erase_by_two, erase_due, put_aside, restore
from ..review.deletion import ask_to_delete, delete_page
from ..review.models import DeletedPage, DeletedPagesRoot, DeletionRequest, EditorNews
from .editors import Editor, EditorsTest


class DeletedTest(EditorsTest):
    def section(self, slug: str = "seksion") -> SectionPage:
        return self.home.add_child(instance=SectionPage(title="Seksion", slug=slug, live=True))

    def draft(self, slug: str, parent: Page | None = None) -> ArticlePage:
        parent = Page.objects.get(pk=(parent or self.home).pk)
        return parent.add_child(instance=ArticlePage(title=slug, slug=slug, live=False))

    def delete(self, page: Page) -> DeletedPage:
        ask_to_delete(page=page, by=self.ana.user, why="E vjetër.")
        found = delete_page(page=self.again(page), by=self.besa.user)
        assert found is not None
        return found

    def restore_in_cms(self, *deleted: DeletedPage) -> str:
        data = {"action": "restore", "pk": [each.pk for each in deleted]}
        return self.ana.client.post(reverse("review:deleted"), data, follow=True).content.decode()


class TestGone(DeletedTest):
    def test_readers_search_and_other_front_ends_have_it_no_more_at_once(self):
        address = self.article.url
        self.client.get(address)
        self.delete(self.article)
        assert self.client.get(address).status_code == 404
        assert self.client.get(f"/api/v2/pages/{self.article.pk}/").status_code == 404
        page = Page.objects.get(pk=self.article.pk)
        assert not page.live
        assert page.url is None

    def test_the_pages_beneath_go_along_and_come_back_with_it_as_drafts(self):
        section = self.section()
        beneath = section.add_child(instance=ArticlePage(title="Poshtë", slug="poshte", live=True))
        address = beneath.url
        deleted = self.delete(section)
        assert (deleted.pages, deleted.live_before, deleted.beneath) == (2, 2, 1)
        assert self.client.get(address).status_code == 404
        restore(pk=deleted.pk, by=self.ana.user)
        beneath = self.again(beneath)
        assert beneath.get_parent().pk == section.pk
        assert (beneath.live, self.again(section).live) == (False, False)
        assert beneath.url_path.startswith(self.home.url_path)

    def test_what_waited_for_review_or_its_hour_is_withdrawn(self):
        self.article.get_workflow().start(self.article, self.ana.user)
        later = self.draft("orar")
        later.save_revision(approved_go_live_at=timezone.now() - timedelta(minutes=1))
        put_aside(page=self.again(self.article), by=self.besa.user)
        put_aside(page=self.again(later), by=self.besa.user)
        assert not self.again(self.article).workflow_in_progress
        assert publish_due() == {"published": 0, "taken away": 0}
        assert not Revision.page_revisions.filter(approved_go_live_at__isnull=False).exists()

    def test_the_home_page_stands_without_the_pages_that_it_led_to(self):
        led_to = [each for each in get_pages_led_to(self.home) if not is_never_deleted(each) and each.live]
        assert led_to
        addresses = [each.url for each in led_to]
        for page in led_to:
            put_aside(page=self.again(page), by=self.besa.user)
        html = self.client.get("/").content.decode()
        assert [address for address in addresses if f'href="{address}"' in html] == []
        assert self.client.get(f"/api/v2/pages/{self.home.pk}/").status_code == 200

    def test_nobody_changes_moves_publishes_or_copies_a_deleted_page_superusers_included(self):
        self.delete(self.article)
        boss = Editor("boss", is_superuser=True, is_staff=True)
        for page in (self.again(self.article), DeletedPagesRoot.objects.get()):
            for person in (self.ana, self.besa, boss):
                may = page.permissions_for_user(person.user)
                assert not any((may.can_edit(), may.can_delete(), may.can_move(), may.can_copy(), may.can_publish()))
                assert not any((may.can_unpublish(), may.can_add_subpage(), may.can_submit_for_moderation()))
        for name in ("edit", "delete", "unpublish", "copy"):
            assert boss.get(f"wagtailadmin_pages:{name}", self.article.pk).status_code in (302, 403)

    def test_wagtails_own_screen_and_bulk_action_delete_nothing_for_good(self):
        one, two, three = self.draft("nje"), self.draft("dy"), self.draft("tre")
        self.besa.post("wagtailadmin_pages:delete", one.pk)
        address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
        self.besa.client.post(f"{address}?id={two.pk}&id={three.pk}", {"next": "/cms/"})
        assert set(DeletedPage.objects.values_list("page_id", flat=True)) == {one.pk, two.pk, three.pk}

    def test_one_root_holds_them_however_often_something_is_deleted(self):
        for slug in ("nje", "dy"):
            delete_page(page=self.draft(slug), by=self.besa.user)
        assert DeletedPagesRoot.objects.count() == 1


class TestRestoring(DeletedTest):
    def test_it_comes_back_where_it_was_under_its_address_and_readers_wait_for_approval(self):
        address = self.article.url
        deleted = self.delete(self.article)
        html = self.restore_in_cms(deleted)
        assert "is restored as a draft" in html
        page = self.again(self.article)
        assert (page.live, page.slug, page.get_parent().pk) == (False, self.article.slug, self.home.pk)
        assert self.client.get(address).status_code == 404
        page.get_workflow().start(page, self.ana.user)
        state = page.current_workflow_task_state
        self.besa.post("review:decide", state.pk, action="approve")
        assert self.client.get(address).status_code == 200
        assert EditorNews.objects.filter(what="restored").exists()
        assert AuditEntry.objects.filter(action="page.restored", target_id=str(page.pk)).exists()

    def test_an_address_that_was_taken_meanwhile_gets_a_number_and_says_so(self):
        deleted = self.delete(self.article)
        self.draft(self.article.slug)
        html = self.restore_in_cms(deleted)
        assert "Its address was taken meanwhile" in html
        page = self.again(self.article)
        assert page.slug == f"{self.article.slug}-1"
        assert page.get_latest_revision_as_object().slug == page.slug

    def test_a_page_whose_parent_is_gone_stands_under_the_next_that_is_left(self):
        section = self.section()
        beneath = self.draft("poshte", section)
        first = delete_page(page=beneath, by=self.besa.user)
        self.delete(section)
        assert "The page above it is gone" in self.ana.text("review:deleted")
        html = self.restore_in_cms(first)
        assert "it stands under the next one that is left" in html
        assert self.again(beneath).get_parent().pk == self.home.pk

    def test_two_that_were_deleted_one_after_the_other_find_each_other_again_in_one_press(self):
        section = self.section()
        beneath = self.draft("poshte", section)
        first = delete_page(page=beneath, by=self.besa.user)
        second = self.delete(section)
        self.restore_in_cms(first, second)
        assert self.again(beneath).get_parent().pk == section.pk

    def test_what_a_colleague_deleted_is_seen_by_name_and_undone_in_one_press(self):
        drafts = [self.draft(f"faqe-{number}") for number in range(61)]
        rows = [delete_page(page=page, by=self.besa.user) for page in drafts]
        delete_page(page=self.draft("e-imja"), by=self.ana.user)
        html = self.ana.text("review:deleted", by=self.besa.user.pk)
        assert "e-imja" not in html
        assert "faqe-60" in html
        assert "faqe-0<" in self.ana.text("review:deleted", by=self.besa.user.pk, page=2)
        self.restore_in_cms(*rows)
        assert DeletedPage.objects.count() == 1
        assert all(self.again(page).get_parent().pk == self.home.pk for page in drafts)

    def test_pressing_twice_or_in_a_second_tab_restores_once(self):
        deleted = self.delete(self.article)
        self.restore_in_cms(deleted)
        assert "Somebody has decided on it in the meantime" in self.restore_in_cms(deleted)
        assert restore(pk=deleted.pk, by=self.ana.user) is None
        assert "Tick the pages" in self.restore_in_cms()

    def test_only_editors_see_the_list_and_restore(self):
        deleted = self.delete(self.article)
        other = Editor("ish-redaktor")
        other.user.assignments.all().delete()
        assert other.get("review:deleted").status_code in (302, 403, 404)
        with pytest.raises(PermissionDenied):
            restore(pk=deleted.pk, by=other.user)

    def test_the_counterpart_stays_and_both_are_a_pair_again(self):
        twin = self.article.copy_for_translation(HomePage.objects.get(locale__language_code="en").locale)
        deleted = self.delete(self.article)
        assert self.again(twin).get_parent() is not None
        assert "counterpart in the other language" in self.ana.text("review:deleted")
        restore(pk=deleted.pk, by=self.ana.user)
        assert self.again(self.article).get_translations().get().pk == twin.pk


class TestForGood(DeletedTest):
    def test_what_endangers_somebody_goes_at_once_and_for_good_by_two(self):
        self.ana.post("review:delete", self.article.pk, action="ask", why="Një emër.", for_good="on")
        self.ana.post("review:delete", self.article.pk, action="delete_for_good")
        assert Page.objects.filter(pk=self.article.pk).exists()
        assert "Delete it for good" in self.besa.text("review:delete", self.article.pk)
        self.besa.post("review:delete", self.article.pk, action="delete_for_good")
        assert not Page.objects.filter(pk=self.article.pk).exists()
        assert not DeletedPage.objects.exists()
        assert not Revision.page_revisions.filter(object_id=str(self.article.pk)).exists()
        assert set(PageLogEntry.objects.filter(page_id=self.article.pk).values_list("label", flat=True)) == {""}
        assert not EditorNews.objects.filter(title__contains=self.article.title).exists()
        entry = AuditEntry.objects.get(action="page.erased")
        assert (entry.actor_id, entry.detail["asked_by"]) == (str(self.besa.user.pk), self.ana.user.pk)

    def test_nobody_deletes_for_good_what_was_asked_to_be_deleted_only(self):
        ask_to_delete(page=self.article, by=self.ana.user, why="E vjetër.")
        with pytest.raises(PermissionDenied):
            delete_page(page=self.article, by=self.besa.user, for_good=True)
        assert DeletionRequest.objects.exists()

    def test_a_draft_that_one_deletes_alone_can_be_restored_too_and_goes_for_good_by_two(self):
        deleted = delete_page(page=self.draft("skice"), by=self.besa.user)
        with pytest.raises(PermissionDenied):
            delete_page(page=self.draft("tjeter"), by=self.besa.user, for_good=True)
        self.besa.post("review:deleted", action=f"ask:{deleted.pk}")
        assert EditorNews.objects.filter(what="erasure").exists()
        assert not erase_by_two_or_refused(deleted, self.besa)
        self.ana.post("review:deleted", action=f"erase:{deleted.pk}")
        assert not Page.objects.filter(pk=deleted.page_id).exists()

    def test_a_refused_erasure_leaves_it_to_be_restored(self):
        deleted = self.delete(self.article)
        ask_to_erase(pk=deleted.pk, by=self.ana.user)
        self.besa.post("review:deleted", action=f"keep:{deleted.pk}")
        assert not erase_by_two_or_refused(deleted, self.besa)
        assert restore(pk=deleted.pk, by=self.ana.user) is not None

    def test_after_thirty_days_it_is_gone_and_one_that_can_t_be_erased_stops_no_other(self):
        one, two, young = (delete_page(page=self.draft(slug), by=self.besa.user) for slug in ("nje", "dy", "i-ri"))
        long_ago = timezone.now() - timedelta(days=30, minutes=1)
        DeletedPage.objects.filter(pk__in=[one.pk, two.pk]).update(deleted_at=long_ago)
        from ..review import deleted_pages

        real = deleted_pages.erase

        def fails_once(deleted, **given):
            if deleted.pk == one.pk:
                raise ValueError
            real(deleted, **given)

        with patch.object(deleted_pages, "erase", fails_once):
            assert erase_due() == 1
        assert set(DeletedPage.objects.values_list("pk", flat=True)) == {one.pk, young.pk}
        assert PutAside.objects.filter(kind="content.erase_page", row=str(one.pk)).exists()
        PutAside.objects.all().delete()
        each_hour()
        assert set(DeletedPage.objects.values_list("pk", flat=True)) == {young.pk}

    def test_an_unknown_press_changes_nothing(self):
        deleted = self.delete(self.article)
        for action in ("erase:x", f"burn:{deleted.pk}", "", f"erase:{'9' * 40}"):
            assert self.ana.post("review:deleted", action=action).status_code in (302, 403)
        assert DeletedPage.objects.filter(pk=deleted.pk).exists()
        assert self.ana.get("review:deleted", by="x" * 50, page="nothing").status_code == 200


def get_pages_led_to(page: Page) -> list[Page]:
    kind = ContentType.objects.get_for_model(Page)
    rows = ReferenceIndex.objects.filter(base_content_type=kind, object_id=str(page.pk), to_content_type=kind)
    return list(Page.objects.filter(pk__in=rows.values_list("to_object_id", flat=True).distinct()).order_by("-path"))


def erase_by_two_or_refused(deleted: DeletedPage, editor: Editor) -> bool:
    try:
        return erase_by_two(pk=deleted.pk, by=editor.user)
    except PermissionDenied:
        return False
