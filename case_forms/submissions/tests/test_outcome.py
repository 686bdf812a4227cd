"""After a form that opens no case: what happened and what did not, in the procedure's words; and a loud hole."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from access.models import StaffRole
from audit.models import AuditEntry
from notifications.directory.models import Contact
from notifications.outbox.models import Notice
from tests.world.forms import publish, small_form, texts
from tests.world.places import make_coordinator, make_place, make_unit_with_worker, make_user
from tests.world.procedures import enact, small_procedure
from tests.world.scene import Scene, make_scene

from .. import outcome
from ..drafts.actions import start_draft
from ..models import Submission
from ..purge import forget_due

pytestmark = pytest.mark.django_db

SAID = "Not a victim: no case was opened and nobody was told."


@pytest.fixture
def scene() -> Scene:
    """The procedure has a word for “not_victim”, and none for “at_risk”."""
    scene = make_scene()
    procedure = small_procedure()
    procedure["rules"].append(
        {
            "key": "not_victim",
            "title": texts("Not a victim"),
            "on": "submission_received",
            "forms": ["small_identification"],
            "when": {"==": [{"var": "result"}, "not_victim"]},
            "words": {"sq": "Nuk është viktimë: nuk u hap rast dhe nuk u njoftua askush.", "en": SAID},
            "then": [],
        }
    )
    enact(procedure, since=timezone.now())
    return scene


def build_page(user: Any, address: str) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_after_not_a_victim_the_page_says_it_in_the_procedures_words(scene: Scene) -> None:
    sent = scene.send(result="not_victim", story=None).submission

    page = build_page(scene.worker, f"/field/submissions/{sent.pk}/")

    assert SAID in page
    assert "none was opened" in page
    assert not sent.is_unmatched
    assert "Nobody was notified" not in build_page(scene.worker, "/field/")


def test_a_form_without_any_rule_is_kept_and_says_so_without_alarm(scene: Scene) -> None:
    version = publish(small_form() | {"key": "diary"})
    scene.form = version
    sent = scene.send().submission
    assert not sent.is_unmatched
    assert "No rule of the procedure covers this form" in build_page(scene.worker, f"/field/submissions/{sent.pk}/")


def test_answers_that_no_rule_is_about_are_loud_for_the_unit_and_its_coordinator(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    received = scene.send(result="at_risk", story=None)
    sent = received.submission
    assert sent.is_unmatched
    assert received.receipt["unmatched"] is True
    assert not Notice.objects.exists()
    coordinator = make_coordinator(scene.place)

    for reader in (scene.worker, coordinator):
        home = build_page(reader, "/field/")
        assert "Nobody was notified" in home
        assert f"/field/submissions/{sent.pk}/" in home
    assert "at_risk" not in home
    assert "At risk" not in home

    phone = Contact.objects.get(partner=scene.offices["coordinator"]).phone
    assert f"tel:{phone}" in build_page(scene.worker, f"/field/submissions/{sent.pk}/")
    assert f"tel:{scene.unit.callback_phone}" in build_page(coordinator, f"/field/submissions/{sent.pk}/")


def test_the_hole_is_logged_by_ids(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(outcome.log, "error", lambda event, **ids: told.append((event, ids)))
    sent = scene.send(result="at_risk", story="kanarina-77").submission
    ((event, ids),) = told
    assert event == "submission_matches_no_rule"
    assert ids["submission"] == str(sent.pk)
    assert "kanarina" not in str(ids)
    assert "at_risk" not in str(ids)


def test_it_stays_until_somebody_has_dealt_with_it(scene: Scene, client: Client) -> None:
    sent = scene.send(result="at_risk", story=None).submission
    client.force_login(scene.worker)
    assert client.get(f"/field/submissions/{sent.pk}/handled/").status_code == 405

    client.post(f"/field/submissions/{sent.pk}/handled/")
    client.post(f"/field/submissions/{sent.pk}/handled/")

    assert "Nobody was notified" not in build_page(scene.worker, "/field/")
    page = build_page(scene.worker, f"/field/submissions/{sent.pk}/")
    assert "Resolved" in page
    assert "Nobody was notified" in page
    assert AuditEntry.objects.filter(action="submission.handled").count() == 1


def test_nobody_from_elsewhere_sees_it_or_puts_it_away(scene: Scene, client: Client) -> None:
    sent = scene.send(result="at_risk", story=None).submission
    _unit, stranger = make_unit_with_worker(make_place())
    client.force_login(stranger)
    assert "Nobody was notified" not in client.get("/field/").content.decode()
    assert client.post(f"/field/submissions/{sent.pk}/handled/").status_code == 404
    assert Submission.objects.get().handled_at is None


def test_without_a_coordinator_who_has_a_number_it_says_whom_else_to_call(scene: Scene) -> None:
    Contact.objects.filter(partner=scene.offices["coordinator"]).update(phone="")
    sent = scene.send(result="at_risk", story=None).submission
    assert "no coordinator with a telephone number" in build_page(scene.worker, f"/field/submissions/{sent.pk}/")


def test_the_review_warns_before_it_is_sent(scene: Scene, client: Client) -> None:
    client.force_login(scene.worker)
    answers = scene.answers(result="at_risk", story=None)
    draft = start_draft(form_version=scene.form, unit=scene.unit, owner=scene.worker, answers=answers)
    assert "No rule of the procedure covers these answers" in client.get(f"/field/drafts/{draft.pk}/").content.decode()


def test_a_drill_that_no_rule_is_about_does_not_cry_on_the_start_page(scene: Scene) -> None:
    sent = scene.send(result="at_risk", story=None).submission
    Submission.objects.filter(pk=sent.pk).update(is_drill=True)
    assert not outcome.unmatched(scene.worker).exists()


def test_what_was_said_is_forgotten_with_the_answers_it_tells_of(scene: Scene) -> None:
    definition = small_form()
    result = next(item for item in definition["sections"][1]["items"] if item["key"] == "result")
    result["keep_for"] = 1
    scene.form = publish(definition)
    sent = scene.send(result="not_victim", story=None).submission
    assert forget_due(timezone.localdate() + timedelta(days=40)) == 1
    sent.refresh_from_db()
    assert sent.explanation is None


def test_a_follow_up_that_joins_its_case_is_no_hole(scene: Scene) -> None:
    reference = scene.send().receipt["case"]
    assert not scene.follow(reference).submission.is_unmatched


def test_a_form_that_names_a_case_and_that_no_rule_knows_is_loud(scene: Scene) -> None:
    reference = scene.send().receipt["case"]
    scene.follow_up = publish({**scene.follow_up.definition, "key": "unknown_to_the_procedure"})
    assert scene.follow(reference).submission.is_unmatched


def test_an_operator_sees_none_of_it(scene: Scene) -> None:
    scene.send(result="at_risk", story=None)
    assert not outcome.unmatched(make_user(StaffRole.OPERATOR)).exists()
