"""Stories: read from JSON, refused in words, and told to their end."""

from datetime import datetime, timedelta

import pytest

from case_forms.session_requests.models import SessionRequest
from case_forms.session_requests.tests.scene import load_form
from case_forms.simulation.run import live
from case_forms.simulation.simulate import StoryImpossible, simulate
from case_forms.simulation.simulated_system import SimulatedSystem
from case_forms.simulation.story import ALBANIA, StoryRefused, read_story
from case_forms.simulation.timeline import read_timeline
from notifications.outbox.models import Notice
from tests.world.forms import publish
from tests.world.scene import make_scene

from .stories import tell

pytestmark = pytest.mark.django_db

PLAIN = {"form": "small_identification", "municipality": "vlore", "at": "2026-03-06T23:40"}


@pytest.fixture
def scene():
    return make_scene()


def words(timeline, kind):
    return [entry.words["en"] for entry in timeline.of_kind(kind)]


def test_a_time_without_an_offset_is_local_in_albania():
    assert read_story(PLAIN).at == datetime(2026, 3, 6, 23, 40, tzinfo=ALBANIA)


def test_a_story_comes_out_as_json_as_it_went_in():
    story = read_story({**PLAIN, "acts": [{"do": "accepts", "at": 5, "role": "police"}, {"do": "mail_away"}]})
    assert read_story(story.to_json()) == story


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"form": None}, "/form"),
        ({"at": "soon"}, "/at"),
        ({"at": "1900-01-01T00:00"}, "/at"),
        ({"surprise": 1}, "/surprise"),
        ({"months": 13}, "/months"),
        ({"acts": [{"do": "flies", "at": 1}]}, "/acts/0"),
        ({"acts": [{"do": "accepts", "at": 1, "role": "pope"}]}, "/acts/0/accepts/role"),
        ({"acts": [{"do": "accepts", "at": -1, "role": "police"}]}, "/acts/0/accepts/at"),
        ({"acts": [{"do": "opens", "at": 1, "role": "police"}] * 61}, "/acts"),
        ({"directory": "dreamt"}, "/directory"),
    ],
)
def test_a_story_that_cannot_be_read_is_refused_where_it_is_wrong(change, path):
    with pytest.raises(StoryRefused) as refused:
        read_story({**PLAIN, **change})
    assert path in [problem.path for problem in refused.value.problems]
    assert all(problem.message for problem in refused.value.problems)


@pytest.mark.parametrize("came", [None, [], "story", 3, {"acts": {}}])
def test_what_is_no_story_at_all_is_refused(came):
    with pytest.raises(StoryRefused):
        read_story(came)


def test_no_problem_quotes_an_answer():
    with pytest.raises(StoryRefused) as refused:
        read_story({**PLAIN, "answers": "Arta Hoxha", "acts": "Arta Hoxha"})
    assert "Hoxha" not in str(refused.value) + "".join(problem.message for problem in refused.value.problems)


def test_the_officer_who_answers_settles_it(scene):
    roles = ("police", "responsible_authority")
    # Whoever accepts and never says what came of it is asked for the outcome again and again.
    done = [{"do": act, "role": role, "at": at} for at, act in ((5, "accepts"), (30, "outcome")) for role in roles]
    timeline = simulate(tell(scene, *done))
    assert (timeline.ended, timeline.status, timeline.fired) == ("settled", "potential_victim", ("tell",))
    first = timeline.of_kind("notice.owed")[0]
    assert (first.minute, first.rule, first.ladder, first.role) == (0, "tell", "quick", "police")
    assert first.who
    assert first.sections
    assert next(clock for clock in timeline.deadlines if clock.key == "police_report").met_at == (
        timeline.begins_at + timedelta(minutes=5)
    )


def test_silence_climbs_the_ladder_and_ends_in_a_call_that_repeats(scene):
    timeline = simulate(tell(scene))
    police = [
        (entry.minute, entry.action, entry.step)
        for entry in timeline.of_kind("notice.escalated")
        if entry.role == "police"
    ]
    assert police == [(10, "remind", 0), (20, "deputy", 1), (30, "call", 2)]
    assert timeline.ended == "repeats"
    assert [entry.number for entry in timeline.of_kind("calls.repeat")] == [30, 30]
    assert "30 minutes" in words(timeline, "calls.repeat")[0]


