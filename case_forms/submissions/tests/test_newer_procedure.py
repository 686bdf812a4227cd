"""A case of an older procedure: what it lacks is said, and a coordinator starts it with one press."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from access.models import User
from audit.models import AuditEntry
from case_forms.cases.adopting import CannotAdopt, adopt_procedure
from case_forms.cases.models import Case, Deadline
from case_forms.procedures.actions import publish_procedure, save_procedure
from case_forms.procedures.models import ProcedureVersion
from notifications.outbox.models import Notice
from tests.world.consents import record_consent
from tests.world.places import make_coordinator, make_place

from ..models import Submission
from ..newer_procedure import missing_duties
from . import test_shipped_forms as shipped

pytestmark = pytest.mark.django_db

seeded_once, worker, phone, open_case = shipped.seeded_once, shipped.worker, shipped.phone, shipped.open_case
CLOCKS = {"clocks_of_a_new_case", "plan_for_a_child"}
NEW_DUTIES = ["first_referral", "follow_up_1_month", "follow_up_3_months", "follow_up_6_months", "follow_up_12_months"]


def publish(definition: dict[str, Any]) -> ProcedureVersion:
    return publish_procedure(
        procedure=save_procedure(key=definition["key"], definition=definition), in_force_from=timezone.now()
    )


@pytest.fixture
def old(seeded_once: None, db: None) -> Callable[..., Case]:
    """A case that was opened before the procedure knew of referral and follow-up, and then the procedure of today."""

    def made(worker: User, **answers: Any) -> Case:
        now = ProcedureVersion.objects.in_force()
        rules = [rule for rule in now.definition["rules"] if rule["key"] not in CLOCKS]
        choice = {**now.definition["settings"]["adult_refusal"], "value": "none"}
        publish({**now.definition, "rules": rules, "settings": {**now.definition["settings"], "adult_refusal": choice}})
        adult = {
            "worker_decision": "potential_victim", "age_basis": "document", "birth_date": "1990-05-05",
            "age_in_doubt": "no",
        }  # fmt: skip
        case = shipped.send(worker, "initial_identification", **(adult | answers)).case
        assert case is not None
        publish(now.definition)
        return case

    return made


@pytest.fixture
def coordinator(worker: User) -> Client:
    user = User.objects.get(username="koordinator")
    User.objects.filter(pk=user.pk).update(language="en")
    client = Client()
    client.force_login(user)
    return client


def build_page(client: Client, case: Case) -> str:
    answer = client.get(f"/field/cases/{case.reference}/procedure/")
    assert answer.status_code == 200
    return answer.content.decode()


def press(client: Client, case: Case, version: ProcedureVersion | None = None) -> int:
    wanted = version or ProcedureVersion.objects.in_force()
    return client.post(f"/field/cases/{case.reference}/procedure/", {"version": str(wanted.pk)}).status_code


def test_the_page_says_what_newer_cases_have_and_what_the_organisation_chose_since(
    old: Callable[..., Case], worker: User, phone: Client
) -> None:
    case = old(worker)
    assert f"/field/cases/{case.reference}/procedure/" in phone.get(f"/field/cases/{case.reference}/").content.decode()
    page = build_page(phone, case)
    for words in ("First referral to a service", "Follow-up after 12 months", "the coordinator is asked"):
        assert words in page
    assert "Individual protection plan" not in page  # an adult's case
    assert "the system doesn’t remind you" in page
    assert '<form method="post" data-once>' not in page.split("<main")[1]


def test_a_coordinator_starts_them_with_one_press_and_nobody_is_notified(
    old: Callable[..., Case], worker: User, coordinator: Client
) -> None:
    case = old(worker)
    before = set(Notice.objects.values_list("pk", flat=True))
    assert press(coordinator, case) == 302
    case.refresh_from_db()
    assert case.procedure_version == ProcedureVersion.objects.in_force()
    begun = Deadline.objects.filter(case=case, key__in=NEW_DUTIES)
    assert sorted(begun.values_list("key", flat=True)) == sorted(NEW_DUTIES)
    assert all(timezone.now() - each.starts_at < timedelta(minutes=5) and each.red_at for each in begun)
    assert set(Notice.objects.values_list("pk", flat=True)) == before
    assert AuditEntry.objects.filter(action="case.procedure_adopted", target_id=str(case.pk)).exists()
    assert press(coordinator, case) == 302  # a second press changes nothing
    assert Deadline.objects.filter(case=case, key__in=NEW_DUTIES).count() == len(NEW_DUTIES)
    record_consent(case, partner=shipped.GIVEN["referral"]["to_org"])
    shipped.send(worker, "referral", case_ref=case.reference)
    assert "first_referral" in shipped.clocks(case, met=True)


def test_tasks_of_the_newer_procedure_are_started_too_unless_their_form_was_sent(
    old: Callable[..., Case], worker: User, coordinator: Client
) -> None:
    case = old(worker)
    shipped.send(worker, "risk_assessment", case_ref=case.reference)
    now = ProcedureVersion.objects.in_force().definition
    label = {"sq": "Telefononi", "en": "Make a call"}
    task = {"do": "create_task", "owner": "coordinator", "minutes": 60, "ladder": "duty_coordinator", "label": label}
    asks = [
        {**task, "task": "make_a_call"},
        {"do": "ask_for_form", "form": "safety_plan", "minutes": 60, "ladder": "duty_unit"},
        {"do": "ask_for_form", "form": "risk_assessment", "minutes": 60, "ladder": "duty_unit"},
    ]
    first = next(rule for rule in now["rules"] if rule["key"] == "clocks_of_a_new_case")
    rules = [{**rule, "then": [*rule["then"], *asks]} if rule == first else rule for rule in now["rules"]]
    publish({**now, "rules": rules})
    assert "Make a call" in build_page(coordinator, case)
    assert press(coordinator, case) == 302
    tasks = Deadline.objects.filter(case=case, kind="task").order_by("key")
    assert [each.key for each in tasks] == ["form_safety_plan", "make_a_call"]
    assert all(each.next_mark_at and each.next_mark_at > timezone.now() for each in tasks)


def test_what_the_cases_forms_have_met_already_is_not_started(old: Callable[..., Case], worker: User) -> None:
    case = old(worker)
    shipped.send(worker, "referral", case_ref=case.reference, consent_basis="consent_form")
    # refused for want of consent, so it met nothing
    assert "first_referral" in missing_duties(case, ProcedureVersion.objects.in_force()).duties
    record_consent(case, partner=shipped.GIVEN["referral"]["to_org"])
    shipped.send(worker, "referral", case_ref=case.reference, consent_basis="consent_form")
    shipped.send(worker, "follow_up", case_ref=case.reference, follow_kind="month_1", reached=True, safe="yes")
    assert missing_duties(case, ProcedureVersion.objects.in_force()).duties == [
        "follow_up_3_months",
        "follow_up_6_months",
        "follow_up_12_months",
    ]


def test_a_form_that_does_not_open_is_counted_and_the_press_needs_a_tick(
    old: Callable[..., Case], worker: User, coordinator: Client
) -> None:
    case = old(worker)
    sent = Submission.objects.get(case=case)
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers FROM intake_submission WHERE id = %s", [sent.pk.hex])
        (sealed,) = cursor.fetchone()
        cursor.execute("UPDATE intake_submission SET answers = %s WHERE id = %s", [sealed[:-6] + "AAAAAA", sent.pk.hex])
    page = build_page(coordinator, case)
    assert "waits for nothing more" not in page
    assert "1 form of this case couldn’t be read or decided on" in page
    assert press(coordinator, case) == 409
    case.refresh_from_db()
    assert case.procedure_version != ProcedureVersion.objects.in_force()
    body = {"version": str(ProcedureVersion.objects.in_force().pk)}
    asked = coordinator.post(f"/field/cases/{case.reference}/procedure/", body).content.decode()
    assert "Confirm first" in asked
    assert "Another version has come into force" not in asked
    assert coordinator.post(f"/field/cases/{case.reference}/procedure/", {**body, "incomplete": "1"}).status_code == 302
    case.refresh_from_db()
    assert case.procedure_version == ProcedureVersion.objects.in_force()


def test_a_childs_case_lacks_the_childs_plan_too(old: Callable[..., Case], worker: User) -> None:
    case = old(worker, birth_date="2012-05-05")
    assert "child_individual_plan" in missing_duties(case, ProcedureVersion.objects.in_force()).duties


def test_only_a_coordinator_of_the_case_may_press(old: Callable[..., Case], worker: User, phone: Client) -> None:
    case = old(worker)
    assert press(phone, case) == 404
    away = Client()
    away.force_login(make_coordinator(make_place("tjeter")))
    assert press(away, case) == 404
    case.refresh_from_db()
    assert case.procedure_version != ProcedureVersion.objects.in_force()
    with pytest.raises(CannotAdopt):
        adopt_procedure(case=case, version=ProcedureVersion.objects.in_force(), duties=[], by=worker)


def test_a_version_that_came_into_force_meanwhile_is_read_first(
    old: Callable[..., Case], worker: User, coordinator: Client
) -> None:
    case = old(worker)
    shown = ProcedureVersion.objects.in_force()
    publish({**shown.definition, "basis": {"sq": "Tjetër.", "en": "Another one."}})
    assert press(coordinator, case, shown) == 409
    case.refresh_from_db()
    assert case.procedure_version != ProcedureVersion.objects.in_force()


def test_a_case_of_the_procedure_in_force_and_a_closed_one_have_no_such_page(
    old: Callable[..., Case], worker: User, coordinator: Client, open_case: Callable[..., Case]
) -> None:
    of_today = open_case()
    assert coordinator.get(f"/field/cases/{of_today.reference}/procedure/").status_code == 302
    closed = old(worker)
    Case.objects.filter(pk=closed.pk).update(closed_at=timezone.now())
    assert coordinator.get(f"/field/cases/{closed.reference}/procedure/").status_code == 302
    assert press(coordinator, closed) == 302
    assert not Deadline.objects.filter(case=closed, key="first_referral").exists()


def test_the_start_page_counts_them_for_a_coordinator_and_lists_them(
    old: Callable[..., Case], worker: User, coordinator: Client, open_case: Callable[..., Case]
) -> None:
    case, other = old(worker), open_case()
    page = coordinator.get("/field/").content.decode()
    assert "1 open case follows an older procedure" in page
    listed = coordinator.get("/field/?only=older").content.decode().split('id="cases"')[1].split('id="sent"')[0]
    assert case.reference in listed
    assert other.reference not in listed
