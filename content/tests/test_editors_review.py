"""Nobody publishes a public page alone; a page that harms is gone at once."""

from datetime import timedelta
from unittest import mock

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from wagtail.actions.publish_page_revision import PublishPagePermissionError
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import GroupApprovalTask, Page, PageLogEntry, Revision, TaskState, Workflow, WorkflowPage

from audit.models import AuditEntry

from ..models import ArticlePage
from ..review.actions import publish_due
from ..review.models import PageReviewTask
from ..review.seeding import seed_review
from .editors import Editor, EditorsTest, get_form

UNVERIFIED = "Telefononi 069 123 4567."


class TestReview(EditorsTest):
    def waiting(self, page: Page | None = None) -> TaskState:
        return self.again(page or self.article).current_workflow_task_state

    def test_one_submits_another_approves_and_that_publishes(self):
        self.ana.save(self.article, action="submit", title="E re", change_note="Titull më i qartë.")
        assert self.again(self.article).title == "Provë"
        state = self.waiting()

        look = self.besa.text("review:decide", state.pk)
        assert "Titull më i qartë." in look
        assert "Approve and publish" in look
        response = self.besa.post("review:decide", state.pk, action="approve")

        assert response.status_code == 302
        assert self.again(self.article).title == "E re"
        entry = AuditEntry.objects.get(action="page.approved")
        assert (entry.actor_id, entry.detail["submitted_by"]) == (str(self.besa.user.pk), self.ana.user.pk)

    def test_nobody_approves_what_they_submitted(self):
        self.ana.save(self.article, action="submit", title="E re")
        state = self.waiting()

        assert "Approve and publish" not in self.ana.text("review:decide", state.pk)
        self.ana.post("review:decide", state.pk, action="approve")
        self.ana.post("wagtailadmin_pages:workflow_action", self.article.pk, "approve", state.pk)
        with pytest.raises(PermissionDenied):
            state.task.specific.on_action(state, self.ana.user, "approve")
        assert self.again(self.article).title == "Provë"

    def test_nobody_approves_what_they_wrote_last_when_another_submitted_it(self):
        self.ana.save(self.article, title="E re")
        revision = self.again(self.article).latest_revision
        workflow = self.article.get_workflow()
        workflow.start(self.again(self.article), self.besa.user)
        state = self.waiting()
        assert revision == state.revision
        for editor in (self.ana, self.besa):
            editor.post("review:decide", state.pk, action="approve")
        assert self.again(self.article).title == "Provë"

    def test_publishing_directly_only_keeps_a_draft_for_superusers_too(self):
        root = Editor("root", is_superuser=True)
        for person in (self.ana, root):
            response = person.save(self.article, action="publish", title="Me forcë")
            assert response.status_code == 302
            assert self.again(self.article).title == "Provë"
            with pytest.raises(PublishPagePermissionError):
                self.again(self.article).latest_revision.publish(user=person.user)

    def test_bulk_publishing_finds_no_page_it_may_publish(self):
        draft = self.new_article(title="Dy", slug="dy")
        draft.unpublish()
        address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"]) + f"?id={draft.pk}"
        self.ana.client.post(address, {"include_descendants": "on"})
        assert not self.again(draft).live

    def test_a_copy_is_a_draft(self):
        copy = {"new_title": "K", "new_slug": "k", "new_parent_page": self.home.pk}
        refused = self.ana.post("wagtailadmin_pages:copy", self.article.pk, **copy, publish_copies="on")
        assert refused.status_code == 200
        assert not ArticlePage.objects.filter(slug="k").exists()
        self.ana.post("wagtailadmin_pages:copy", self.article.pk, **copy)
        assert not ArticlePage.objects.get(slug="k").live

    def test_a_new_page_is_submitted_not_published(self):
        address = reverse("wagtailadmin_pages:add", args=["content", "articlepage", self.home.pk])
        page = ArticlePage(title="E re", slug="e-re-fare", locale=self.home.locale)
        self.ana.client.post(address, get_form(page, "publish"))
        assert not ArticlePage.objects.get(slug="e-re-fare").live

    def test_what_is_looked_at_stays_as_it_is(self):
        self.ana.save(self.article, action="submit", title="E re")
        for editor in (self.ana, self.besa):
            editor.save(self.article, title="Tjetër")
        assert self.again(self.article).get_latest_revision_as_object().title == "E re"
        assert "is waiting for you" in self.besa.text("wagtailadmin_pages:edit", self.article.pk)

    def test_the_author_withdraws_what_waits(self):
        self.ana.save(self.article, action="submit", title="E re")
        self.ana.save(self.article, action="cancel-workflow")
        assert not self.again(self.article).workflow_in_progress
        assert self.ana.save(self.article, title="Tjetër").status_code == 302
        assert self.again(self.article).get_latest_revision_as_object().title == "Tjetër"

    def test_asking_for_changes_wants_words_and_sends_the_page_back(self):
        self.ana.save(self.article, action="submit", title="E re")
        state = self.waiting()
        response = self.besa.post("review:decide", state.pk, action="reject", comment=" ")
        assert "Say what should change" in response.content.decode()
        self.besa.post("review:decide", state.pk, action="reject", comment="Titulli i vjetër ishte më i mirë.")
        state.refresh_from_db()
        assert (state.status, state.comment) == ("rejected", "Titulli i vjetër ishte më i mirë.")
        self.ana.save(self.article, action="submit", title="Më e re")
        self.besa.post("review:decide", self.waiting().pk, action="approve")
        assert self.again(self.article).title == "Më e re"

    def test_deciding_twice_says_so_and_changes_nothing(self):
        self.ana.save(self.article, action="submit", title="E re")
        state = self.waiting()
        self.besa.post("review:decide", state.pk, action="approve")
        assert self.besa.post("review:decide", state.pk, action="approve").status_code == 302
        assert AuditEntry.objects.filter(action="page.approved").count() == 1

    def test_an_unverified_number_can_be_submitted_and_never_approved(self):
        self.ana.save(self.article, action="submit", text=UNVERIFIED)
        state = self.waiting()
        look = self.besa.text("review:decide", state.pk)
        assert "069 123 4567" in look
        assert "Approve and publish" not in look
        self.besa.post("review:decide", state.pk, action="approve")
        assert self.besa.post(
            "wagtailadmin_pages:workflow_action", self.article.pk, "approve", state.pk
        ).status_code in (
            302,
            403,
        )
        with pytest.raises(PermissionDenied):
            state.task.specific.on_action(state, self.besa.user, "approve")
        assert "069" not in self.html(self.article.url)

    def test_people_of_other_roles_neither_look_nor_decide(self):
        self.ana.save(self.article, action="submit", title="E re")
        coordinator = Editor("koo", "Coordinators", role="operator")
        assert coordinator.get("review:decide", self.waiting().pk).status_code in (302, 403, 404)

    def test_writers_who_are_no_reviewers_submit_and_decide_nothing(self):
        writer = Editor("writer", "Editors")
        self.ana.save(self.article, action="submit", title="E re")
        assert "Approve and publish" not in writer.text("review:decide", self.waiting().pk)
        writer.post("review:decide", self.waiting().pk, action="approve")
        assert self.again(self.article).title == "Provë"

    def test_a_reviewer_takes_a_harmful_page_away_alone(self):
        self.ana.post("wagtailadmin_pages:unpublish", self.article.pk)
        assert not self.again(self.article).live
        writer, other = Editor("writer", "Editors"), self.new_article(slug="tjeter")
        writer.post("wagtailadmin_pages:unpublish", other.pk)
        assert self.again(other).live

    def test_a_time_to_go_live_is_kept_until_then_also_after_approval(self):
        soon = (timezone.localtime() + timedelta(days=2)).replace(
            hour=12
        )  # an hour that no change of the clocks leaves out
        self.ana.save(self.article, action="submit", title="E re", go_live_at=f"{soon:%Y-%m-%d %H:%M}")
        self.besa.post("review:decide", self.waiting().pk, action="approve")
        assert self.again(self.article).title == "Provë"
        assert publish_due()["published"] == 0
        with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=3)):
            assert publish_due()["published"] == 1
        assert self.again(self.article).title == "E re"

    def test_the_hours_are_written_as_people_write_them_and_told_to_who_decides(self):
        live, gone = (timezone.localtime() + timedelta(days=days) for days in (1, 2))
        hours = {"go_live_at": f"{live:%d.%m.%Y} 08:00", "expire_at": f"{gone:%d.%m.%Y} 20:30"}
        self.ana.save(self.article, action="submit", review_by=f"{gone:%d.%m.%Y}", **hours)
        html = self.besa.text("review:decide", self.waiting().pk)
        assert f"Readers see it from {live:%d.%m.%Y} 08:00." in html
        assert f"It is unpublished at {gone:%d.%m.%Y} 20:30." in html
        assert self.waiting().revision.as_object().review_by == gone.date()

    def test_the_picker_writes_the_order_that_the_form_reads(self):
        fields = self.ana.get("wagtailadmin_pages:edit", self.article.pk).context["form"].fields
        for name, order in (
            ("review_by", "%d.%m.%Y"),
            ("go_live_at", "%d.%m.%Y %H:%M"),
            ("expire_at", "%d.%m.%Y %H:%M"),
        ):
            assert fields[name].widget.format == order
            assert order in fields[name].input_formats

    def test_an_address_has_only_letters_that_every_telephone_types(self):
        page = self.home.add_child(instance=ArticlePage(title="Ç'është e drejta"))
        assert page.slug == "ceshte-e-drejta"

    def test_the_reviews_stand_on_the_first_page_of_whoever_may_decide(self):
        self.ana.save(self.article, action="submit", title="Një titull i veçantë")
        assert "Një titull i veçantë" in self.besa.text("wagtailadmin_home")
        assert "awaiting-review" not in self.ana.text("wagtailadmin_home")


