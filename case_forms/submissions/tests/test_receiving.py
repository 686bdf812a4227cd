import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from access.models import Assignment, StaffRole
from audit.models import AuditEntry
from case_forms.cases.models import Case, CaseEvent, Deadline, Referral
from case_forms.procedures.models import ProcedureVersion
from notifications.outbox.models import Notice
from tests.world.forms import publish, question, texts
from tests.world.places import make_coordinator, make_place, make_unit_with_worker
from tests.world.procedures import enact, small_procedure
from tests.world.scene import Scene, make_scene

from .. import reception
from ..actions import (
    AnswersRefused,
    NotAllowed,
    NotDecided,
    Received,
    UnknownForm,
    UuidReused,
    receive_submission,
    submit_draft,
)
from ..models import Draft, Submission
from ..reception import Reception

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def send(scene: Scene, **more: Any) -> Received:
    given = {
        "uuid": uuid.uuid4(),
        "form_key": "small_identification",
        "version": 1,
        "occurred_at": timezone.now(),
        "answers": scene.answers(),
        "user": scene.worker,
        **more,
    }
    return receive_submission(**given)


def nothing_is_stored() -> bool:
    return (
        not any(model.objects.exists() for model in (Submission, Case, CaseEvent, Deadline, Referral, Notice))
        and not AuditEntry.objects.filter(action__in=["submission.received", "case.opened", "notice.owed"]).exists()
    )


def test_a_potential_victim_becomes_a_case_and_notices(scene: Scene) -> None:
    received = send(scene)
    assert received.created
    case = Case.objects.get()
    assert received.receipt["case"] == case.reference
    assert {line["role"] for line in received.receipt["notices"]} == {"police", "responsible_authority"}
    assert received.submission.case == case
    assert (case.unit, case.region, case.procedure_version) == (scene.unit, scene.place.region, scene.procedure)
    assert received.submission.answers["story"] == "Something was told."


def test_a_result_without_a_rule_is_stored_and_opens_nothing(scene: Scene) -> None:
    received = send(scene, answers=scene.answers(result="not_victim", story=None))
    assert received.receipt == {
        "submission": str(received.submission.pk),
        "case": None,
        "unmatched": True,
        "notices": [],
    }
    assert not Case.objects.exists()


def test_the_same_submission_again_gives_the_same_receipt(scene: Scene) -> None:
    given = {"uuid": uuid.uuid4(), "occurred_at": timezone.now()}
    first, second = send(scene, **given), send(scene, **given)
    assert (first.created, second.created) == (True, False)
    assert first.receipt == second.receipt
    assert Submission.objects.count() == Case.objects.count() == 1


def test_the_order_of_keys_and_the_time_zone_are_the_same_content(scene: Scene) -> None:
    given = {"uuid": uuid.uuid4(), "answers": scene.answers()}
    at = datetime(2026, 1, 5, 12, tzinfo=UTC)
    send(scene, **given, occurred_at=at)
    turned = dict(reversed(scene.answers().items()))
    again = send(scene, uuid=given["uuid"], answers=turned, occurred_at=timezone.localtime(at))
    assert not again.created


@pytest.mark.parametrize("change", ["answers", "occurred_at", "form_key"])
def test_the_same_uuid_with_other_content_is_refused(scene: Scene, change: str) -> None:
    given: dict[str, Any] = {"uuid": uuid.uuid4(), "occurred_at": timezone.now()}
    send(scene, **given)
    other: dict[str, Any] = {
        "answers": scene.answers(story="Another story."),
        "occurred_at": timezone.now() - timedelta(minutes=1),
        "form_key": "small_follow_up",
    }
    with pytest.raises(UuidReused):
        send(scene, **{**given, change: other[change]})


def test_another_unit_never_gets_the_receipt_of_an_equal_submission(scene: Scene) -> None:
    given: dict[str, Any] = {"uuid": uuid.uuid4(), "occurred_at": timezone.now(), "answers": scene.answers()}
    send(scene, **given)
    _unit, stranger = make_unit_with_worker(make_place())
    with pytest.raises(UuidReused):
        send(scene, **given, user=stranger)


def test_a_doubled_submission_that_arrives_at_once_is_stored_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"uuid": uuid.uuid4(), "occurred_at": timezone.now()}
    first = send(scene, **given)
    found = Reception.find_earlier
    calls: list[int] = []

    def blind_once(reception: Reception) -> Any:
        """Look as the second one does, before the first has committed."""
        calls.append(1)
        return None if len(calls) == 1 else found(reception)

    monkeypatch.setattr(Reception, "find_earlier", blind_once)
    second = send(scene, **given)
    assert len(calls) == 2
    assert (second.created, second.receipt) == (False, first.receipt)
    assert Case.objects.count() == 1


def test_an_integrity_error_of_another_kind_is_not_swallowed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise IntegrityError("something else")

    monkeypatch.setattr(reception, "decide_and_apply", broken)
    with pytest.raises(IntegrityError):
        send(scene)
    assert nothing_is_stored()


