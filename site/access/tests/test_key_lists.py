"""Many keys as one parameter find what a list of them finds, on both databases."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.key_lists import KeyList, name_keys
from vault.models import DataKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def owners(db: Any) -> list[uuid.UUID]:
    made = [uuid.uuid4() for _n in range(7)]
    DataKey.objects.bulk_create(DataKey(owner=owner) for owner in made)
    return made


@pytest.mark.parametrize("number", [1, 2, 7])
def test_it_finds_the_same_rows_as_a_list(owners: list[uuid.UUID], number: int) -> None:
    asked = [*owners[:number], uuid.uuid4()]
    found = set(DataKey.objects.filter(owner__in=name_keys(asked)).values_list("owner", flat=True))
    assert found == set(DataKey.objects.filter(owner__in=asked).values_list("owner", flat=True)) == set(owners[:number])


def test_what_is_left_out_by_it_is_the_rest(owners: list[uuid.UUID]) -> None:
    rest = DataKey.objects.filter(owner__in=owners).exclude(owner__in=name_keys(owners[:3]))
    assert set(rest.values_list("owner", flat=True)) == set(owners[3:])


def test_it_can_stand_in_a_query_within_a_query(owners: list[uuid.UUID]) -> None:
    inner = DataKey.objects.filter(owner__in=name_keys(owners[:2]))
    assert DataKey.objects.filter(owner__in=inner.values("owner")).count() == 2


def test_for_no_keys_the_database_is_not_asked(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert list(DataKey.objects.filter(owner__in=name_keys([]))) == []


def test_more_keys_than_a_statement_may_have_parameters_are_one_of_them(owners: list[uuid.UUID]) -> None:
    many = [*owners, *(uuid.uuid4() for _n in range(300_000))]
    with CaptureQueriesContext(connection):
        assert DataKey.objects.filter(owner__in=name_keys(many)).count() == len(owners)


def test_lists_of_other_keys_are_told_apart() -> None:
    one, other = uuid.uuid4(), uuid.uuid4()
    assert name_keys([one]) == name_keys([one])
    assert name_keys([one]) != name_keys([other])
    assert isinstance(name_keys([one, other]), KeyList)
