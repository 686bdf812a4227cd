"""A card asks what the session's kit asks; each answer is counted with the words that it was given to."""

import datetime
import importlib
import json

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone, translation
from wagtail.models import Locale, Page

from ..feedback.counting import build_results, record_feedback
from ..feedback.models import FeedbackCount, Phase
from ..feedback.questions import get_questions
from ..feedback.summaries import sum_opinions
from ..kits.models import KitPage, KitVersion, MaterialLibraryPage, MaterialPage
from ..kits.tests.kit_world import build_stream
from ..kits.usage import build_kit_usage, build_material_usage
from ..models import InformativeSession, SessionPage
from ..records.actions import change_plan
from .cards_world import CARD, CODE
from .test_page_and_kit import NEXT, QUESTION, KitPageTest, build_quiz, build_words

BEFORE, AFTER = f"{CARD}mendimi/para/", f"{CARD}mendimi/pas/"
OPINION = "A u ndjetë mirë?"
FOLDED = "<p>Paguani &amp; tregoni.</p><p>Kurrë.</p>"


def build_opinions(*questions):
    asked = [{"question": each, "answers": ["Po", "Jo"]} for each in questions]
    return "opinion", {"title": "Mendimi juaj", "questions": asked}


def texts(questions):
    return [str(each.text) for each in questions]


class AskedTest(KitPageTest):
    """A session whose page follows a kit with a quiz and a sheet of opinions; its record names none."""

    def setUp(self):
        super().setUp()
        self.sheet = self.put_material("Mendimi juaj", "opinion", build_opinions(OPINION))
        self.publish_words(materials=(self.slides, self.quiz, self.sheet))
        translation.activate("sq")
        self.addCleanup(translation.deactivate)

    def version(self):
        return KitVersion.objects.newest(self.kit.pk)

    def ask(self, phase=Phase.AFTER, sent=()):
        return get_questions(InformativeSession.objects.get(pk=self.session.pk), phase, sent)

    def give(self, times, phase=Phase.AFTER, *, right=True, question=0):
        asked = self.ask(phase)[question]
        answer = (asked.right or "a1") if right else "a1"
        for _each in range(times):
            session = InformativeSession.objects.get(pk=self.session.pk)
            assert record_feedback(session, phase, {asked.key: answer})
        return asked

    def put_english(self):
        """Put the kit's translation: the same key, in English."""
        locale = Locale.objects.get(language_code="en")
        library = Page.get_first_root_node().add_child(
            instance=MaterialLibraryPage(title="Test library", slug="test-library", locale=locale)
        )
        quiz = library.add_child(
            instance=MaterialPage(
                title="Quiz", kind="quiz", audiences=["grade_9"], body=build_stream(build_quiz("Are proofs needed?")),
                locale=locale, translation_key=self.quiz.translation_key, live=False,
            )
        )  # fmt: skip
        quiz.save_revision().publish()
        kit = library.add_child(
            instance=KitPage(
                title="Grade nine", audience="grade_9", parts=build_stream(("material", quiz.pk)), body=build_words(),
                locale=locale, translation_key=KitPage.objects.get(pk=self.kit.pk).translation_key, live=False,
            )
        )  # fmt: skip
        kit.save_revision().publish()
        return KitVersion.objects.newest(kit.pk)


class TestWhatIsAsked(AskedTest):
    def test_the_kits_quiz_before_and_its_opinions_too_afterwards(self):
        assert texts(self.ask(Phase.BEFORE)) == [QUESTION]
        assert texts(self.ask()) == [QUESTION, OPINION]
        html = self.html(AFTER)
        assert QUESTION in html
        assert OPINION in html
        assert "Nuk e di" in html
        assert "Vetëm vajzat" not in html

    def test_a_session_without_a_kit_is_asked_what_the_program_asks(self):
        SessionPage.objects.update(kit_version=None)
        assert [each.version for each in self.ask()] == [None] * len(self.ask())
        assert "Vetëm vajzat mund të trafikohen." in texts(self.ask())

    def test_a_kit_without_opinions_has_the_programs(self):
        self.publish_words(materials=(self.slides, self.quiz))
        assert texts(self.ask())[:2] == [QUESTION, "A ishte e qartë?"]

    def test_the_record_goes_before_the_page(self):
        old = self.version()
        self.publish_quiz()
        assert texts(self.ask(Phase.BEFORE)) == [NEXT]
        change_plan(session=self.session, by=self.worker, values={"kit_version": old})
        assert texts(self.ask(Phase.BEFORE)) == [QUESTION]

    def test_a_page_that_keeps_is_asked_what_it_keeps(self):
        self.keep()
        SessionPage.objects.update(kit_version=self.version())
        self.publish_quiz()
        assert texts(self.ask(Phase.BEFORE)) == [QUESTION]

    def test_each_language_is_asked_its_own_kits_quiz(self):
        change_plan(session=self.session, by=self.worker, values={"kit_version": self.version()})
        english = self.put_english()
        with translation.override("en"):
            [asked] = self.ask(Phase.BEFORE)
        assert (str(asked.text), asked.version) == ("Are proofs needed?", english.pk)
        assert texts(self.ask(Phase.BEFORE)) == [QUESTION]

    def test_a_language_that_the_kit_lacks_is_asked_what_the_program_asks(self):
        change_plan(session=self.session, by=self.worker, values={"kit_version": self.version()})
        assert "Only girls can be trafficked." in self.html(f"/en{BEFORE}")

    def test_the_right_answer_is_explained_as_plain_words(self):
        quiz = build_quiz()
        quiz[1]["questions"][0]["explanation"] = FOLDED
        self.quiz.body = build_stream(quiz)
        self.quiz.save_revision().publish()
        html = self.html(f"{AFTER}faleminderit/")
        assert "<strong>Jo.</strong> Paguani &amp; tregoni. Kurrë." in html
        assert "Paguani" not in self.html(f"{BEFORE}faleminderit/")

    def test_a_quiz_needs_one_right_answer_for_each_question(self):
        for right in ([], [True, True]):
            quiz = build_quiz()
            quiz[1]["questions"][0]["answers"] = [{"text": each, "is_right": bool(right)} for each in ("Po", "Jo")]
            self.quiz.body = build_stream(quiz)
            with pytest.raises(ValidationError) as refused:
                self.quiz.full_clean()
            assert "body" in refused.value.message_dict

    def test_a_version_that_was_frozen_with_two_right_answers_does_not_ask_them(self):
        quiz = build_quiz()
        quiz[1]["questions"][0]["answers"][0]["is_right"] = True
        MaterialPage.objects.filter(pk=self.quiz.pk).update(body=build_stream(quiz))
        MaterialPage.objects.get(pk=self.slides.pk).save_revision().publish()
        assert QUESTION not in texts(self.ask(Phase.BEFORE))


