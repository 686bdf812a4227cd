"""A session's page and its kit: which words it shows, what it stores, and what an update does to it."""

import datetime
import io
import sys
import time
import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pypdf import PdfReader
from wagtail_localize.fields import get_translatable_fields

from content.models import Hotline

from ..handouts import render_handout
from ..kits.models import KitPage, KitVersion, MaterialPage
from ..kits.tests.kit_world import KitTest, build_stream
from ..models import InformativeSession, SessionPage
from ..pages.actions import renew_session_page
from ..pages.differences import compute_digest, is_edited
from ..pages.kit_words import choose_kit_version
from .cards_world import CARD, CardTest

QUESTION = "A duhen prova për të raportuar?"
NEXT = "A mund të raportoj pa dhënë emrin?"
YESTERDAY = timezone.localdate() - datetime.timedelta(days=1)


def build_quiz(question: str = QUESTION) -> tuple[str, Any]:
    answers = [{"text": "Po", "is_right": False}, {"text": "Jo", "is_right": True}]
    questions = [{"question": question, "answers": answers, "explanation": "<p>Mjafton ajo që patë.</p>"}]
    return "quiz", {"title": "Kuizi i klasës", "intro": "", "questions": questions, "closing": ""}


def build_words(sign: str = "Premtim i shpejtë", *more: tuple[str, Any]) -> str:
    signs = {"title": "Shenjat e kompletit", "intro": "", "signs": [sign], "closing": ""}
    return build_stream(("signs", signs), ("rich_text", "<h2>Pushimi i madh</h2><p>Fjalë të kompletit.</p>"), *more)


def read_leaflet(session: InformativeSession) -> str:
    pages = PdfReader(io.BytesIO(render_handout(session, "leaflet", "sq"))).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


class KitPageTest(CardTest, KitTest):
    """A kit with words and a quiz, and the page of a session with its audience, made from it."""

    def setUp(self) -> None:
        super().setUp()
        # Whatever kits the service begins with, these tests have one.
        KitPage.objects.exclude(pk=self.kit.pk).update(live=False)
        self.quiz = self.put_material("Kuizi, klasa e nëntë", "quiz", build_quiz())
        self.publish_words()
        InformativeSession.objects.filter(pk=self.session.pk).update(audience="grade_9")
        self.session.refresh_from_db()
        self.make_page()

    def publish_words(self, *sign: str, materials: tuple[MaterialPage, ...] | None = None) -> None:
        kit = KitPage.objects.get(pk=self.kit.pk)
        kit.intro = "Hyrja e kompletit."
        kit.body = build_words(*sign)
        chosen = (self.slides, self.quiz) if materials is None else materials
        kit.parts = build_stream(*(("material", each.pk) for each in chosen))
        kit.save_revision().publish()

    def publish_quiz(self, question: str = NEXT) -> None:
        quiz = MaterialPage.objects.get(pk=self.quiz.pk)
        quiz.body = build_stream(build_quiz(question))
        quiz.save_revision().publish()

    def page(self) -> SessionPage:
        return SessionPage.objects.get(session=self.session, locale__language_code="sq")

    def body(self) -> str:
        return self.html(CARD).split('<div class="body">')[1].split('class="materials"')[0]

    def keep(self) -> None:
        SessionPage.objects.filter(pk=self.page().pk).update(follows=False)

    def hold(self, days: int = 1) -> None:
        """Let the session have been held some days ago, and the page and its kit have been there by then."""
        InformativeSession.objects.update(date=timezone.localdate() - datetime.timedelta(days=days))