class TestSeedingOfReview(EditorsTest):
    def test_ours_stands_in_place_of_wagtails_and_is_laid_once(self):
        root = Page.get_first_root_node()
        laid = WorkflowPage.objects.get(page=root).workflow
        assert [type(task.specific) for task in laid.tasks] == [PageReviewTask]
        assert not Workflow.objects.filter(name="Moderators approval", active=True).exists()
        assert not GroupApprovalTask.objects.filter(active=True).exists()
        assert root.title == "Faqet"
        assert seed_review() == 0

    def test_a_workflow_that_somebody_chose_stays(self):
        own = Workflow.objects.create(name="Tonë")
        WorkflowPage.objects.filter(page=Page.get_first_root_node()).update(workflow=own)
        assert seed_review() == 0
        assert WorkflowPage.objects.get(page=Page.get_first_root_node()).workflow == own

    def test_editors_reach_every_room_they_need_and_no_other(self):
        for name in ("wagtailadmin_explore_root", "wagtailimages:index", "wagtaildocs:index", "wagtailredirects:index"):
            assert self.ana.get(name).status_code == 200, name
        for name in ("wagtailimages:add", "wagtaildocs:add"):
            assert self.ana.get(name).status_code == 200, name
        assert self.ana.client.get("/cms/snippets/content/glossaryterm/").status_code == 200
        assert self.ana.client.get("/cms/settings/checks/wordstoavoid/", follow=True).status_code == 200
        for address in ("/cms/users/", "/cms/groups/", "/cms/sites/", "/cms/workflows/list/", "/cms/forms/"):
            assert self.ana.client.get(address).status_code in (302, 403, 404), address

    def test_a_new_picture_can_be_chosen_by_the_editor_who_uploads_it(self):
        file = SimpleUploadedFile("pamje.png", get_test_image_file().file.getvalue(), "image/png")
        response = self.ana.post("wagtailimages:add", title="Pamje", file=file, collection="1")
        assert response.status_code == 302
        assert get_image_model().objects.filter(title="Pamje").count() == 1
        assert "Pamje" in self.ana.text("wagtailimages_chooser:choose_results")


