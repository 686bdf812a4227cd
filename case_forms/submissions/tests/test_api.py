import io
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.utils import timezone
from jsonschema import Draft202012Validator
from ninja.errors import AuthenticationError

from access.models import Assignment, FieldToken, StaffRole, User
from audit.models import AuditEntry
from audit.tests.counting import denials
from case_forms.cases.models import Case
from case_forms.form_builder import canonical
from notifications.outbox.models import Notice
from tests.world.forms import publish, small_form
from tests.world.places import make_coordinator, make_place, make_unit_with_worker, make_user
from tests.world.scene import Scene, make_scene

from ..actions import NotDecided
from ..field_api import endpoints as api_module
from ..models import Submission

pytestmark = pytest.mark.django_db
ROOT = "/api/field/v1"


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def post(scene: Scene, body: Any, client: Client | None = None, **headers: Any) -> Any:
    raw = body if isinstance(body, (bytes, str)) else json.dumps(body)
    sender = client or Client()
    given = headers or (scene.bearer() if client is None else {})
    return sender.post(f"{ROOT}/submissions", raw, content_type="application/json", **given)


def get(scene: Scene, path: str, user: User | None = None) -> Any:
    return Client().get(f"{ROOT}{path}", **scene.bearer(user))


def is_problem(response: Any, status: int, kind: str) -> bool:
    body = response.json()
    return (
        response.status_code == body["status"] == status
        and response["Content-Type"] == "application/problem+json"
        and body["type"] == f"urn:vatra:problem:{kind}"
        and bool(body["title"])
    )


def errors(response: Any) -> list[tuple[str, str]]:
    assert is_problem(response, 422, "refused")
    assert {frozenset(error) for error in response.json()["errors"]} == {frozenset({"path", "code", "message"})}
    return [(error["path"], error["code"]) for error in response.json()["errors"]]


# ---- submitting ----


def test_a_submission_is_received_with_its_case_and_notices(scene: Scene) -> None:
    body = scene.body()
    response = post(scene, body)
    assert response.status_code == 201
    receipt = response.json()
    assert receipt["submission"] == body["uuid"]
    assert receipt["case"] == Case.objects.get().reference
    assert [set(line) for line in receipt["notices"]] == [{"id", "code", "role", "state", "recipient"}] * 2
    assert receipt["notices"][0]["role"] == "police"


def test_the_same_again_answers_200_and_the_same_body(scene: Scene) -> None:
    body = scene.body()
    first, second = post(scene, body), post(scene, body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.content == second.content
    assert Submission.objects.count() == 1


def test_the_same_uuid_with_other_content_answers_409(scene: Scene) -> None:
    body = scene.body()
    post(scene, body)
    body["answers"]["story"] = "Another."
    assert is_problem(post(scene, body), 409, "uuid-reused")


def test_bad_answers_answer_422_with_one_entry_for_each_path(scene: Scene) -> None:
    response = post(scene, scene.body(result="nonsense", age_stated=300, weight="heavy"))
    assert errors(response) == [
        ("/answers/age_stated", "too_large"),
        ("/answers/result", "not_a_choice"),
        ("/answers/weight", "wrong_type"),
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"uuid": None}, ("/uuid", "wrong_type")),
        ({"uuid": "not-a-uuid"}, ("/uuid", "wrong_type")),
        ({"uuid": 7}, ("/uuid", "wrong_type")),
        ({"form": "NOT A KEY"}, ("/form", "wrong_type")),
        ({"form": ["x"]}, ("/form", "wrong_type")),
        ({"version": "1"}, ("/version", "wrong_type")),
        ({"version": True}, ("/version", "wrong_type")),
        ({"version": 0}, ("/version", "wrong_type")),
        ({"version": 10**30}, ("/version", "wrong_type")),
        ({"occurred_at": "yesterday"}, ("/occurred_at", "wrong_type")),
        ({"occurred_at": 1767225600}, ("/occurred_at", "wrong_type")),
        ({"occurred_at": "2026-01-01T10:00:00"}, ("/occurred_at", "wrong_type")),
        ({"occurred_at": "2100-01-01T10:00:00Z"}, ("/occurred_at", "in_the_future")),
        ({"occurred_at": "9999-12-31T23:59:59-23:59"}, ("/occurred_at", "in_the_future")),
        ({"occurred_at": "0001-01-01T00:00:00+23:59"}, ("/occurred_at", "too_early")),
        ({"answers": []}, ("/answers", "wrong_type")),
        ({"answers": "x"}, ("/answers", "wrong_type")),
        ({"unit": 5}, ("/unit", "wrong_type")),
        ({"more": 1}, ("/more", "unknown_field")),
        ({"Emri Mbiemri": 1}, ("", "unknown_field")),
    ],
)
def test_a_field_of_the_wrong_form_is_named_by_its_path(
    scene: Scene, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert errors(post(scene, {**scene.body(), **change})) == [expected]


def test_missing_fields_are_named(scene: Scene) -> None:
    assert errors(post(scene, {})) == [
        ("/answers", "missing"),
        ("/form", "missing"),
        ("/occurred_at", "missing"),
        ("/uuid", "missing"),
        ("/version", "missing"),
    ]


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"version": NaN}',
        b'{"version": 1e999}',
        b'{"uuid": "a", "uuid": "b"}',
        b'{"version": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"answers": ' + b"[" * 400 + b"]" * 400 + b"}",
    ],
    ids=lambda raw: raw[:24].decode(errors="replace"),
)
def test_a_body_that_cannot_be_read_answers_422(scene: Scene, raw: bytes) -> None:
    assert errors(post(scene, raw))[0] in [("", "not_json"), ("", "wrong_type")]


