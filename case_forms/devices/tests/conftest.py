import pytest

from tests.world.scene import Scene, make_scene

from .phone import Phone, make_phone


@pytest.fixture
def scene(db) -> Scene:
    return make_scene()


@pytest.fixture
def phone(scene) -> Phone:
    return make_phone(scene)


@pytest.fixture(autouse=True)
def folder_of_parts(settings, tmp_path):
    settings.FIELD_PARTS_DIR = tmp_path / "parts"
