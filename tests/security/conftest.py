"""The route matrix is built once for all tests of a file that use it, and taken back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction

from tests.seeds import lay_down_demo

from .route_matrix.people import Person, make_people
from .route_matrix.world import World


@dataclass(frozen=True)
class Matrix:
    people: dict[str, Person]
    world: World


@pytest.fixture(scope="module")
def matrix(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Matrix]:
    """The demo with its cases, one person of each kind, and something behind every address."""
    with django_db_blocker.unblock(), transaction.atomic():
        lay_down_demo(with_cases=True)
        people = make_people()
        yield Matrix(people, World(people))
        transaction.set_rollback(True)