class TestVersions(AskedTest):
    def test_what_has_begun_goes_on_and_two_wordings_are_never_one_count(self):
        first = self.give(10, Phase.BEFORE)
        self.publish_quiz()
        assert QUESTION in self.html(AFTER)
        self.give(10)
        [row] = build_results(self.session).quiz
        assert (row.before.answers, row.after.answers, row.version.pk) == (10, 10, first.version)
        other = self.make_session(card_code="7K2M9QXC", audience="grade_9")
        other = change_plan(session=other, by=self.worker, values={"kit_version": self.version()})
        [asked] = get_questions(other, Phase.BEFORE)
        assert str(asked.text) == NEXT
        assert asked.key != first.key

    def test_a_form_that_was_opened_before_is_counted_as_it_was_asked(self):
        [asked] = self.ask(Phase.BEFORE)
        self.publish_quiz()
        assert self.client.post(BEFORE, {asked.key: "a1"}).status_code == 303
        [row] = FeedbackCount.objects.all()
        assert (row.question, row.kit_version_id, row.is_right) == (asked.key, asked.version, False)

    def test_withdrawn_words_are_asked_nowhere_and_a_form_that_has_them_says_so(self):
        self.give(3, Phase.BEFORE)
        [asked] = self.ask(Phase.BEFORE)
        # Versions never change: this one was made some days ago.
        days_ago = timezone.now() - datetime.timedelta(days=3)
        self.quiz.withdrawn_through = timezone.localdate(days_ago)
        quiz = build_quiz(NEXT)
        self.quiz.body = build_stream(quiz)
        self.quiz.save_revision().publish()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(timezone, "localdate", _older(self.version().pk, days_ago.date()))
            assert texts(self.ask(Phase.BEFORE)) == [NEXT]
            html = self.client.post(BEFORE, {asked.key: "a1"}).content.decode()
        assert NEXT in html
        assert "Këto pyetje u korrigjuan ndërkohë" in html
        assert FeedbackCount.objects.get().waiting == 3

    def test_a_quiz_that_was_taken_away_is_asked_nowhere(self):
        self.give(3, Phase.BEFORE)
        self.quiz.unpublish()
        assert QUESTION not in texts(self.ask(Phase.BEFORE))
        KitPage.objects.filter(pk=self.kit.pk).update(live=False)
        assert texts(self.ask())[-4:] == texts(get_questions(self.session, Phase.AFTER))[-4:]

    def test_a_key_of_another_kit_is_asked_nowhere(self):
        other = self.put_material("Tjetër", "quiz", build_quiz("Pyetje tjetër?"))
        kit = self.put_kit(other, slug="tjeter-komplet")
        version = KitVersion.objects.newest(kit.pk)
        html = self.client.post(BEFORE, {f"k{version.pk}-q1": "a1"}).content.decode()
        assert "Pyetje tjetër?" not in html
        for key in (f"k{'9' * 19}-q1", f"k{'9' * 18}-q1", "k0-q999", "k-q1", "k1-x1"):
            assert self.client.post(BEFORE, {key: "a1"}).status_code == 200
        assert not FeedbackCount.objects.exists()

    def test_answers_that_were_counted_before_kits_asked_go_on_and_stay_readable(self):
        for _each in range(10):
            FeedbackCount.objects.update_or_create(
                session=self.session, phase="before", question="only_girls", answer="false", defaults={"shown": 10}
            )
        importlib.import_module("outreach_pages.migrations.earlier.0015_right_answers").say_what_was_right(
            apps, connection.schema_editor()
        )
        assert FeedbackCount.objects.get().is_right is True
        assert texts(self.ask(Phase.BEFORE))[0] == "Vetëm vajzat mund të trafikohen."
        assert texts(self.ask())[-1] == OPINION
        row = build_results(self.session).quiz[0]
        assert (row.before.answers, row.before.right_share, row.version) == (10, 100, None)

    def test_the_migration_says_of_each_statement_what_was_right_and_nothing_of_opinions(self):
        for question, answer in (("only_girls", "true"), ("no_proof", "true"), ("law", "unsure"), ("clear", "yes")):
            FeedbackCount.objects.create(session=self.session, phase="after", question=question, answer=answer)
        migration = importlib.import_module("outreach_pages.migrations.earlier.0015_right_answers")
        migration.say_what_was_right(apps, connection.schema_editor())
        found = dict(FeedbackCount.objects.values_list("question", "is_right"))
        assert found == {"only_girls": False, "no_proof": True, "law": False, "clear": None}


