"""What a release corrects in an installation that an earlier one laid down."""

import json
from io import StringIO

from django.core.management import call_command
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, TaskState

from audit.models import AuditEntry
from case_forms.submissions.seeding.reference import seed_groups

from ..models import ArticlePage, GlossaryTerm, Hotline, SeededText
from ..review.models import may_decide
from ..review.seeding import seed_review
from ..seeding import corrections
from ..seeding.actions import get_seeded_pages, seed_content
from ..seeding.corrections import BLOCKED, CURRENT, EDITED, UNTOUCHED
from ..seeding.pages import load_page_specs
from ..seeding.wording import fingerprint, get_shipped_page_words, get_stored_page_words
from .editors import Editor
from .seeded import SeededTest

RIGHTS = "not_punished"
OLD = "<p>Ligji parashikon që një person i trafikuar të mos dënohet.</p>"


def get_status(key, language="sq"):
    return next(each.status for each in get_seeded_pages() if each.spec["key"] == key and each.language == language)


class OfAnEarlierRelease(SeededTest):
    """The page on Article 52/a as an earlier release laid it down."""

    def setUp(self):
        super().setUp()
        seed_groups()
        seed_review()
        self.page = ArticlePage.objects.get(slug="ligji-dhe-ju")
        raw = list(self.page.body.raw_data)
        raw[0] = {**raw[0], "value": OLD}
        ArticlePage.objects.filter(pk=self.page.pk).update(body=json.dumps(raw), legal_check="", for_lawyer="")
        self.page = ArticlePage.objects.get(pk=self.page.pk)
        self.laid_down_as_it_stands()

    def laid_down_as_it_stands(self):
        spec = next(spec for spec in load_page_specs() if spec["key"] == RIGHTS)
        print_then = fingerprint(get_stored_page_words(self.page, spec))
        SeededText.objects.filter(key=f"page:{RIGHTS}:sq").update(fingerprint=print_then)

    def live(self):
        return ArticlePage.objects.get(pk=self.page.pk)

    def test_new_words_of_the_law_wait_for_approval_and_readers_still_see_the_old_with_the_mark(self):
        assert get_status(RIGHTS) == UNTOUCHED
        assert seed_content()["pages proposed for approval"] == 1
        assert OLD in str(self.live().body.raw_data[0])
        assert self.live().legal_check == "open"
        waiting = self.live().latest_revision.as_object()
        assert "Sipas nenit 52/a" in str(waiting.body.raw_data[0])
        assert waiting.slug == self.page.slug
        assert self.live().workflow_in_progress
        assert AuditEntry.objects.filter(action="page.correction_proposed").count() == 1

    def test_they_are_proposed_once_also_after_an_editor_said_no(self):
        seed_content()
        assert seed_content()["pages proposed for approval"] == 0
        self.live().current_workflow_state.cancel(user=None)
        assert seed_content()["pages proposed for approval"] == 0

    def test_an_editor_approves_them_and_they_are_ours_again(self):
        seed_content()
        ana = Editor("ana")
        state = TaskState.objects.get(status="in_progress")
        assert may_decide(state.specific, ana.user)
        html = ana.text("review:decide", state.pk)
        assert "versioni i ri" in html or "new release" in html
        ana.post("review:decide", state.pk, action="approve")
        assert "Sipas nenit 52/a" in str(self.live().body.raw_data[0])
        assert get_status(RIGHTS) == CURRENT
        seed_content()
        spec = next(spec for spec in load_page_specs() if spec["key"] == RIGHTS)
        get_shared = SeededText.objects.get(key=f"page:{RIGHTS}:sq").fingerprint
        assert get_shared == fingerprint(get_shipped_page_words(spec, "sq"))

    def test_what_an_editor_wrote_is_neither_changed_nor_proposed_over(self):
        page = self.live()
        page.intro = "Fjalët e redaktorit, me ligjin."
        page.save_revision().publish()
        assert get_status(RIGHTS) == EDITED
        assert seed_content()["pages proposed for approval"] == 0
        assert self.live().intro == "Fjalët e redaktorit, me ligjin."
        assert self.live().legal_check == "open"

    def test_a_draft_of_an_editor_is_not_disturbed(self):
        page = self.live()
        page.intro = "Gjysmë fjalie"
        page.save_revision()
        assert get_status(RIGHTS) == BLOCKED
        assert seed_content()["pages proposed for approval"] == 0
        assert self.live().latest_revision.as_object().intro == "Gjysmë fjalie"

    def test_saving_it_unchanged_in_the_editor_leaves_it_ours(self):
        page = self.live()
        page.body[0].value.source = OLD.replace("<p>", '<p data-block-key="a1b2c">')
        page.save_revision().publish()
        assert get_status(RIGHTS) == UNTOUCHED

    def test_without_a_workflow_of_approval_nothing_is_proposed(self):
        from wagtail.models import WorkflowPage

        WorkflowPage.objects.all().delete()
        assert seed_content()["pages proposed for approval"] == 0
        assert not self.live().has_unpublished_changes

    def test_the_command_lists_shows_and_proposes(self):
        def says(*arguments):
            out = StringIO()
            call_command("seeded_texts", *arguments, stdout=out)
            return out.getvalue()

        assert "not_punished:sq" in says()
        shown = says("--show", "not_punished:sq")
        assert "-<p>Ligji parashikon që një person" in shown
        assert "+<p>Sipas nenit 52/a" in shown
        assert "waits for approval" in says("--propose", RIGHTS)
        assert "not proposed" in says("--propose", RIGHTS)


