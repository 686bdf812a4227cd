"""An identification for a person who has a case: it joins that case and begins with what is known."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from access.models import Municipality, User
from audit.models import AuditEntry
from case_forms.cases.models import Case, Deadline
from case_forms.form_builder.sources import Lists
from case_forms.procedures.actions import publish_procedure, save_procedure
from case_forms.procedures.models import ProcedureVersion
from case_forms.questions.zones import ZoneChoice
from case_forms.zones.models import Zone
from notifications.directory.models import Partner
from notifications.escalation.clock import advance
from notifications.outbox.models import Notice
from tests.seeds import lay_down_demo

from ..actions import receive_submission
from ..models import Draft, Submission
from ..recipients_preview import preview_recipients

pytestmark = pytest.mark.django_db

URGENT: dict[str, Any] = {
    "municipality": "lezhe",
    "immediate_danger": "yes",
    "medical_now": "yes",
    "seen_alone": "no",
    "whereabouts": "Stacioni",
    "urgent_notice": "potential_victim",
    "explained": "danger",
    "police_contact_consent": "unknown",
    "age_in_doubt": "unknown",
    "first_name": "Ela",
}
REST: dict[str, Any] = {
    "immediate_danger": "no",
    "explained": "yes",
    "consent_to_store": "yes",
    "police_contact_consent": "unknown",
    "age_in_doubt": "yes",
    "worker_decision": "potential_victim",
    "decision_reason": "Lyp çdo ditë.",
    "signal_source": "school",
}


@pytest.fixture
def worker(db: None) -> User:
    lay_down_demo()
    return User.objects.get(username="lezhe1")


def send(worker: User, form: str = "initial_identification", **answers: Any) -> Submission:
    return receive_submission(
        uuid=uuid.uuid4(),
        form_key=form,
        version=1,
        occurred_at=timezone.now(),
        answers=answers,
        user=worker,
        confirmed=["danger_without_place", "no_sign_noted"],
    ).submission


@pytest.fixture
def case(worker: User) -> Case:
    found = send(worker, **URGENT).case
    assert found is not None
    return found


def test_the_form_begins_with_what_the_case_holds_and_asks_again_what_was_so_at_that_moment(
    case: Case, worker: User, client: Client
) -> None:
    client.force_login(worker)
    page = client.get(f"/field/cases/{case.reference}/")
    assert 'id="rest"' in page.content.decode()
    client.post("/field/forms/initial_identification/start/", {"case": case.reference})
    answers = Draft.objects.get().answers
    assert answers["case_ref"] == case.reference
    assert answers == {
        "case_ref": case.reference,
        "first_name": "Ela",
        "municipality": "lezhe",
        "age_in_doubt": "unknown",
    }
    assert AuditEntry.objects.filter(action="submission.read").exists()


def test_yesterdays_decision_consent_and_place_are_asked_anew_and_the_signs_stay(
    case: Case, worker: User, client: Client
) -> None:
    more = {"signs_seen": ["threats"], "needs_now": ["food"], "where_tonight": "nowhere", "refusal": ["police"]}
    more |= {"refusal_informed": "yes", "left_card": True, "reflection_offered": "no", "others_present": ["nobody"]}
    more |= {"whereabouts": "Stacioni", "suicide_words": "no", "transport_now": "unit", "service_consent": "yes"}
    send(worker, municipality="lezhe", case_ref=case.reference, **REST, **more)
    client.force_login(worker)
    client.post("/field/forms/initial_identification/start/", {"case": case.reference})
    answers = Draft.objects.get().answers
    assert set(answers) == {
        "case_ref", "municipality", "consent_to_store", "age_in_doubt", "signs_seen", "signal_source",
        "first_name",  # what the urgent notice said is still known
    }  # fmt: skip


def test_the_clocks_of_a_case_begun_by_an_urgent_notice_start_once(case: Case, worker: User) -> None:
    waited = {"first_referral", "follow_up_1_month", "follow_up_12_months", "child_individual_plan"}
    assert waited <= set(Deadline.objects.filter(case=case).values_list("key", flat=True))
    send(worker, municipality="lezhe", case_ref=case.reference, **REST)
    keys = list(Deadline.objects.filter(case=case).values_list("key", flat=True))
    assert {key: keys.count(key) for key in waited} == dict.fromkeys(waited, 1)


def test_the_reflection_time_runs_once(case: Case, worker: User) -> None:
    offered = {"reflection_offered": "yes", "reflection_from": timezone.localdate().isoformat()}
    for _time in range(2):
        send(worker, municipality="lezhe", case_ref=case.reference, **REST, **offered)
    assert Deadline.objects.get(case=case, key="reflection_period").breach_at is None


def test_a_suspected_case_that_becomes_more_starts_its_clocks(worker: User) -> None:
    suspected = {**REST, "immediate_danger": "yes", "urgent_notice": "whole_form", "worker_decision": "no_indicators"}
    case = send(worker, municipality="lezhe", **suspected).case
    assert case is not None
    assert case.status == "suspected"
    assert not Deadline.objects.filter(case=case, key="first_referral").exists()
    send(worker, municipality="lezhe", case_ref=case.reference, **REST)
    case.refresh_from_db()
    assert case.status == "potential_victim"
    started = set(Deadline.objects.filter(case=case).values_list("key", flat=True))
    assert {"first_referral", "follow_up_1_month", "child_individual_plan"} <= started


@pytest.mark.parametrize("result", ["potential_victim", "no_indicators"])
def test_those_who_cover_the_place_where_the_person_is_now_are_notified(case: Case, worker: User, result: str) -> None:
    rest = {**REST, "immediate_danger": "yes", "urgent_notice": "whole_form", "worker_decision": result}
    sent = send(worker, municipality="vlore", case_ref=case.reference, **rest)
    case.refresh_from_db()
    assert (sent.case, case.municipality.slug) == (case, "lezhe")
    event = case.events.get(submission_id=sent.pk)
    told = Notice.objects.filter(event_id=event.pk, chases=None).select_related("partner", "municipality")
    places = {notice.role: notice.municipality.slug for notice in told}
    assert places.pop("coordinator", "lezhe") == "lezhe"  # ours stay those who see the case
    assert {"police", "cpu"} <= places.keys()
    assert set(places.values()) == {"vlore"}
    police = told.get(role="police")
    assert police.partner is not None
    assert "vlore" in police.partner.slug
    assert any("Vlorë" in row["words"]["en"] and "Lezhë" in row["words"]["en"] for row in event.explanation)


def test_the_review_names_those_who_cover_the_place_where_the_person_is_now(
    case: Case, worker: User, client: Client
) -> None:
    client.force_login(worker)
    client.post("/field/forms/initial_identification/start/", {"case": case.reference})
    answers = {"municipality": "vlore", "case_ref": case.reference, **REST}
    told = preview_recipients(Draft.objects.get(), answers, worker)
    assert {each.place for each in told if each.place} == {"Vlorë"}


def coordinators_asked(case: Case) -> set[str]:
    calls = Notice.objects.filter(case_id=case.pk, role="coordinator").exclude(contact=None)
    return {str(call.contact.partner.slug) for call in calls.select_related("contact__partner") if call.contact}


def test_calls_about_a_person_elsewhere_go_to_the_coordinators_of_the_case_who_may_open_it(
    case: Case, worker: User
) -> None:
    Notice.objects.all().update(next_step_at=None)
    Partner.objects.filter(slug="policia-vlore").update(is_active=False)
    sent = send(worker, municipality="vlore", case_ref=case.reference, **REST)
    event = case.events.get(submission_id=sent.pk)
    nobody = Notice.objects.filter(event_id=event.pk, role="police", chases=None)
    assert [notice.home for notice in nobody] == [case.municipality]
    for hours in (1, 2, 30, 60):
        advance(timezone.now() + timedelta(hours=hours))
    assert Notice.objects.filter(event_id=event.pk, role="cpu", chasers__purpose="call").exists()
    ours = Partner.objects.get(role="coordinator", regions=case.region)
    assert coordinators_asked(case) == {ours.slug}


def old_case(case: Case) -> Case:
    """The same case under a version that knew nothing of continuing and of urgent notices."""
    new = ProcedureVersion.objects.in_force()
    later = {"continue_case", "open_case_urgent"}
    rules = [rule for rule in new.definition["rules"] if rule["key"] not in later]
    old = publish_procedure(
        procedure=save_procedure(key=new.procedure.key, definition={**new.definition, "rules": rules}),
        in_force_from=timezone.now(),
    )
    publish_procedure(
        procedure=save_procedure(key=new.procedure.key, definition=new.definition), in_force_from=timezone.now()
    )
    Case.objects.filter(pk=case.pk).update(procedure_version=old, status="victim")
    case.refresh_from_db()
    return case


def test_an_urgent_notice_about_a_case_of_an_older_procedure_joins_it_and_notifies(case: Case, worker: User) -> None:
    old = old_case(case)
    sent = send(worker, **{**URGENT, "case_ref": old.reference})
    assert sent.case == old
    assert "police" in {line["role"] for line in sent.receipt["notices"]}


def test_the_whole_form_lowers_no_case_of_an_older_procedure(case: Case, worker: User) -> None:
    old = old_case(case)
    sent = send(worker, municipality="lezhe", case_ref=old.reference, **{**REST, "worker_decision": "at_risk"})
    old.refresh_from_db()
    assert (sent.case, old.status) == (old, "victim")


def test_the_rest_joins_the_case_meets_its_clock_and_tells_the_whole(case: Case, worker: User, client: Client) -> None:
    rest = send(worker, municipality="lezhe", case_ref=case.reference, **REST)
    assert rest.case == case
    assert Case.objects.count() == 1
    assert Deadline.objects.get(case=case, key="identification_rest").met_at is not None
    police = Notice.objects.filter(case_id=case.pk, role="police", chases=None).order_by("owed_at")
    assert [dict(notice.brief).get("urgent", False) for notice in police] == [True, False]
    client.force_login(worker)
    assert 'id="rest"' not in client.get(f"/field/cases/{case.reference}/").content.decode()


def test_a_rest_without_grounds_stays_in_the_case_and_lowers_no_status(case: Case, worker: User) -> None:
    rest = send(worker, municipality="lezhe", case_ref=case.reference, **{**REST, "worker_decision": "no_indicators"})
    case.refresh_from_db()
    assert (rest.case, case.status) == (case, "potential_victim")


def test_another_units_case_is_not_continued(case: Case, client: Client) -> None:
    client.force_login(User.objects.get(username="vlore1"))
    answer = client.post("/field/forms/initial_identification/start/", {"case": case.reference})
    assert answer.status_code == 404
    assert not Draft.objects.exists()


def test_other_forms_of_the_case_begin_empty(case: Case, worker: User, client: Client) -> None:
    client.force_login(worker)
    client.post("/field/forms/consent/start/", {"case": case.reference})
    assert set(Draft.objects.get().answers) == {"case_ref"}


# ---- lists of one's own ----


def test_the_second_worker_is_chosen_among_those_of_ones_unit(worker: User) -> None:
    lists = Lists(worker)
    other = User.objects.get(username="lezhe2")
    assert lists.choices("colleagues", "sq") == [(str(other.pk), other.get_full_name())]
    assert lists.attributes("colleagues", str(worker.pk))["name"] == worker.get_full_name()
    assert Lists().choices("colleagues", "sq") == []
    other.is_active = False
    other.save()
    assert Lists(worker).choices("colleagues", "sq") == []
    assert Lists(worker).attributes("colleagues", str(other.pk))["name"] == other.get_full_name()


def test_the_visit_is_chosen_from_the_units_own_log_by_day_and_zone(worker: User) -> None:
    visit = send(
        worker, "outreach_visit", date=timezone.localdate().isoformat(), municipality="lezhe", zone_note="Shëngjin"
    )
    ((key, label),) = Lists(worker).choices("outreach_visits", "sq")
    assert key == str(visit.pk)
    assert label == f"{timezone.localtime(visit.occurred_at):%d.%m.%Y} · Shëngjin, Lezhë"
    assert Lists(User.objects.get(username="vlore1")).choices("outreach_visits", "sq") == []
    assert Lists().choices("outreach_visits", "sq") == []


def test_the_zone_of_a_visit_goes_by_its_name_and_is_offered_where_one_works(worker: User) -> None:
    zone = Zone.objects.create(municipality=Municipality.objects.get(slug="lezhe"), name="Tregu i vjetër")
    today = timezone.localdate().isoformat()
    send(worker, "outreach_visit", date=today, municipality="lezhe", zone=str(zone.pk), zone_note="te pompa")
    ((_key, label),) = Lists(worker).choices("outreach_visits", "sq")
    assert label.endswith(" · Tregu i vjetër, Lezhë")
    elsewhere = Lists(User.objects.get(username="vlore1"))
    assert Lists(worker).has("zones", str(zone.pk))
    assert not elsewhere.has("zones", str(zone.pk))
    asked = {"key": "zone", "type": "zone"}
    assert ZoneChoice().formatted(str(zone.pk), asked, "sq", elsewhere) == "Tregu i vjetër · Lezhë"


def test_an_old_visit_can_be_read_and_not_chosen(worker: User, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = send(
        worker, "outreach_visit", date=timezone.localdate().isoformat(), municipality="lezhe", zone_note="Zona"
    )
    monkeypatch.setattr("case_forms.submissions.outreach_visits.DAYS", -1)
    assert Lists(worker).choices("outreach_visits", "sq") == []
    assert Lists(worker).attributes("outreach_visits", str(visit.pk)) == {
        "name": f"{timezone.localtime(visit.occurred_at):%d.%m.%Y}"
    }


def test_visits_beyond_those_that_are_opened_are_chosen_by_day_hour_and_unit(
    worker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = timezone.localdate().isoformat()
    sent = [
        send(worker, "outreach_visit", date=today, municipality="lezhe", zone_note=f"Zona {number}")
        for number in range(3)
    ]
    monkeypatch.setattr("case_forms.submissions.outreach_visits.MAX_VISITS", 1)
    choices = dict(Lists(worker).choices("outreach_visits", "sq"))
    assert set(choices) == {str(visit.pk) for visit in sent}
    named = [label for label in choices.values() if "Zona" in label]
    assert len(named) == 1
    by_hour = [label for label in choices.values() if "Zona" not in label]
    unit = sent[0].unit.name
    assert all(label.endswith(f" · {unit}") and ":" in label for label in by_hour)
    assert Lists(worker).has("outreach_visits", str(sent[0].pk))
