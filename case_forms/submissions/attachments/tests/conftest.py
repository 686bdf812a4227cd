"""A world with a form that asks for files, and a folder of its own for them."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.models import FormVersion
from tests.world.forms import question, texts
from tests.world.scene import World, make_world


def photo_form() -> dict[str, Any]:
    """Two sections; a file, one that must be a picture, one in each row of a group."""
    row = [question("pet_name", "text"), question("pet_photo", "file", accept=["image"])]
    return {
        "format": 1,
        "key": "photos",
        "kind": "assessment",
        "title": texts("Photos"),
        "languages": ["sq", "en"],
        "sections": [
            {
                "key": "papers",
                "title": texts("Papers"),
                "items": [
                    question("remark", "text"),
                    question("passport", "file"),
                    question("scan", "file", accept=["pdf"]),
                    {"item": "repeat", "key": "pets", "label": texts("Pet"), "max": 3, "items": row},
                ],
            },
            {"key": "last", "title": texts("Last"), "items": [question("done", "text")]},
        ],
    }


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.ATTACHMENT_DIR = tmp_path / "attachments"
    return settings.ATTACHMENT_DIR


@pytest.fixture
def world(db: Any, folder: Path) -> World:
    return make_world()


@pytest.fixture
def form(world: World) -> FormVersion:
    return publish_form(form=save_definition(key="photos", definition=photo_form()))


@pytest.fixture
def phone(world: World) -> Client:
    client = Client()
    client.force_login(world.worker)
    return client


def files_on_disk(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*/*") if path.is_file())
