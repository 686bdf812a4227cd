"""Attacks: an editor has their own words approved by their own hand, by way of another's draft, a translation, autosave
or the clock."""

from datetime import timedelta
from typing import Any
from unittest import mock

from django.core import mail
from django.utils import timezone
from wagtail.models import Locale, Page, Revision, TaskState, WorkflowState
from wagtail_localize.models import StringSegment, StringTranslation, Translation

from audit.models import AuditEntry
from content import housekeeping
from content.review.actions import publish_due, withdraw_submission
from content.tests.editors import Editor, EditorsTest, get_form


class ApprovalTest(EditorsTest):
    def waiting(self, page: Page | None = None) -> TaskState:
        return self.again(page or self.article).current_workflow_task_state

    def approve(self, editor: Editor) -> Any:
        return editor.post("review:decide", self.waiting().pk, action="approve")

    def title(self) -> str:
        return self.again(self.article).title


class TestAuthors(ApprovalTest):
    def test_whoever_wrote_an_earlier_draft_of_it_does_not_approve_it(self):
        self.ana.save(self.article, title="Fjalët e Anës")
        self.besa.save(self.again(self.article), action="submit", intro="Vetëm një presje.")
        self.approve(self.ana)
        assert self.title() == "Provë"
        assert "awaiting-review" not in self.ana.text("wagtailadmin_home")
        cela = Editor("cela")
        self.approve(cela)
        assert self.title() == "Fjalët e Anës"

    def test_what_readers_have_already_makes_nobody_an_author(self):
        self.ana.save(self.article, action="submit", title="Një")
        self.approve(self.besa)
        self.besa.save(self.article, action="submit", title="Dy")
        self.approve(self.ana)
        assert self.title() == "Dy"

    def test_putting_back_what_readers_have_begins_afresh(self):
        self.ana.save(self.article, action="submit", title="Një")
        self.approve(self.besa)
        live = self.again(self.article).live_revision
        self.besa.save(self.article, title="Dy")
        put_back = f"/cms/pages/{self.article.pk}/revisions/{live.pk}/revert/"
        assert self.ana.client.post(put_back, get_form(self.article, title="Një")).status_code == 302
        self.ana.save(self.article, action="submit", title="Tre")
        self.approve(self.besa)
        assert self.title() == "Tre"


class TestTranslations(ApprovalTest):
    def test_whoever_translated_does_not_approve_it_when_another_pressed_send(self):
        twin = self.translated()
        translation = Translation.objects.get(target_locale=twin.locale, source__object_id=twin.translation_key)
        for segment in StringSegment.objects.filter(source=translation.source):
            StringTranslation.objects.create(
                translation_of=segment.string, context=segment.context, locale=twin.locale, data="Words of Ana",
                translation_type=StringTranslation.TRANSLATION_TYPE_MANUAL, last_translated_by=self.ana.user,
            )  # fmt: skip
        self.besa.post("review:submit_translation", twin.pk)
        state = self.waiting(twin)
        assert state.revision.user == self.ana.user, "who wrote it, not who pressed"
        StringTranslation.objects.update(last_translated_by=self.besa.user)  # afterwards, to hide the hand
        for editor in (self.ana, self.besa):
            editor.post("review:decide", state.pk, action="approve")
            assert not self.again(twin).live
        Editor("cela").post("review:decide", state.pk, action="approve")
        assert self.again(twin).live

    def translated(self) -> Page:
        en = Locale.objects.get(language_code="en")
        self.ana.post("wagtail_localize:submit_page_translation", self.article.pk, locales=[en.pk])
        return self.article.get_translation(en).specific


