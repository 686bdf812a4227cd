"""An identification for a person who has a case: it joins that case and begins with what is known."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from access.models import Municipality, User
from audit.models import AuditEntry
from case_forms.builder.sources import Lists
from case_forms.cases.models import Case, Deadline
from case_forms.intake.actions import receive_submission
from case_forms.intake.models import Draft, Submission
from case_forms.questions.zones import ZoneChoice
from case_forms.zones.models import Zone
from notifications.outbox.models import Notice
from tests.seeds import lay_down_demo

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
    assert (answers["first_name"], answers["whereabouts"], answers["municipality"]) == ("Ela", "Stacioni", "lezhe")
    assert not {"immediate_danger", "urgent_notice", "medical_now", "seen_alone", "treated_as_child"} & set(answers)
    assert AuditEntry.objects.filter(action="submission.read").exists()


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
    monkeypatch.setattr("case_forms.intake.outreach_visits.DAYS", -1)
    assert Lists(worker).choices("outreach_visits", "sq") == []
    assert Lists(worker).attributes("outreach_visits", str(visit.pk)) == {
        "name": f"{timezone.localtime(visit.occurred_at):%d.%m.%Y}"
    }
