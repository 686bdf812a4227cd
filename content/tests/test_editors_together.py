"""Pages that belong together are published in one step, all of them or none (docs/adr/0165)."""

from wagtail.models import Page, TaskState

from audit.models import AuditEntry

from ..models import HomePage
from ..review.actions import withdraw_submission
from .editors import Editor, EditorsTest, get_form

UNVERIFIED = "Telefononi 069 123 4567."


class TestPublishingTogether(EditorsTest):
    def setUp(self) -> None:
        super().setUp()
        english = HomePage.objects.get(locale__language_code="en").locale
        self.english = self.article.copy_for_translation(english, copy_parents=True)
        self.second = self.new_article(title="Dy", slug="dy")
        self.pages = [self.article, self.english, self.second]
        for page, title in zip(self.pages, ("E re", "New", "Dy e re"), strict=True):
            self.ana.save(page, action="submit", title=title)
        self.states = [self.waiting(page) for page in self.pages]

    def waiting(self, page: Page) -> TaskState:
        return self.again(page).current_workflow_task_state

    def approve(self, *along: int, by: Editor | None = None) -> str:
        data = {"action": "approve", "together": [str(each) for each in along]}
        response = (by or self.besa).post("review:decide", self.states[0].pk, **data)
        return response.content.decode() if response.status_code == 200 else ""

    def titles(self) -> list[str]:
        """What readers see; the English page is new to them."""
        return [page.title if page.live else "" for page in map(self.again, self.pages)]

    def test_what_else_waits_is_offered_and_nothing_is_ticked(self):
        html = self.besa.text("review:decide", self.states[0].pk)
        for other in self.states[1:]:
            assert f'value="{other.pk}"' in html
        assert f'name="together" value="{self.states[0].pk}"' not in html
        assert "checked" not in html.split('name="together"', 1)[1].split("</form>", 1)[0]
        assert 'name="together"' not in self.ana.text("review:decide", self.states[0].pk)

    def test_both_languages_and_another_page_go_out_at_once_each_with_its_own_entry(self):
        self.approve(self.states[1].pk, self.states[2].pk)
        assert self.titles() == ["E re", "New", "Dy e re"]
        approved = AuditEntry.objects.filter(action="page.approved").values_list("target_id", flat=True)
        assert set(approved) == {str(page.pk) for page in self.pages}

    def test_what_is_not_ticked_waits_on(self):
        self.approve(self.states[1].pk)
        assert self.titles() == ["E re", "New", "Dy"]
        assert self.waiting(self.second) is not None

    def test_one_that_the_checks_stop_stops_all_and_is_named(self):
        withdraw_submission(self.second, user=self.ana.user)
        self.ana.client.post(f"/cms/pages/{self.second.pk}/edit/", get_form(self.second, "submit", title="Me numër"))
        last = self.waiting(self.second)
        revision = last.revision
        revision.content = revision.content | {"intro": UNVERIFIED}
        revision.save()
        html = self.approve(self.states[1].pk, last.pk)
        assert "Nothing was published: “Me numër”" in html
        assert f'value="{self.states[1].pk}"' in html
        assert self.titles()[:2] == ["Provë", ""]
        assert not AuditEntry.objects.filter(action="page.approved").exists()

    def test_one_that_was_withdrawn_meanwhile_stops_all_beside_its_field(self):
        withdraw_submission(self.second, user=self.ana.user)
        html = self.approve(self.states[1].pk, self.states[2].pk)
        assert "doesn’t wait for you any more" in html
        assert self.titles()[:2] == ["Provë", ""]

    def test_nobody_ticks_their_own_and_nonsense_is_refused(self):
        cela = Editor("cela")
        own = self.new_article(title="Tre", slug="tre")
        cela.save(own, action="submit", title="E Celës")
        assert f'value="{self.waiting(own).pk}"' not in cela.text("review:decide", self.states[0].pk)
        assert "doesn’t wait for you any more" in self.approve(self.waiting(own).pk, by=cela)
        assert "doesn’t wait for you any more" in self.approve(0)
        assert self.titles() == ["Provë", "", "Dy"]
        assert self.again(own).title == "Tre"