class TestOverwriting(ApprovalTest):
    def overwrite(self, editor: Editor, revision: Revision, **changes: Any) -> None:
        editor.save(self.article, overwrite_revision_id=revision.pk, **changes)

    def test_a_revision_that_waits_is_not_written_over(self):
        self.ana.save(self.article, action="submit", title="E mirë")
        revision = self.waiting().revision
        self.overwrite(self.ana, revision, title="E keqe")
        revision.refresh_from_db()
        assert revision.content["title"] == "E mirë"

    def test_nor_one_that_was_approved_and_waits_for_its_hour(self):
        soon = f"{timezone.localtime() + timedelta(days=2):%Y-%m-%d} 12:00"
        self.ana.save(self.article, action="submit", title="E mirë", go_live_at=soon)
        revision = self.waiting().revision
        self.approve(self.besa)
        self.overwrite(self.ana, revision, title="E keqe", go_live_at=soon)
        with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=3)):
            publish_due()
        assert self.title() != "E keqe"

    def test_nor_one_that_was_withdrawn_which_is_kept_beside_the_new_one(self):
        self.ana.save(self.article, action="submit", title="E mirë")
        revision = self.waiting().revision
        self.ana.save(self.article, action="cancel-workflow")
        self.overwrite(self.ana, revision, title="E re")
        revision.refresh_from_db()
        assert revision.content["title"] == "E mirë"
        assert self.again(self.article).get_latest_revision_as_object().title == "E re"

    def test_text_that_changed_all_the_same_is_not_approved_nor_published_by_the_clock(self):
        self.ana.save(self.article, action="submit", title="E mirë")
        state = self.waiting()
        content = {**state.revision.content, "title": "E keqe"}
        Revision.objects.filter(pk=state.revision_id).update(content=content)
        assert "changed after it was sent" in self.besa.text("review:decide", state.pk)
        self.approve(self.besa)
        assert self.title() == "Provë"


class TestAtTheSameMoment(ApprovalTest):
    def test_withdrawing_what_was_just_approved_leaves_it_approved(self):
        self.ana.save(self.article, action="submit", title="E re")
        seen = self.again(self.article)
        state = self.waiting()
        assert seen.current_workflow_state.status == WorkflowState.STATUS_IN_PROGRESS
        self.approve(self.besa)
        assert withdraw_submission(seen, user=self.ana.user) is False
        state.workflow_state.refresh_from_db()
        assert state.workflow_state.status == WorkflowState.STATUS_APPROVED

    def test_approving_what_was_just_withdrawn_publishes_nothing(self):
        self.ana.save(self.article, action="submit", title="E re")
        state = self.waiting()
        withdraw_submission(self.again(self.article), user=self.ana.user)
        self.besa.post("review:decide", state.pk, action="approve")
        assert self.title() == "Provë"
        state.workflow_state.refresh_from_db()
        assert state.workflow_state.status == WorkflowState.STATUS_CANCELLED


class TestTakingAway(ApprovalTest):
    def told(self) -> str:
        housekeeping.each_minute()
        assert sorted({each.to[0] for each in mail.outbox}) == ["ana@vatra.example", "besa@vatra.example"]
        return mail.outbox[-1].body

    def test_unpublishing_is_in_the_chain_and_mailed(self):
        self.ana.post("wagtailadmin_pages:unpublish", self.article.pk)
        entry = AuditEntry.objects.get(action="cms.unpublish")
        assert (entry.actor_id, entry.target_id) == (str(self.ana.user.pk), str(self.article.pk))
        assert "Provë" in self.told()

    def test_moving_is_in_the_chain_and_mailed(self):
        other = self.new_article(slug="tjeter", title="Tjetër")
        self.ana.post("wagtailadmin_pages:move_confirm", self.article.pk, other.pk)
        assert AuditEntry.objects.get(action="cms.move").target_id == str(self.article.pk)
        assert "a page was moved" in self.told()

    def test_privacy_is_in_the_chain_and_mailed(self):
        self.ana.post("wagtailadmin_pages:set_privacy", self.article.pk, restriction_type="login")
        assert AuditEntry.objects.filter(action="cms.view_restriction.create").exists()
        assert "who may read a page was changed" in self.told()

    def test_deleting_a_draft_that_nobody_saw_is_in_the_chain_and_mailed(self):
        self.article.unpublish()
        Page.objects.filter(pk=self.article.pk).update(first_published_at=None)
        self.ana.post("wagtailadmin_pages:delete", self.article.pk)
        assert AuditEntry.objects.get(action="cms.delete").target_id == str(self.article.pk)
        assert "a page was deleted" in self.told()

    def test_saving_submitting_and_sending_back_are_in_the_chain(self):
        self.ana.save(self.article, title="E re")
        self.ana.save(self.article, action="submit", title="E re 2")
        self.besa.post("review:decide", self.waiting().pk, action="reject", comment="Jo kështu.")
        seen = set(AuditEntry.objects.filter(target_id=str(self.article.pk)).values_list("action", flat=True))
        assert {"cms.edit", "cms.workflow.start", "cms.workflow.reject"} <= seen
        assert "kështu" not in "".join(str(each.detail) for each in AuditEntry.objects.all())