class TestWordsAndLines(SeededTest):
    def test_what_an_earlier_release_said_of_a_word_and_a_line_is_put_right(self):
        term = GlossaryTerm.objects.get(term="VMT dhe VT")
        ours = term.definition
        term.definition = "<p>Shkurtime në letrat zyrtare. Shërbimet janë të njëjta.</p>"
        term.save()
        line = Hotline.objects.get(key="women_116117")
        line.for_whom_sq, line.verified_by = "Gra dhe vajza", "Ana"
        line.save()
        assert seed_content()["corrected texts"] == 0  # these words were never ours
        for key, words in (
            ("word:vmt_vt:sq", corrections.get_stored_term_words(term)),
            ("hotline:women_116117", corrections.get_stored_hotline_words(line)),
        ):
            SeededText.objects.filter(key=key).update(fingerprint=fingerprint(words))
        assert seed_content()["corrected texts"] == 2
        term.refresh_from_db()
        line.refresh_from_db()
        assert term.definition == ours
        assert "burra" in line.for_whom_sq
        assert (line.number, line.verified_by) == ("116 117", "Ana")

    def test_each_text_that_releases_laid_down_before_is_known_by_its_fingerprint(self):
        known = corrections.get_known_fingerprints()
        keys = {key for key in SeededText.objects.values_list("key", flat=True) if key.startswith("page:")}
        assert keys <= known.keys()
        assert all(len(known[key]) >= 1 for key in keys)


class TestEarlierAddresses(SeededTest):
    def test_old_addresses_lead_to_the_pages_and_to_those_below_them(self):
        for before, now in {
            "/si-te-tregoni/": "/si-te-raportoni/",
            "/si-te-tregoni/cfare-ndodh/": "/si-te-raportoni/cfare-ndodh/",
            "/en/telling-someone/who-to-talk-to/": "/en/report/who-to-talk-to/",
            "/te-drejtat/intervista-zyrtare/": "/te-drejtat/identifikimi-formal/",
            "/en/how-to-tell/offers/": "/en/spot-the-signs/offers/",
        }.items():
            response = self.client.get(before)
            assert response.status_code == 302, before
            assert response["Location"] == now

    def test_no_redirect_leads_from_an_address_that_a_page_has(self):
        for redirect in Redirect.objects.all():
            assert f"{redirect.old_path}/" not in self.urls
        assert Page.find_problems() == ([], [], [], [], [])
