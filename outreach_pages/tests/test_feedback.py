"""Feedback: counted without a trace, shown only where it tells on nobody."""

import datetime

import pytest
from django.db import models
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from access.models import RateCount
from access.rate_limits import delete_old_counts

from ..feedback.counting import build_results, get_daily_limit, get_open_phases, record_feedback, suppress_small_counts
from ..feedback.models import FeedbackCount, Phase
from ..models import InformativeSession
from .cards_world import CARD, CardTest

BEFORE, AFTER = f"/en{CARD}mendimi/para/", f"/en{CARD}mendimi/pas/"
QUIZ = {"only_girls": "false", "no_proof": "true"}


class TestGivingFeedback(CardTest):
    def test_it_is_counted_and_leads_to_thanks_without_a_cookie(self):
        response = self.client.post(AFTER, QUIZ | {"clear": "yes"})
        assert (response.status_code, response["Location"]) == (303, f"{AFTER}faleminderit/")
        assert not response.cookies
        assert FeedbackCount.objects.filter(phase="after").aggregate(n=models.Sum("waiting"))["n"] == 3

    def test_nothing_kept_tells_who_when_or_what_else(self):
        kinds = {field.name for field in FeedbackCount._meta.get_fields()}
        assert kinds == {"id", "session", "phase", "question", "answer", "shown", "waiting", "kit_version", "is_right"}
        self.client.post(BEFORE, QUIZ)
        self.client.post(BEFORE, QUIZ)
        assert FeedbackCount.objects.count() == len(QUIZ)
        finer = (models.DateTimeField, models.TimeField, models.GenericIPAddressField, models.TextField)
        assert not [field for field in FeedbackCount._meta.fields if isinstance(field, finer)]

    def test_how_many_came_is_known_by_the_day_and_forgotten_after_some(self):
        long_ago = timezone.localdate() - datetime.timedelta(days=4)
        record_feedback(self.session, Phase.BEFORE, QUIZ, on=long_ago)
        record_feedback(self.session, Phase.BEFORE, QUIZ)
        slots = RateCount.objects.filter(scope="feedback").values_list("slot", flat=True)
        assert {slot.astimezone(datetime.UTC).time() for slot in slots} == {datetime.time(0)}
        delete_old_counts(timezone.now())
        assert RateCount.objects.filter(scope="feedback").count() == 1

    def test_after_the_session_the_answers_are_explained_before_it_they_are_not(self):
        assert "It happens to boys and men too" in self.html(f"{AFTER}faleminderit/")
        assert "It happens to boys and men too" not in self.html(f"{BEFORE}faleminderit/")

    def test_an_empty_form_and_an_unknown_answer_are_told_and_what_was_chosen_stays(self):
        html = self.client.post(AFTER, {}).content.decode()
        assert "Choose at least one answer" in html
        html = self.client.post(AFTER, {"only_girls": "made-up", "clear": "yes"}).content.decode()
        assert "Choose one of the answers on this page." in html
        assert 'value="yes" id="id_clear_0" checked' in html or "checked" in html
        assert not FeedbackCount.objects.exists()

    def test_a_flood_is_bounded_for_each_card_and_day(self):
        self.session.counts.create(sex="female", age_group="15_17", number=12)
        assert get_daily_limit(self.session) == 24
        for _number in range(23):
            record_feedback(self.session, Phase.AFTER, {})
        assert self.client.post(AFTER, QUIZ).status_code == 303
        full = self.client.post(AFTER, QUIZ)
        assert full.status_code == 429
        assert "as many answers as it accepts in one day" in full.content.decode()
        assert "checked" in full.content.decode()
        assert self.client.post(BEFORE, QUIZ).status_code == 303

    def test_a_form_of_another_site_is_refused(self):
        sent = self.client.post(AFTER, QUIZ, headers={"Sec-Fetch-Site": "cross-site"})
        assert sent.status_code == 403
        assert not FeedbackCount.objects.exists()

    def test_only_the_phases_of_today_are_open(self):
        assert get_open_phases(self.session) == [Phase.BEFORE, Phase.AFTER]
        assert 'pas/"' in self.html(f"/en{CARD}mendimi/")
        InformativeSession.objects.update(date=timezone.localdate() + datetime.timedelta(days=3))
        assert self.client.get(f"/en{CARD}mendimi/")["Location"] == BEFORE
        assert self.client.get(AFTER).status_code == 303
        InformativeSession.objects.update(date=timezone.localdate() - datetime.timedelta(days=90))
        assert "Not today" in self.html(f"/en{CARD}mendimi/")
        assert self.client.post(AFTER, QUIZ).status_code == 303
        assert not FeedbackCount.objects.exists()

    def test_an_ended_card_takes_none(self):
        self.end_card()
        for address in (f"/en{CARD}mendimi/", BEFORE, f"{AFTER}faleminderit/"):
            assert self.client.get(address).status_code == 404
        assert self.client.post(AFTER, QUIZ).status_code == 404
        assert self.client.get(f"/en{CARD}mendimi/tjeter/").status_code == 404


class TestSeeingCounts(CardTest):
    def answers(self, number: int, phase: Phase = Phase.AFTER, **answers: str) -> None:
        for _each in range(number):
            assert record_feedback(self.session, phase, answers)

    def page(self) -> str:
        self.client.force_login(self.worker)
        return self.html(f"/field/sessions/{self.session.pk}/page/")

    def test_nine_answers_look_like_none(self):
        nothing = self.page()
        self.answers(9, only_girls="false", clear="yes")
        assert build_results(self.session).any_shown is False
        assert self.page().split('id="feedback-title"')[1] == nothing.split('id="feedback-title"')[1]

    def test_ten_answers_are_shown(self):
        self.answers(7, only_girls="false")
        self.answers(3, only_girls="true")
        html = self.page()
        assert "70 %" in html
        assert "7 of 10" in html

    def test_an_eleventh_answer_changes_nothing_that_is_seen(self):
        self.answers(10, only_girls="false")
        seen = build_results(self.session)
        self.answers(9, only_girls="true")
        assert build_results(self.session) == seen
        self.answers(1, only_girls="true")
        quiz = build_results(self.session).quiz[0].after
        assert (quiz.answers, quiz.right) == (20, 10)

    def test_each_question_waits_for_its_own_ten(self):
        self.answers(10, only_girls="false")
        self.answers(4, no_proof="true")
        shown = {each.question.key: each.after.is_shown for each in build_results(self.session).quiz}
        assert shown["only_girls"] is True
        assert shown["no_proof"] is False

    def test_small_counts_of_opinions_are_held_back_with_one_more(self):
        self.answers(18, clear="yes")
        self.answers(2, clear="partly")
        clear = next(each.after for each in build_results(self.session).opinions if each.question.key == "clear")
        assert [cell.number for cell in clear.cells] == [18, None, None]
        assert "<strong>18</strong>" in self.page()


@given(st.lists(st.integers(0, 40), min_size=3, max_size=5))
def test_no_held_back_count_can_be_worked_out_from_the_total(numbers):
    kept = suppress_small_counts({str(place): number for place, number in enumerate(numbers)})
    assert all(number is None or number == 0 or number >= 10 for number in kept.values())
    assert list(kept.values()).count(None) != 1


@pytest.mark.parametrize("numbers", [{"yes": 30, "partly": 0, "no": 0}, {"yes": 20, "partly": 10, "no": 0}])
def test_what_tells_on_nobody_is_shown(numbers):
    assert suppress_small_counts(numbers) == numbers
