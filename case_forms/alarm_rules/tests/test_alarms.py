"""Rules about the alarm of a phone: who expects the call, and that nothing is said of anybody."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from structlog.testing import capture_logs

from case_forms.procedures.checker import check_procedure
from case_forms.simulation.simulate import simulate
from case_forms.simulation.story import StoryRefused, read_story
from notifications.briefs.choices import get_answer_kinds, is_answered_from_telephone
from notifications.briefs.replies import answer
from notifications.directory.models import Contact, Role
from notifications.outbox.actions import mark_opened
from notifications.outbox.messages import build_message
from notifications.outbox.models import Notice, Purpose
from tests.world.offices import PIN, make_staffed_office
from tests.world.procedures import enact, rule, small_procedure
from tests.world.scene import Scene, make_scene

from ..deciding import get_reference, respond
from ..models import AlarmEvent

pytestmark = pytest.mark.django_db

TELL: dict[str, Any] = {"do": "notify", "role": "police", "answer_minutes": 10, "ladder": "quick", "urgent": True}
URGENT: dict[str, Any] = {"var": "_alarm_urgent"}


def about_alarms(*actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    written = {**rule("about", "About", form="x", words="Said.", then=[*actions]), "on": "phone_alarm", **more}
    if "forms" not in more:
        del written["forms"]
    procedure = small_procedure()
    return {**procedure, "rules": [*procedure["rules"], written]}


@pytest.fixture
def scene() -> Scene:
    scene = make_scene()
    type(scene.unit).objects.filter(pk=scene.unit.pk).update(callback_phone="+355 69 111 2222")
    scene.unit.refresh_from_db()
    make_staffed_office(Role.COORDINATOR, region=scene.place.region)
    return scene


def ring(scene: Scene, *, is_urgent: bool = True, **more: Any) -> AlarmEvent | None:
    given = {"at": timezone.now(), "occurrence": uuid.uuid4(), **more}
    return respond(unit=scene.unit, is_urgent=is_urgent, **given)


def about(event: AlarmEvent | None) -> list[Notice]:
    assert event is not None
    return list(Notice.objects.filter(case_id=event.pk).order_by("owed_at"))


@pytest.mark.parametrize(
    ("definition", "path", "code"),
    [
        (about_alarms({"do": "open_case", "status": "in_need", "municipality": "x"}), "then/0/do", "needs_a_case"),
        (about_alarms({"do": "meet_deadline", "key": "police_notice"}), "then/0/do", "needs_a_case"),
        (about_alarms({**TELL, "role": "cpu"}), "then/0/role", "role_not_told"),
        (about_alarms({**TELL, "role": "school"}), "then/0/role", "role_not_told"),
        (about_alarms({**TELL, "partner": {"var": "x"}}), "then/0/partner", "role_not_told"),
        (about_alarms({**TELL, "document": True}), "then/0/document", "no_document"),
        (about_alarms(TELL, forms=["small_identification"]), "forms", "no_form"),
    ],
)
def test_what_cannot_be_done_about_an_alarm_is_refused(definition: dict[str, Any], path: str, code: str) -> None:
    index = len(definition["rules"]) - 1
    found = [(each.path, each.code) for each in check_procedure(definition)]
    assert (f"/rules/{index}/{path}", code) in found


def test_police_unit_and_coordinator_can_be_told() -> None:
    for role in ("police", "mobile_unit", "coordinator"):
        assert not check_procedure(about_alarms({**TELL, "role": role}, when=URGENT))


def test_the_police_on_duty_expect_the_call_and_read_the_unit_and_its_number_alone(scene: Scene) -> None:
    enact(about_alarms(TELL, when=URGENT))
    event = ring(scene)
    assert event is not None
    (notice,) = about(event)
    assert (notice.role, notice.purpose, notice.case_reference) == ("police", Purpose.EXPECT, get_reference(event))
    assert notice.contact is not None
    assert len(notice.ladder) == 3
    read = json.dumps(notice.brief, ensure_ascii=False)
    assert scene.unit.name in read
    assert "+355 69 111 2222" in read
    for word in (scene.worker.username, scene.worker.last_name or "-none-", scene.place.municipality.name, "Said."):
        assert word not in read
    mail = build_message(notice, notice.contact, now=timezone.now())
    assert scene.place.municipality.name not in mail.subject + mail.text
    assert notice.case_reference not in mail.subject + mail.text
    assert event.detail == {"rules": ["about"], "by_rule": {str(notice.pk): "about"}}


def test_they_accept_on_the_page_or_from_a_telephone_and_send_nobody_else_out(scene: Scene) -> None:
    enact(about_alarms(TELL))
    (notice,) = about(ring(scene))
    assert get_answer_kinds(notice) == ("accepted", "declined")
    assert is_answered_from_telephone(notice)
    now = timezone.now()
    Notice.objects.filter(pk=notice.pk).update(state="sent", sent_at=now, attempts=1, next_attempt_at=None)
    notice.refresh_from_db()
    mark_opened(notice=notice, at=now)
    answer(notice=Notice.objects.get(pk=notice.pk), kind="accepted", at=now)
    assert Notice.objects.get(pk=notice.pk).state == "accepted"


def test_an_alarm_that_is_not_urgent_and_a_rule_that_asks_for_one_tell_nobody(scene: Scene) -> None:
    enact(about_alarms(TELL, when=URGENT))
    assert about(ring(scene, is_urgent=False)) == []


def test_a_rule_can_read_region_and_unit(scene: Scene) -> None:
    here = {"==": [{"var": "_alarm_region"}, scene.place.region.slug]}
    enact(about_alarms(TELL, when={"and": [here, {"==": [{"var": "_alarm_unit"}, scene.unit.slug]}]}))
    assert len(about(ring(scene))) == 1
    enact(about_alarms(TELL, when={"!": [here]}))
    assert about(ring(scene)) == []


def test_the_same_alarm_is_responded_to_once(scene: Scene) -> None:
    enact(about_alarms(TELL))
    occurrence = uuid.uuid4()
    for _time in range(2):
        ring(scene, occurrence=occurrence)
    assert Notice.objects.filter(case_id=occurrence).count() == 1


def test_with_no_police_on_duty_the_coordinators_are_asked_to_call(scene: Scene) -> None:
    enact(about_alarms(TELL))
    Contact.objects.filter(partner__role=Role.POLICE).update(is_active=False)
    purposes = [(each.purpose, each.reason) for each in about(ring(scene))]
    assert (Purpose.EXPECT, "no_contact") in purposes
    assert any(purpose == Purpose.FALLBACK for purpose, _reason in purposes)


def test_what_is_wrong_with_a_rule_stops_nothing_and_is_logged_by_codes(scene: Scene) -> None:
    enact(about_alarms(TELL))
    with pytest.MonkeyPatch.context() as patch, capture_logs() as logs:
        patch.setattr("case_forms.alarm_rules.deciding.get_seat", _fail)
        event = ring(scene)
    assert event is not None
    assert event.detail == {"failed": "RuntimeError", "where": ""}
    assert about(event) == []
    (failed,) = [entry for entry in logs if entry["event"] == "alarm_rules_failed"]
    assert "unit" not in failed


def _fail(_region: Any) -> Any:
    raise RuntimeError("said in full")


def test_without_a_procedure_or_a_rule_nothing_is_stored(scene: Scene) -> None:
    assert ring(scene, at=timezone.now() - timedelta(days=4000)) is None
    enact(small_procedure())
    assert ring(scene) is None
    assert not AlarmEvent.objects.exists()


def test_a_drill_is_marked_as_one(scene: Scene) -> None:
    enact(about_alarms(TELL))
    (notice,) = about(ring(scene, is_drill=True))
    assert notice.is_drill
    assert notice.contact is not None
    assert build_message(notice, notice.contact, now=timezone.now()).text.startswith("STËRVITJE")


def test_a_story_begins_with_an_alarm_and_needs_no_form(scene: Scene) -> None:
    written = {
        "alarm": "urgent",
        "municipality": scene.place.municipality.slug,
        "at": "2026-03-14T22:40",
        "directory": "invented",
        "acts": [{"do": "accepts", "role": "police", "at": 4}],
    }
    timeline = simulate(read_story(written), procedure=about_alarms(TELL, when=URGENT))
    assert timeline.fired == ("about",)
    assert [entry.role for entry in timeline.of_kind("notice.accepted")] == ["police"]
    assert timeline.of_kind("device.alarm")
    assert not AlarmEvent.objects.exists()
    with pytest.raises(StoryRefused) as refused:
        read_story({**written, "alarm": ""})
    assert [(each.path, each.code) for each in refused.value.problems] == [("/form", "missing")]


def test_the_officer_s_page_offers_to_take_the_call_and_no_other_area(scene: Scene) -> None:
    enact(about_alarms(TELL))
    (notice,) = about(ring(scene))
    assert notice.contact is not None
    notice.contact.set_pin(PIN)
    notice.contact.save()
    client = Client()
    address = f"/n/{notice.link_token}/"
    client.get(address)
    client.post(address, {"pin": PIN}, follow=True)
    page = client.get(address, follow=True).content.decode()
    assert scene.unit.name in page
    assert "Do ta pres telefonatën" in page
    assert scene.place.municipality.name not in page
