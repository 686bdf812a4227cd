"""A session's card and its feedback from another front end."""

import json

from django.db import models

from ..cards.codes import format_code
from ..feedback.counting import get_daily_limit
from ..feedback.models import FeedbackCount
from .cards_world import CODE, CardTest

CARD = f"/api/v2/cards/{CODE}"
QUIZ = {"only_girls": "false", "no_proof": "true"}


class TestCardsInTheApi(CardTest):
    def post(self, when, answers, **more):
        body = json.dumps({"answers": answers, **more})
        return self.client.post(f"{CARD}/feedback/{when}", body, content_type="application/json")

    def count(self):
        return FeedbackCount.objects.aggregate(n=models.Sum("waiting"))["n"] or 0

    def test_a_card_says_what_its_page_says_and_however_it_was_typed(self):
        said = self.client.get(CARD).json()
        assert said["unit"] == self.unit.name
        assert said["code"] == format_code(CODE)
        assert said["feedback"] == ["before", "after"]
        assert self.client.get(f"/api/v2/cards/{CODE.lower()}").json() == said
        assert self.session.place_name
        self.session.show_place = False
        self.session.save()
        assert self.session.place_name not in self.client.get(CARD).content.decode()

    def test_an_unknown_and_an_ended_card_read_alike(self):
        unknown = self.client.get("/api/v2/cards/ZZZZZZZZ")
        self.end_card()
        ended = self.client.get(CARD)
        assert (unknown.status_code, ended.status_code) == (404, 404)
        assert unknown.content == ended.content
        assert self.post("after", QUIZ).status_code == 404

    def test_the_questions_give_nothing_away_and_the_answers_only_afterwards(self):
        asked = self.client.get(f"{CARD}/feedback/before").json()
        assert {"only_girls", "no_proof"} <= {question["key"] for question in asked}
        assert "right" not in json.dumps(asked)
        assert self.post("before", QUIZ).json() == {"explained": []}
        told = self.post("after", QUIZ).json()["explained"]
        assert {"key": "only_girls", "right": "false"}.items() <= next(
            each for each in told if each["key"] == "only_girls"
        ).items()
        assert self.count() == 4

    def test_what_is_no_answer_is_named_without_being_repeated_and_counts_nothing(self):
        for answers in ({}, {"only_girls": "SECRETWORD"}, {"SECRETWORD": "true"}, {"only_girls": None}, ["x"]):
            refused = self.post("after", answers)
            assert refused.status_code == 422
            assert "SECRETWORD" not in refused.content.decode()
        assert self.post("after", {"only_girls": "perhaps"}).json()["errors"][0]["path"] == "/answers/only_girls"
        assert self.client.get(f"{CARD}/feedback/later").status_code == 422
        assert self.count() == 0

    def test_the_day_s_limit_is_that_of_the_pages(self):
        limit = get_daily_limit(self.session)
        for _number in range(limit):
            assert self.post("after", {"only_girls": "true"}).status_code == 201
        assert self.post("after", {"only_girls": "true"}).json()["type"] == "urn:vatra:problem:day-full"
        assert FeedbackCount.objects.aggregate(n=models.Sum("waiting") + models.Sum("shown"))["n"] == limit