def test_an_empty_body_answers_422(scene: Scene) -> None:
    empty = {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "0"}
    assert errors(Client().generic("POST", f"{ROOT}/submissions", **scene.bearer(), **empty)) == [("", "not_json")]


def test_a_lone_half_of_a_character_is_refused_and_breaks_nothing(scene: Scene) -> None:
    raw = json.dumps(scene.body(story="CANARY \ud800", first_name="\ud800"))
    assert errors(post(scene, raw)) == [
        ("/answers/first_name", "bad_characters"),
        ("/answers/story", "bad_characters"),
    ]
    assert errors(post(scene, json.dumps({**scene.body(), "form": "\udfff"}))) == [("/form", "wrong_type")]


def test_an_oversize_body_answers_413(scene: Scene) -> None:
    assert is_problem(post(scene, b" " * 1_048_577), 413, "too-large")
    assert errors(post(scene, b" " * 1_048_576)) == [("", "not_json")]


class Chunks(io.RawIOBase):
    """A body that comes in chunks, without its length."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.left = data
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        part, self.left = self.left[: min(size, 1000)], self.left[min(size, 1000) :]
        self.taken += len(part)
        return part


def chunked(scene: Scene, data: bytes) -> tuple[Any, Chunks]:
    stream = Chunks(data)
    environ = {"wsgi.input": stream, "CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    client = Client()
    return client.generic(
        "POST", f"{ROOT}/submissions", b" ", content_type="application/json", **scene.bearer(), **environ
    ), stream


def test_a_chunked_body_is_read_and_bounded_too(scene: Scene) -> None:
    response, _stream = chunked(scene, json.dumps(scene.body()).encode())
    assert response.status_code == 201
    response, stream = chunked(scene, b" " * 3_000_000)
    assert is_problem(response, 413, "too-large")
    assert stream.taken <= 1_048_577


def test_a_body_that_breaks_off_is_refused(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Chunks, size: int = -1) -> bytes:
        raise OSError("the connection is gone")

    monkeypatch.setattr(Chunks, "read", broken)
    assert errors(chunked(scene, b"{}")[0]) == [("", "not_json")]


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_media_type_answers_415(scene: Scene, media_type: str) -> None:
    response = Client().generic("POST", f"{ROOT}/submissions", b"{}", content_type=media_type, **scene.bearer())
    assert is_problem(response, 415, "wrong-media-type")


def test_an_unknown_form_or_version_answers_404(scene: Scene) -> None:
    assert is_problem(post(scene, {**scene.body(), "form": "no_such_form"}), 404, "unknown-form")
    assert is_problem(post(scene, {**scene.body(), "version": 99}), 404, "unknown-form")


def test_another_units_case_is_an_unknown_case(scene: Scene) -> None:
    reference = post(scene, scene.body()).json()["case"]
    Case.objects.update(unit=make_unit_with_worker(make_place())[0])
    body = {**scene.body(), "form": "small_follow_up", "answers": {"case_ref": reference}}
    assert errors(post(scene, body)) == [("/answers/case_ref", "unknown_case")]


def test_a_worker_of_two_units_names_one(scene: Scene) -> None:
    other, _user = make_unit_with_worker(make_place())
    Assignment.objects.create(user=scene.worker, role=StaffRole.WORKER, unit=other)
    assert is_problem(post(scene, scene.body()), 403, "unit-needed")
    assert post(scene, {**scene.body(), "unit": other.slug}).status_code == 201
    assert Submission.objects.get().unit == other
    for slug in ("no-such-unit", make_unit_with_worker(make_place())[0].slug):
        assert is_problem(post(scene, {**scene.body(), "unit": slug}), 403, "not-a-worker")


def test_a_procedure_that_fails_is_said_and_nothing_is_stored(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(**kwargs: Any) -> None:
        raise NotDecided("rules/tell")

    monkeypatch.setattr(api_module, "receive_submission", failing)
    response = post(scene, scene.body())
    assert is_problem(response, 503, "not-decided")
    assert response["Retry-After"] == "60"


def test_a_busy_database_is_no_server_error(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(**kwargs: Any) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(api_module, "receive_submission", busy)
    assert is_problem(post(scene, scene.body()), 503, "busy")


# ---- who may ----


def test_nobody_gets_in_without_a_token_or_session(scene: Scene) -> None:
    expired = FieldToken.issue(scene.worker)
    FieldToken.objects.update(expires_at=timezone.now() - timedelta(days=1))
    for headers in ({}, {"HTTP_AUTHORIZATION": "Bearer nonsense"}, {"HTTP_AUTHORIZATION": f"Bearer {expired}"}):
        for response in (
            Client().post(f"{ROOT}/submissions", "{}", content_type="application/json", **headers),
            Client().get(f"{ROOT}/forms", **headers),
            Client().get(f"{ROOT}/openapi.json", **headers),
        ):
            assert is_problem(response, 401, "not-signed-in")
            assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_session_works_with_its_csrf_token_and_not_without(scene: Scene) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(scene.worker)
    assert client.get(f"{ROOT}/forms").status_code == 200
    assert is_problem(post(scene, scene.body(), client), 403, "csrf")
    client.cookies["vatra_csrf"] = "a" * 32
    response = post(scene, scene.body(), client, HTTP_X_CSRFTOKEN="a" * 32)
    assert response.status_code == 201


def test_a_session_may_not_send_a_form_in_place_of_json(scene: Scene) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(scene.worker)
    response = client.generic(
        "POST", f"{ROOT}/submissions", b"--broken", content_type="multipart/form-data; boundary=x"
    )
    assert is_problem(response, 415, "wrong-media-type")


def test_a_bearer_needs_no_csrf_token(scene: Scene) -> None:
    assert post(scene, scene.body(), Client(enforce_csrf_checks=True), **scene.bearer()).status_code == 201


def test_a_bad_token_is_not_mended_by_a_session(scene: Scene) -> None:
    client = Client()
    client.force_login(scene.worker)
    assert is_problem(client.get(f"{ROOT}/forms", HTTP_AUTHORIZATION="Bearer nonsense"), 401, "not-signed-in")


def test_a_coordinator_does_not_submit_and_an_editor_finds_nothing(scene: Scene) -> None:
    coordinator, editor = make_coordinator(scene.place), make_user(StaffRole.EDITOR)
    assert is_problem(post(scene, scene.body(), Client(), **scene.bearer(coordinator)), 404, "not-found")
    for path in ("/forms", "/cases/222222", "/forms/small_identification/versions/1"):
        assert is_problem(get(scene, path, editor), 404, "not-found")
    assert denials() == 4


def test_another_method_answers_405_and_names_the_right_one(scene: Scene) -> None:
    response = Client().delete(f"{ROOT}/submissions", **scene.bearer())
    assert is_problem(response, 405, "method-not-allowed")
    assert response["Allow"] == "POST"
    assert is_problem(Client().post(f"{ROOT}/forms", **scene.bearer()), 405, "method-not-allowed")


def test_the_api_itself_asks_who_is_there_too(scene: Scene) -> None:
    """The door lets nobody through who isn't signed in; should it ever be left open, the API says the same."""
    response = api_module.api.on_exception(RequestFactory().get("/"), AuthenticationError())
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_the_root_of_the_api_is_not_a_page(scene: Scene) -> None:
    assert get(scene, "/").status_code == 404


