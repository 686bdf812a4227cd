"""A form of which no section applies: it can't be published any more, and one that was says so instead of breaking."""

import copy
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from case_forms.form_builder import canonical
from case_forms.form_builder.actions import DefinitionRefused, publish_form, save_definition
from case_forms.form_builder.models import FormVersion
from case_forms.tip_pages.entry_points import public_form
from case_forms.tips.tests.scene import make_tip_scene
from tests.world.forms import small_form
from tests.world.scene import Scene, make_scene

from ..drafts.actions import start_draft
from ..models import Draft

pytestmark = pytest.mark.django_db

NEVER_TODAY = {"<": [{"var": "_today"}, "2020-01-01"]}


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


def conditional(definition: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(definition)
    for section in made["sections"]:
        section["relevant"] = NEVER_TODAY
    return made


def published_before_this_was_checked(version: FormVersion) -> FormVersion:
    """The next version of this form, with a condition on every section."""
    text = canonical.dump(conditional(version.definition))
    return FormVersion.objects.create(
        form=version.form, number=version.number + 1, canonical=text, sha256=canonical.compute_sha256(text)
    )


def test_a_form_without_a_section_that_always_applies_is_not_published(db: None) -> None:
    definition = small_form() | {"key": "fresh"}
    first, *others = definition["sections"]
    for section in definition["sections"]:
        section["relevant"] = {">": [{"var": "_today"}, "2020-01-01"]}
    form = save_definition(key="fresh", definition=definition)
    with pytest.raises(DefinitionRefused) as refused:
        publish_form(form=form)
    assert ("/sections/0/relevant", "no_lasting_section") in {(p.path, p.code) for p in refused.value.problems}

    del others[0]["relevant"]
    assert publish_form(form=save_definition(key="fresh", definition=definition)).number == 1
    assert first["relevant"]


def test_a_form_that_asks_nothing_is_not_begun_and_says_so(client: Client) -> None:
    scene = make_scene()
    published_before_this_was_checked(scene.form)
    client.force_login(scene.worker)

    answer = client.post(f"/field/forms/{scene.form.form.key}/start/")

    assert answer.status_code == 409
    assert "asks nothing today" in answer.content.decode()
    assert not Draft.objects.exists()


def test_a_draft_does_not_move_to_a_version_that_asks_nothing(client: Client) -> None:
    scene: Scene = make_scene()
    draft = start_draft(form_version=scene.form, unit=scene.unit, owner=scene.worker, answers=scene.answers())
    newer = published_before_this_was_checked(scene.form)
    client.force_login(scene.worker)

    answer = client.post(f"/field/drafts/{draft.pk}/newer-version/", {"version": newer.number})

    assert answer.status_code == 409
    assert "The form was not moved" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.form_version == scene.form
    assert draft.answers == scene.answers()
    assert client.get(f"/field/drafts/{draft.pk}/{draft.section}/").status_code == 200


def test_a_public_form_that_asks_nothing_shows_the_numbers(client: Client) -> None:
    scene = make_tip_scene()
    version = public_form()
    assert version is not None
    published_before_this_was_checked(version)
    address = reverse("asking:region", args=[scene.place.region.slug])

    answer = client.get(address)

    assert answer.status_code == 503
    assert client.post(address, {"step": "x", "go": "next"}).status_code == 503