class TestWhatItShows(KitPageTest):
    def test_a_page_is_made_with_the_newest_version_and_shows_its_words(self):
        page = self.page()
        assert page.kit_version == KitVersion.objects.newest(self.kit.pk)
        assert page.follows
        html = self.html(CARD)
        for words in ("Hyrja e kompletit.", "Shenjat e kompletit", "Premtim i shpejtë", QUESTION, "Kush ishte me ne"):
            assert words in html
        html = self.body()
        assert html.index("Shenjat e kompletit") < html.index(QUESTION) < html.index("Kush ishte me ne")

    def test_it_stores_none_of_the_kits_words_and_no_slide_is_shown(self):
        assert "Premtim" not in str(self.page().body.raw_data)
        assert "Rregullat" not in self.html(CARD)

    def test_topics_beyond_the_kits_are_said_and_the_kits_own_are_not_said_twice(self):
        assert "Folëm edhe për" in self.html(CARD)
        self.quiz.topics = ["recognition", "rights"]
        self.quiz.save_revision().publish()
        SessionPage.objects.update(kit_version=None)
        page = self.page()
        page.kit_version = KitVersion.objects.newest(self.kit.pk)
        page.save()
        renew_session_page(session=self.session, by=self.worker)
        assert "Folëm edhe për" not in self.html(CARD)

    def test_a_language_without_a_kit_has_the_programs_words(self):
        html = self.html(f"/en{CARD}")
        assert "Signs to stop and ask" in html
        assert SessionPage.objects.get(locale__language_code="en").kit_version is None

    def test_a_kit_without_words_is_not_chosen(self):
        kit = self.put_kit(self.slides, slug="bosh")
        assert choose_kit_version("grade_9", "sq").kit_id == self.kit.pk
        KitPage.objects.exclude(pk=kit.pk).update(live=False)
        assert choose_kit_version("grade_9", "sq") is None

    def test_the_kit_that_the_record_names_goes_before_a_younger_one(self):
        younger = self.put_kit(self.slides, slug="i-ri")
        younger.body = build_words("Shenjë e re")
        younger.save_revision().publish()
        assert choose_kit_version("grade_9", "sq").kit_id == younger.pk
        named = KitVersion.objects.filter(kit_id=self.kit.pk).order_by("number").first()
        assert choose_kit_version("grade_9", "sq", named) == KitVersion.objects.newest(self.kit.pk)
        assert choose_kit_version("grade_9", "en", named) is None

    def test_a_page_of_another_audience_gets_the_kit_for_that(self):
        InformativeSession.objects.update(audience="community")
        renew_session_page(session=self.session, by=self.worker)
        assert self.page().kit_version is None
        assert "Shenja që duhen marrë seriozisht" in self.html(CARD)

    def test_a_place_that_an_editor_took_out_leaves_the_words_at_the_end(self):
        page = self.page()
        page.body = [("rich_text", "<p>Përgjigje për kutinë tuaj.</p>")]
        page.save_revision().publish()
        html = self.body()
        assert html.index("Përgjigje për kutinë tuaj.") < html.index("Shenjat e kompletit")

    def test_a_line_that_both_name_stands_once_and_one_switched_off_not_at_all(self):
        line = Hotline.objects.get(key="alo_116111")
        paper = self.put_material("Letra", "handout", ("hotline", {"line": line.pk}), slug="letra")
        kit = KitPage.objects.get(pk=self.kit.pk)
        kit.body = build_words("Premtim i shpejtë", ("hotline", {"line": line.pk}))
        kit.parts = build_stream(("material", paper.pk))
        kit.save_revision().publish()
        assert self.body().count("tel:116111") == 1
        Hotline.objects.filter(pk=line.pk).update(publish="no")
        assert "tel:116111" not in self.html(CARD)

    def test_a_link_in_the_kits_words_leads_where_it_does_on_any_page(self):
        kit = KitPage.objects.get(pk=self.kit.pk)
        kit.body = build_stream(("rich_text", f'<p><a linktype="page" id="{self.article.pk}">Lexoni</a></p>'))
        kit.save_revision().publish()
        assert f'<a href="{self.article.url}">Lexoni</a>' in self.html(CARD)

    def test_it_is_still_found_by_nobody(self):
        for address in ("/sitemap.xml", "/feed.xml", "/api/v2/pages/?limit=20&search=kompletit"):
            assert "kompletit" not in self.client.get(address).content.decode()
        assert self.client.get(f"/api/v2/pages/{self.page().pk}/").status_code == 404


