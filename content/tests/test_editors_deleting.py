"""What readers have had, nobody deletes alone; what harms, one hides at once, and everybody sees it."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from wagtail.models import Page

from audit.models import AuditEntry

from ..models import ArticlePage, HelpPage, HomePage, SearchAnswer
from ..models.page_permissions import is_deleted, needs_second_person
from ..review.deletion import ask_to_delete, delete_page, end_deletion_request
from ..review.models import DeletionRequest
from .editors import Editor, EditorsTest


class DeletingTest(EditorsTest):
    def there(self, page: Page | None = None) -> bool:
        found = Page.objects.filter(pk=(page or self.article).pk).first()
        return found is not None and not is_deleted(found)

    def draft(self) -> Page:
        page = ArticlePage(title="Draft", slug="draft", live=False)
        return self.home.add_child(instance=page)

    def link_from_another(self) -> Page:
        text = f'<p>Lexoni <a linktype="page" id="{self.article.pk}">këtë</a>.</p>'
        return self.new_article(title="Tjetra", slug="tjetra", body=[("rich_text", text)])

    def ask(self, editor: Editor, why: str = "E vjetër.") -> None:
        assert editor.post("review:delete", self.article.pk, action="ask", why=why).status_code == 302


class TestDeleting(DeletingTest):
    def test_nobody_deletes_alone_what_readers_have_had(self):
        self.besa.post("wagtailadmin_pages:delete", self.article.pk)
        self.besa.post("review:delete", self.article.pk, action="delete")
        with pytest.raises(PermissionDenied):
            delete_page(page=self.article, by=self.besa.user)
        assert self.there()

    def test_a_superuser_is_no_exception(self):
        boss = Editor("boss", is_superuser=True, is_staff=True)
        boss.post("wagtailadmin_pages:delete", self.article.pk)
        boss.post("review:delete", self.article.pk, action="delete")
        assert self.there()

    def test_one_asks_another_deletes_and_both_stand_in_the_audit(self):
        self.ask(self.ana)
        assert self.there()
        look = self.besa.text("review:delete", self.article.pk)
        assert "E vjetër." in look
        assert "Delete it" in look
        assert self.besa.post("review:delete", self.article.pk, action="delete").status_code == 302
        assert not self.there()
        entry = AuditEntry.objects.get(action="page.deleted")
        assert (entry.actor_id, entry.detail["asked_by"]) == (str(self.besa.user.pk), self.ana.user.pk)

    def test_who_asked_is_not_the_second(self):
        self.ask(self.ana)
        assert "Delete it" not in self.ana.text("review:delete", self.article.pk)
        self.ana.post("review:delete", self.article.pk, action="delete")
        self.ana.post("wagtailadmin_pages:delete", self.article.pk)
        assert self.there()

    def test_asking_twice_keeps_the_first_asker(self):
        self.ask(self.ana)
        ask_to_delete(page=self.article, by=self.besa.user, why="Edhe unë.")
        assert DeletionRequest.objects.get().asked_by == self.ana.user

    def test_a_refused_request_is_over_and_nobody_can_delete_by_it(self):
        self.ask(self.ana)
        self.besa.post("review:delete", self.article.pk, action="end")
        assert not DeletionRequest.objects.exists()
        self.besa.post("review:delete", self.article.pk, action="delete")
        assert self.there()
        assert not end_deletion_request(page=self.article, by=self.besa.user)

    def test_without_a_reason_nothing_is_asked_and_the_field_says_so(self):
        html = self.ana.post("review:delete", self.article.pk, action="ask", why=" ").content.decode()
        assert "Say why" in html
        assert not DeletionRequest.objects.exists()

    def test_it_says_where_the_page_is_referred_to(self):
        other = self.link_from_another()
        html = self.ana.text("review:delete", self.article.pk)
        assert "One page refers to it" in html
        assert reverse("wagtailadmin_pages:edit", args=[other.pk]) in html

    def test_a_draft_that_nobody_saw_and_nothing_leads_to_is_deleted_alone(self):
        draft = self.draft()
        assert not needs_second_person(draft)
        self.besa.post("review:delete", draft.pk, action="delete")
        assert not self.there(draft)

    def test_a_draft_that_something_leads_to_needs_two(self):
        draft = self.draft()
        SearchAnswer.objects.create(page=draft, words=["draft"])
        self.besa.post("wagtailadmin_pages:delete", draft.pk)
        assert self.there(draft)

    def test_deleting_several_at_once_is_no_way_around(self):
        address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
        self.besa.client.post(f"{address}?id={self.article.pk}", {"next": "/cms/"})
        assert self.there()

    def test_home_and_help_are_deleted_by_nobody_and_offered_to_nobody(self):
        for model in (HomePage, HelpPage):
            page = model.objects.get(locale__language_code="sq")
            with pytest.raises(PermissionDenied):
                ask_to_delete(page=page, by=self.ana.user, why="x")
            assert self.ana.get("review:delete", page.pk).status_code == 302
            DeletionRequest.objects.create(page_id=page.pk, asked_by=self.ana.user, why="x")
            with pytest.raises(PermissionDenied):
                delete_page(page=page, by=self.besa.user)

    def test_the_page_offers_deletion_by_two_and_not_wagtails(self):
        html = self.ana.text("wagtailadmin_pages:edit", self.article.pk)
        assert reverse("review:delete", args=[self.article.pk]) in html
        assert reverse("wagtailadmin_pages:delete", args=[self.article.pk]) not in html

    def test_pages_can_still_be_moved_by_one(self):
        assert self.again(self.article).permissions_for_user(self.besa.user).can_move()

    def test_a_request_stands_on_the_first_page_of_the_others(self):
        self.ask(self.ana, why="Dy faqe thonë të njëjtën gjë.")
        assert "Dy faqe thonë" in self.besa.text("wagtailadmin_home")


class TestHiding(DeletingTest):
    def test_hiding_is_one_press_by_one_person_and_says_where_it_is_referred_to(self):
        other = self.link_from_another()
        look = self.besa.text("wagtailadmin_pages:unpublish", self.article.pk)
        assert reverse("wagtailadmin_pages:edit", args=[other.pk]) in look
        assert self.besa.post("wagtailadmin_pages:unpublish", self.article.pk).status_code == 302
        assert not self.again(self.article).live
        assert "<a>" not in self.html(other.url)
        assert "Lexoni këtë." in self.html(other.url)

    def test_the_others_see_what_was_hidden_by_whom(self):
        self.link_from_another()
        self.besa.post("wagtailadmin_pages:unpublish", self.article.pk)
        html = self.ana.text("wagtailadmin_home")
        assert "unpublished “Provë”" in html
        assert "One page refers to it." in html