class TestWordsOfChange(EditorsTest):
    def test_what_changed_goes_into_the_history_and_leaves_the_form(self):
        self.ana.save(self.article, action="submit", title="E re", change_note="Titull më i qartë.")
        self.besa.post("review:decide", self.again(self.article).current_workflow_task_state.pk, action="approve")
        entry = PageLogEntry.objects.get(action="content.change_note")
        assert entry.user == self.ana.user
        assert entry.data == {"words": "Titull më i qartë."}
        assert "Titull më i qartë." in self.ana.text("wagtailadmin_pages:history", self.article.pk)
        report = self.ana.text("changes_report")
        assert "Titull më i qartë." in report
        assert self.again(self.article).change_note == ""
        assert self.again(self.article).get_latest_revision_as_object().change_note == ""

    def test_a_publication_without_a_word_writes_none(self):
        self.article.save_revision().publish()
        assert not PageLogEntry.objects.filter(action="content.change_note").exists()


class TestByTheClock(EditorsTest):
    def at(self, **moments: object) -> Page:
        page = self.again(self.article)
        page.title = "Me orar"
        for name, value in moments.items():
            setattr(page, name, value)
        page.save_revision().publish()
        return page

    def test_a_page_goes_live_and_away_at_its_minute(self):
        now = timezone.now()
        self.at(go_live_at=now + timedelta(minutes=1), expire_at=now + timedelta(minutes=5))
        assert self.again(self.article).title == "Provë"
        assert publish_due(now)["published"] == 0
        with mock.patch("django.utils.timezone.now", return_value=now + timedelta(minutes=2)):
            assert publish_due() == {"published": 1, "taken away": 0}
            assert publish_due() == {"published": 0, "taken away": 0}
        assert self.again(self.article).title == "Me orar"
        with mock.patch("django.utils.timezone.now", return_value=now + timedelta(minutes=6)):
            assert publish_due() == {"published": 0, "taken away": 1}
            assert publish_due() == {"published": 0, "taken away": 0}
        assert not self.again(self.article).live

    def test_one_broken_page_stops_no_other(self):
        now = timezone.now()
        self.at(go_live_at=now + timedelta(minutes=1))
        other = self.new_article(slug="tjeter", title="Tjetër")
        other.go_live_at, other.title = now + timedelta(minutes=1), "Tjetër, e re"
        other.save_revision().publish()
        real = Revision.publish

        def breaks(revision, *args, **kwargs):
            if revision.object_id == str(self.article.pk):
                raise ValueError
            return real(revision, *args, **kwargs)

        with (
            mock.patch("django.utils.timezone.now", return_value=now + timedelta(minutes=2)),
            mock.patch.object(Revision, "publish", breaks),
        ):
            assert publish_due()["published"] == 1
        assert self.again(other).title == "Tjetër, e re"