class TestUpdates(KitPageTest):
    def test_an_approved_update_of_the_quiz_is_on_a_page_that_follows_and_not_on_one_that_keeps(self):
        stored = self.page().body.raw_data[:]
        quiz = MaterialPage.objects.get(pk=self.quiz.pk)
        quiz.body = build_stream(build_quiz(NEXT))
        quiz.save_revision(user=self.ana.user)
        page = MaterialPage.objects.get(pk=quiz.pk)
        page.get_workflow().start(page, self.ana.user)
        assert NEXT not in self.html(CARD)
        self.besa.post("review:decide", page.current_workflow_task_state.pk, action="approve")
        assert NEXT in self.html(CARD)
        assert QUESTION not in self.html(CARD)
        assert list(self.page().body.raw_data) == list(stored)
        assert not is_edited(self.page())
        self.keep()
        assert QUESTION in self.html(CARD)
        assert NEXT not in self.html(CARD)

    def test_a_kit_that_is_given_to_other_people_leaves_its_pages_with_the_words_for_theirs(self):
        kit = KitPage.objects.get(pk=self.kit.pk)
        kit.audience, kit.body = "professionals", build_words("Për profesionistët")
        kit.save_revision().publish()
        assert "Premtim i shpejtë" in self.html(CARD)
        assert "Për profesionistët" not in self.html(CARD)

    def test_the_leaflet_agrees_with_the_page(self):
        assert "Premtim i shpejtë" in read_leaflet(self.session)
        self.publish_words("Dhuratë e shtrenjtë")
        for text in (read_leaflet(self.session), self.html(CARD)):
            assert "Dhuratë e shtrenjtë" in text
            assert "Premtim i shpejtë" not in text
        self.keep()
        for text in (read_leaflet(self.session), self.html(CARD)):
            assert "Premtim i shpejtë" not in text.replace("Premtim i shpejtë", "", 1)
            assert "Dhuratë e shtrenjtë" not in text

    def test_a_leaflet_has_no_signs_where_the_kit_has_none(self):
        kit = KitPage.objects.get(pk=self.kit.pk)
        kit.body = build_stream(("rich_text", "<p>Vetëm tekst.</p>"))
        kit.save_revision().publish()
        assert "Shenja" not in read_leaflet(self.session)

    @pytest.mark.clock
    def test_an_update_reaches_two_hundred_pages_within_a_second_and_writes_none_of_them(self):
        first = self.page()
        sessions = [self.make_session(audience="grade_9") for _number in range(200)]
        for session in sessions:
            page = SessionPage(session=session, locale=first.locale, title="-", slug=uuid.uuid4().hex)
            page.kit_version, page.body = first.kit_version, first.body
            first.add_sibling("last-sibling", instance=page)
        InformativeSession.objects.filter(pk=sessions[-1].pk).update(card_code="7K2M9QXC")
        started = time.process_time()
        with CaptureQueriesContext(connection) as asked:
            self.publish_quiz()
        assert NEXT in self.html("/k/7K2M9QXC/")
        # Of a processor; measuring which lines run takes as much again.
        assert time.process_time() - started < (1 if sys.gettrace() is None else 2)
        assert not [each for each in asked if "outreach_pages_sessionpage" in each["sql"]]
        assert SessionPage.objects.filter(kit_version=first.kit_version).count() == 201

    def test_the_page_costs_few_queries_more_than_one_without_a_kit(self):
        def count() -> int:
            self.html(CARD)
            with CaptureQueriesContext(connection) as asked:
                self.html(CARD)
            return len(asked)

        self.hold()
        self.publish_quiz()
        with_kit = count()
        SessionPage.objects.update(kit_version=None)
        assert with_kit - count() <= 5