def _older(pk, day):
    """Let every version but this one have been made on that day."""
    real, newest = timezone.localdate, KitVersion.objects.get(pk=pk).made_at
    return lambda value=None, *more: real(value, *more) if value is None or value == newest else day


class TestWhatIsRead(AskedTest):
    def test_the_unit_reads_which_version_asked(self):
        SessionPage.objects.update(kit_version=self.version())
        self.give(10)
        self.client.force_login(self.worker)
        html = self.client.get(f"/field/sessions/{self.session.pk}/page/").content.decode()
        assert f"Klasa e nëntë”, version {self.version().number} (sq)" in html

    def test_editors_read_each_version_apart_and_each_language(self):
        InformativeSession.objects.filter(pk=self.session.pk).update(
            kit_version=self.version(), state="held", held_at=timezone.now(), held_by=self.worker
        )
        english = self.put_english()
        self.give(10, right=False)
        self.give(10, question=1)
        with translation.override("en"):
            self.give(10)
        self.publish_quiz()
        newest, asked, *_rest = build_kit_usage(self.kit).versions
        assert (newest.after.answers, asked.after.answers, asked.after.percent) == (0, 10, 0)
        assert [(each.version, each.after.percent) for each in build_kit_usage(self.english_kit(english)).versions] == [
            (english, 100)
        ]
        [said] = build_kit_usage(self.kit).opinions
        assert (str(said.question.text), [number for _text, number in said.cells]) == (OPINION, [10])
        of_quiz = {each.version.pk: each.after.answers for each in build_material_usage(self.quiz).versions}
        assert of_quiz[asked.version.pk] == 10
        assert build_material_usage(self.slides).versions[1].after.answers == 0

    def english_kit(self, version):
        return KitPage.objects.get(pk=version.kit_id)

    def test_the_same_opinion_question_of_two_versions_is_one_sum(self):
        self.give(10, question=1)
        other = self.make_session(card_code="7K2M9QXC", audience="grade_9")
        self.publish_quiz()
        other = change_plan(session=other, by=self.worker, values={"kit_version": self.version()})
        asked = get_questions(other, Phase.AFTER)[1]
        for _each in range(12):
            record_feedback(other, Phase.AFTER, {asked.key: "a1"})
        [said] = sum_opinions(FeedbackCount.objects.all())
        assert [number for _text, number in said.cells] == [20]
        self.sheet.body = build_stream(build_opinions("A u ndjetë rehat?"))
        self.sheet.save_revision().publish()
        [said] = sum_opinions(FeedbackCount.objects.all())
        assert str(said.question.text) == OPINION


class TestFromElsewhere(AskedTest):
    def post(self, answers, when="before"):
        body = json.dumps({"answers": answers, "language": "sq"})
        return self.client.post(f"/api/v2/cards/{CODE}/feedback/{when}", body, content_type="application/json")

    def test_another_front_end_asks_in_a_language_and_is_counted_with_what_it_asked(self):
        [asked] = self.client.get(f"/api/v2/cards/{CODE}/feedback/before?language=sq").json()
        assert asked["text"] == {"sq": QUESTION}
        assert [each["key"] for each in asked["answers"]] == ["a1", "a2", "unsure"]
        self.publish_quiz()
        assert self.post({asked["key"]: "a2"}).json() == {"explained": []}
        [told] = self.post({asked["key"]: "a2"}, "after").json()["explained"]
        assert (told["right"], told["why"]) == ("a2", {"sq": "Mjafton ajo që patë."})
        assert {row.kit_version_id for row in FeedbackCount.objects.all()} == {int(asked["key"][1:].split("-")[0])}

    def test_keys_that_nobody_asks_are_refused_beside_the_answers(self):
        for key in ("only_girls", "k999999-q1"):
            refused = self.post({key: "true"})
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["path"] == "/answers"
        assert not FeedbackCount.objects.exists()
