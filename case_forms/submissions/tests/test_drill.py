"""The drill: a marked case through the whole path, told step by step."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from access.models import Region
from case_forms.cases.models import Case
from case_forms.form_builder.definition import parse_form
from case_forms.form_builder.sources import Lists
from notifications.outbox.models import Notice
from notifications.outbox.tasks import deliver
from tests.world.forms import choices, question, texts
from tests.world.places import make_place, make_unit_with_worker
from tests.world.scene import Scene, make_scene

from .. import drill
from ..drill import DrillImpossible, drill_answers, run_drill
from ..models import Submission
from ..validation.validate import check_answers

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Scene:
    script = tmp_path / "drill.json"
    answers = {"result": "potential_victim", "birth_date": "1990-01-01", "not_in_this_form": 1, "age_stated": 30}
    script.write_text(json.dumps({"form": "small_identification", "text": "Drill", "answers": answers}))
    monkeypatch.setattr(drill, "SCRIPT", script)
    monkeypatch.setattr(drill, "POLL_SECONDS", 0.001)
    return make_scene()


@pytest.fixture
def working(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that sends at once, in place of a cluster."""
    watch = drill._watch

    def send_and_watch(notice_ids: list[str], *, until: float) -> None:
        deliver(notice_ids)
        watch(notice_ids, until=until)

    monkeypatch.setattr(drill, "_watch", send_and_watch)


def test_a_drill_tells_each_step_with_its_time(scene: Scene, working: None) -> None:
    report = run_drill(region_slug=scene.place.region.slug)
    assert report.ok
    steps = [(step.name, step.role) for step in report.steps]
    assert steps[:2] == [("submitted", None), ("committed", None)]
    assert {("claimed", "police"), ("smtp_accepted", "police"), ("smtp_accepted", "responsible_authority")} <= set(
        steps
    )
    assert [step.at_ms for step in report.steps] == sorted(step.at_ms for step in report.steps)
    assert len(mail.outbox) == 2
    assert report.as_dict()["drill"] is True


def test_a_drill_is_counted_nowhere_and_chases_nobody_afterwards(scene: Scene, working: None) -> None:
    run_drill(region_slug=scene.place.region.slug)
    assert Submission.objects.get().is_drill
    assert not Case.objects.counted().exists()
    assert not Notice.objects.open().exists()
    assert set(Notice.objects.values_list("reason", flat=True)) == {"drill_over"}


def test_a_drill_may_be_left_open_to_practise(scene: Scene, working: None) -> None:
    run_drill(region_slug=scene.place.region.slug, keep_open=True)
    assert Notice.objects.open().count() == 2


def test_a_drill_fails_when_nothing_is_sent(scene: Scene) -> None:
    report = run_drill(region_slug=scene.place.region.slug, limit_seconds=0.05)
    assert not report.ok
    assert [step.name for step in report.steps] == ["submitted", "committed"]


def test_the_command_prints_the_steps_and_fails_aloud(scene: Scene, working: None, monkeypatch: Any) -> None:
    out = StringIO()
    call_command("drill", region=scene.place.region.slug, stdout=out)
    assert out.getvalue().splitlines()[-1] == "ok"
    assert " ms  smtp_accepted  police" in out.getvalue()
    out = StringIO()
    call_command("drill", region=scene.place.region.slug, json=True, stdout=out)
    report = json.loads(out.getvalue())
    assert set(report) == {"region", "case", "drill", "ok", "steps"}
    assert set(report["steps"][0]) == {"name", "role", "at_ms"}
    monkeypatch.setattr(drill, "_watch", lambda *args, **kwargs: None)
    with pytest.raises(SystemExit) as left:
        call_command("drill", region=scene.place.region.slug, stdout=StringIO())
    assert left.value.code == 1


def test_a_drill_that_cannot_start_says_what_is_missing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="no region 'nowhere'"):
        call_command("drill", region="nowhere", stdout=StringIO())
    with pytest.raises(DrillImpossible, match="has a worker"):
        run_drill(region_slug=make_place().region.slug)
    bare = Region.objects.create(slug="bare", name="Bare", iso_code="B")
    place = make_place()
    place.region = bare
    make_unit_with_worker(place)
    with pytest.raises(DrillImpossible, match="has no municipality"):
        run_drill(region_slug="bare")
    monkeypatch.setattr(drill, "SCRIPT", _script(drill.SCRIPT, form="not_there"))
    with pytest.raises(DrillImpossible, match="not published"):
        run_drill(region_slug=scene.place.region.slug)


def _script(path: Path, **changes: Any) -> Path:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return path


# ---- the plainest answers ----


def form(*items: dict[str, Any]) -> dict[str, Any]:
    return {"sections": [{"key": "one", "title": texts("One"), "items": list(items)}]}


def plainest(*items: dict[str, Any], **answers: Any) -> dict[str, Any]:
    script = {"text": "Drill", "answers": answers}
    return drill_answers(parse_form(form(*items)), script, municipality="b-x", occurred_at=timezone.now())


def test_every_required_question_gets_the_plainest_allowed_answer(scene: Scene) -> None:
    town = scene.place.municipality.slug
    asked = [
        question(f"q_{kind}", kind, required=True)
        for kind in ("text", "long_text", "integer", "decimal", "date", "datetime", "boolean", "yes_no_unknown")
    ] + [
        question("q_phone", "phone", required=True),
        question("q_partner", "partner", required=True),
        question("q_signs", "indicators", required=True),
        question("q_town", "municipality", required=True),
        question("q_from", "integer", required=True, min=18),
        question("q_one", "select_one", required=True, choices=choices("a", "unknown")),
        question("q_many", "select_many", required=True, choices=choices("a", "b")),
        question("q_listed", "select_one", required=True, choices_from="municipalities"),
    ]
    answers = drill_answers(
        parse_form(form(*asked)), {"text": "Drill", "answers": {}}, municipality=town, occurred_at=timezone.now()
    )
    assert (answers["q_from"], answers["q_one"], answers["q_many"]) == (18, "unknown", ["a"])
    today = timezone.localdate()
    assert check_answers(parse_form(form(*asked)), answers, sources=Lists(), today=today, occurred_on=today).ok


def test_a_form_that_no_drill_can_fill_is_said(scene: Scene) -> None:
    impossible = {"expr": False, "message": texts("Never.")}
    with pytest.raises(DrillImpossible, match="constraint"):
        plainest(question("a", "text", required=True, constraint=impossible))
    with pytest.raises(DrillImpossible, match="nothing to choose"):
        plainest(question("a", "select_one", required=True, choices=[]))
    with pytest.raises(DrillImpossible, match="case_reference"):
        plainest(question("a", "case_reference", required=True))
    with pytest.raises(DrillImpossible, match="more required answers"):
        plainest(*(question(f"q{i}", "text", required=True) for i in range(drill.MAX_ROUNDS + 1)))
