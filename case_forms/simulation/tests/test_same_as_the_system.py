"""The simulator's timeline is what the real system does: the same rows, noted in the same minutes.

The real system runs here in the test's own database, its time set by `django.utils.timezone.now` and not by the system
clock, its passes run at every step of time whether anything is due or not, its mails through the real sending into a
postbox. So a moment that the simulator leaves out, a call that it takes for a mere repetition, or code that asks
another clock, shows as a difference.
"""

import random
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import AuditEntry
from case_forms.cases.models import Case, Deadline, Referral
from case_forms.simulation import run as running
from case_forms.simulation.acts import ActImpossible, do_act
from case_forms.simulation.simulated_system import SimulatedSystem
from case_forms.simulation.story import MailAway, Story, read_story
from case_forms.submissions.actions import receive_submission
from notifications.briefs.further import send_due_alarms
from notifications.channels.base import Unreached
from notifications.directory.models import DutyShift
from notifications.escalation.clock import advance
from notifications.escalation.digest import send_digests
from notifications.outbox import backoff
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice
from notifications.outbox.sweep import resolve_again
from notifications.outbox.ways.sending import send_due_ways
from tests.examples import FACTOR
from tests.world.notices import POSTBOX, postbox
from tests.world.offices import make_contact, make_staffed_office, put_on_duty
from tests.world.phones import add_way, phones
from tests.world.places import make_municipality
from tests.world.procedures import enact, small_procedure
from tests.world.scene import Scene, make_scene

pytestmark = pytest.mark.django_db

# `make test-all` asks for three times as many again (tests/legs.py): 150. Each takes about two seconds.
THOROUGH = FACTOR > 1
START = datetime(2026, 3, 6, 23, 40, tzinfo=ZoneInfo("Europe/Tirane"))  # a Friday night
STEP = 5  # minutes; every time of a procedure and a story here is a multiple of it
ROLES = ("police", "responsible_authority", "cpu", "coordinator")
ACTING = (*ROLES, "protection_service")

minutes = st.integers(1, 18).map(lambda number: number * STEP)
moments = st.integers(0, 24).map(lambda number: number * STEP)


@st.composite
def ladders(draw: Any) -> list[dict[str, Any]]:
    times = sorted(draw(st.lists(minutes, min_size=1, max_size=4, unique=True)))
    steps = [{"after_minutes": at, "do": draw(st.sampled_from(["remind", "deputy", "call"]))} for at in times[:-1]]
    return [*steps, {"after_minutes": times[-1], "do": "call", "repeat_minutes": draw(minutes)}]


def tried_procedure() -> dict[str, Any]:
    """The small procedure under another key, so that the one of the scene is out of force at START."""
    return {**small_procedure(), "key": "tried"}


@st.composite
def procedures(draw: Any) -> dict[str, Any]:
    """The small procedure with other ladders, other people notified, other times, other deadlines."""
    procedure = tried_procedure()
    procedure["ladders"] = {"quick": draw(ladders()), "slow": draw(ladders())}
    told = draw(st.lists(st.sampled_from(ROLES), unique=True, max_size=3))
    opening = procedure["rules"][0]["then"][0]
    notices = [
        {
            "do": "notify",
            "role": role,
            "ladder": draw(st.sampled_from(["quick", "slow"])),
            "answer_minutes": draw(minutes),
            "urgent": draw(st.booleans()),
            **({"deadline": "police_report"} if draw(st.booleans()) else {}),
        }
        for role in told
    ]
    procedure["rules"][0]["then"] = [opening, *notices]
    if draw(st.booleans()):
        procedure["chains"] = {"default": draw(st.sampled_from(CHAINS))}
    return procedure


CHAINS = [
    ["municipality", "region", "unit_region", "unit_coordinators", "every_coordinator", "operator"],
    ["municipality", "unit_coordinators", "operator"],
    ["municipality", "every_coordinator", "operator"],
]


def answers_of(role: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "do": st.sampled_from(["opens", "accepts", "declines", "outcome", "wrong_area"]),
            "at": moments,
            "role": st.just(role),
            "whose": st.sampled_from(["any", "any", "first", "deputy", "call"]),
        }
    )