def test_a_rule_that_does_not_apply_says_why(scene):
    rules = {rule.key: rule for rule in simulate(tell(scene)).rules}
    assert (rules["tell"].fired, rules["tell_cpu"].fired) == (True, False)
    assert rules["tell_cpu"].condition["en"]
    assert all(name["en"] and value["en"] for name, value in rules["tell_cpu"].values)


def test_an_act_that_cannot_be_done_stands_in_the_timeline_and_stops_nothing(scene):
    timeline = simulate(tell(scene, {"do": "accepts", "role": "school", "at": 5}))
    (missed,) = timeline.of_kind("act.impossible")
    assert (missed.minute, missed.role) == (5, "school")
    assert missed.why[0]["sq"]
    assert timeline.of_kind("notice.escalated")


def test_a_further_form_joins_the_case(scene):
    act = {"do": "form", "at": 30, "form": "small_follow_up", "answers": {"assessed": True}, "fill": False}
    timeline = simulate(tell(scene, act, answers={"age_stated": 12}))
    assert timeline.child_track
    assert [entry.minute for entry in timeline.of_kind("submission.received")] == [0, 30]
    assert next(clock for clock in timeline.deadlines if clock.key == "assessment").met_at is not None


def test_a_draft_is_tried_without_being_published(scene):
    draft = {
        **scene.procedure.definition,
        "ladders": {"quick": [{"after_minutes": 3, "do": "call", "repeat_minutes": 9}]},
    }
    timeline = simulate(tell(scene), procedure=draft)
    assert {entry.minute for entry in timeline.of_kind("notice.escalated")} == {3}
    assert scene.procedure.procedure.versions.count() == 1


def test_a_form_is_tried_without_being_published(scene):
    definition = {**scene.form.definition, "sections": scene.form.definition["sections"]}
    timeline = simulate(tell(scene), forms=[definition])
    assert timeline.fired == ("tell",)
    assert scene.form.form.versions.count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"form": "nothing"}, "unknown_form"),
        ({"municipality": "atlantis"}, "unknown_municipality"),
        ({"answers": {"result": "a saint"}}, "answers_refused"),
        ({"unit": "none"}, "no_unit"),
    ],
)
def test_a_story_that_cannot_begin_says_why(scene, change, code):
    more = {"answers": {}, **change}
    if "form" in change or "municipality" in change or "unit" in change:
        story = read_story({**tell(scene).to_json(), **change})
    else:
        story = tell(scene, **more)
    with pytest.raises(StoryImpossible) as impossible:
        simulate(story)
    assert impossible.value.code == code
    assert impossible.value.words["sq"]


def test_an_invented_directory_has_somebody_for_every_role(scene):
    timeline = simulate(
        tell(scene, {"do": "no_office", "role": "cpu"}, directory="invented", answers={"age_stated": 9})
    )
    assert {entry.role for entry in timeline.of_kind("notice.sent")} >= {"police", "responsible_authority"}
    assert all("example" in entry.office["en"] for entry in timeline.of_kind("notice.sent"))


def test_a_story_over_the_night_when_the_clocks_change_counts_minutes_that_pass(scene):
    night = read_story({**tell(scene, directory="invented").to_json(), "at": "2026-10-25T02:45+02:00"})
    timeline = simulate(night, procedure=scene.procedure.definition)
    assert [entry.minute for entry in timeline.of_kind("notice.escalated")][-1] == 30