@pytest.mark.parametrize("where", ["create_notice", "log_event", "resolve_chain"])
def test_a_failure_on_the_way_leaves_nothing_half_stored(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    from case_forms.cases import actions
    from case_forms.cases.applying import notices
    from notifications.outbox import subjects

    carrying = {"create_notice": subjects, "log_event": actions, "resolve_chain": notices}[where]
    calls: list[int] = []
    real = getattr(carrying, where)

    def break_the_second_time(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 2 or where == "log_event":
            raise RuntimeError("the power went out")
        return real(*args, **kwargs)

    monkeypatch.setattr(carrying, where, break_the_second_time)
    with pytest.raises(RuntimeError):
        send(scene)
    assert nothing_is_stored()


def test_only_a_worker_of_the_unit_submits(scene: Scene) -> None:
    _unit, stranger = make_unit_with_worker(make_place())
    for user in (make_coordinator(scene.place), stranger):
        with pytest.raises(NotAllowed) as refused:
            send(scene, user=user, unit=scene.unit)
        assert refused.value.code == "not_a_worker"
    assert nothing_is_stored()


def test_a_worker_of_yesterday_submits_no_more(scene: Scene) -> None:
    Assignment.objects.filter(user=scene.worker).update(
        starts_on=timezone.localdate() - timedelta(days=9), ends_on=timezone.localdate() - timedelta(days=1)
    )
    with pytest.raises(NotAllowed):
        send(scene)


def test_a_worker_of_two_units_names_one(scene: Scene) -> None:
    other, _user = make_unit_with_worker(make_place())
    Assignment.objects.create(user=scene.worker, role=StaffRole.WORKER, unit=other)
    with pytest.raises(NotAllowed) as refused:
        send(scene)
    assert refused.value.code == "unit_needed"
    assert send(scene, unit=other).submission.unit == other


def test_an_unknown_form_or_version_is_said(scene: Scene) -> None:
    for more in ({"form_key": "no_such_form"}, {"version": 7}):
        with pytest.raises(UnknownForm):
            send(scene, **more)


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (datetime.fromisoformat("2026-01-05T12:00:00"), "no_offset"),
        (datetime(2012, 12, 31, 23, tzinfo=UTC), "too_early"),
        (datetime(9999, 12, 31, 23, tzinfo=UTC), "in_the_future"),
        (datetime.max.replace(tzinfo=UTC), "in_the_future"),
    ],
)
def test_a_time_that_cannot_be_is_refused(scene: Scene, moment: datetime, code: str) -> None:
    with pytest.raises(AnswersRefused) as refused:
        send(scene, occurred_at=moment)
    assert [(error.path, error.code) for error in refused.value.errors] == [("/occurred_at", code)]


def test_a_clock_that_runs_a_little_ahead_is_forgiven(scene: Scene) -> None:
    assert send(scene, occurred_at=timezone.now() + timedelta(minutes=4)).created


@pytest.mark.parametrize("answers", [None, [], "x", {"story": float("nan")}, {"story": {1, 2}}])
def test_answers_that_are_no_json_object_are_refused(scene: Scene, answers: Any) -> None:
    with pytest.raises(AnswersRefused):
        send(scene, answers=answers)


def test_answers_nested_without_end_are_refused(scene: Scene) -> None:
    deep: Any = "x"
    for _i in range(100_000):
        deep = [deep]
    with pytest.raises(AnswersRefused):
        send(scene, answers={"story": deep})
    while isinstance(deep, list):
        deep = deep.pop()


def test_a_refusal_names_every_question_once_and_quotes_nothing(scene: Scene) -> None:
    with pytest.raises(AnswersRefused) as refused:
        send(scene, answers={"municipality": "CANARY", "result": "CANARY", "Emri Mbiemri": "CANARY"})
    paths = [error.path for error in refused.value.errors]
    assert paths == ["/answers", "/answers/municipality", "/answers/result"]
    assert "CANARY" not in str(refused.value) + repr(refused.value.errors)
    assert "Emri" not in repr(refused.value.errors)


def test_without_a_procedure_in_force_nothing_is_received(scene: Scene) -> None:
    version = ProcedureVersion.objects.get()
    version.in_force_until = timezone.now() - timedelta(hours=1)
    version.save(update_fields=["in_force_until"])
    with pytest.raises(NotDecided, match="in force"):
        send(scene)
    assert nothing_is_stored()


def test_a_rule_that_cannot_be_carried_out_stores_nothing(scene: Scene) -> None:
    first = send(scene)
    with pytest.raises(NotDecided, match="rules/new_status: unknown_status"):
        scene.follow(first.receipt["case"], new_status="wrong_status")
    assert Submission.objects.count() == 1


def test_a_rule_that_cannot_be_worked_out_stores_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    definition = small_procedure()
    definition["facts"][1]["value"] = {"map": [{"var": "companions"}, {"var": "companion_name"}]}
    enact(definition, since=timezone.now())
    monkeypatch.setattr("case_forms.procedures.decide.expressions.evaluate", _refuse)
    monkeypatch.setattr(reception, "form_states", lambda definition, answers, *_rest, **_more: _Fine(answers))
    with pytest.raises(NotDecided, match="facts/age"):
        send(scene)
    assert nothing_is_stored()


