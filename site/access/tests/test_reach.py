"""Where a person works, read at once: the same as the queries say, remembered within a page and nowhere else."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from access.models import Assignment, MobileUnit, Region, User
from access.reach import (
    get_keys_of_units_of_regions,
    get_region_keys,
    get_unit_keys,
    list_regions_shown,
    list_units_shown,
    read_reach,
    read_units_of_regions,
    reads_once,
    remembering,
)
from access.sessions.duress import make_stand_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(db: Any) -> User:
    return User.objects.create_user("person", password="a long pass phrase")


@pytest.fixture
def units(db: Any) -> list[MobileUnit]:
    """Two units in each of two regions."""
    found = []
    for slug, code in (("north", "AL-98"), ("south", "AL-99")):
        region = Region.objects.create(slug=slug, name=slug.title(), iso_code=code)
        found += [MobileUnit.objects.create(slug=f"{slug}-{n}", name=f"{slug} {n}", region=region) for n in (1, 2)]
    return found


def assign(person: User, role: str, **where: Any) -> Assignment:
    return Assignment.objects.create(user=person, role=role, **where)


def test_it_is_what_the_queries_say_and_leaves_out_what_is_over_or_not_begun(
    person: User, units: list[MobileUnit]
) -> None:
    today = timezone.localdate()
    assign(person, "worker", unit=units[0])
    assign(person, "worker", unit=units[1], starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=1))
    assign(person, "worker", unit=units[2], starts_on=today + timedelta(days=1))
    reach = read_reach(person)
    assert reach.units == tuple(person.units().values_list("pk", flat=True)) == (units[0].pk,)
    assert reach.regions == ()
    assert read_units_of_regions(person) == ()


def test_a_coordinator_reaches_the_units_of_their_regions_and_no_others(person: User, units: list[MobileUnit]) -> None:
    assign(person, "coordinator", region=units[2].region)
    assert read_reach(person).regions == tuple(person.coordinated_regions().values_list("pk", flat=True))
    assert read_reach(person).units == ()
    assert set(read_units_of_regions(person)) == {units[2].pk, units[3].pk}


def test_without_a_page_around_it_each_call_reads_anew(person: User, units: list[MobileUnit]) -> None:
    held = assign(person, "worker", unit=units[0])
    assert read_reach(person).units == (units[0].pk,)
    held.delete()
    assert read_reach(person).units == ()


def test_within_a_page_it_is_read_once_and_the_next_page_reads_anew(
    person: User, units: list[MobileUnit], django_assert_num_queries: Any
) -> None:
    held = assign(person, "worker", unit=units[0])
    with remembering():
        read_reach(person)
        with django_assert_num_queries(0):
            assert read_reach(person).units == (units[0].pk,)
    held.delete()
    with remembering():
        assert read_reach(person).units == ()


def test_a_page_that_fails_leaves_nothing_behind(person: User, units: list[MobileUnit]) -> None:
    held = assign(person, "worker", unit=units[0])

    @reads_once
    def fail(request: HttpRequest) -> HttpResponse:
        read_reach(person)
        raise Http404

    with pytest.raises(Http404):
        fail(HttpRequest())
    held.delete()
    assert read_reach(person).units == ()


def test_what_was_read_for_a_person_is_never_given_to_their_stand_in(person: User, units: list[MobileUnit]) -> None:
    assign(person, "worker", unit=units[0])
    with remembering():
        assert read_reach(person).units == (units[0].pk,)
        twin = make_stand_in(person)
        assert read_reach(twin).units == ()
        assert read_units_of_regions(twin) == ()
        # the names alone are the person's, so that the page looks as on any day
        assert list_units_shown(twin) == [units[0]]
        assert list_regions_shown(twin) == []


def test_two_people_on_one_page_are_told_apart(person: User, units: list[MobileUnit]) -> None:
    other = User.objects.create_user("other", password="a long pass phrase")
    assign(person, "worker", unit=units[0])
    assign(other, "worker", unit=units[3])
    with remembering():
        assert read_reach(person).units == (units[0].pk,)
        assert read_reach(other).units == (units[3].pk,)


def test_a_list_that_a_page_changes_is_its_own(person: User, units: list[MobileUnit]) -> None:
    assign(person, "worker", unit=units[0])
    with remembering():
        list_units_shown(person).clear()
        assert list_units_shown(person) == [units[0]]


def _see(person: User, model: Any, keys: Any) -> set[int]:
    return set(model.objects.filter(pk__in=keys(person)).values_list("pk", flat=True))


@pytest.mark.parametrize("role", ["worker", "coordinator", "both", "neither"])
def test_keys_for_a_filter_are_the_same_within_a_page_and_without(
    person: User, units: list[MobileUnit], role: str
) -> None:
    if role in ("worker", "both"):
        assign(person, "worker", unit=units[0])
    if role in ("coordinator", "both"):
        assign(person, "coordinator", region=units[2].region)
    asked = ((MobileUnit, get_unit_keys), (Region, get_region_keys), (MobileUnit, get_keys_of_units_of_regions))
    without = [_see(person, model, keys) for model, keys in asked]
    with remembering():
        assert [_see(person, model, keys) for model, keys in asked] == without
        twin = make_stand_in(person)
        assert [_see(twin, model, keys) for model, keys in asked] == [set(), set(), set()]
    assert without[0] == ({units[0].pk} if role in ("worker", "both") else set())
    assert without[2] == ({units[2].pk, units[3].pk} if role in ("coordinator", "both") else set())


def test_within_a_page_keys_are_numbers_that_cost_two_queries(
    person: User, units: list[MobileUnit], django_assert_num_queries: Any
) -> None:
    assign(person, "worker", unit=units[0])
    with (
        remembering(),
        django_assert_num_queries(2),
    ):
        assert get_unit_keys(person) == (units[0].pk,)
        assert get_region_keys(person) == ()
        assert get_keys_of_units_of_regions(person) == ()
