"""What is due on a person's day: in which part it stands, for whom, and how many."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from access.models import StaffRole
from notifications.outbox.models import Notice
from tests.world.places import make_place, make_unit, make_user
from tests.world.scene import Scene, make_scene

from ...models import Case, CaseAccess, Deadline, DeadlineKind
from .. import scope
from ..calendar import iter_due_moments
from ..day import ANSWERED, OVERDUE, PARTS, TODAY, WEEK, Day, build_part
from ..scope import MINE, DayCases, DayFilter, get_cases, get_open_cases, list_choices, read_day_cases
from ..sources import AHEAD, due_duties
from ..window import get_window

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)


def begin() -> tuple[Scene, Case]:
    """One case whose only duties are those that a test adds."""
    scene = make_scene()
    scene.send()
    Deadline.objects.all().delete()
    case = Case.objects.get()
    case.events.all()
    return scene, case


def due(case: Case, at: datetime, key: str = "seen", **more: Any) -> Deadline:
    fields = {"label": {"sq": key, "en": key}, "starts_at": at - timedelta(days=2), "owner": "mobile_unit", **more}
    return Deadline.objects.create(case=case, event=case.events.first(), key=key, red_at=at, **fields)


def labels(part: str, scene: Scene, now: datetime, wanted: DayFilter | None = None) -> list[str]:
    cases = DayCases(get_cases(scene.worker, wanted or DayFilter()))
    return [line.label for line in build_part(part, Day(cases, get_window(now))).lines if line.kind in ("duty", "done")]


def test_each_duty_stands_in_the_part_of_its_moment() -> None:
    scene, case = begin()
    due(case, NOON - timedelta(hours=1), "late")
    due(case, NOON, "now")
    due(case, NOON + timedelta(hours=8), "tonight")
    due(case, NOON + timedelta(hours=11), "tomorrow")  # after midnight in Tirana
    due(case, NOON + timedelta(days=7), "in a week")
    due(case, NOON + timedelta(days=9), "far")
    assert labels(OVERDUE, scene, NOON) == ["late"]
    assert labels(TODAY, scene, NOON) == ["now", "tonight"]
    assert labels(WEEK, scene, NOON) == ["tomorrow", "in a week"]


def test_a_day_on_which_the_clocks_change_has_its_own_length() -> None:
    spring = get_window(datetime(2026, 3, 29, 9, tzinfo=UTC))
    autumn = get_window(datetime(2026, 10, 25, 9, tzinfo=UTC))
    today = datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert spring.tomorrow_begins.astimezone(UTC) - today == timedelta(hours=23)
    assert autumn.tomorrow_begins.astimezone(UTC) - datetime(2026, 10, 24, 22, tzinfo=UTC) == timedelta(hours=25)
    assert spring.week_ends.astimezone(UTC) == datetime(2026, 4, 5, 22, tzinfo=UTC)


def test_a_public_holiday_is_said_to_be_one() -> None:
    assert get_window(datetime(2026, 11, 28, 9, tzinfo=UTC)).is_public_holiday
    assert not get_window(datetime(2026, 11, 27, 9, tzinfo=UTC)).is_public_holiday


def test_nothing_due_is_an_empty_day() -> None:
    scene, _case = begin()
    cases = DayCases(get_cases(scene.worker, DayFilter(worker=str(10**8))))
    assert [build_part(part, Day(cases, get_window(NOON))).total for part in PARTS] == [0, 0, 0, 0]


def test_five_hundred_due_are_counted_and_paged_and_each_stands_on_one_page(django_assert_max_num_queries: Any) -> None:
    scene, case = begin()
    event = case.events.first()
    Deadline.objects.bulk_create(
        Deadline(
            case=case, event=event, key=f"k{number}", label={"sq": f"{number}"}, starts_at=NOON, owner="mobile_unit",
            red_at=NOON - timedelta(minutes=number % 7),
        )
        for number in range(1, 501)
    )  # fmt: skip
    cases, window = DayCases(get_cases(scene.worker, DayFilter())), get_window(NOON)
    with django_assert_max_num_queries(40):
        first = build_part(OVERDUE, Day(cases, window), size=50)
    assert (len(first.lines), first.total) == (50, 500 - 500 // 7)
    seen = [
        line.label
        for number in range(1, 10)
        for line in build_part(OVERDUE, Day(cases, window), number=number, size=50).lines
    ]
    assert len(seen) == len(set(seen)) == first.total


def test_each_source_is_counted_once_for_all_parts(django_assert_num_queries: Any) -> None:
    scene, case = begin()
    due(case, NOON - timedelta(hours=1), "late")
    due(case, NOON, "now")
    day = Day(DayCases(get_cases(scene.worker, DayFilter())), get_window(NOON))
    with django_assert_num_queries(len(AHEAD)):
        assert [day.get_entries(part).total for part in (OVERDUE, TODAY, WEEK)] == [1, 1, 0]
    with django_assert_num_queries(1):  # of the one source that has something then
        assert len(day.get_entries(OVERDUE)[0:20]) == 1


@pytest.mark.parametrize("most", [0, 1, 2])
def test_cases_named_by_their_keys_are_the_same_cases(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    scene, case = begin()
    coordinator = make_user(StaffRole.COORDINATOR, username="coord", region=scene.place.region)
    monkeypatch.setattr(scope, "MAX_NAMED", most)
    for user in (scene.worker, coordinator):
        read = read_day_cases(user, DayFilter())
        assert list(read.cases) == list(get_cases(user, DayFilter())) == [case]
        assert read.are_many == (most == 0)
        assert list(read_day_cases(user, DayFilter(unit=scene.unit.slug)).cases) == [case]
        assert list(read_day_cases(user, DayFilter(worker=str(10**8))).cases) == []
    assert not read_day_cases(make_user(StaffRole.EDITOR, username="editor"), DayFilter()).cases.exists()


def test_a_closed_case_and_what_was_met_leave_the_day() -> None:
    scene, case = begin()
    met = due(case, NOON - timedelta(hours=3), "met")
    due(case, NOON - timedelta(hours=2), "open")
    Deadline.objects.filter(pk=met.pk).update(met_at=NOON - timedelta(hours=1))
    assert labels(OVERDUE, scene, NOON) == ["open"]
    assert labels(ANSWERED, scene, NOON) == ["met"]
    Case.objects.filter(pk=case.pk).update(closed_at=NOON)
    assert labels(OVERDUE, scene, NOON) == []


def test_a_clock_of_a_notice_stands_there_once_as_the_silence_of_its_recipient() -> None:
    scene = make_scene()
    scene.send()
    now = timezone.now() + timedelta(days=1)
    sent = {"state": "sent", "sent_at": timezone.now(), "attempts": 1, "next_attempt_at": None}
    police = Notice.objects.get(role="police")
    Notice.objects.filter(pk=police.pk).update(**sent, answer_by=timezone.now())
    clock_of_it = Deadline.objects.filter(notice_id=police.pk)
    assert clock_of_it.exists()
    lines = build_part(OVERDUE, Day(DayCases(get_cases(scene.worker, DayFilter())), get_window(now))).lines
    assert [line.state for line in lines if line.kind == "silent"] == ["late"]
    duties = due_duties(get_cases(scene.worker, DayFilter()))
    assert not duties.filter(pk__in=clock_of_it.values("pk")).exists()


def test_a_worker_narrows_to_the_cases_that_they_lead_also_when_the_lead_has_left() -> None:
    scene, case = begin()
    due(case, NOON, "mine")
    gone = make_user(StaffRole.WORKER, username="gone", unit=scene.unit)
    mine = DayFilter(worker=MINE)
    assert labels(TODAY, scene, NOON, mine) == ["mine"]
    Case.objects.filter(pk=case.pk).update(lead=gone)
    gone.is_active = False
    gone.save()
    assert labels(TODAY, scene, NOON, mine) == []
    assert labels(TODAY, scene, NOON) == ["mine"], "the unit still sees what nobody follows"


def test_a_coordinator_narrows_by_region_unit_and_worker_and_sees_no_other_region() -> None:
    scene, case = begin()
    due(case, NOON, "here")
    coordinator = make_user(StaffRole.COORDINATOR, username="coord", region=scene.place.region)
    far = make_user(StaffRole.COORDINATOR, username="far", region=make_place("far").region)
    window = get_window(NOON)

    def total(user: Any, **wanted: str) -> int:
        return build_part(TODAY, Day(DayCases(get_cases(user, DayFilter(**wanted))), window)).total

    assert total(coordinator) == 1
    assert total(coordinator, region=scene.place.region.slug, unit=scene.unit.slug, worker=str(scene.worker.pk)) == 1
    assert total(coordinator, unit="another") == 0
    assert total(coordinator, worker="mine") == 0
    assert total(far) == 0
    assert [worker.pk for worker in list_choices(coordinator).workers] == [scene.worker.pk]


def test_the_open_cases_of_a_day_are_those_that_each_person_may_see() -> None:
    scene, case = begin()
    for age in (20, 21, 22, 23):
        scene.send(age_stated=age)
    elsewhere = make_place("far")
    unit = make_unit(elsewhere)
    cases = list(Case.objects.order_by("opened_at"))
    cases[1].closed_at = timezone.now()
    cases[1].save()
    cases[2].merged_into = case
    cases[2].save()
    cases[3].unit, cases[3].region = unit, elsewhere.region
    cases[3].save()
    guest = make_user(StaffRole.WORKER, username="guest", unit=unit)
    CaseAccess.objects.create(case=cases[4], unit=unit, since=timezone.now())
    people = [
        scene.worker,
        guest,
        make_user(StaffRole.COORDINATOR, username="here", region=scene.place.region),
        make_user(StaffRole.COORDINATOR, username="there", region=elsewhere.region),
        make_user(StaffRole.EDITOR, username="editor"),
        make_user(StaffRole.WORKER, username="gone", unit=scene.unit, is_active=False),
    ]
    seen = {user.username: set(get_open_cases(user)) for user in people}
    assert seen == {user.username: set(Case.objects.visible_to(user).open()) for user in people}
    assert len(seen["guest"]) == 2
    assert not seen["editor"]
    assert not seen["gone"]


def test_a_filter_that_cannot_be_read_filters_nothing() -> None:
    assert DayFilter.asked({"worker": "1; DROP", "region": "", "unit": ""}) == DayFilter()
    assert DayFilter.asked({"worker": "9" * 30}) == DayFilter()
    assert DayFilter.asked({"worker": "٣"}) == DayFilter()


def test_a_task_without_a_form_can_be_finished_from_the_day_and_one_with_a_form_begun() -> None:
    scene, case = begin()
    task = due(case, NOON, "task", kind=DeadlineKind.TASK)
    due(case, NOON, "form", kind=DeadlineKind.TASK, form="small_follow_up")
    lines = build_part(TODAY, Day(DayCases(get_cases(scene.worker, DayFilter())), get_window(NOON))).lines
    by_label = {line.label: line for line in lines}
    assert (by_label["task"].finish, by_label["task"].form) == (task.pk, "")
    assert (by_label["form"].finish, by_label["form"].form) == (None, "small_follow_up")


def test_the_calendar_has_the_unit_duties_of_the_lead_worker_and_a_coordinators_own() -> None:
    scene, case = begin()
    soon = timezone.now() + timedelta(days=3)
    due(case, soon, "unit")
    due(case, soon + timedelta(hours=1), "coordinator", owner="coordinator")
    due(case, soon + timedelta(hours=2), "police", owner="police")
    coordinator = make_user(StaffRole.COORDINATOR, username="coord", region=scene.place.region)
    colleague = make_user(StaffRole.WORKER, username="colleague", unit=scene.unit)
    elsewhere = make_user(StaffRole.WORKER, username="far", unit=make_unit(make_place("far")))
    assert [moment.at for moment in iter_due_moments(scene.worker)] == [soon]
    assert [moment.at for moment in iter_due_moments(coordinator)] == [soon + timedelta(hours=1)]
    assert list(iter_due_moments(colleague)) == []
    assert list(iter_due_moments(elsewhere)) == []
