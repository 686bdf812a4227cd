import pytest

from access.models import User
from tests.world.notices import postbox, staffed

from .people import make_person

__all__ = ["postbox", "staffed"]


@pytest.fixture
def first(db: None) -> User:
    return make_person("agron")


@pytest.fixture
def second(db: None) -> User:
    return make_person("mira")