def _refuse(*args: Any, **kwargs: Any) -> Any:
    from case_forms.expressions import LogicError

    raise LogicError("too_many_steps", "too many steps")


class _Fine:
    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.errors: list[Any] = []


def test_a_case_stays_under_the_procedure_it_was_opened_under(scene: Scene) -> None:
    first = send(scene)
    definition = small_procedure()
    definition["rules"] = [rule for rule in definition["rules"] if rule["key"] != "assessed"]
    later = enact(definition, since=timezone.now())
    scene.follow(first.receipt["case"], assessed=True)
    case = Case.objects.get()
    assert case.formal_identification == "offered"
    assert case.procedure_version == scene.procedure
    assert Case.objects.get(reference=send(scene).receipt["case"]).procedure_version == later


@pytest.mark.parametrize("whose", ["nobody's", "another unit's"])
def test_a_case_that_is_not_ones_own_is_unknown(scene: Scene, whose: str) -> None:
    reference = "222222"
    if whose == "another unit's":
        reference = send(scene).receipt["case"]
        Case.objects.update(unit=make_unit_with_worker(make_place())[0])
    with pytest.raises(AnswersRefused) as refused:
        scene.follow(reference)
    assert [(error.path, error.code) for error in refused.value.errors] == [("/answers/case_ref", "unknown_case")]


def test_a_case_named_in_a_row_must_be_ones_own_too(scene: Scene) -> None:
    reference = send(scene).receipt["case"]
    linked = {
        "format": 1,
        "key": "small_links",
        "kind": "assessment",
        "title": texts("Links"),
        "languages": ["sq", "en"],
        "sections": [
            {
                "key": "all",
                "title": texts("All"),
                "items": [
                    {
                        "item": "repeat",
                        "key": "links",
                        "label": texts("Link"),
                        "items": [question("linked_case", "case_reference")],
                    }
                ],
            }
        ],
    }
    publish(linked)
    rows = [{"linked_case": reference}, {}, {"linked_case": "222222"}]
    with pytest.raises(AnswersRefused) as refused:
        send(scene, form_key="small_links", answers={"links": rows})
    assert [error.path for error in refused.value.errors] == ["/answers/links/2/linked_case"]
    assert send(scene, form_key="small_links", answers={"links": rows[:1]}).created


def test_a_drill_stays_marked(scene: Scene) -> None:
    received = send(scene, is_drill=True)
    assert received.submission.is_drill
    assert Case.objects.get().is_drill
    assert set(Notice.objects.values_list("is_drill", flat=True)) == {True}
    assert not Case.objects.counted().exists()


def test_the_receipt_names_offices_in_the_language_of_the_sender(scene: Scene) -> None:
    scene.worker.language = "sq"
    names = {line["recipient"] for line in send(scene).receipt["notices"]}
    assert names
    assert all(name.startswith("Zyra") for name in names)


def test_the_receipt_says_when_nobody_could_be_told() -> None:
    scene = make_scene(police=False)
    lines = {line["role"]: line for line in send(scene).receipt["notices"]}
    assert lines["police"]["state"] == "failed"
    assert lines["coordinator"]["state"] == "owed"


# ---- drafts ----


def get_draft(scene: Scene, **answers: Any) -> Draft:
    return Draft.objects.create(
        form_version=scene.form, unit=scene.unit, owner=scene.worker, answers=scene.answers(**answers)
    )


def test_a_draft_is_sent_under_its_own_id_and_emptied(scene: Scene) -> None:
    draft = get_draft(scene)
    received = submit_draft(draft=draft, user=scene.worker)
    draft.refresh_from_db()
    assert received.submission.pk == draft.pk
    assert draft.submitted_at is not None
    assert draft.answers == {}


def test_sending_a_draft_twice_sends_once(scene: Scene) -> None:
    draft = get_draft(scene)
    first, second = (submit_draft(draft=draft, user=scene.worker) for _i in range(2))
    assert (first.created, second.created) == (True, False)
    assert first.receipt == second.receipt
    assert Case.objects.count() == 1


def test_a_draft_drops_what_does_not_apply_and_takes_defaults(scene: Scene) -> None:
    draft = get_draft(scene, danger=None, birth_date="1990-05-01", age_stated=12, left_over="x")
    answers = submit_draft(draft=draft, user=scene.worker).submission.answers
    assert "age_stated" not in answers
    assert "left_over" not in answers
    assert answers["danger"] == "unknown"


def test_a_refused_draft_keeps_its_answers(scene: Scene) -> None:
    draft = get_draft(scene, result=None)
    with pytest.raises(AnswersRefused):
        submit_draft(draft=draft, user=scene.worker)
    draft.refresh_from_db()
    assert draft.submitted_at is None
    assert draft.answers["story"] == "Something was told."


def test_a_draft_is_sent_by_its_owner_only(scene: Scene) -> None:
    _unit, stranger = make_unit_with_worker(make_place())
    with pytest.raises(NotAllowed):
        submit_draft(draft=get_draft(scene), user=stranger)
