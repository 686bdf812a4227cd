"""The phone's place may be asked for on the one page whose form asks for it, and nowhere else."""

from typing import Any

import pytest
from django.test import Client

from case_forms.form_builder.actions import publish_form, save_definition
from tests.world.forms import question, texts
from tests.world.scene import make_world

from ..models import Draft

pytestmark = pytest.mark.django_db


def form_with(*items: dict[str, Any]) -> dict[str, Any]:
    section = {"key": "all", "title": texts("All"), "items": list(items)}
    head = {"format": 1, "key": "placed", "kind": "outreach", "title": texts("Placed"), "languages": ["sq", "en"]}
    return {**head, "sections": [section]}


def get_policy(*items: dict[str, Any]) -> str:
    world = make_world()
    definition = form_with(*items)
    publish_form(form=save_definition(key="placed", definition=definition))
    client = Client()
    client.force_login(world.worker)
    client.post("/field/forms/placed/start/")
    return client.get(f"/field/drafts/{Draft.objects.get().pk}/all/").headers["Permissions-Policy"]


def test_a_page_that_asks_for_a_point_may_ask_the_phone() -> None:
    rows = {"item": "repeat", "key": "stops", "label": texts("Stops"), "min": 1, "items": [question("at", "geopoint")]}
    assert "geolocation=(self)" in get_policy(rows)


def test_another_page_may_not() -> None:
    assert "geolocation=()" in get_policy(question("name", "text"))
