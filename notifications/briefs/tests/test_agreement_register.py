"""The register of agreements on paper, and what was told and answered under one."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from access.models import Region, StaffRole, User
from audit.models import AuditEntry
from notifications.directory.models import Agreement, Contact, Partner, Role
from notifications.outbox.models import Notice, Purpose
from tests.world.offices import Country, make_country, put_on_duty
from tests.world.places import make_user

from ..agreement_account import MAX_LISTED, build_account
from ..agreement_views import render_register

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def country() -> Country:
    made = make_country()
    Region.objects.filter(pk=made.vlore.region_id).update(is_outreach=True)
    return made


@pytest.fixture
def keeper(country: Country, client: Client) -> User:
    user = make_user(StaffRole.COORDINATOR, region=country.vlore.region)
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    return user


def notify(
    contact: Contact, country: Country, *, ago: timedelta, opened: int = 0, accepted: int = 0, **more: object
) -> Notice:
    at = NOW - ago
    given = {
        "event_id": uuid4(), "case_id": uuid4(), "case_reference": "24-00007", "role": contact.partner.role,
        "contact": contact, "partner": contact.partner, "recipient_key": f"contact:{contact.pk}",
        "municipality": country.vlore, "brief": {"sections": []}, "owed_at": at, "sent_at": at, "attempts": 1,
        "opened_at": at + timedelta(minutes=opened) if opened else None, "link_hash": uuid4().hex, "link_token": "x",
        "accepted_at": at + timedelta(minutes=accepted) if accepted else None, "link_expires_at": NOW,
        "state": "accepted" if accepted else "sent", "next_attempt_at": None,
    }  # fmt: skip
    return Notice.objects.create(**{**given, **more})


def test_an_account_counts_what_was_told_within_its_time_and_no_drill(country: Country) -> None:
    officer, neighbour = put_on_duty(country.police), put_on_duty(country.police_sarande)
    today = timezone.localdate()
    agreement = Agreement.objects.create(
        partner=country.police, signed_on=today - timedelta(days=10), valid_until=today
    )
    agreement.other_offices.add(country.police_sarande)
    day = timedelta(days=1)
    notify(officer, country, ago=day, opened=10, accepted=20)
    notify(officer, country, ago=2 * day, opened=30)
    notify(neighbour, country, ago=3 * day)
    notify(officer, country, ago=11 * day)
    notify(officer, country, ago=day, is_drill=True)
    notify(officer, country, ago=day, purpose=Purpose.TEST)
    notify(put_on_duty(country.cpu), country, ago=day)
    (row,) = build_account(agreement).roles
    assert (row.role, row.created, row.sent, row.opened, row.accepted, row.unanswered) == ("police", 3, 3, 2, 1, 2)
    assert (row.minutes_to_open, row.minutes_to_accept) == (20, 20)
    agreement.roles = [Role.SCHOOL]
    agreement.save()
    assert build_account(agreement).roles == []


def test_the_page_says_how_many_are_not_listed_and_the_table_has_them_all(
    country: Country, keeper: User, client: Client
) -> None:
    officer = put_on_duty(country.police)
    agreement = Agreement.objects.create(partner=country.police)
    for number in range(MAX_LISTED + 3):
        notify(officer, country, ago=timedelta(hours=number + 1), opened=5)
    page = client.get(f"/cms/agreement/account/{agreement.pk}/").content.decode()
    assert f"{MAX_LISTED} nga {MAX_LISTED + 3}" in page
    assert "24-00007" not in page
    table = b"".join(client.get(f"/cms/agreement/account/{agreement.pk}/table/")).decode()  # type: ignore[call-overload]
    assert table.count("\r\n") == MAX_LISTED + 4
    assert "24-00007" not in table
    assert AuditEntry.objects.filter(action="directory.agreement_account_exported").count() == 1


def test_an_account_without_any_notice_says_so(country: Country, keeper: User, client: Client) -> None:
    agreement = Agreement.objects.create(partner=country.police)
    assert "Ende nuk është njoftuar asgjë" in client.get(f"/cms/agreement/account/{agreement.pk}/").content.decode()


def test_another_regions_agreement_is_not_there(country: Country, client: Client) -> None:
    other = Region.objects.create(slug="berat", name="Berat", iso_code="AL-01", is_outreach=True)
    user = make_user(StaffRole.COORDINATOR, region=other)
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    agreement = Agreement.objects.create(partner=country.police)
    for address in ("", "table/"):
        assert client.get(f"/cms/agreement/account/{agreement.pk}/{address}").status_code == 404
    assert AuditEntry.objects.filter(action="access.denied", target_kind="agreement").exists()


def test_the_register_is_printed_as_the_list_is_filtered(country: Country, keeper: User, client: Client) -> None:
    Agreement.objects.create(partner=country.police)
    for query in ("", "?state=in_force&role=police", "?state=nonsense&region=x"):
        answer = client.get(f"/cms/agreement/paper/{query}")
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
    printed = AuditEntry.objects.filter(action="directory.agreements_printed")
    assert [entry.detail["rows"] for entry in printed] == [1, 1, 1]


@pytest.mark.parametrize("language", ["sq", "en"])
def test_a_register_of_none_and_one_of_many_long_rows_are_laid_out(country: Country, language: str) -> None:
    assert render_register([], language).pages == 1
    for number in range(40):
        row = Agreement.objects.create(
            partner=country.police, reference=f"{number}/" + "x" * 70, limits_facts=True, facts=["person", "suspect"],
            signed_by_us="A" * 120, signed_by_them="B" * 120, roles=["police", "school"],
        )  # fmt: skip
        row.other_offices.set(Partner.objects.all())
        row.municipalities.add(country.vlore, country.himare)
    assert render_register(list(Agreement.objects.all()), language).pages > 3
