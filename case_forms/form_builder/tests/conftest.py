import pytest

from ..actions import save_definition
from ..models import FormDefinition
from .coordinators import Person, lay_ground, person
from .samples import sample


@pytest.fixture
def ground(db: None) -> None:
    lay_ground()


@pytest.fixture
def ana(ground: None) -> Person:
    return person("ana")


@pytest.fixture
def besa(ground: None) -> Person:
    return person("besa")


@pytest.fixture
def sample_form(ana: Person) -> FormDefinition:
    """The sample as a draft of Ana's."""
    return save_definition(key="sample", definition=sample(), by=ana.user)
