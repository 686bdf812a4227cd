"""The phone's own modules and the service's own routes: both sides of the contract, with nothing in between."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from access.models import FieldToken
from case_forms.devices.actions import end_device, grant_device, set_up_device
from case_forms.devices.api.endpoints import _describe
from case_forms.devices.models import Device
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.submissions.attachments.tests.conftest import photo_form
from case_forms.submissions.models import Attachment, Draft, Submission
from sanitizer.tests import samples
from tests.world.places import make_coordinator
from tests.world.scene import Scene

from .core_phone import CorePhone

pytestmark = pytest.mark.django_db


@pytest.fixture
def core(scene: Scene) -> Iterator[CorePhone]:
    """A phone that the scene's worker has just set up."""
    grant_device(user=scene.worker, region=scene.place.region, by=make_coordinator(scene.place))
    made = set_up_device(user=scene.worker, name="Telefoni i provës", replace=True)
    phone = CorePhone()
    try:
        phone.act("setUp", registered=as_sent(_describe(made, scene.worker)))
        yield phone
    finally:
        phone.close()


def as_sent(answer: dict[str, Any]) -> dict[str, Any]:
    sent: dict[str, Any] = json.loads(json.dumps(answer, cls=DjangoJSONEncoder))
    return sent


def fill(scene: Scene, **answers: Any) -> dict[str, Any]:
    fields = [[name, str(value)] for name, value in scene.answers(**answers).items()]
    return {"form": scene.form.form.key, "version": scene.form.number, "fields": fields}


def test_a_finished_form_is_received_under_its_uuid_and_somebody_is_notified(core: CorePhone, scene: Scene) -> None:
    assert core.act("contact") == "ok"
    uuid = core.act("draft", **fill(scene))
    assert core.act("finish", id=uuid, urgent=True) == uuid
    assert core.act("send")["sent"] == 1
    received = Submission.objects.get()
    assert str(received.pk) == uuid
    assert core.act("contact") == "ok"
    (item,) = core.act("look")["queue"]
    assert item["state"] in ("server", "told")
    assert not [request for request in core.requests if request[2] >= 400]


def test_refused_answers_are_a_draft_with_an_address(core: CorePhone, scene: Scene) -> None:
    uuid = core.act("draft", **fill(scene, danger="no such answer"))
    core.act("finish", id=uuid)
    core.act("send")
    (item,) = core.act("look")["queue"]
    draft = Draft.objects.get()
    assert (item["state"], item["url"]) == ("returned", f"/field/drafts/{draft.pk}/")
    assert not Submission.objects.exists()


def test_a_form_with_a_picture_arrives_with_it(core: CorePhone, scene: Scene) -> None:
    publish_form(form=save_definition(key="photos", definition=photo_form()))
    picture = {"name": "passport", "bytes": base64.b64encode(samples.jpeg()).decode()}
    fields = [["remark", "Kanarina"], ["pets-count", "1"], ["pets-0-pet_name", "Bobi"]]
    uuid = core.act("draft", form="photos", version=1, fields=fields, file=picture)
    core.act("finish", id=uuid)
    assert core.act("send")["sent"] == 1
    assert core.act("look")["parts"] == 0
    stored = Submission.objects.get(pk=uuid)
    assert str(Attachment.objects.get().pk) == stored.answers["passport"]["id"]


def test_an_ended_phone_hands_over_what_it_has(core: CorePhone, scene: Scene) -> None:
    draft = core.act("draft", **fill(scene, story="Kanarina draft"))
    finished = core.act("draft", **fill(scene, story="Kanarina finished"))
    core.act("finish", id=finished)
    end_device(device=Device.objects.get(), by=scene.worker, why="lost")
    assert core.act("contact") == "ended"
    looked = core.act("look")
    assert (looked["state"], looked["drafts"], looked["keys"]) == ("wiped", 0, 0)
    assert {str(key) for key in Draft.objects.values_list("pk", flat=True)} == {draft, finished}
    assert not Submission.objects.exists()


def test_drafts_are_handed_over_while_the_phone_goes_on(core: CorePhone, scene: Scene) -> None:
    draft = core.act("draft", **fill(scene))
    assert core.act("sendDrafts") == {"saved": 1, "left": 0}
    assert str(Draft.objects.get().pk) == draft
    assert core.act("look")["state"] == "open"


def test_shares_that_change_at_each_contact_lock_nobody_out(core: CorePhone, scene: Scene) -> None:
    for _time in range(2):
        assert core.act("contact") == "ok"
        core.act("lock")
        assert core.act("unlock") == "open"


def test_the_pack_comes_with_the_token_that_reads(core: CorePhone, scene: Scene) -> None:
    assert core.act("pack") == "ok"
    assert "numbers" in core.act("packed")


def test_a_phone_whose_owner_has_to_sign_in_still_delivers_what_is_finished(core: CorePhone, scene: Scene) -> None:
    uuid = core.act("draft", **fill(scene))
    core.act("finish", id=uuid)
    FieldToken.objects.filter(scope=FieldToken.Scope.PACK).update(expires_at="2020-01-01T00:00:00Z")
    assert core.act("contact") == "signed-out"
    assert core.act("look")["needsRenewal"] is True
    assert core.act("send")["sent"] == 1
    assert str(Submission.objects.get().pk) == uuid


def test_a_token_over_its_time_asks_for_a_renewal(core: CorePhone, scene: Scene) -> None:
    FieldToken.objects.filter(scope=FieldToken.Scope.QUEUE).update(expires_at="2020-01-01T00:00:00Z")
    assert core.act("contact") == "signed-out"
    assert core.act("look")["needsRenewal"] is True