people = st.sampled_from(ACTING).flatmap(answers_of)
roster = st.one_of(
    st.fixed_dictionaries(
        {
            "do": st.just("on_leave"),
            "at": moments,
            "role": st.sampled_from(ROLES),
            "rank": st.integers(0, 2),
            "until": st.one_of(st.none(), moments),
        }
    ),
    st.fixed_dictionaries({"do": st.just("no_shift"), "at": moments, "role": st.sampled_from(ROLES)}),
    st.fixed_dictionaries({"do": st.just("no_office"), "at": moments, "role": st.sampled_from(ROLES[:3])}),
)
acts = st.lists(st.one_of(people, people, roster), max_size=6)


@dataclass
class Lived:
    """What a system has noted and holds: [(minute, what)] as counts, and the rows at the end."""

    noted: Counter[tuple[Any, ...]]
    notices: Counter[tuple[Any, ...]]
    deadlines: Counter[tuple[Any, ...]]
    cases: Counter[tuple[Any, ...]]


def minute_of(at: datetime | None) -> int | None:
    return None if at is None else int((at - START).total_seconds() // 60)


def look(until: int) -> Lived:
    """Read the system at hand, as it stands after so many minutes."""
    notices = {str(notice.pk): notice for notice in Notice.objects.select_related("contact", "chases")}
    noted: Counter[tuple[Any, ...]] = Counter()
    for entry in AuditEntry.objects.filter(at__gte=START).order_by("number"):
        notice = notices.get(entry.target_id)
        about = (notice.role, notice.purpose, notice.contact_id) if notice else (entry.target_kind,)
        codes = tuple(sorted((key, str(value)) for key, value in entry.detail.items() if key in CODES))
        if entry.action.split(".")[0] in NOTED:
            assert minute_of(entry.at) <= until  # type: ignore[operator]
            noted[minute_of(entry.at), entry.action, *about, *codes] += 1
    return Lived(
        noted,
        Counter(
            (
                notice.role,
                notice.purpose,
                notice.contact_id,
                notice.partner_id,
                notice.state,
                notice.reason,
                notice.repeats,
                notice.attempts,
                notice.ladder_step,
                minute_of(notice.next_step_at),
                tuple(minute_of(getattr(notice, f"{name}_at")) for name in TIMES),
                minute_of(notice.answer_by),
                get_first_title(notice),
            )
            for notice in notices.values()
        ),
        Counter(
            (row.key, *(minute_of(getattr(row, name)) for name in ("starts_at", "amber_at", "breach_at", "met_at")))
            for row in Deadline.objects.all()
        ),
        Counter((case.status, case.child_track) for case in Case.objects.all())
        + Counter((row.state, minute_of(row.answered_at)) for row in Referral.objects.all()),
    )


def get_first_title(notice: Notice) -> str:
    """What a brief begins with; a daily list's is the code of a notice, which is random."""
    sections = [] if notice.purpose == "digest" else notice.brief["sections"]
    return sections[0]["title"]["en"] if sections else ""


NOTED = ("notice", "case", "deadline", "referral", "submission", "brief")
CODES = ("way", "reason", "purpose", "number", "step", "index", "no_deputy", "key", "status", "attempt", "to")
TIMES = ("owed", "sent", "opened", "accepted", "declined", "escalated", "closed", "cancelled", "repeated", "red")


class RealSystem:
    """The system in the test's database, at a set time."""

    def __init__(self, scene: Scene, story: Story) -> None:
        self.scene = scene
        self.story = story
        self.now = START

    def live(self, until: int, step: int) -> None:
        """Let this many minutes pass, step by step."""
        with mock.patch("django.utils.timezone.now", self.tell_time):
            for minute in range(0, until + 1, step):
                self.now = START + timedelta(minutes=minute)
                self.step(minute)

    def tell_time(self) -> datetime:
        return self.now

    def step(self, minute: int) -> None:
        due = [act for act in self.story.acts if act.at == minute]
        worldly = [act for act in due if isinstance(act, running.CHANGES_THE_WORLD)]
        back = [act for act in self.story.acts if isinstance(act, MailAway) and act.until == minute]
        for act in sorted([*worldly, *back], key=lambda act: act in back):
            self.do(act, is_back=act in back)
        if minute == 0:
            self.submit()
            self.run_passes()
        for act in due:
            if act not in worldly:
                self.do(act)
        self.run_passes()

    def submit(self) -> None:
        receive_submission(
            uuid=uuid.uuid4(),
            form_key=self.story.form,
            version=self.scene.form.number,
            occurred_at=self.now,
            answers=self.story.answers,
            user=self.scene.worker,
        )

    def do(self, act: Any, *, is_back: bool = False) -> None:
        if isinstance(act, MailAway):
            POSTBOX.closed = None if is_back else Unreached("timeout")
            return
        with suppress(ActImpossible):
            do_act(act, self.story, self.scene.place.municipality)

    def run_passes(self) -> None:
        advance(self.now)
        send_due_alarms(self.now)
        resolve_again(self.now)
        send_digests(self.now)
        send_due()
        send_due_ways()


@pytest.fixture
def scene(postbox: Any) -> Scene:
    """A place with everybody on duty since long ago, an office next door, and a coordinator of another region."""
    scene = make_scene()
    there = make_municipality("beside", "Beside", region=scene.place.region, directorate=scene.place.directorate)
    make_staffed_office("cpu", municipality=there)
    make_staffed_office("coordinator", contacts=2)
    DutyShift.objects.update(starts_at=START - timedelta(days=400))
    scene.worker.assignments.update(starts_on=START.date() - timedelta(days=400))
    return scene


__all__ = ["phones", "postbox"]


def build_story(scene: Scene, done: list[dict[str, Any]], **more: Any) -> Story:
    for act in done:
        if act["do"] == "wrong_area":
            act["municipality"] = "beside"
    return read_story(
        {
            "form": scene.form.form.key,
            "answers": {**scene.answers(), **more.pop("answers", {})},
            "municipality": scene.place.municipality.slug,
            "at": START.isoformat(),
            "fill": False,
            "acts": done,
            **more,
        }
    )


def the_same_keys() -> Any:
    """Primary keys decide the order of equals: so both systems draw them from the same numbers."""
    return mock.patch("os.urandom", random.Random(7).randbytes)


def compare(
    scene: Scene, story: Story, procedure: dict[str, Any], *, until: int = 180, step: int = STEP, **more: Any
) -> Lived:
    """Hold the simulator against the system, minute by minute, and the rows of both after so many minutes."""
    # The spread of retries is chance; here all wait the same.
    with mock.patch.object(backoff, "_random", mock.Mock(uniform=lambda low, high: 1.0)):
        end = START + timedelta(minutes=until)
        with (
            SimulatedSystem([story], procedure=procedure) as system,
            the_same_keys(),
            running.live(story, system, until=end, leaves_out_repetitions=False, every=step),
        ):
            simulated = look(until)
        with transaction.atomic():
            enact(procedure, since=START - timedelta(days=2))
            POSTBOX.empty()
            with the_same_keys():
                RealSystem(scene, story).live(until, step)
            real = look(until)
            transaction.set_rollback(True)
    for name in ("noted", "notices", "deadlines", "cases"):
        ours, theirs = getattr(simulated, name), getattr(real, name)
        # Said as the difference, because the whole is hundreds of lines.
        assert (sorted((ours - theirs).elements(), key=str), sorted((theirs - ours).elements(), key=str)) == ([], []), (
            name
        )
    return simulated


@settings(
    max_examples=50 if THOROUGH else 8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(procedure=procedures(), done=acts, child=st.booleans(), danger=st.sampled_from(["yes", "no"]))
def test_a_random_story_in_a_random_procedure_is_what_the_system_does(scene, procedure, done, child, danger):
    story = build_story(scene, done, answers={"age_stated": 15 if child else 30, "danger": danger})
    compare(scene, story, procedure)


def test_three_days_of_silence_are_what_the_system_does(scene):
    """Calls for a day, then the list of the day each morning."""
    simulated = compare(scene, build_story(scene, []), slow_procedure(), until=3 * 24 * 60, step=20)
    assert any(noted[1:3] == ("notice.owed", "coordinator") for noted in simulated.noted)
    assert any(row[1] == "digest" and row[6] >= 1 for row in simulated.notices)


def test_nobody_on_duty_for_two_days_and_then_somebody_is_what_the_system_does(scene):
    away = [{"do": "on_leave", "at": 0, "role": role, "rank": 0, "until": 48 * 60 + 20} for role in ("police", "cpu")]
    alone = [{"do": "on_leave", "at": 0, "role": "coordinator", "rank": 0, "until": 30 * 60}]
    simulated = compare(scene, build_story(scene, away + alone), slow_procedure(), until=50 * 60, step=20)
    assert any(noted[1] == "notice.resolved" for noted in simulated.noted)


def test_a_mail_server_that_is_away_is_what_the_system_sees(scene):
    done = [{"do": "mail_away", "at": 0, "until": 45}, {"do": "accepts", "at": 60, "role": "police"}]
    simulated = compare(scene, build_story(scene, done), tried_procedure(), until=90, step=1)
    assert any(noted[:2] == (45, "notice.sent") or noted[1] == "notice.accepted" for noted in simulated.noted)


def ways_of(simulated: Lived) -> set[tuple[int, str]]:
    """(minute, channel) of what was sent, with "" for e-mail."""
    sent = (noted for noted in simulated.noted if noted[1] == "notice.sent")
    return {(noted[0], dict(noted[5:]).get("way", "")) for noted in sent}


def test_the_ways_of_contacts_are_taken_as_the_system_takes_them(scene, phones):
    """By the minutes after the e-mail, for what they are, at their hours; not where the e-mail was opened before."""
    officer, deputy, *_others = (shift.contact for shift in DutyShift.objects.filter(partner__role="police"))
    authority = DutyShift.objects.filter(partner__role="responsible_authority")[0].contact
    coordinator = DutyShift.objects.filter(partner=scene.offices["coordinator"])[0].contact
    add_way(officer, "sms", after_minutes=5)
    add_way(officer, "push", hours_from=time(8), hours_until=time(16))  # it is a quarter to midnight
    add_way(officer, "voice")
    add_way(deputy, "sms", address="+355692222222", sent_for="unanswered")
    add_way(authority, "sms", address="+355693333333", after_minutes=10)
    add_way(coordinator, "push", address="Tjetri", sent_for="unanswered")
    done = [{"do": "opens", "at": 5, "role": "responsible_authority"}]
    procedure = tried_procedure()
    simulated = compare(scene, build_story(scene, done), procedure, until=60)
    assert {(0, ""), (5, "sms")} <= ways_of(simulated)
    assert any(way == "voice" for _minute, way in ways_of(simulated))
    assert any(way == "push" and minute > 0 for minute, way in ways_of(simulated))
    assert (10, "sms") not in {each for each in ways_of(simulated) if each[0] == 10}


drawn_ways = st.lists(
    st.fixed_dictionaries(
        {
            "whose": st.integers(0, 7),
            "channel": st.sampled_from(["sms", "push", "voice"]),
            "after_minutes": st.sampled_from([0, 0, 5, 20, 60]),
            "sent_for": st.sampled_from(["all", "urgent", "unanswered"]),
            "hours": st.sampled_from([None, (time(22), time(6)), (time(8), time(16)), (time(23, 55), time(0, 30))]),
        }
    ),
    max_size=6,
)


@settings(
    max_examples=20 if THOROUGH else 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(procedure=procedures(), done=acts, drawn=drawn_ways)
def test_random_ways_in_a_random_story_are_what_the_system_does(scene, phones, procedure, done, drawn):
    contacts = [shift.contact for shift in DutyShift.objects.order_by("pk")]
    with transaction.atomic():
        for number, way in enumerate(drawn):
            begins, ends = way.pop("hours") or (None, None)
            whose = contacts[way.pop("whose") % len(contacts)]
            add_way(whose, way.pop("channel"), address=f"{number}", hours_from=begins, hours_until=ends, **way)
        compare(scene, build_story(scene, done), procedure)
        transaction.set_rollback(True)


def test_an_sms_goes_out_at_once_where_the_mail_server_is_away(scene, phones):
    officer = DutyShift.objects.filter(partner__role="police", rank=1)[0].contact
    add_way(officer, "sms", after_minutes=30)
    done = [{"do": "mail_away", "at": 0, "until": 45}]
    simulated = compare(scene, build_story(scene, done), tried_procedure(), until=60, step=1)
    assert (0, "sms") in ways_of(simulated)


def test_which_of_two_calls_of_one_moment_is_answered_does_not_hang_on_their_keys(scene):
    """One coordinator declines two calls in one minute; another is called about both, and declines one of them."""
    procedure = tried_procedure()
    # As in a ladder's own minute: the second coordinator's answer falls into the next step of both.
    procedure["ladders"] = {
        "quick": [{"after_minutes": 15, "do": "call", "repeat_minutes": 5}],
        "slow": [{"after_minutes": 15, "do": "call", "repeat_minutes": 45}],
    }
    told = {"police": "quick", "cpu": "slow"}
    procedure["rules"][0]["then"][1:] = [
        {"do": "notify", "role": role, "ladder": ladder, "answer_minutes": 15, "urgent": True}
        for role, ladder in told.items()
    ]
    done = [
        *({"do": "declines", "at": 5, "role": role} for role in told),
        *({"do": "declines", "at": at, "role": "coordinator"} for at in (10, 10, 15)),
    ]
    story = build_story(scene, done)
    seen = []
    with SimulatedSystem([story], procedure=procedure) as system:
        for seed in range(6):
            until = START + timedelta(minutes=60)
            keys = mock.patch("os.urandom", random.Random(seed).randbytes)
            with keys, running.live(story, system, until=until, leaves_out_repetitions=False, every=STEP) as lived:
                assert not lived.missed_acts
                seen.append(look(60))
    assert seen == [seen[0]] * 6


def slow_procedure() -> dict[str, Any]:
    procedure = tried_procedure()
    procedure["ladders"] = {
        "quick": [
            {"after_minutes": 20, "do": "remind"},
            {"after_minutes": 60, "do": "deputy"},
            {"after_minutes": 120, "do": "call", "repeat_minutes": 240},
        ]
    }
    return procedure


# ---- what is left out ----


@settings(
    max_examples=10 if THOROUGH else 3,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(procedure=procedures(), done=acts)
def test_what_is_left_out_is_nothing_but_repeated_calls(scene, procedure, done):
    hold_against_the_whole(scene, procedure, done)


@pytest.mark.parametrize("later", [[], [{"do": "opens", "at": 60, "role": "coordinator"}]], ids=["silence", "opened"])
def test_the_call_after_one_that_was_taken_is_a_new_one_and_not_left_out(scene, later):
    procedure = tried_procedure()
    procedure["ladders"]["quick"] = [{"after_minutes": 5, "do": "call", "repeat_minutes": 5}]
    taken = {"do": "accepts", "at": 20, "role": "coordinator"}
    seen = hold_against_the_whole(scene, procedure, [taken, *later])
    assert sorted(minute for minute, *what in seen if what == ["notice.owed", "coordinator", "call"]) == [5, 25]


def test_shifts_that_change_for_months_do_not_keep_a_story_awake_that_the_daily_list_tells_of(scene):
    office = scene.offices["coordinator"]
    DutyShift.objects.filter(partner=office).delete()
    day, night = make_contact(office), make_contact(office)
    begins = START - timedelta(hours=8)
    for half_day in range(2 * 240):
        shift = {"since": begins, "until": (begins := begins + timedelta(hours=12))}
        put_on_duty(office, contact=night if half_day % 2 else day, **shift)
    opened = {"do": "opens", "at": 200 * 24 * 60, "role": "police"}
    story = build_story(scene, [opened])
    passes = mock.patch.object(running, "run_passes", wraps=running.run_passes)
    with (
        SimulatedSystem([story], procedure=slow_procedure()) as system,
        passes as ran,
        running.live(story, system) as lived,
    ):
        assert lived.ended == running.REPEATS
        assert not lived.missed_acts
    assert ran.call_count < 60


def hold_against_the_whole(scene: Scene, procedure: dict[str, Any], done: list[dict[str, Any]]) -> Counter[Any]:
    """Live a story with and without its repetitions; fail where they differ in more. Return what it noted with less."""
    story = build_story(scene, done)
    with SimulatedSystem([story], procedure=procedure) as system:
        with running.live(story, system) as lived:
            left_out = dict.fromkeys(map(chain_of, lived.repeating_since), 0)
            short, ended = look_at_entries(), minute_of(lived.ended_at)
        whole_until = START + timedelta(minutes=min(ended or 0, 600))
        with running.live(story, system, until=whole_until, leaves_out_repetitions=False):
            whole = look_at_entries()
    for minute, action, *_about in (whole - short).elements():
        assert left_out, (minute, action)
        assert action in ("notice.repeated", "notice.escalated", "notice.sent"), (minute, action)
    assert not [each for each in (short - whole).elements() if each[0] <= minute_of(whole_until)]  # type: ignore[operator]
    return short


def chain_of(key: Any) -> str:
    return str(Notice.objects.get(pk=key).chase_id)


def look_at_entries() -> Counter[tuple[Any, ...]]:
    notices = {str(notice.pk): notice for notice in Notice.objects.all()}
    return Counter(
        (minute_of(entry.at), entry.action, notices[entry.target_id].role, notices[entry.target_id].purpose)
        for entry in AuditEntry.objects.filter(target_kind="notice")
    )
