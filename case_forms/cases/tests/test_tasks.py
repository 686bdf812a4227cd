"""Tasks, forms that are asked for, a second worker, and flags: what rules give people to do, on the duties' clock."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from access.models import StaffRole, User
from case_forms.form_builder.actions import DefinitionRefused, archive_form
from case_forms.procedures.checker import check_procedure
from case_forms.procedures.deadline_warnings import find_warnings
from case_forms.procedures.definition import parse_procedure
from notifications.outbox.models import Notice, Purpose
from tests.world.forms import texts
from tests.world.offices import make_office, put_on_duty
from tests.world.places import make_user
from tests.world.procedures import enact, rule, small_procedure
from tests.world.scene import Scene, make_scene

from .. import deadline_clock
from ..models import Case, Deadline, DeadlineKind

pytestmark = pytest.mark.django_db

TASK = {
    "do": "create_task",
    "task": "call_embassy",
    "label": texts("Call the embassy"),
    "owner": "coordinator",
    "form": "small_follow_up",
    "minutes": 60,
    "ladder": "quick",
}
ASK = {"do": "ask_for_form", "form": "small_follow_up", "minutes": 60, "ladder": "quick"}
SECOND = {"do": "require_second_worker", "form": "small_follow_up", "deadline": "assessment", "ladder": "quick"}


def with_rule(*then: dict[str, Any], **more: Any) -> dict[str, Any]:
    procedure = small_procedure()
    procedure["flags"] = {"interpreter": {"label": {"sq": "duhet përkthyes", "en": "needs an interpreter"}}}
    made = rule("more", "More", form="small_identification", words="More is done.", then=list(then), **more)
    return {**procedure, "rules": [*procedure["rules"], made]}


def world(*then: dict[str, Any], **more: Any) -> Scene:
    scene = make_scene()
    enact(with_rule(*then, **more), since=timezone.now())
    put_on_duty(make_office("mobile_unit", region=scene.place.region))
    return scene


def colleague(scene: Scene) -> User:
    return make_user(StaffRole.WORKER, username="colleague", unit=scene.unit)


def follow_as(scene: Scene, user: User, **answers: Any) -> None:
    scene.worker, worker = user, scene.worker
    scene.follow(Case.objects.get().reference, **answers)
    scene.worker = worker


def problems(*then: dict[str, Any]) -> list[tuple[str, str]]:
    found = check_procedure(with_rule(*then), questions={"small_identification": {"result"}, "small_follow_up": {}})
    return [(each.path.rpartition("/")[2], each.code) for each in found if each.path.startswith("/rules/6/then")]


def test_a_task_reaches_its_owner_when_it_is_due_and_its_form_meets_it() -> None:
    scene = world(TASK)
    scene.send()
    task = Deadline.objects.get(key="call_embassy")
    assert (task.kind, task.owner, task.form) == (DeadlineKind.TASK, "coordinator", "small_follow_up")
    due = task.starts_at + timedelta(minutes=60)
    assert (task.red_at, task.next_mark_at) == (due, due)
    assert deadline_clock.advance(due) == 1
    notice = Notice.objects.get(purpose=Purpose.DUTY)
    assert notice.contact.partner == scene.offices["coordinator"]
    scene.follow(Case.objects.get().reference)
    task.refresh_from_db()
    notice.refresh_from_db()
    assert task.met_at is not None
    assert (notice.state, notice.reason) == ("cancelled", "duty_met")


def test_a_task_takes_the_marks_of_a_deadline() -> None:
    scene = world({**{key: TASK[key] for key in TASK if key != "minutes"}, "deadline": "police_report"})
    scene.send()
    task = Deadline.objects.get(key="call_embassy")
    assert [at - task.starts_at for at in task.marks] == [timedelta(minutes=each) for each in (30, 60, 1440)]
    assert task.label["en"] == "Call the embassy"


def test_a_form_of_another_case_meets_no_task() -> None:
    scene = world(ASK)
    scene.send()
    first = Case.objects.get()
    second = scene.send().submission.case
    scene.follow(first.reference)
    assert Deadline.objects.get(case=first, kind="task").met_at is not None
    assert Deadline.objects.get(case=second, kind="task").met_at is None


def test_the_unit_is_asked_for_a_form_by_its_title_and_only_once_while_it_waits() -> None:
    scene = world(ASK)
    reference = scene.send().receipt["case"]
    task = Deadline.objects.get(kind="task")
    assert (task.owner, task.label["en"]) == (
        "mobile_unit",
        f"Send the form: {scene.follow_up.parsed_form.title['en']}",
    )
    again = rule(
        "again", "Again", form="small_follow_up", words="Again.", then=[ASK], when={"answered": ["new_status"]}
    )
    procedure = with_rule(ASK)
    case = Case.objects.get()
    case.procedure_version = enact({**procedure, "rules": [*procedure["rules"], again]}, since=timezone.now())
    case.save()
    scene.follow(reference, new_status="victim")  # meets the first, and asks once more
    first, second = Deadline.objects.filter(kind="task").order_by("pk")
    assert first.met_at is not None
    assert second.met_at is None


def test_only_another_worker_than_the_sender_meets_what_needs_a_second() -> None:
    scene = world(SECOND)
    scene.send()
    task = Deadline.objects.get(kind="task")
    assert task.not_by == scene.worker
    follow_as(scene, scene.worker)
    task.refresh_from_db()
    assert task.met_at is None
    follow_as(scene, colleague(scene))
    task.refresh_from_db()
    assert task.met_at is not None


def test_a_flag_stands_on_the_page_and_in_the_register_until_a_rule_clears_it(client: Client) -> None:
    scene = world({"do": "set_flag", "flag": "interpreter"})
    procedure = with_rule({"do": "set_flag", "flag": "interpreter"}, ASK)
    clear = rule(
        "clear",
        "Clear",
        form="small_follow_up",
        words="Cleared.",
        when={"and": [{"var": "assessed"}, {"in": ["interpreter", {"var": "_case_flags"}]}]},
        then=[{"do": "clear_flag", "flag": "interpreter"}],
    )
    enact({**procedure, "rules": [*procedure["rules"], clear]}, since=timezone.now())
    reference = scene.send().receipt["case"]
    coordinator = make_user(StaffRole.COORDINATOR, username="coordinator", region=scene.place.region, language="en")
    coordinator.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(coordinator)
    assert "needs an interpreter" in client.get(f"/field/cases/{reference}/").content.decode()
    register = client.get("/cms/cases/case/").content.decode()
    assert "needs an interpreter" in register
    assert "Send the form: Small follow-up<br>mobile unit on duty" in register
    scene.follow(reference, assessed=True)
    assert Case.objects.get().flags == {}
    assert "needs an interpreter" not in client.get(f"/field/cases/{reference}/").content.decode()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (
            {"minutes": None, "deadline": "nowhere"},
            [("deadline", "one_of"), ("deadline", "unknown_deadline"), ("minutes", "not_minutes")],
        ),
        ({"deadline": "assessment"}, [("deadline", "one_of")]),
        ({"owner": "nobody"}, [("owner", "unknown_role")]),
        ({"owner": "protection_service"}, [("owner", "needs_refer")]),
        ({"form": "unpublished"}, [("form", "unknown_form")]),
        ({"ladder": "none"}, [("ladder", "unknown_ladder")]),
        ({"label": {"sq": "Vetëm shqip"}}, [("label", "missing_text")]),
        ({"task": "Bad key"}, [("task", "bad_key")]),
        ({"task": "assessment"}, [("task", "doubled_key")]),
        ({"next_step": "words"}, [("next_step", "missing_text")]),
    ],
)
def test_a_task_that_could_not_be_done_is_named(change: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert sorted(problems({**TASK, **change})) == found


def test_what_is_written_well_has_no_problems() -> None:
    assert problems(TASK, ASK, SECOND, {"do": "set_flag", "flag": "interpreter"}) == []
    assert problems({"do": "set_flag", "flag": "unknown"}) == [("flag", "unknown_flag")]
    warnings = find_warnings(parse_procedure(with_rule(SECOND)))
    assert [each.code for each in warnings if "assessment" in each.path] == ["wakes_nobody"]


def test_a_form_that_tasks_wait_for_is_not_archived() -> None:
    scene = world(ASK)
    editor = make_user(StaffRole.COORDINATOR, username="editor", region=scene.place.region)
    with pytest.raises(DefinitionRefused) as refused:
        archive_form(form=scene.follow_up.form, is_archived=True, by=editor)
    assert "More" in " ".join(problem.message for problem in refused.value.problems)
