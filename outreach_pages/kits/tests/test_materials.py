"""Materials and kits as editors keep them: what fits a kind, who approves, and that no reader has an address."""

import pytest
from django.core.exceptions import ValidationError
from wagtail.models import Page
from wagtail_localize.models import TranslationSource

from content.models import public_page_models, public_pages
from content.reports.lists import get_due_pages

from ..models import KitPage, MaterialLibraryPage, MaterialPage
from .kit_world import KitTest, build_slide, build_stream


class TestMaterials(KitTest):
    def send_for_approval(self) -> int:
        """Send the newest draft of the slides for approval, in Ana's name; return the task's id."""
        self.slides.save_revision(user=self.ana.user)
        page = MaterialPage.objects.get(pk=self.slides.pk)
        page.get_workflow().start(page, self.ana.user)
        return page.current_workflow_task_state.pk

    def test_a_block_of_another_kind_is_refused(self):
        task = ("task", {"title": "Detyrë", "text": "<p>Shkruani.</p>", "lines": 3})
        with pytest.raises(ValidationError, match="Detyrë"):
            MaterialPage(title="x", kind="slides", audiences=["men"], body=build_stream(build_slide(), task)).clean()

    def test_a_kind_without_its_own_block_is_refused(self):
        with pytest.raises(ValidationError, match="“Kuiz”"):
            MaterialPage(title="x", kind="quiz", audiences=["men"], body=build_stream()).clean()
        MaterialPage(title="x", kind="handout", audiences=["men"], body=build_stream()).clean()

    def test_a_material_cannot_replace_itself(self):
        self.slides.replaces = self.slides
        with pytest.raises(ValidationError, match="vetveten"):
            self.slides.clean()

    def test_readers_have_no_address_for_any_of_it(self):
        assert not {KitPage, MaterialPage, MaterialLibraryPage} & set(public_page_models())
        for page in (self.library, self.slides, self.kit):
            assert page.get_url() is None
            assert not public_pages().filter(pk=page.pk).exists()
        for path in ("/biblioteka-e-proves/", f"/biblioteka-e-proves/{self.slides.slug}/", f"/{self.slides.slug}/"):
            assert self.client.get(path, follow=True).status_code == 404

    def test_nobody_publishes_one_alone_and_approval_makes_the_version(self):
        for page in (self.slides, self.kit):
            assert not page.permissions_for_user(self.ana.user).can_publish()
        self.slides.body = build_stream(build_slide("E re"))
        state = self.send_for_approval()
        self.ana.post("review:decide", state, action="approve")
        assert len(self.get_versions()) == 1
        assert "E re" not in str(self.get_versions()[0].content)
        self.besa.post("review:decide", state, action="approve")
        newest = self.get_versions()[-1]
        assert newest.content["materials"][0]["body"][0]["value"]["title"] == "E re"
        assert newest.made_by == self.besa.user

    def test_an_unverified_number_in_a_slides_notes_is_never_approved(self):
        self.slides.body = build_stream(build_slide(notes="Telefononi 069 123 4567."))
        state = self.send_for_approval()
        assert "069 123 4567" in self.besa.text("review:decide", state)
        self.besa.post("review:decide", state, action="approve")
        assert len(self.get_versions()) == 1

    def test_one_whose_review_is_due_stands_in_the_editors_list(self):
        self.slides.review_by = "2026-01-01"
        self.slides.save_revision().publish()
        assert self.slides.pk in get_due_pages(self.ana.user).values_list("pk", flat=True)

    def test_editors_open_the_form_and_the_draft_of_each(self):
        for page in (self.library, self.slides, self.kit):
            assert page.title in self.ana.text("wagtailadmin_pages:edit", page.pk)
            draft = self.ana.get("wagtailadmin_pages:view_draft", page.pk)
            assert draft.status_code == 200, page
            assert page.title in draft.content.decode()

    def test_editors_see_in_which_kits_a_material_is_used(self):
        assert self.kit.title in self.ana.text("wagtailadmin_pages:usage", self.slides.pk)

    def test_all_of_it_can_be_taken_into_sentences_for_the_other_language(self):
        for page in (self.library, self.slides, self.kit):
            source, _made = TranslationSource.get_or_create_from_instance(page)
            said = set(source.stringsegment_set.values_list("string__data", flat=True))
            assert page.title in said, page
        assert "Rregullat" in set(
            TranslationSource.get_or_create_from_instance(self.slides)[0].stringsegment_set.values_list(
                "string__data", flat=True
            )
        )

    def test_an_editor_finds_the_form_of_each_where_the_guide_says(self):
        root = Page.get_first_root_node()
        address = "wagtailadmin_pages:add"
        assert self.ana.get(address, "outreach_pages", "materiallibrarypage", root.pk).status_code == 200
        for name in ("materialpage", "kitpage"):
            assert self.ana.get(address, "outreach_pages", name, self.library.pk).status_code == 200
            assert self.ana.get(address, "outreach_pages", name, self.home.pk).status_code == 302
