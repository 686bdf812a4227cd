"""The draft on past submissions: counts and references, for whoever asked and may see them."""

from typing import Any

import pytest

from case_forms.procedure_editor.tests.editors import Editor, editor
from case_forms.procedures.models import Procedure
from case_forms.simulation.models import Replay
from case_forms.simulation.replay import run_replay
from tests.world.scene import Scene

from .test_trying import procedure, scene, words  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def vera(procedure: Procedure, scene: Scene) -> Editor:  # noqa: F811
    someone = editor("vera")
    someone.user.assignments.update(region=scene.place.region)
    return someone


def remove_the_police(who: Editor, procedure: Procedure) -> None:  # noqa: F811
    rules = procedure.working_copy()["rules"]
    number = next(number for number, rule in enumerate(rules) if rule["key"] == "tell")
    actions = [each for each in rules[number]["then"] if each["do"] != "notify"]
    change = {"op": "replace", "path": f"/rules/{number}/then", "value": actions}
    assert who.save(procedure, change).status_code == 302


def start(who: Editor, procedure: Procedure) -> Replay:  # noqa: F811
    answer = who.post(f"{procedure.pk}/replays/")
    assert answer.status_code == 302
    return Replay.objects.get()


def test_what_the_draft_would_no_longer_do_is_counted_with_references(
    vera: Editor,
    procedure: Procedure,  # noqa: F811
    scene: Scene,  # noqa: F811
) -> None:
    reference = scene.send(first_name="Sealed-name").receipt["case"]
    remove_the_police(vera, procedure)
    replay = start(vera, procedure)
    waiting = vera.get(f"{procedure.pk}/replays/{replay.pk}/")
    assert 'http-equiv="refresh"' in waiting.content.decode()
    run_replay(str(replay.pk))
    page = vera.get(f"{procedure.pk}/replays/{replay.pk}/")
    assert "−1 fewer" in words(page)
    assert "anti-trafficking police officer" in words(page)
    assert reference in words(page)
    assert "Sealed-name" not in page.content.decode()
    assert "http-equiv" not in page.content.decode().partition("<body")[0].partition("refresh")[1]


def test_a_replay_is_for_whoever_asked_for_it(vera: Editor, procedure: Procedure, scene: Scene) -> None:  # noqa: F811
    scene.send()
    replay = start(vera, procedure)
    run_replay(str(replay.pk))
    other = editor("ana")
    assert other.get(f"{procedure.pk}/replays/{replay.pk}/").status_code == 404
    assert str(replay.pk) not in other.get(f"{procedure.pk}/replays/").content.decode()
    assert "All 1 would have been decided the same." in words(vera.get(f"{procedure.pk}/replays/{replay.pk}/"))


def test_references_are_shown_only_while_their_case_may_be_seen(
    vera: Editor,
    procedure: Procedure,  # noqa: F811
    scene: Scene,  # noqa: F811
    django_user_model: Any,
) -> None:
    reference = scene.send().receipt["case"]
    remove_the_police(vera, procedure)
    replay = start(vera, procedure)
    run_replay(str(replay.pk))
    elsewhere = editor("ana").user.assignments.get().region
    vera.user.assignments.update(region=elsewhere)
    assert reference not in vera.get(f"{procedure.pk}/replays/{replay.pk}/").content.decode()


def test_one_at_a_time_and_none_of_a_draft_with_problems(vera: Editor, procedure: Procedure) -> None:  # noqa: F811
    start(vera, procedure)
    vera.post(f"{procedure.pk}/replays/")
    assert Replay.objects.count() == 1
    Replay.objects.all().delete()
    vera.save(procedure, {"op": "replace", "path": "/rules/0/on", "value": "no_such_event"})
    vera.post(f"{procedure.pk}/replays/")
    assert not Replay.objects.exists()
    assert "The draft has problems" in words(vera.get(f"{procedure.pk}/replays/"))