# ---- forms ----


def test_forms_lists_the_newest_versions(scene: Scene) -> None:
    changed = small_form()
    changed["title"]["en"] = "Changed"
    newest = publish(changed)
    listed = get(scene, "/forms").json()
    assert [form["key"] for form in listed] == ["small_follow_up", "small_identification"]
    assert listed[1] == {
        "key": "small_identification",
        "version": 2,
        "sha256": newest.sha256,
        "title": changed["title"],
    }


def test_a_coordinator_has_no_forms_to_fill(scene: Scene) -> None:
    assert get(scene, "/forms", make_coordinator(scene.place)).json() == []


def test_a_version_comes_with_the_definition_that_its_sha256_is_over(scene: Scene) -> None:
    body = get(scene, "/forms/small_identification/versions/1").json()
    assert body["definition"] == small_form()
    assert canonical.compute_sha256(canonical.dump(body["definition"])) == body["sha256"] == scene.form.sha256


def test_the_schema_accepts_what_the_api_accepts(scene: Scene) -> None:
    schema = get(scene, "/forms/small_identification/versions/1/schema").json()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid(scene.answers())
    assert not validator.is_valid(scene.answers(result="nonsense"))


@pytest.mark.parametrize(
    "path",
    [
        "/forms/no_such/versions/1",
        "/forms/no_such/versions/1/schema",
        "/forms/small_identification/versions/9",
        "/forms/small_identification/versions/99999999999999999999999",
    ],
)
def test_an_unknown_version_answers_404(scene: Scene, path: str) -> None:
    assert is_problem(get(scene, path), 404, "not-found")


