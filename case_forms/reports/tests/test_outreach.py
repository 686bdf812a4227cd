"""Zones and their coverage, the plan of visits, the month in numbers, over HTTP."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from access.models import User
from audit.models import AuditEntry
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.models import FormVersion
from case_forms.procedures.actions import publish_procedure, save_procedure
from case_forms.submissions.actions import receive_submission
from case_forms.submissions.models import Draft
from case_forms.submissions.seeding.reference import form_files, procedure_files
from case_forms.zones.models import PlannedVisit, Zone
from tests.world.places import Place, make_coordinator, make_place, make_unit_with_worker

from ..coverage import build_coverage
from ..monthly import count_month, get_month
from ..planning import get_plan

pytestmark = pytest.mark.django_db
FORMS = ("outreach_visit", "monthly_report")


@pytest.fixture
def place(db: None) -> Place:
    for definition in form_files():
        if definition["key"] in FORMS:
            publish_form(form=save_definition(key=definition["key"], definition=definition))
    sop = procedure_files()[0]
    rules = [rule for rule in sop["rules"] if rule["key"] in ("outreach_kept", "unit_reports_kept")]
    rules = [{**rule, "forms": [form for form in rule["forms"] if form in FORMS]} for rule in rules]
    small = {**sop, "facts": [], "deadlines": {}, "rules": rules}
    publish_procedure(procedure=save_procedure(key=sop["key"], definition=small), in_force_from=timezone.now())
    return make_place("vlora")


@pytest.fixture
def worker(place: Place) -> User:
    return make_unit_with_worker(place)[1]


@pytest.fixture
def coordinator(place: Place) -> User:
    return make_coordinator(place)


@pytest.fixture
def zone(place: Place) -> Zone:
    return Zone.objects.create(municipality=place.municipality, name="Tregu i vjetër")


@pytest.fixture
def visit(worker: User, place: Place) -> Callable[..., None]:
    def sent(on: date, zone: Zone | None = None, **more: Any) -> None:
        import uuid

        answers = {"date": on.isoformat(), "municipality": place.municipality.slug, **more}
        if zone is not None:
            answers["zone"] = str(zone.pk)
        version = FormVersion.objects.newest().get(form__key="outreach_visit")
        receive_submission(
            uuid=uuid.uuid4(), form_key="outreach_visit", version=version.number, occurred_at=timezone.now(),
            answers=answers, user=worker,
        )  # fmt: skip

    return sent


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def new_zone(place: Place, **more: Any) -> dict[str, Any]:
    return {"municipality": place.municipality.slug, "name": "Lagjja 5", "kind": "neighbourhood", **more}


def test_a_coordinator_adds_a_zone_and_a_worker_reads_it(place: Place, worker: User, coordinator: User) -> None:
    added = signed_in(coordinator).post("/field/outreach/zones/add/", new_zone(place, every_days="30"))
    assert added.status_code == 302
    assert Zone.objects.get().every_days == 30
    assert AuditEntry.objects.filter(action="zone.made").exists()
    page = signed_in(worker).get("/field/outreach/zones/").content.decode()
    assert "Lagjja 5" in page
    assert "zones/add" not in page


def test_a_worker_adds_no_zone_and_a_coordinator_none_elsewhere(place: Place, worker: User, coordinator: User) -> None:
    assert signed_in(worker).post("/field/outreach/zones/add/", new_zone(place)).status_code in (302, 403, 404)
    elsewhere = make_place("tjeter")
    refused = signed_in(coordinator).post("/field/outreach/zones/add/", new_zone(elsewhere))
    assert refused.status_code == 422
    assert not Zone.objects.exists()
    theirs = Zone.objects.create(municipality=elsewhere.municipality, name="E tyre")
    assert signed_in(coordinator).get(f"/field/outreach/zones/{theirs.pk}/").status_code == 404
    assert "E tyre" not in signed_in(worker).get("/field/outreach/zones/").content.decode()


def test_a_second_zone_of_the_same_name_is_explained_beside_the_field(place: Place, coordinator: User) -> None:
    client = signed_in(coordinator)
    client.post("/field/outreach/zones/add/", new_zone(place))
    again = client.post("/field/outreach/zones/add/", new_zone(place, name="  Lagjja   5 ", note="rruga kryesore"))
    assert again.status_code == 422
    page = again.content.decode()
    assert "This municipality has a zone of this name already." in page
    assert "rruga kryesore" in page  # nothing typed is lost
    assert Zone.objects.count() == 1


@pytest.mark.parametrize("days", ["0", "-1", "400", "abc"])
def test_a_wrong_number_of_days_is_explained(days: str, place: Place, coordinator: User) -> None:
    answer = signed_in(coordinator).post("/field/outreach/zones/add/", new_zone(place, every_days=days))
    assert answer.status_code == 422
    assert 'id="id_every_days_error"' in answer.content.decode()


def test_two_coordinators_do_not_write_over_each_other(place: Place, coordinator: User, zone: Zone) -> None:
    client = signed_in(coordinator)
    address = f"/field/outreach/zones/{zone.pk}/"
    seen = zone.changed_at.isoformat()
    first = client.post(address, {**new_zone(place), "name": "Tregu i ri", "is_active": "on", "seen": seen})
    assert first.status_code == 302
    second = client.post(address, {**new_zone(place), "name": "Pazari", "is_active": "on", "seen": seen})
    assert second.status_code == 422
    assert "Somebody else changed this zone meanwhile" in second.content.decode()
    zone.refresh_from_db()
    assert zone.name == "Tregu i ri"


def test_a_zone_switched_off_stays_in_the_list_and_takes_no_plan(
    place: Place, coordinator: User, worker: User, zone: Zone
) -> None:
    address = f"/field/outreach/zones/{zone.pk}/"
    body = {**new_zone(place), "name": zone.name, "seen": zone.changed_at.isoformat()}
    signed_in(coordinator).post(address, body)
    zone.refresh_from_db()
    assert not zone.is_active
    assert "no longer in use" in signed_in(worker).get("/field/outreach/zones/").content.decode()
    unit = worker.units().get()
    body = {"unit": unit.slug, "zone": str(zone.pk), "on": timezone.localdate().isoformat()}
    assert signed_in(worker).post("/field/outreach/plan/", body).status_code == 422


def test_coverage_counts_visits_by_zone_and_says_where_nobody_went(
    worker: User, zone: Zone, visit: Callable[..., None], place: Place
) -> None:
    today = timezone.localdate()
    (before,) = build_coverage(worker)
    assert before.unvisited == 1
    visit(today - timedelta(days=3), zone)
    visit(today - timedelta(days=40))
    (region,) = build_coverage(worker)
    (town,) = region.towns
    assert (town.visits, town.last, region.unvisited) == (2, today - timedelta(days=3), 0)
    assert (town.zones[0].visits, town.zones[0].state) == (1, "visited")
    (later,) = build_coverage(worker, today=today + timedelta(days=200))
    assert later.towns[0].zones[0].state == "overdue"
    page = signed_in(worker).get("/field/outreach/zones/").content.decode()
    assert "2 visits" in page


def test_a_log_that_does_not_open_hides_no_other(worker: User, zone: Zone, visit: Callable[..., None]) -> None:
    from django.db import connection

    from case_forms.submissions.models import Submission

    visit(timezone.localdate(), zone)
    visit(timezone.localdate(), zone)
    first = Submission.objects.order_by("received_at").first()
    assert first is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers FROM intake_submission WHERE id = %s", [first.pk.hex])
        (sealed,) = cursor.fetchone()
        cursor.execute(
            "UPDATE intake_submission SET answers = %s WHERE id = %s", [sealed[:-6] + "AAAAAA", first.pk.hex]
        )
    (region,) = build_coverage(worker)
    assert region.towns[0].visits == 1


def test_a_planned_visit_is_made_when_the_log_names_its_zone(
    worker: User, zone: Zone, visit: Callable[..., None]
) -> None:
    today = timezone.localdate()
    unit = worker.units().get()
    client = signed_in(worker)
    body = {"unit": unit.slug, "zone": str(zone.pk), "on": today.isoformat(), "note": "me NJMF-në"}
    assert client.post("/field/outreach/plan/", body).status_code == 302
    assert client.post("/field/outreach/plan/", body).status_code == 302  # a double tap
    assert PlannedVisit.objects.count() == 1
    assert [line.state for line in get_plan(worker)] == ["due"]
    visit(today)
    assert [line.state for line in get_plan(worker)] == ["due"]  # another place
    visit(today, zone)
    assert [line.state for line in get_plan(worker)] == ["done"]
    page = client.get("/field/outreach/plan/").content.decode()
    assert "made:" in " ".join(page.split())
    assert [line.state for line in get_plan(worker, today=today + timedelta(days=20))] == ["done"]


def test_a_visit_that_was_not_made_says_so(worker: User, zone: Zone) -> None:
    today = timezone.localdate()
    PlannedVisit.objects.create(zone=zone, unit=worker.units().get(), on=today - timedelta(days=20), made_by=worker)
    assert [line.state for line in get_plan(worker)] == ["missed"]


@pytest.mark.parametrize(("days", "code"), [(-1, 422), (0, 302), (401, 422)])
def test_a_visit_is_planned_from_today_on(days: int, code: int, worker: User, zone: Zone) -> None:
    on = timezone.localdate() + timedelta(days=days)
    body = {"unit": worker.units().get().slug, "zone": str(zone.pk), "on": on.isoformat()}
    assert signed_in(worker).post("/field/outreach/plan/", body).status_code == code


def test_another_units_plan_is_not_there(worker: User, zone: Zone) -> None:
    planned = PlannedVisit.objects.create(zone=zone, unit=worker.units().get(), on=timezone.localdate(), made_by=worker)
    _unit, stranger = make_unit_with_worker(make_place())
    assert signed_in(stranger).post(f"/field/outreach/plan/{planned.pk}/cancel/").status_code == 404
    assert get_plan(stranger) == []
    assert signed_in(worker).get(f"/field/outreach/plan/{planned.pk}/cancel/").status_code == 405
    assert signed_in(worker).post(f"/field/outreach/plan/{planned.pk}/cancel/").status_code == 302
    planned.refresh_from_db()
    assert planned.cancelled_at is not None


def test_the_month_is_counted_from_the_logs_and_begins_the_report(
    worker: User, zone: Zone, visit: Callable[..., None]
) -> None:
    today = timezone.localdate()
    people = [{"people_sex": "female", "people_age_group": "15_17", "people_count": 4}]
    visit(today, zone, people_met=people, time_spent=90, materials=[{"material": "leaflet", "material_count": 12}])
    visit(today, people_met=people, time_spent=30)
    unit = worker.units().get()
    month = f"{today:%Y-%m}"
    counts = count_month(unit, get_month(month))
    assert (counts["visits"], counts["zones_visited"], counts["minutes_outside"]) == (2, 1, 120)
    assert counts["people_met"] == [{"people_sex": "female", "people_age_group": "15_17", "people_count": 8}]
    assert counts["materials"] == [{"material": "leaflet", "material_count": 12}]
    page = signed_in(worker).get("/field/outreach/month/", {"month": month}).content.decode()
    assert "Minutes spent in the field" in page
    started = signed_in(worker).post("/field/forms/monthly_report/start/", {"unit": unit.slug, "month": month})
    assert started.status_code == 302
    draft = Draft.objects.get()
    assert draft.answers["month"] == month
    assert (draft.answers["unit"], draft.answers["visits"]) == (unit.slug, 2)
    assert draft.answers["people_met"][0]["people_count"] == 8
    review = signed_in(worker).get(f"/field/drafts/{draft.pk}/")
    assert review.status_code == 200
    assert signed_in(worker).post(f"/field/drafts/{draft.pk}/").status_code == 302


def test_a_worker_sees_only_their_own_units_month(worker: User, coordinator: User) -> None:
    other, _stranger = make_unit_with_worker(make_place())
    assert signed_in(worker).get("/field/outreach/month/", {"unit": other.slug}).status_code == 404
    own = worker.units().get()
    assert signed_in(coordinator).get("/field/outreach/month/", {"unit": own.slug}).status_code == 200
    page = signed_in(coordinator).get("/field/outreach/month/", {"unit": own.slug}).content.decode()
    assert "Begin the monthly report" not in page  # a unit's workers write it


@pytest.mark.parametrize("wanted", ["", "2026-13", "abc", "9999-01", "2099-01", "2026-1' OR 1=1"])
def test_a_month_that_is_none_is_the_last_complete_one(wanted: str) -> None:
    assert get_month(wanted, today=date(2026, 1, 5)).key == "2025-12"
    assert get_month("2026-01", today=date(2026, 1, 5)).key == "2026-01"