class TestWhatWasTakenAway(KitPageTest):
    def test_a_material_that_is_unpublished_or_deleted_is_on_no_page(self):
        for take_away in (lambda: self.quiz.unpublish(), lambda: MaterialPage.objects.get(pk=self.quiz.pk).delete()):
            for follows in (True, False):
                SessionPage.objects.update(follows=follows)
                assert QUESTION in self.html(CARD)
            take_away()
            for follows in (True, False):
                SessionPage.objects.update(follows=follows)
                assert QUESTION not in self.html(CARD)
                assert "Premtim i shpejtë" in self.html(CARD)
            MaterialPage.objects.filter(pk=self.quiz.pk).update(live=True)
            if MaterialPage.objects.filter(pk=self.quiz.pk).exists():
                self.publish_words()

    def test_a_kit_that_is_unpublished_takes_all_of_its_words_along(self):
        self.kit.unpublish()
        for follows in (True, False):
            SessionPage.objects.update(follows=follows)
            html = self.html(CARD)
            assert "Premtim i shpejtë" not in html
            assert QUESTION not in html
            assert "Kush ishte me ne" in html
            assert "tel:129" in html
        assert "Premtim i shpejtë" not in read_leaflet(self.session)

    def test_withdrawn_words_are_replaced_on_a_page_that_keeps(self):
        self.keep()
        quiz = MaterialPage.objects.get(pk=self.quiz.pk)
        quiz.body = build_stream(build_quiz(NEXT))
        quiz.withdrawn_through = timezone.localdate()
        quiz.save_revision().publish()
        html = self.html(CARD)
        assert NEXT in html
        assert QUESTION not in html
        assert "Kjo faqe ruan atë që patë në takim" in html

    def test_a_kits_own_withdrawn_words_are_replaced_too_also_on_the_leaflet(self):
        self.keep()
        kit = KitPage.objects.get(pk=self.kit.pk)
        kit.body, kit.withdrawn_through = build_words("Shenjë e saktë"), timezone.localdate()
        kit.save_revision().publish()
        for text in (self.html(CARD), read_leaflet(self.session)):
            assert "Shenjë e saktë" in text
            assert "Premtim i shpejtë" not in text

    def test_words_from_after_that_day_are_kept(self):
        MaterialPage.objects.update(withdrawn_through=YESTERDAY)
        self.keep()
        self.publish_quiz()
        assert QUESTION in self.html(CARD)

    def test_a_day_to_come_is_refused(self):
        self.quiz.withdrawn_through = timezone.localdate() + datetime.timedelta(days=1)
        with pytest.raises(ValidationError, match="sot"):
            self.quiz.clean()


class TestNoteOnChanges(KitPageTest):
    def setUp(self) -> None:
        super().setUp()
        self.hold()

    def note(self) -> str:
        html = self.html(CARD)
        return html.split('role="note">')[1].split("</div>")[0] if 'role="note">' in html else ""

    def test_it_names_what_changed_since_the_session_with_the_day_and_none_of_the_words(self):
        assert self.note() == ""
        self.publish_quiz()
        assert "Kuizi: u ndryshua" in self.note()
        assert f'datetime="{timezone.localdate():%Y-%m-%d}"' in self.note()
        assert "prova" not in self.note()
        assert "Kuizi, klasa e nëntë" not in self.note()
        assert "Teksti" not in self.note()

    def test_what_came_and_what_went_is_named(self):
        paper = self.put_material("Letra", "handout", ("rich_text", "<p>Për ta mbajtur.</p>"), slug="letra")
        self.publish_words(materials=(paper,))
        assert "Kuizi: nuk është më këtu" in self.note()
        assert "Letra për ta marrë në shtëpi: u shtua" in self.note()

    def test_changed_slides_and_what_was_changed_back_are_no_change(self):
        self.publish_slide("Tjetër")
        self.publish_quiz()
        quiz = MaterialPage.objects.get(pk=self.quiz.pk)
        quiz.body = self.quiz.body  # with its ids, by which a reader's browser tells its questions apart
        quiz.save_revision().publish()
        assert self.note() == ""

    def test_before_the_session_and_on_its_day_nothing_is_noted(self):
        self.publish_quiz()
        InformativeSession.objects.update(date=timezone.localdate())
        assert self.note() == ""

    def test_it_is_on_no_page_that_keeps(self):
        self.publish_quiz()
        self.keep()
        assert self.note() == ""


