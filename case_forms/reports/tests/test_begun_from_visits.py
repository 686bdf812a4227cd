"""A visit's page and a zone's page list the cases begun from them: those the reader may open, the others counted."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access.models import Municipality, User
from audit.models import AuditEntry
from case_forms.cases.models import Case
from case_forms.submissions.models import Submission
from case_forms.submissions.tests import test_shipped_forms as shipped
from case_forms.zones.models import Zone

pytestmark = pytest.mark.django_db

seeded_once, worker, phone, open_case = shipped.seeded_once, shipped.worker, shipped.phone, shipped.open_case
NONE_YET = "No identification names this yet"


@pytest.fixture
def zone(seeded_once: None, db: None) -> Zone:
    return Zone.objects.create(municipality=Municipality.objects.get(slug="vlore"), name="Tregu i vjetër")


@pytest.fixture
def visit(worker: User, zone: Zone) -> Submission:
    return shipped.send(worker, "outreach_visit", zone=str(zone.pk))


def named(visit: Submission) -> dict[str, str]:
    return {"signal_source": "proactive_outreach", "source_visit": str(visit.pk)}


def build_page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def get_pages(visit: Submission, zone: Zone) -> tuple[str, str]:
    return f"/field/submissions/{visit.pk}/", f"/field/outreach/zones/{zone.pk}/visits/"


def copies(case: Case, visit: UUID, number: int) -> None:
    """As many more cases, each with an identification that names the visit."""
    first = Submission.objects.get(case=case)
    for _each in range(number):
        case.pk, case.reference = uuid4(), f"Z{uuid4().hex[:5].upper()}"
        case.save(force_insert=True)
        Submission.objects.create(
            id=uuid4(), form_version=first.form_version, unit=first.unit, submitted_by=first.submitted_by, case=case,
            occurred_at=first.occurred_at, received_at=first.received_at, answers={"source_visit": str(visit)},
            fingerprint=first.fingerprint,
        )  # fmt: skip


def test_a_visit_and_its_zone_list_the_cases_begun_there_and_no_others(
    phone: Client, visit: Submission, zone: Zone, open_case: Callable[..., Case]
) -> None:
    for path in get_pages(visit, zone):
        assert NONE_YET in build_page(phone, path)
    begun = open_case(**named(visit))
    elsewhere = open_case()
    for path in get_pages(visit, zone):
        page = build_page(phone, path)
        assert f"/field/cases/{begun.reference}/" in page
        assert elsewhere.reference not in page
        assert NONE_YET not in page
    assert AuditEntry.objects.filter(action="zone.read", target_id=str(zone.pk)).exists()


def test_an_identification_that_opened_no_case_is_counted(
    phone: Client, worker: User, visit: Submission, zone: Zone
) -> None:
    shipped.send(worker, "initial_identification", worker_decision="no_indicators", **named(visit))
    for path in get_pages(visit, zone):
        assert "1 identification that opened no case." in build_page(phone, path)


def test_a_case_that_the_reader_may_not_open_is_only_counted(
    phone: Client, worker: User, visit: Submission, zone: Zone, open_case: Callable[..., Case]
) -> None:
    case = open_case(**named(visit))
    other = Municipality.objects.get(slug="durres")
    unit = other.region.units.get()  # taken over by another unit
    Case.objects.filter(pk=case.pk).update(unit=unit, region=other.region, municipality=other)
    for path in get_pages(visit, zone):
        page = build_page(phone, path)
        assert "1 case that you may not open." in page
        assert case.reference not in page


def test_a_zone_of_another_region_is_not_here(phone: Client, seeded_once: None) -> None:
    away = Zone.objects.create(municipality=Municipality.objects.get(slug="durres"), name="Porti")
    assert phone.get(f"/field/outreach/zones/{away.pk}/visits/").status_code == 404


def test_sixty_one_cases_have_pages_and_no_more_queries_than_one(
    phone: Client, visit: Submission, zone: Zone, open_case: Callable[..., Case]
) -> None:
    case = open_case(**named(visit))
    paths = get_pages(visit, zone)
    counted: dict[str, int] = {}
    for path in paths:
        build_page(phone, path)
        with CaptureQueriesContext(
            connection,
        ) as few:
            build_page(phone, path)
        counted[path] = len(few)
    copies(case, visit.pk, 60)
    for path in paths:
        with CaptureQueriesContext(connection) as many:
            page = build_page(phone, path)
        assert len(many) <= counted[path]
        assert "1–30 of 61, the newest first" in page
        last = build_page(phone, f"{path}?page=3")
        assert "61–61 of 61" in last
        assert "?page=2#begun" in last
        assert "61–61 of 61" in build_page(phone, f"{path}?page=999")
        assert "1–30 of 61" in build_page(phone, f"{path}?page=x")


def test_the_list_of_zones_leads_a_worker_to_the_zone(phone: Client, zone: Zone) -> None:
    page: Any = build_page(phone, "/field/outreach/zones/")
    assert f"/field/outreach/zones/{zone.pk}/visits/" in page