def test_calls_that_only_repeat_are_left_out_until_somebody_acts_and_stand_then_as_the_system_has_them(scene):
    """Told with every call and without those that only repeat, a story comes to the same from the act on."""
    late = 12 * 24 * 60 + 7
    form = {"do": "form", "at": late, "form": "small_follow_up", "answers": {"assessed": True}, "fill": False}
    acts = [form, {"do": "accepts", "role": "coordinator", "at": late + 60}]
    story = tell(scene, *acts, answers={"age_stated": 12}, months=1)
    with SimulatedSystem([story]) as system:
        with live(story, system, leaves_out_repetitions=False) as lived:
            every = read_timeline(lived)
        with live(story, system) as lived:
            fewer = read_timeline(lived)
            assert lived.repeating_since
    assert len(fewer.entries) < len(every.entries) / 2
    # Until the second act: from there on calls only repeat, and are left out for good.
    assert _between(fewer, late, late + 60) == _between(every, late, late + 60) != []
    assert {(each.key, each.met_at) for each in fewer.deadlines} == {
        (each.key, each.met_at) for each in every.deadlines
    }


def _between(timeline, since, until):
    return [
        (each.minute, each.kind, each.role, each.purpose, each.who, each.number)
        for each in timeline.entries
        if since <= each.minute <= until and each.purpose != "digest" and each.kind != "calls.repeat"
    ]


@pytest.mark.parametrize("days", [1, 3])
def test_a_clock_that_is_moved_on_comes_to_where_every_repetition_would_have_brought_it(scene, days):
    late = days * 24 * 60 + 11
    # Nobody can do this; the story waits for it all the same, and for the next minute's.
    acts = [{"do": "accepts", "role": "coordinator", "whose": "first", "at": at} for at in (late, late + 1)]
    story = tell(scene, *acts, months=1)
    until = story.begins_at + timedelta(minutes=late)
    with SimulatedSystem([story]) as system:
        with live(story, system, until=until, leaves_out_repetitions=False):
            expected = _read_clocks()
        with live(story, system, until=until) as lived:
            assert lived.repeating_since
            assert _read_clocks() == expected


def _read_clocks():
    """Where the clocks stand, how often each call was made, and until when it is to be answered."""
    found = Notice.objects.open().exclude(purpose="digest").order_by("role", "purpose", "contact")
    return [
        (row.role, row.purpose, row.contact_id, row.ladder_step, row.next_step_at, row.repeats, row.answer_by)
        for row in found
    ]


def ask_for_a_session(scene, **more):
    publish(load_form())
    return tell(scene, answers={}, form="session_request", fill=True, **more)


def test_a_request_for_a_session_is_no_message_its_unit_is_told_when_nobody_answers(scene, settings):
    settings.SESSION_REQUEST_ANSWER_DAYS = 3
    story = read_story({**ask_for_a_session(scene).to_json(), "answers": {}})
    timeline = simulate(story)
    assert [entry.minute for entry in timeline.of_kind("session_request.received")] == [0]
    assert timeline.of_kind("signal.received", "case.opened") == []
    assert [entry.minute for entry in timeline.of_kind("session_request.due")] == [3 * 24 * 60]
    told, *_call = [entry for entry in timeline.of_kind("notice.owed") if entry.minute == 3 * 24 * 60]
    assert told.role == "mobile_unit"
    assert timeline.rules == ()
    assert timeline.ended == "repeats"
    assert not SessionRequest.objects.exists()


def test_answers_that_a_request_does_not_take_are_refused_in_words(scene):
    story = read_story({**ask_for_a_session(scene).to_json(), "answers": {"people": -1}, "fill": False})
    with pytest.raises(StoryImpossible) as refused:
        simulate(story)
    assert refused.value.code == "answers_refused"


def test_a_further_form_about_a_request_cannot_be_sent(scene):
    form = {"do": "form", "at": 5, "form": "small_identification"}
    story = read_story({**ask_for_a_session(scene).to_json(), "answers": {}, "acts": [form]})
    assert len(simulate(story).of_kind("act.impossible")) == 1


def test_a_public_form_is_sent_by_no_unit_and_the_story_says_so(scene):
    publish(load_form())
    timeline = simulate(tell(scene, {"do": "form", "at": 5, "form": "session_request"}))
    (impossible,) = timeline.of_kind("act.impossible")
    assert "can't be sent like this" in impossible.words["en"]
    assert timeline.of_kind("notice.sent")