class TestEditors(KitPageTest):
    def turn(self, page: SessionPage, **changes: Any) -> SessionPage:
        """Return the draft that the editing form makes of these changes, once it is found valid."""
        form_class = page.get_edit_handler().get_form_class()
        form = form_class(instance=page.get_latest_revision_as_object(), for_user=self.ana.user)
        for name, value in changes.items():
            setattr(form.instance, name, value)
        form.cleaned_data = changes
        turned: SessionPage = form.save(commit=False)
        return turned

    def test_a_page_nobody_edited_loses_the_programs_words_when_it_gets_a_kit_and_finds_them_when_it_loses_it(self):
        english = SessionPage.objects.get(locale__language_code="en")
        assert "signs" in [block.block_type for block in english.body]
        old = self.page()
        old.kit_version = None
        old.save()
        renew_session_page(session=self.session, by=self.worker)
        version = KitVersion.objects.newest(self.kit.pk)
        turned = self.turn(self.page(), kit_version=version)
        assert next(block.block_type for block in turned.body) == "kit_words"
        assert turned.record_digest == compute_digest(turned)
        turned.save_revision(user=self.ana.user).publish()
        assert self.body().count("Kuizi i klasës") == 1
        assert not is_edited(self.page())
        back = self.turn(self.page(), kit_version=None)
        assert "signs" in [block.block_type for block in back.body]

    def test_what_an_editor_wrote_is_never_touched(self):
        page = self.page()
        page.body = [("rich_text", "<p>E jona.</p>")]
        page.save_revision(user=self.ana.user).publish()
        turned = self.turn(self.page(), kit_version=None)
        assert [str(block.value) for block in turned.body] == [str(block.value) for block in self.page().body]
        title = self.turn(self.page(), kit_version=None, title="Titulli ynë")
        assert title.title == "Titulli ynë"

    def test_the_form_offers_the_versions_of_the_language_and_audience_and_the_panel_counts(self):
        self.publish_quiz()
        html = self.ana.text("wagtailadmin_pages:edit", self.page().pk)
        assert html.count("Klasa e nëntë · version") == len(self.get_versions())
        for page in (self.kit, self.quiz):
            assert "1 page follows its updates" in self.ana.text("wagtailadmin_pages:edit", page.pk)
        english = SessionPage.objects.get(locale__language_code="en")
        assert "Klasa e nëntë · version" not in self.ana.text("wagtailadmin_pages:edit", english.pk)

    def test_a_choice_is_published_by_two(self):
        page = self.page()
        page.follows = False
        page.save_revision(user=self.ana.user)
        page = SessionPage.objects.get(pk=page.pk)
        page.get_workflow().start(page, self.ana.user)
        state = page.current_workflow_task_state.pk
        newest = page.latest_revision_id
        compared = self.besa.text("wagtailadmin_pages:revisions_compare", page.pk, "live", newest)
        assert "Follows updates of the kit" in compared
        self.ana.post("review:decide", state, action="approve")
        assert self.page().follows
        self.besa.post("review:decide", state, action="approve")
        assert not self.page().follows
        assert not page.permissions_for_user(self.ana.user).can_publish()

    def test_a_kit_of_another_language_is_refused_and_shown_by_no_page(self):
        english = SessionPage.objects.get(locale__language_code="en")
        english.kit_version = KitVersion.objects.newest(self.kit.pk)
        with pytest.raises(ValidationError, match="gjuhë"):
            english.clean()
        SessionPage.objects.filter(pk=english.pk).update(kit_version=english.kit_version)
        assert "Premtim i shpejtë" not in self.html(f"/en{CARD}")

    def test_a_translation_takes_over_neither_choice_nor_withdrawal(self):
        for model, names in ((SessionPage, ("kit_version", "follows")), (MaterialPage, ("withdrawn_through",))):
            fields = {each.field_name: each for each in get_translatable_fields(model)}
            for name in names:
                assert not fields[name].is_synchronized(None)
                assert not fields[name].is_translated(None)

    def test_a_draft_shows_the_kits_words(self):
        html = self.ana.get("wagtailadmin_pages:view_draft", self.page().pk).content.decode()
        assert "Premtim i shpejtë" in html


class TestOnAPhone(KitPageTest):
    def test_ways_stand_under_the_title_and_every_jump_leads_somewhere(self):
        for address in (CARD, f"/en{CARD}"):
            html = self.html(address)
            ways = html.split("session-ways")[1].split("</ul>")[0]
            assert "/pyet/" in ways or "/ask/" in ways or "k/7K2M9QXB" in ways
            jumps = html.split("session-jumps")[1].split("</nav>")[0]
            for part in (ways, jumps):
                for anchor in [each.split('"')[0] for each in part.split('href="#')[1:]]:
                    assert html.count(f'id="{anchor}"') == 1, anchor
            assert html.index("session-ways") < html.index('<div class="body">')
        assert "Kuiz · 1 pyetje" in self.html(CARD)
