"""Agreements: their state, whom they cover, two people for what decides, and who isn't told without one."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access.models import Region, StaffRole, User
from audit.models import AuditEntry
from sanitizer.tests import samples
from tests.world.offices import Country, make_country, make_office, put_on_duty

from ..agreements.cover import find_covers, get_shared_kinds, has_agreement, in_force_on
from ..agreements.documents import add_document
from ..agreements.rules import get_terms, is_required
from ..agreements.states import State, describe_state, get_state, is_in_force
from ..chain import resolve_chain
from ..models import Agreement, AgreementDocument, AgreementRule, DirectoryChange, Partner, Role
from ..resolve import resolve
from .second_keeper import agree_to_all
from .test_admin import area, sign_in

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 10)


@pytest.fixture
def country() -> Country:
    return make_country()


def require(role: str = Role.POLICE) -> None:
    AgreementRule.objects.update_or_create(role=role, defaults={"is_on": True})


def sign(office: Partner, since: int | None = -30, until: int | None = None, **more: object) -> Agreement:
    """Make an agreement from so many days from today until so many days from it, or without an end."""
    today = timezone.localdate()
    days = [None if each is None else today + timedelta(days=each) for each in (since, until)]
    return Agreement.objects.create(partner=office, signed_on=days[0], valid_until=days[1], **more)


# ---- its state ----


@pytest.mark.parametrize(
    ("dates", "state", "words"),
    [
        ({}, State.IN_FORCE, "in force, without an end"),
        ({"signed_on": date(2026, 3, 11)}, State.NOT_YET, "not yet in force; begins on 11.03.2026"),
        ({"signed_on": date(2026, 3, 10)}, State.IN_FORCE, "in force, without an end"),
        ({"signed_on": date(2026, 1, 1), "valid_from": date(2026, 4, 1)}, State.NOT_YET, "begins on 01.04.2026"),
        ({"valid_until": date(2026, 3, 9)}, State.OVER, "over since 09.03.2026"),
        ({"valid_until": date(2026, 3, 10)}, State.ENDS_SOON, "today is its last day"),
        ({"valid_until": date(2026, 3, 11)}, State.ENDS_SOON, "ends in 1 day, on 11.03.2026"),
        ({"valid_until": date(2026, 5, 8)}, State.ENDS_SOON, "ends in 59 days"),
        ({"valid_until": date(2026, 5, 9)}, State.IN_FORCE, "in force until 09.05.2026"),
        ({"withdrawn_on": date(2026, 3, 10)}, State.WITHDRAWN, "withdrawn on 10.03.2026"),
        ({"withdrawn_on": date(2026, 3, 11)}, State.ENDS_SOON, "today is its last day"),
        ({"valid_until": date(2026, 3, 1), "withdrawn_on": date(2026, 3, 5)}, State.WITHDRAWN, "withdrawn"),
    ],
)
def test_the_state_of_an_agreement_is_said_with_its_day(dates: dict[str, date], state: State, words: str) -> None:
    agreement = Agreement(partner=Partner(), **dates)
    assert get_state(agreement, TODAY) == state
    with translation.override("en"):
        assert words in describe_state(agreement, TODAY)


DAYS = st.none() | st.integers(-3, 3).map(lambda n: TODAY + timedelta(days=n))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(signed=DAYS, since=DAYS, until=DAYS, withdrawn=DAYS, day=st.integers(-4, 4))
def test_a_query_and_the_state_agree_on_what_is_in_force(
    country: Country, signed: date | None, since: date | None, until: date | None, withdrawn: date | None, day: int
) -> None:
    Agreement.objects.all().delete()
    agreement = Agreement.objects.create(
        partner=country.police, signed_on=signed, valid_from=since, valid_until=until, withdrawn_on=withdrawn
    )
    today = TODAY + timedelta(days=day)
    assert Agreement.objects.filter(in_force_on(today)).exists() == is_in_force(agreement, today)


def test_an_agreement_covers_until_midnight_in_tirana(country: Country) -> None:
    Agreement.objects.create(partner=country.police, valid_until=TODAY)
    before, after = datetime(2026, 3, 10, 22, 59, 59, tzinfo=UTC), datetime(2026, 3, 10, 23, 0, tzinfo=UTC)
    assert find_covers([country.police], role=Role.POLICE, municipality=country.vlore, at=before)
    assert not find_covers([country.police], role=Role.POLICE, municipality=country.vlore, at=after)


def test_an_agreement_may_cover_other_offices_and_only_some_places_and_roles(country: Country) -> None:
    agreement = sign(country.police)
    agreement.other_offices.add(country.police_sarande)
    offices, now = [country.police, country.police_sarande], timezone.now()

    def covered(role: str = Role.POLICE) -> set[int]:
        return set(find_covers(offices, role=role, municipality=country.vlore, at=now))

    both = {country.police.pk, country.police_sarande.pk}
    assert covered() == both
    agreement.municipalities.add(country.himare)
    assert covered() == set()
    agreement.regions.add(country.vlore.region)
    assert covered() == both
    agreement.roles = [Role.SCHOOL]
    agreement.save()
    assert covered() == set()
    assert covered(Role.SCHOOL) == both


# ---- it decides who is told ----


def test_without_the_rule_an_office_is_told_with_or_without_an_agreement(country: Country) -> None:
    officer = put_on_duty(country.police)
    now = timezone.now()
    assert resolve(role=Role.POLICE, municipality=country.vlore, at=now).contact == officer
    sign(country.police, -30, -1)
    assert resolve(role=Role.POLICE, municipality=country.vlore, at=now).contact == officer


def test_with_the_rule_an_office_without_an_agreement_is_passed_over_and_it_is_said_why(country: Country) -> None:
    put_on_duty(country.police)
    coordinator = put_on_duty(country.coordinator)
    require()
    found = resolve_chain(role=Role.POLICE, municipality=country.vlore, at=timezone.now())
    assert found.contact is None
    assert coordinator in found.coordinators
    assert country.police in found.without_agreement
    assert any("isn't notified by routine" in words["en"] for words in found.words)

    sign(country.police)
    assert resolve(role=Role.POLICE, municipality=country.vlore, at=timezone.now()).contact is not None


def test_the_office_of_the_region_is_told_instead_when_only_it_has_an_agreement(country: Country) -> None:
    put_on_duty(country.police)
    neighbour = put_on_duty(country.police_sarande)
    require()
    sign(country.police_sarande)
    found = resolve_chain(role=Role.POLICE, municipality=country.vlore, at=timezone.now())
    assert (found.contact, found.without_agreement) == (neighbour, (country.police,))


def test_the_law_is_the_basis_for_the_authority_and_the_child_protection_unit(country: Country) -> None:
    unit = put_on_duty(country.cpu)
    require(Role.CPU)  # a row that no screen makes
    assert not is_required(Role.CPU)
    assert resolve(role=Role.CPU, municipality=country.vlore, at=timezone.now()).contact == unit
    assert {role for role, terms in get_terms().items() if not terms.can_be_required} == {
        "responsible_authority", "cpu", "embassy_desk",
    }  # fmt: skip
    assert not {Role.COORDINATOR.value, Role.MOBILE_UNIT.value} & set(get_terms())
    assert set(get_terms()) | {"coordinator", "mobile_unit"} == set(Role.values)


def test_a_service_without_any_agreement_may_be_asked_until_one_is_required(country: Country) -> None:
    service = make_office(Role.PROTECTION_SERVICE, slug="service")
    now = timezone.now()
    assert has_agreement(service, now)
    assert not has_agreement(service, now, is_needed=True)
    row = sign(service, -30, -1)
    assert not has_agreement(service, now)
    row.other_offices.add(country.police)
    row.valid_until = None
    row.save()
    assert has_agreement(service, now, is_needed=True)


# ---- what may be shared ----


def test_limits_are_joined_and_one_agreement_without_limits_holds_nothing_back(country: Country) -> None:
    def kinds() -> frozenset[str] | None:
        return get_shared_kinds(country.police, role=Role.POLICE, municipality=country.vlore, at=timezone.now())

    assert kinds() is None
    sign(country.police, limits_facts=True, facts=["person"])
    limited = kinds()
    assert limited is not None
    assert "person" in limited
    assert "danger" in limited
    assert "suspect" not in limited
    sign(country.police, limits_facts=True, facts=["suspect"])
    joined = kinds()
    assert joined is not None
    assert {"person", "suspect"} <= joined
    sign(country.police)
    assert kinds() is None


def test_no_agreement_limits_what_the_law_says(country: Country) -> None:
    sign(country.cpu, limits_facts=True, facts=[])
    assert get_shared_kinds(country.cpu, role=Role.CPU, municipality=country.vlore, at=timezone.now()) is None


# ---- two people ----


@pytest.fixture
def north() -> Region:
    region = area("veri")
    Region.objects.update(is_outreach=True)
    return region


@pytest.fixture
def keeper(client: Client, north: Region) -> User:
    return sign_in(client, StaffRole.COORDINATOR, north)


def police() -> Partner:
    return Partner.objects.get(slug="police-veri")


def fill(agreement: Agreement, **changes: str) -> dict[str, object]:
    day = {
        name: value.strftime("%d.%m.%Y") if value else ""
        for name in ("signed_on", "valid_from", "valid_until", "review_on", "withdrawn_on")
        for value in [getattr(agreement, name)]
    }
    return {"partner": agreement.partner_id, "version": agreement.version, **day, **changes}


def test_what_decides_who_is_told_waits_for_a_second_person(client: Client, keeper: User) -> None:
    agreement = sign(police())
    address = f"/cms/agreement/edit/{agreement.pk}/"
    tomorrow = timezone.localdate() + timedelta(days=1)
    client.post(address, fill(agreement, valid_until=f"{tomorrow:%d.%m.%Y}"))
    agreement.refresh_from_db()
    assert agreement.valid_until is None
    assert agree_to_all() == 1
    agreement.refresh_from_db()
    assert agreement.valid_until == tomorrow


def test_a_reference_and_who_signed_take_one_person(client: Client, keeper: User) -> None:
    agreement = sign(police())
    client.post(f"/cms/agreement/edit/{agreement.pk}/", fill(agreement, reference="7/2026", signed_by_us="A. B."))
    agreement.refresh_from_db()
    assert (agreement.reference, agreement.signed_by_us) == ("7/2026", "A. B.")
    assert not DirectoryChange.objects.exists()


def test_a_withdrawal_says_which_places_are_left_before_it_is_asked_for(client: Client, keeper: User) -> None:
    agreement = sign(police())
    require()
    address = f"/cms/agreement/edit/{agreement.pk}/"
    given = fill(agreement, withdrawn_on=f"{timezone.localdate():%d.%m.%Y}")
    page = client.post(address, given)
    assert "It is not notified by routine there" in page.content.decode()
    assert not DirectoryChange.objects.exists()
    client.post(address, given | {"understood": "on"})
    change = DirectoryChange.objects.get()
    assert "It is not notified by routine there" in client.get(f"/cms/directory-changes/{change.pk}/").content.decode()
    agreement.refresh_from_db()
    assert agreement.withdrawn_on is None


def test_areas_and_further_offices_are_asked_for_and_agreed_to(client: Client, keeper: User, north: Region) -> None:
    other = Partner.objects.create(
        slug="police-two", role=Role.POLICE, names={"sq": "Dy", "en": "Two"}, is_active=False
    )
    other.regions.add(north)
    given = {
        "partner": police().pk, "other_offices": [other.pk, police().pk], "regions": [north.pk], "roles": ["police"],
        "limits_facts": "on", "facts": ["person"], "signed_on": "1.2.2026",
    }  # fmt: skip
    client.post("/cms/agreement/new/", given)
    assert not Agreement.objects.exists()
    change = DirectoryChange.objects.get()
    page = client.get(f"/cms/directory-changes/{change.pk}/").content.decode()
    assert "Two" in page
    assert agree_to_all() == 1
    made = Agreement.objects.get()
    assert list(made.other_offices.all()) == [other]
    assert list(made.regions.all()) == [north]
    assert (made.roles, made.limits_facts, made.facts) == (["police"], True, ["person"])


def test_no_emergency_makes_an_agreement(client: Client, keeper: User) -> None:
    client.post("/cms/agreement/new/", {"partner": police().pk, "signed_on": "1.2.2026", "at_once": "on"})
    assert not Agreement.objects.exists()
    assert DirectoryChange.objects.get().at_once is False


def test_the_rule_is_switched_by_two_and_says_first_who_would_not_be_told(client: Client, keeper: User) -> None:
    police()
    page = client.post("/cms/agreement/required/", {"role": "police"})
    assert page.status_code == 422
    assert "not notified by routine" in page.content.decode()
    client.post("/cms/agreement/required/", {"role": "police", "understood": "1"})
    assert not is_required(Role.POLICE)
    assert agree_to_all() == 1
    assert is_required(Role.POLICE)
    assert client.post("/cms/agreement/required/", {"role": "cpu", "understood": "1"}).status_code == 404
    assert client.post("/cms/agreement/required/", {"role": "nobody"}).status_code == 404


def test_a_coordinator_of_one_region_switches_nothing(client: Client, keeper: User) -> None:
    area("jug")
    Region.objects.update(is_outreach=True)
    assert client.post("/cms/agreement/required/", {"role": "police", "understood": "1"}).status_code == 404
    assert client.get("/cms/agreement/required/").status_code == 200
    assert not DirectoryChange.objects.exists()


def test_an_agreement_that_covers_another_regions_office_is_not_changed_from_here(client: Client, keeper: User) -> None:
    area("jug")
    Region.objects.update(is_outreach=True)
    agreement = sign(police())
    assert client.get(f"/cms/agreement/edit/{agreement.pk}/").status_code == 200
    agreement.other_offices.add(Partner.objects.get(slug="police-jug"))
    assert client.get(f"/cms/agreement/edit/{agreement.pk}/").status_code == 404
    assert client.get(f"/cms/agreement/documents/{agreement.pk}/").status_code == 404
    assert AuditEntry.objects.filter(action="access.denied", target_kind="agreement").exists()


def test_the_list_is_filtered_by_state_role_and_region(client: Client, keeper: User, north: Region) -> None:
    sign(police(), reference="SHKURT")
    sign(police(), -90, -1, reference="ISH")

    def listed(query: str) -> str:
        return client.get(f"/cms/agreement/?{query}").content.decode()

    assert "ISH" in listed("state=over")
    assert "SHKURT" not in listed("state=over")
    assert "SHKURT" in listed("state=in_force&role=police")
    assert "SHKURT" not in listed("role=cpu")
    assert "SHKURT" in listed(f"region={north.pk}")


# ---- its document ----


def test_the_signed_document_is_examined_sealed_and_kept_in_each_version(client: Client, keeper: User) -> None:
    agreement = sign(police())
    address = f"/cms/agreement/documents/{agreement.pk}/"

    def upload(content: bytes) -> int:
        file = SimpleUploadedFile("x.pdf", content, content_type="application/pdf")
        return int(client.post(address, {"document": file}).status_code)

    assert upload(samples.pdf()) == 302
    assert upload(samples.pdf(pages=2)) == 302
    assert upload(samples.jpeg()) == 422
    assert upload(b"%PDF-1.7 nothing") == 422
    assert client.post(address, {}).status_code == 422
    assert [each.number for each in AgreementDocument.objects.all()] == [2, 1]
    answer = client.get(f"{address}1/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert client.get(f"{address}9/").status_code == 404
    assert AuditEntry.objects.filter(action="directory.agreement_document_read").count() == 1


def test_a_document_of_too_many_bytes_is_refused(keeper: User) -> None:
    from django.core.exceptions import ValidationError

    from ..agreements.documents import MAX_BYTES

    with pytest.raises(ValidationError):
        add_document(agreement=sign(police()), content=b"%PDF" + b"0" * MAX_BYTES, by=keeper)


def test_each_row_of_the_list_leads_to_its_agreement_and_shows_days(client: Client, keeper: User) -> None:
    row = sign(police())
    Agreement.objects.update(signed_on=date(2026, 2, 1), review_on=date(2026, 6, 3))
    html = client.get("/cms/agreement/").content.decode()
    assert f'href="/cms/agreement/edit/{row.pk}/"' in html
    assert "01.02.2026" in html or "1.2.2026" in html
    assert "03.06.2026" in html or "3.6.2026" in html


def test_nothing_is_agreed_with_our_own_people(client: Client, keeper: User, north: Region) -> None:
    own = make_office(Role.COORDINATOR, slug="own", region=north)
    client.post("/cms/agreement/new/", {"partner": own.pk, "signed_on": "1.2.2026"})
    assert not DirectoryChange.objects.exists()