# ---- cases ----


def test_a_case_shows_its_notices_with_their_times(scene: Scene) -> None:
    reference = post(scene, scene.body(first_name="CANARY")).json()["case"]
    response = get(scene, f"/cases/{reference}")
    assert response.status_code == 200
    body = response.json()
    assert (body["reference"], body["status"]) == (reference, "potential_victim")
    assert body["procedure"] == {"key": "small_procedure", "version": 1}
    police = next(notice for notice in body["notices"] if notice["role"] == "police")
    assert police["owed_at"]
    assert police["sent_at"] is police["opened_at"] is police["accepted_at"] is None
    assert police["next_step"] == "send"
    assert [deadline["key"] for deadline in body["deadlines"]] == ["police_report"]
    assert "CANARY" not in response.content.decode()
    assert AuditEntry.objects.filter(action="case.read", target_id=Case.objects.get().pk).count() == 1


def test_another_units_case_answers_404_and_the_try_is_recorded(scene: Scene) -> None:
    reference = post(scene, scene.body()).json()["case"]
    _unit, stranger = make_unit_with_worker(make_place())
    other_coordinator = make_coordinator(make_place())
    for user in (stranger, other_coordinator):
        assert is_problem(get(scene, f"/cases/{reference}", user), 404, "not-found")
    assert denials(target_kind="case") == 2
    assert get(scene, f"/cases/{reference}", make_coordinator(scene.place)).status_code == 200


@pytest.mark.parametrize("reference", ["222222", "abc", "%00", "%ff", "x" * 300, "..", "7k2m9q"])
def test_a_reference_that_is_none_answers_404(scene: Scene, reference: str) -> None:
    assert get(scene, f"/cases/{reference}").status_code == 404


# ---- its description ----


def test_the_description_names_every_answer(scene: Scene) -> None:
    document = get(scene, "/openapi.json").json()
    operation = document["paths"][f"{ROOT}/submissions"]["post"]
    assert set(operation["responses"]) == {
        *("200", "201", "401", "403", "404", "405", "409", "413", "415", "422", "503"),
    }
    for status, response in operation["responses"].items():
        kind = "application/json" if int(status) < 400 else "application/problem+json"
        assert list(response["content"]) == [kind]
    assert operation["requestBody"]["content"]["application/json"]["schema"]["required"] == [
        *("uuid", "form", "version", "occurred_at", "answers"),
    ]
    of_phones = [path for path in document["paths"] if "/device" in path or "/sealed" in path]
    assert (len(document["paths"]) - len(of_phones), len(of_phones)) == (6, 13)


def test_nothing_of_an_answer_is_in_the_receipt(scene: Scene) -> None:
    response = post(scene, scene.body(story="CANARY", first_name="CANARY"))
    assert "CANARY" not in response.content.decode()
    assert "CANARY" not in json.dumps(Submission.objects.get().receipt)
    assert Notice.objects.exists()


def test_a_uuid_may_be_written_in_any_of_its_forms_and_stays_one(scene: Scene) -> None:
    body = scene.body()
    post(scene, body)
    again = post(scene, {**body, "uuid": uuid.UUID(body["uuid"]).urn})
    assert again.status_code == 200
