"""Pages of other origins use the field API with a bearer token, from origins that the settings name. docs/api.md"""

import json

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from access.models import FieldToken
from config.settings.origins import read_origins
from tests.world.scene import Scene, make_scene

from ..models import Submission

pytestmark = pytest.mark.django_db
ROOT = "/api/field/v1"
FORMS = f"{ROOT}/forms"
APP = "https://app.example"
OTHERS = (
    "https://other.example", "http://app.example", "https://app.example:8443", "https://app.example.evil.example",
    "https://sub.app.example", "HTTPS://APP.EXAMPLE", "https://app.example/", "null", "*",
)  # fmt: skip


@pytest.fixture
def scene(settings) -> Scene:
    settings.FIELD_API_ORIGINS = [APP]
    return make_scene()


def ask_first(origin: str, path: str = FORMS, method: str = "POST", client: Client | None = None):
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return (client or Client()).options(path, headers=headers)


def has_opened(answer) -> bool:
    return any(name.lower().startswith("access-control-") for name in answer.headers)


def test_a_browser_asks_first_without_a_token_and_is_told_what_it_may(scene):
    for path in (FORMS, f"{ROOT}/submissions", f"{ROOT}/attachments", f"{ROOT}/cases/nobodys"):
        answer = ask_first(APP, path)
        assert (answer.status_code, answer.content) == (204, b""), path
        assert answer["Access-Control-Allow-Origin"] == APP
        assert answer["Access-Control-Allow-Methods"] == "GET, HEAD, POST, OPTIONS"
        assert {"Authorization", "Content-Type", "X-File-Name"} <= set(
            answer["Access-Control-Allow-Headers"].split(", ")
        )
        assert "Access-Control-Allow-Credentials" not in answer
        assert "Origin" in answer["Vary"]
        assert "no-store" in answer["Cache-Control"]


def test_a_page_there_reads_and_sends_with_a_token(scene):
    read = Client().get(FORMS, headers={"Origin": APP}, **scene.bearer())
    assert read.status_code == 200
    assert read["Access-Control-Allow-Origin"] == APP
    sent = Client(enforce_csrf_checks=True).post(
        f"{ROOT}/submissions", json.dumps(scene.body()), "application/json", headers={"Origin": APP}, **scene.bearer()
    )
    assert sent.status_code == 201
    assert Submission.objects.count() == 1
    assert sent["Access-Control-Allow-Origin"] == APP
    assert "Retry-After" in sent["Access-Control-Expose-Headers"]


def test_refusals_are_readable_there(scene):
    read_only = FieldToken.issue(scene.worker, scope=FieldToken.Scope.SEND)
    for headers, path, status in (
        ({}, FORMS, 401),
        ({"Authorization": "Bearer vft_nobodys"}, FORMS, 401),
        ({"Authorization": f"Bearer {read_only}"}, f"{ROOT}/cases/VT-2026-0001", 403),
        ({"Authorization": f"Bearer {read_only}"}, f"{ROOT}/nothing", 404),
    ):
        answer = Client().get(path, headers={"Origin": APP, **headers})
        assert answer.status_code == status, path
        assert answer["Access-Control-Allow-Origin"] == APP
        assert answer["Content-Type"] == "application/problem+json"


def test_a_session_is_nothing_to_a_page_elsewhere(scene):
    client = Client()
    client.force_login(scene.worker)
    assert client.get(FORMS).status_code == 200
    answer = client.get(FORMS, headers={"Origin": APP})
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert not answer.cookies
    assert not ask_first(APP, client=client).cookies


def test_our_own_pages_keep_their_session_even_where_their_origin_is_listed(scene, settings):
    settings.FIELD_API_ORIGINS = [APP, settings.PUBLIC_URL]
    client = Client()
    client.force_login(scene.worker)
    answer = client.get(FORMS, headers={"Origin": settings.PUBLIC_URL})
    assert answer.status_code == 200
    assert not has_opened(answer)


@pytest.mark.parametrize("origin", OTHERS)
def test_any_other_origin_is_opened_nothing(scene, origin):
    answer = Client().get(FORMS, headers={"Origin": origin}, **scene.bearer())
    assert not has_opened(answer)
    assert "Origin" in answer["Vary"]
    first = ask_first(origin)
    assert first.status_code != 204
    assert not has_opened(first)


def test_by_default_no_origin_is_allowed(scene, settings):
    settings.FIELD_API_ORIGINS = []
    for origin in ("", APP, "null"):
        assert not has_opened(Client().get(FORMS, headers={"Origin": origin}, **scene.bearer()))
        assert not has_opened(ask_first(origin))


def test_origins_of_the_public_api_are_none_of_the_field_api(scene, settings):
    settings.FIELD_API_ORIGINS = []
    settings.PUBLIC_API_ORIGINS = [APP]
    assert not has_opened(ask_first(APP))


def test_an_origin_of_the_field_api_may_not_send_to_the_public_one(scene):
    answer = Client().post("/api/v2/tips", "{}", "application/json", headers={"Origin": APP})
    assert answer.status_code == 403
    assert not has_opened(answer)


def test_what_no_browser_says_is_refused_when_the_service_starts():
    assert read_origins("X", ["https://app.example/", " capacitor://localhost ", "http://[::1]:8100", ""]) == [
        APP, "capacitor://localhost", "http://[::1]:8100",
    ]  # fmt: skip
    for wrong in ("*", "null", "app.example", "https://app.example/path", "https://*.example", "https://a b"):
        with pytest.raises(ImproperlyConfigured, match="X: "):
            read_origins("X", [wrong])
