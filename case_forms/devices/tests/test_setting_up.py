"""Who may have a phone that stores, for how long, and what its two tokens reach: nothing but their own routes."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access import policy
from access.models import Assignment, FieldToken, User
from access.sessions.actions import end_all
from audit.models import AuditEntry
from case_forms.devices.api.urls import api
from tests.world.places import make_coordinator, make_place, make_unit, make_user

from ..actions import (
    QUEUE_DAYS,
    DeviceExists,
    NotGranted,
    NotTheirs,
    end_device,
    end_grant,
    grant_device,
    set_up_device,
)
from ..housekeeping import tidy
from ..living import get_end
from ..models import Device, DeviceGrant
from .phone import make_phone

pytestmark = pytest.mark.django_db


@pytest.fixture
def coordinator(scene) -> User:
    return make_coordinator(scene.place)


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def set_up(client: Client, **more):
    body = {"name": "Telefoni im", **more}
    return client.post("/api/field/v1/devices", body, content_type="application/json")


def test_without_a_grant_nobody_sets_one_up(scene):
    answer = set_up(signed_in(scene.worker))
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:vatra:problem:not-granted")
    assert not Device.objects.exists()


def test_a_worker_with_a_grant_sets_up_one_phone(scene, coordinator):
    grant_device(user=scene.worker, region=scene.place.region, by=coordinator)
    client = signed_in(scene.worker)
    answer = set_up(client)
    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert set(said) >= {"device", "queue_token", "read_token", "share", "now", "keys", "person", "units"}
    assert said["units"] == [{"slug": scene.unit.slug, "name": scene.unit.name}]
    assert len(said["share"]) == 43
    assert said["queue_token"] not in str(list(FieldToken.objects.values()))
    second = set_up(client)
    assert (second.status_code, second.json()["type"]) == (409, "urn:vatra:problem:device-exists")
    assert set_up(client, replace=True).status_code == 201
    assert [device.ended_why for device in Device.objects.order_by("created_at")] == ["replaced", ""]
    actions = AuditEntry.objects.filter(action__startswith="device.").order_by("number")
    assert list(actions.values_list("action", flat=True)) == [
        *("device.granted", "device.set_up", "device.ended", "device.set_up")
    ]


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "  "}, {"name": "x" * 61}, {"name": "a\nb"}, {"name": 5}])
def test_a_bad_name_is_named(scene, coordinator, body):
    grant_device(user=scene.worker, region=scene.place.region, by=coordinator)
    client = signed_in(scene.worker)
    answer = client.post("/api/field/v1/devices", body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "/name"


def test_without_a_key_of_the_operator_s_no_phone_is_set_up(scene, coordinator, settings):
    settings.FIELD_KEYS = []
    grant_device(user=scene.worker, region=scene.place.region, by=coordinator)
    assert set_up(signed_in(scene.worker)).status_code == 503


def test_a_token_sets_up_no_phone_and_renews_none(scene, phone):
    for token in (FieldToken.issue(scene.worker), phone.queue, phone.pack):
        for path, body in (("devices", {"name": "x"}), ("device-renewal", {"device": str(phone.device.pk)})):
            answer = phone.post(path, body, token)
            assert answer.status_code == 403, (path, answer.content)


def test_the_second_factor_is_needed_where_it_is_required(scene, coordinator, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    grant_device(user=scene.worker, region=scene.place.region, by=coordinator)
    assert set_up(signed_in(scene.worker)).status_code in (401, 403)
    assert not Device.objects.exists()


def test_a_request_without_its_csrf_token_is_refused(scene, coordinator):
    grant_device(user=scene.worker, region=scene.place.region, by=coordinator)
    client = Client(enforce_csrf_checks=True)
    client.force_login(scene.worker)
    assert set_up(client).status_code == 403


# ---- grants


def test_a_coordinator_grants_the_workers_of_their_regions_only(scene, coordinator):
    elsewhere = make_place()
    stranger = make_user("worker", unit=make_unit(elsewhere))
    for user, region in (
        (stranger, elsewhere.region),
        (stranger, scene.place.region),
        (coordinator, scene.place.region),
        (scene.worker, elsewhere.region),
    ):
        with pytest.raises(NotTheirs):
            grant_device(user=user, region=region, by=coordinator)
    with pytest.raises(NotTheirs):
        grant_device(user=scene.worker, region=scene.place.region, by=scene.worker)


def test_granting_twice_is_one_grant(scene, coordinator):
    first, second = (grant_device(user=scene.worker, region=scene.place.region, by=coordinator) for _i in range(2))
    assert first == second
    assert AuditEntry.objects.filter(action="device.granted").count() == 1


def test_a_withdrawn_grant_ends_its_phone(phone, scene):
    other = make_coordinator(make_place())
    with pytest.raises(NotTheirs):
        end_grant(grant=phone.device.grant, by=other)
    coordinator = phone.device.grant.granted_by
    end_grant(grant=phone.device.grant, by=coordinator)
    end_grant(grant=phone.device.grant, by=coordinator)
    phone.device.refresh_from_db()
    assert phone.device.ended_why == "grant"
    assert phone.contact().status_code == 410
    with pytest.raises(NotGranted):
        set_up_device(user=scene.worker, name="x", replace=True)


def test_a_phone_is_ended_by_its_owner_or_a_coordinator_of_its_region_only(phone, scene):
    colleague = make_user("worker", unit=scene.unit)
    for nobody in (colleague, make_coordinator(make_place())):
        with pytest.raises(NotTheirs):
            end_device(device=phone.device, by=nobody, why="lost")
    end_device(device=phone.device, by=scene.worker, why="lost")
    assert phone.contact().json()["why"] == "lost"


def leave(user: User) -> None:
    Assignment.objects.filter(user=user).update(ends_on=timezone.localdate() - timedelta(days=1))


def close(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def move_away(user: User) -> None:
    leave(user)
    Assignment.objects.create(user=user, role="worker", unit=make_unit(make_place()))


def lose_sessions(user: User) -> None:
    end_all(user=user, by=user)


@pytest.mark.parametrize(
    ("happens", "why"), [(leave, "left"), (close, "account"), (move_away, "left"), (lose_sessions, "account")]
)
def test_it_ends_by_itself_when_its_owner_no_longer_belongs_there(phone, scene, happens, why):
    happens(scene.worker)
    answer = phone.contact()
    assert (answer.status_code, answer.json()["why"]) == (410, why)
    phone.device.refresh_from_db()
    assert phone.device.ended_why == why
    assert phone.device.end_known_at is not None
    pack = phone.client.get("/api/field/v1/device-pack", headers=phone.bearer(phone.pack))
    assert pack.status_code in (401, 410)


def test_the_hourly_round_ends_the_grants_of_those_who_left(phone, scene):
    tidy()
    assert DeviceGrant.objects.get().ended_at is None
    leave(scene.worker)
    tidy()
    assert DeviceGrant.objects.get().ended_at is not None
    assert get_end(Device.objects.get()) == "left"


def test_a_worker_who_moved_to_another_unit_of_the_region_keeps_the_phone(phone, scene):
    leave(scene.worker)
    Assignment.objects.create(user=scene.worker, role="worker", unit=make_unit(scene.place))
    assert phone.contact().status_code == 200


def test_who_moved_to_another_region_needs_its_coordinator_s_grant(phone, scene):
    move_away(scene.worker)
    unit = scene.worker.units().get()
    coordinator = make_user("coordinator", region=unit.region)
    grant_device(user=scene.worker, region=unit.region, by=coordinator)
    assert DeviceGrant.objects.standing().get(user=scene.worker).region == unit.region
    assert set_up_device(user=scene.worker, name="x", replace=False).device.pk


def test_two_phones_at_once_are_one(scene, coordinator):
    grant_device(user=scene.worker, region=scene.place.region, by=coordinator)
    set_up_device(user=scene.worker, name="x", replace=False)
    with pytest.raises(DeviceExists):
        set_up_device(user=scene.worker, name="y", replace=False)


# ---- contact and renewal


def test_a_contact_is_written_down_with_what_the_phone_says(phone, scene):
    phone.ahead = timedelta(minutes=-10)
    said = phone.contact(app="2.1", drafts=3, queued=2, locked=True).json()
    assert set(said) >= {"now", "share", "keys", "contact_hours", "forms", "app"}
    assert {form["key"] for form in said["forms"]} == {"small_identification", "small_follow_up"}
    device = Device.objects.get()
    assert (device.app_version, device.drafts, device.queued, device.is_locked) == ("2.1", 3, 2, True)
    assert abs(device.clock_seconds - 600) < 20
    assert said["share"] != phone.contact().json()["share"]


def test_a_phone_whose_owner_has_not_signed_in_for_a_month_delivers_and_reads_nothing(phone, scene):
    assert phone.contact().json()["ends_at"].startswith(phone.device.pack_token.expires_at.isoformat()[:19])
    FieldToken.objects.filter(scope="pack").update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = phone.contact()
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:vatra:problem:token-expired")
    assert phone.deliver(phone.seal(phone.fill(scene))).status_code == 201
    assert phone.client.get("/api/field/v1/device-pack", headers=phone.bearer(phone.pack)).status_code == 401
    end_device(device=phone.device, by=scene.worker, why="lost")
    assert phone.contact().status_code == 410


@pytest.mark.parametrize("act", ["contact", "form"])
def test_the_token_that_delivers_lasts_half_a_year_from_when_it_was_last_used(phone, scene, act):
    soon = timezone.now() + timedelta(hours=1)
    FieldToken.objects.filter(scope="queue").update(expires_at=soon)
    phone.contact() if act == "contact" else phone.deliver(phone.seal(phone.fill(scene)))
    until = FieldToken.objects.get(scope="queue").expires_at
    assert abs(until - timezone.now() - timedelta(days=QUEUE_DAYS)) < timedelta(minutes=5)


def test_the_token_of_an_ended_phone_is_not_made_to_last_longer(phone, scene):
    soon = timezone.now() + timedelta(hours=1)
    FieldToken.objects.filter(scope="queue").update(expires_at=soon)
    end_device(device=phone.device, by=scene.worker, why="lost")
    phone.contact()
    phone.deliver(phone.seal(phone.fill(scene)))
    assert FieldToken.objects.get(scope="queue").expires_at == soon


def test_a_token_over_its_time_is_refused_and_recorded_and_a_session_renews_it(phone, scene):
    FieldToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = phone.contact()
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:vatra:problem:token-expired")
    assert phone.deliver(phone.seal(phone.fill(scene))).status_code == 401
    assert AuditEntry.objects.filter(action="device.token_expired").exists()
    client = signed_in(scene.worker)
    body = {"device": str(phone.device.pk)}
    renewed = client.post("/api/field/v1/device-renewal", body, content_type="application/json")
    assert renewed.status_code == 200, renewed.content
    assert phone.contact().status_code == 401
    phone.queue = renewed.json()["queue_token"]
    assert phone.contact().status_code == 200


def test_the_token_from_before_a_renewal_delivers_until_the_new_one_is_used(phone, scene):
    """The answer to a renewal may get lost: what is on the phone must not lie there for ever."""
    client, old = signed_in(scene.worker), phone.queue
    body = {"device": str(phone.device.pk)}
    for _lost in range(2):
        renewed = client.post("/api/field/v1/device-renewal", body, content_type="application/json")
    assert phone.deliver(phone.seal(phone.fill(scene, story="one"))).status_code == 201
    phone.queue = renewed.json()["queue_token"]
    assert phone.contact().status_code == 200
    assert phone.post("device-contact", {}, old).status_code == 401
    assert FieldToken.objects.filter(scope="queue", revoked_at=None).count() == 1


def test_a_phone_that_has_ended_is_not_renewed_and_another_s_is_not_there(phone, scene):
    colleague = make_user("worker", unit=scene.unit)
    for user, status in ((colleague, 404), (scene.worker, 410)):
        end_device(device=phone.device, by=scene.worker, why="lost")
        body = {"device": str(phone.device.pk)}
        answer = signed_in(user).post("/api/field/v1/device-renewal", body, content_type="application/json")
        assert answer.status_code == status


# ---- what the tokens reach

OWN = {
    "queue": {"/device-contact", "/sealed-submissions", "/sealed-submissions/{uuid}", "/sealed-files/{uuid}"}
    | {"/device-rescues"},
    "pack": {"/device-pack", "/device-forms/{key}/{version}", "/device-kits/{version}"}
    | {"/device-sessions/{session_id}", "/device-session-plan", "/device-drafts/{draft_id}"},
}
FILLED = {"key": "small_identification", "number": "1", "version": "1", "reference": "ABC234"}
FILLED |= dict.fromkeys(("uuid", "session_id", "draft_id"), "8f5d4c2e-0000-4000-8000-000000000000")


def routes():
    schema = api.get_openapi_schema(path_prefix="")
    for path, operations in schema["paths"].items():
        for method in operations:
            filled = re.sub(r"{(\w+)}", lambda found: FILLED[found[1]], path)
            yield path, method.upper(), f"/api/field/v1{filled}"


@pytest.mark.parametrize("which", ["queue", "pack"])
def test_a_phone_s_token_reaches_its_own_routes_and_no_other(phone, which):
    token = phone.queue if which == "queue" else phone.pack
    assert len(list(routes())) > 12
    for path, method, address in [*routes(), ("", "GET", "/api/field/v1/openapi.json")]:
        answer = phone.client.generic(
            method, address, b"{}", content_type="application/json", headers=phone.bearer(token)
        )
        if path in OWN[which]:
            assert answer.status_code not in (401, 403), (method, path, answer.content)
        else:
            assert answer.status_code in (401, 403), (method, path, answer.status_code)


def test_no_other_token_reaches_a_phone_s_routes(scene, phone):
    for scope in ("all", "read", "send"):
        token = FieldToken.issue(scene.worker, scope=scope)
        for path, method, address in routes():
            if path in OWN["queue"] | OWN["pack"]:
                answer = phone.client.generic(method, address, b"{}", headers=phone.bearer(token))
                assert answer.status_code == 403, (scope, method, path)


def test_a_phone_s_token_is_nobody_on_the_pages(phone):
    for name in ("intake:home", "account_tokens"):
        answer = phone.client.get(reverse(name), headers=phone.bearer())
        assert answer.status_code == 302


def test_the_page_of_tokens_neither_lists_nor_ends_nor_makes_a_phone_s(scene, phone):
    client = signed_in(scene.worker)
    page = client.get(reverse("account_tokens")).content.decode()
    assert "Telefoni i provës" not in page
    assert 'value="queue"' not in page
    assert client.post(reverse("account_tokens"), {"end": phone.device.queue_token_id}).status_code == 404


def test_every_row_of_a_phone_s_route_asks_for_its_token_s_scope():
    rows = [row for row in policy.VIEWS if row.roles == policy.DEVICE]
    assert len(rows) >= 6
    assert {row.scope for row in rows} == {"queue", "pack"}


def test_one_phone_of_another_owner_ends_nothing_of_mine(scene, phone):
    make_phone(scene, make_user("worker", unit=scene.unit))
    assert phone.contact().status_code == 200


def test_the_operator_sees_which_field_key_can_go(phone, settings):
    def said() -> str:
        out = StringIO()
        call_command("field_keys", stdout=out)
        return out.getvalue()

    assert "test1: 1 phones in use" in said()
    settings.FIELD_KEYS = ["new2:bmV3LWZpZWxkLWtleS1vZi0zMi1ieXRlcy1uZXchISE=", *settings.FIELD_KEYS]
    assert "test1: 1 phones in use" in said()
    assert "Still needed." in said()
    phone.contact()
    assert "Still needed." in said()  # what it sealed before may come
    month = timezone.now() - timedelta(days=181)
    Device.objects.update(key_since=month, created_at=month - timedelta(days=1))
    assert "Can leave FIELD_KEYS." in said()
    settings.FIELD_KEYS = []
    assert "no phone may store" in said()
