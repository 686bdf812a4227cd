"""The door in front of every view: who gets in, who is asked to sign in, who finds nothing there."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils import timezone

from audit.models import AuditEntry
from config.urls import urlpatterns as system

from .. import policy
from ..models import FieldToken, StaffRole

pytestmark = pytest.mark.django_db


def nothing(request):
    return HttpResponse(f"user={request.user.pk}")


urlpatterns = [
    path("probe/", nothing, name="probe"),
    path("probe/for/<str:role>/", nothing, name="unlisted"),
    path("api/field/probe/", nothing, name="api_probe"),
    path("api/unlisted/", nothing, name="api_unlisted"),
    path("api/field/unlisted/", nothing, name="api_field_unlisted"),
    path("tool/any/thing/", nothing),
    *system,  # last: its own last entry, the public pages, takes every address
]
handler404 = "config.views.not_found"


@pytest.fixture(autouse=True)
def probes(settings, monkeypatch):
    settings.ROOT_URLCONF = __name__
    rows = {
        "probe": policy.RouteRule("probe", policy.FIELD, "A test's own route.", policy.WRITE),
        "api_probe": policy.RouteRule("api_probe", policy.FIELD, "A test's own route."),
    }
    monkeypatch.setattr(policy, "_BY_VIEW", policy._BY_VIEW | rows)
    mount = policy.RouteRule("tool/", policy.FIELD, "A test's own tool.", permission="wagtailadmin.access_admin")
    monkeypatch.setattr(policy, "MOUNTS", (*policy.MOUNTS, mount))


def denials() -> list[tuple[str, str, str]]:
    return list(AuditEntry.objects.filter(action="access.denied").values_list("actor_kind", "actor_id", "target_id"))


def test_a_visitor_is_asked_to_sign_in_and_leaves_no_entry(client):
    answer = client.get("/probe/")
    assert answer.status_code == 302
    assert answer.url == f"{reverse('account_login')}?next=/probe/"
    assert denials() == []


def test_the_right_role_gets_in(client, person):
    worker = person("worker")
    client.force_login(worker)
    answer = client.get("/probe/")
    assert answer.content.decode() == f"user={worker.pk}"


@pytest.mark.parametrize("role", ["editor", "operator", None])
def test_the_wrong_role_finds_nothing_and_that_is_recorded(client, person, role):
    user = person(role)
    client.force_login(user)
    assert client.get("/probe/").status_code == 404
    assert denials() == [("user", str(user.pk), "probe")]


@pytest.mark.parametrize(
    ("shut", "not_there"), [("/probe/", "/probe/for/worker/"), ("/api/field/probe/", "/api/field/unlisted/")]
)
def test_what_is_shut_looks_like_what_is_not_there(client, person, shut, not_there):
    client.force_login(person("editor"))
    answers = [client.get(address) for address in (shut, not_there)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({(answer["Content-Type"], answer.content) for answer in answers}) == 1


def test_a_superuser_without_a_role_finds_nothing(client, person):
    root = person(None, is_superuser=True, is_staff=True)
    client.force_login(root)
    for address in ("/probe/", "/tool/any/thing/", "/field/", "/cms/"):
        assert client.get(address).status_code == 404
    assert len(denials()) == 4


def test_a_role_that_has_ended_opens_nothing(client, person):
    user = person("worker")
    user.assignments.update(
        starts_on=timezone.localdate() - timedelta(days=9), ends_on=timezone.localdate() - timedelta(days=1)
    )
    client.force_login(user)
    assert client.get("/probe/").status_code == 404


def test_a_switched_off_account_holds_no_role(person):
    user = person("worker", is_active=False)
    assert user.roles() == frozenset()
    assert not policy.row_for("probe", "").allows(user)


@pytest.mark.parametrize("signed_in", [False, True])
def test_a_route_without_a_row_is_shut_for_everyone(client, person, signed_in):
    if signed_in:
        client.force_login(person("worker"))
    assert client.get("/probe/for/worker/").status_code == 404


def test_a_method_the_row_does_not_name_is_refused(client, person):
    client.force_login(person("worker"))
    assert client.post("/probe/").status_code == 200
    answer = client.delete("/probe/")
    assert answer.status_code == 405
    assert "POST" in answer["Allow"]


def test_a_tool_is_decided_by_the_start_of_its_address_and_the_permission(client, person):
    client.force_login(person("worker"))
    assert client.get("/tool/any/thing/").status_code == 404
    client.force_login(person("worker", admin=True))
    assert client.get("/tool/any/thing/").status_code == 200


@pytest.mark.parametrize(
    ("role", "address", "status"),
    [
        ("worker", "/cms/", 404),
        ("worker", "/field/", 200),
        ("coordinator", "/cms/", 200),
        ("coordinator", "/field/", 200),
        ("editor", "/cms/", 200),
        ("editor", "/field/", 404),
        ("operator", "/cms/", 200),
        ("operator", "/field/", 404),
    ],
)
def test_each_role_has_its_rooms(client, person, role, address, status):
    client.force_login(person(role, admin=True))
    assert client.get(address).status_code == status


@pytest.mark.parametrize("role", ["worker", "editor", "coordinator", "operator"])
def test_staff_without_access_to_the_admin_get_404_there_and_no_circle(client, person, role):
    client.force_login(person(role))
    assert client.get("/cms/").status_code == 404
    assert client.get("/cms/pages/1/edit/").status_code == 404


@pytest.mark.parametrize("address", ["/cms/login/", "/cms/password_reset/", "/_util/login/"])
def test_doors_around_the_second_factor_are_shut(client, person, address):
    assert client.post(address, {"username": "x", "password": "y"}).status_code == 404
    client.force_login(person("editor", admin=True))
    assert client.get(address).status_code == 404


# ---- the API


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_api_answers_a_stranger_with_a_problem_document(client):
    answer = client.get("/api/field/probe/")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["type"] == "urn:vatra:problem:not-signed-in"
    assert answer.json().keys() == {"type", "title", "status"}
    assert client.get("/api/unlisted/").status_code == 401


def test_the_api_answers_the_wrong_role_with_404_and_records_it(client, person):
    client.force_login(person("editor"))
    answer = client.get("/api/field/probe/")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)
    assert len(denials()) == 1


def test_the_api_refuses_a_method_with_a_problem_document(client, person):
    client.force_login(person("worker"))
    answer = client.post("/api/field/probe/")
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert "GET" in answer["Allow"]


def test_a_bearer_token_stands_for_its_holder_on_the_api_only(client, person):
    worker = person("worker")
    token = FieldToken.issue(worker)
    assert client.get("/api/field/probe/", headers=bearer(token)).content.decode() == f"user={worker.pk}"
    assert client.get("/probe/", headers=bearer(token)).status_code == 302


@pytest.mark.parametrize(
    "change",
    [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(seconds=1)}],
)
def test_a_revoked_or_expired_token_stands_for_nobody(client, person, change):
    token = FieldToken.issue(person("worker"))
    FieldToken.objects.update(**change)
    assert client.get("/api/field/probe/", headers=bearer(token)).status_code == 401


def test_the_token_of_a_switched_off_account_stands_for_nobody(client, person):
    worker = person("worker")
    token = FieldToken.issue(worker)
    type(worker).objects.update(is_active=False)
    assert client.get("/api/field/probe/", headers=bearer(token)).status_code == 401


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Basic abc", "Bearer"])
def test_what_is_no_token_signs_nobody_in(client, header):
    assert client.get("/api/field/probe/", headers={"Authorization": header}).status_code == 401


def test_a_wrong_token_is_not_mended_by_a_session(client, person):
    client.force_login(person("worker"))
    assert client.get("/api/field/probe/", headers=bearer("nonsense")).status_code == 401


def test_only_the_hash_of_a_token_is_kept(person):
    token = FieldToken.issue(person("worker"))
    stored = FieldToken.objects.get()
    assert token not in (stored.token_hash, str(stored))
    assert stored.token_hash == FieldToken.hash_of(token)


# ---- the second factor


def test_where_it_is_required_nobody_gets_past_setting_it_up(client, person, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    client.force_login(person("worker"))
    answer = client.get("/probe/")
    assert (answer.status_code, answer.url) == (302, reverse("mfa_index"))
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.get("/api/field/probe/").json()["type"] == "urn:vatra:problem:second-factor"
    assert client.get("/healthz").status_code == 200


def test_before_the_factor_nobody_reads_or_closes_other_peoples_calls_for_help(client, person, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    client.force_login(person("coordinator"))
    for answer in (client.get(reverse("account_calls")), client.post(reverse("account_calls"), {"seen": "1"})):
        assert (answer.status_code, answer.url) == (302, reverse("mfa_index"))
    assert client.get(reverse("account_sessions")).status_code == 200


def test_with_a_second_factor_or_a_token_the_door_opens(client, person, settings):
    from allauth.mfa.models import Authenticator

    settings.SECOND_FACTOR_REQUIRED = True
    worker = person("worker")
    token = FieldToken.issue(worker)
    assert client.get("/api/field/probe/", headers=bearer(token)).status_code == 200
    Authenticator.objects.create(user=worker, type=Authenticator.Type.TOTP, data={})
    client.force_login(worker)
    assert client.get("/probe/").status_code == 302, "the factor counts for the session in which it was given"
    client.force_login(worker)
    session = client.session
    session["access.factor"] = worker.pk
    session.save()
    assert client.get("/probe/").status_code == 200


def test_every_role_is_one_of_the_table(person):
    assert {role.value for role in StaffRole} == policy.STAFF
