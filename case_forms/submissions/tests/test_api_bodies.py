"""Whatever is sent to the API, it answers as it says it does, and stores a submission whole or not at all.

300 bodies by default; HYPOTHESIS_BODIES=10000 for the full run.
"""

import copy
import json
import os
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from case_forms.cases.models import Case, CaseEvent, Deadline
from notifications.outbox.models import Notice
from tests.world.scene import Scene, make_scene

from ..models import Submission

DOCUMENTED = {200, 201, 401, 403, 404, 405, 409, 413, 415, 422, 503}
BODIES = int(os.environ.get("HYPOTHESIS_BODIES", "300"))
ROOT = "/api/field/v1/submissions"

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**40), max_value=10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(), max_size=20)
    | st.sampled_from(
        ["", " ", "yes", "potential_victim", "1990-02-30", "2001-01-01", "\x00", "\ud800", "9" * 400, "🙂"]
    )
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=15,
)
QUESTIONS = [
    "municipality",
    "danger",
    "birth_date",
    "age_stated",
    "first_name",
    "result",
    "story",
    "needs",
    "weight",
    "seen_at",
    "alone",
    "phone",
    "signs",
    "companions",
]
FIELDS = ["uuid", "form", "version", "occurred_at", "answers", "unit"]
ROWS = st.lists(
    st.dictionaries(st.sampled_from(["companion_name", "companion_child", "companion_note"]), JSON, max_size=3) | JSON,
    max_size=8,
)
NOISE = st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="surrogatepass"))


@st.composite
def bodies(draw: st.DrawFn) -> Any:
    """A near-valid body with a few things changed, taken out, doubled or put in; or something else altogether."""
    kind = draw(st.sampled_from(["near", "near", "near", "near", "fields", "json", "noise", "cut", "deep"]))
    if kind == "json":
        return draw(JSON)
    if kind == "noise":
        return draw(NOISE)
    if kind == "deep":
        return b'{"answers":' + b"[" * draw(st.integers(1, 3000))
    body: dict[str, Any] = {"answers": {}, "replace": {}, "kind": kind}
    for key in draw(st.lists(st.sampled_from(QUESTIONS), max_size=4, unique=True)):
        body["answers"][key] = draw(ROWS if key == "companions" else JSON)
    if draw(st.booleans()):
        body["answers"][draw(st.text(max_size=12))] = draw(SCALARS)
    if kind == "fields":
        for key in draw(st.lists(st.sampled_from(FIELDS), max_size=2, unique=True)):
            body["replace"][key] = draw(JSON)
    body["cut"] = draw(st.integers(0, 400)) if kind == "cut" else None
    return body


def as_bytes(made: Any, scene: Scene, reuse: list[str]) -> bytes:
    if isinstance(made, bytes):
        return made
    if isinstance(made, dict) and "replace" in made and "kind" in made:
        answers = {**scene.answers(), **copy.deepcopy(made["answers"])}
        body = {
            "uuid": reuse[-1] if reuse and made["cut"] is None and len(made["answers"]) == 0 else str(uuid.uuid4()),
            "form": "small_identification",
            "version": 1,
            "occurred_at": timezone.now().isoformat(),
            "answers": answers,
            **made["replace"],
        }
        raw = json.dumps(body).encode()
        return raw if made["cut"] is None else raw[: made["cut"]]
    return json.dumps(made).encode()


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Submission, Case, CaseEvent, Deadline, Notice))


def everything_is_whole() -> bool:
    """Each submission has its receipt; each case its submission and event; each notice its event."""
    for submission in Submission.objects.select_related("case").order_by("-received_at")[:20]:
        receipt = submission.receipt
        if not receipt or receipt["case"] != (submission.case.reference if submission.case else None):
            return False
        ids = {line["id"] for line in receipt["notices"]}
        if {str(pk) for pk in Notice.objects.filter(pk__in=ids).values_list("pk", flat=True)} != ids:
            return False
    events = set(CaseEvent.objects.values_list("pk", flat=True))
    return (
        Case.objects.count() == Submission.objects.filter(case__isnull=False).count() == len(events)
        and set(Notice.objects.filter(chases__isnull=True).values_list("event_id", flat=True)) <= events
    )


@pytest.fixture
def scene(db: None) -> Scene:
    return make_scene()


@pytest.fixture
def sender(scene: Scene) -> Client:
    # An exception in a view must fail the test here, not become a page.
    return Client(raise_request_exception=True, **scene.bearer())


@settings(
    max_examples=BODIES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(made=bodies())
def test_any_body_gets_a_documented_answer_and_nothing_is_half_stored(scene: Scene, sender: Client, made: Any) -> None:
    reuse = [str(pk) for pk in Submission.objects.order_by("received_at").values_list("pk", flat=True)[:1]]
    before = counts()
    raw = as_bytes(made, scene, reuse)
    response = sender.post(ROOT, raw or b" ", content_type="application/json")
    after = counts()
    assert response.status_code in DOCUMENTED - {503}
    if response.status_code == 201:
        assert after[0] == before[0] + 1
        stored = Submission.objects.get(pk=response.json()["submission"])
        assert stored.receipt == response.json()
        assert stored.answers
        assert everything_is_whole()
    else:
        assert after == before
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_after_a_run_of_bodies_everything_stored_is_whole(scene: Scene, sender: Client) -> None:
    for result in ("potential_victim", "at_risk", "nonsense", "not_victim"):
        for _i in range(3):
            sender.post(ROOT, json.dumps(scene.body(result=result)), content_type="application/json")
    assert Submission.objects.count() == 9
    assert everything_is_whole()
