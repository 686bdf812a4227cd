"""What is decided on stands beside the decision, and whoever may decide is led there."""

from django.urls import reverse
from wagtail.models import Page, TaskState

from ..models import ArticlePage, HomePage
from .editors import EditorsTest


class TestThePageBesideTheDecision(EditorsTest):
    def waiting(self, page: Page) -> TaskState:
        return self.again(page).current_workflow_task_state

    def submit(self, title: str = "E re") -> TaskState:
        self.ana.save(self.article, action="submit", title=title)
        return self.waiting(self.article)

    def preview(self, state: TaskState) -> str:
        return reverse("wagtailadmin_pages:revisions_view", args=[state.revision.object_id, state.revision_id])

    def test_both_the_reviewer_and_the_author_see_the_submitted_text_in_a_frame(self):
        state = self.submit()
        for editor in (self.ana, self.besa):
            assert f'<iframe src="{self.preview(state)}"' in editor.text("review:decide", state.pk)
            shown = editor.client.get(self.preview(state))
            assert "<h1>E re</h1>" in shown.content.decode()

    def test_our_own_pages_alone_may_frame_it_and_its_scripts_do_not_run(self):
        state = self.submit()
        assert 'sandbox="allow-same-origin"' in self.besa.text("review:decide", state.pk)
        shown = self.besa.client.get(self.preview(state))
        assert "frame-ancestors 'self'" in shown["Content-Security-Policy"]
        assert shown["X-Frame-Options"] == "SAMEORIGIN"

    def test_a_page_that_readers_never_had_is_shown_and_said_to_be_new(self):
        page = self.home.add_child(instance=ArticlePage(title="Krejt e re", slug="krejt-e-re", live=False))
        self.ana.save(page, action="submit")
        state = self.waiting(page)
        html = self.besa.text("review:decide", state.pk)
        assert "all of it is new to them" in html
        assert "/compare/" not in html
        assert "Krejt e re" in self.besa.client.get(self.preview(state)).content.decode()

    def test_the_translation_is_shown_when_it_waits_too(self):
        english = self.article.copy_for_translation(
            HomePage.objects.get(locale__language_code="en").locale, copy_parents=True
        )
        state = self.submit()
        assert self.besa.text("review:decide", state.pk).count("<iframe") == 1

        self.ana.save(english, action="submit", title="New")
        other = self.waiting(english)
        html = self.besa.text("review:decide", state.pk)
        assert html.count("<iframe") == 2
        assert f'<iframe src="{self.preview(other)}"' in html
        assert reverse("review:decide", args=[other.pk]) in html

    def test_the_editor_leads_whoever_may_decide_to_the_decision(self):
        state = self.submit()
        assert self.besa.text("wagtailadmin_pages:edit", self.article.pk).count("Review and decide") == 2
        own = self.ana.text("wagtailadmin_pages:edit", self.article.pk)
        assert "Review and decide" not in own
        assert reverse("review:decide", args=[state.pk]) in own
