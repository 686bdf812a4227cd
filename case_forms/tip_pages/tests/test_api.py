"""Tips from another front end: the same form, budgets and safety as the pages, as plain JSON."""

import base64
import hashlib
import json
import logging

import pytest
from django.db import DatabaseError
from django.test import Client

from audit.models import AuditEntry
from case_forms.tips.models import Tip, TipMessage
from case_forms.tips.staff_actions import answer_tip
from case_forms.tips.tests.scene import SECRET_WORDS, make_tip_scene
from notifications.outbox.models import Notice
from vault.seal import SealBroken

from .. import rate_limits, sending
from ..api import endpoints

pytestmark = pytest.mark.django_db
TIPS, RECEIPT = "/api/v2/tips", "/api/v2/tips/receipt"
ELSEWHERE = "https://front.example"
WHAT = "A car waits at the school."


@pytest.fixture
def scene():
    return make_tip_scene()


@pytest.fixture
def region(scene):
    return scene.place.region.slug


def solve(work):
    """What a front end's script does: try numbers until one fits."""
    for number in range(work["max"] + 1):
        if hashlib.sha256(f"{work['salt']}{number}".encode()).hexdigest() == work["challenge"]:
            solved = {name: work[name] for name in ("algorithm", "challenge", "salt", "signature")}
            return base64.b64encode(json.dumps({**solved, "number": number}).encode()).decode()
    raise AssertionError("no number fits")


def get_form(client, region):
    answer = client.get(f"{TIPS}/form", {"region": region})
    assert answer.status_code == 200, answer.content
    return answer.json()


def post(client, address, body, **headers):
    return client.post(address, json.dumps(body), content_type="application/json", headers=headers)


def build_tip(client, region, **answers):
    form = get_form(client, region)
    proof = solve(form["work"])
    return {"region": region, "state": form["state"], "proof": proof, "answers": {"what": WHAT, **answers}}


def open_receipt(client, code):
    given = client.get(f"{RECEIPT}/challenge").json()
    return post(client, RECEIPT, {"state": given["state"], "proof": solve(given["work"]), "code": code})


def test_a_tip_is_sent_once_and_its_words_open_the_conversation(client, scene, region):
    before = Tip.objects.count()
    body = build_tip(client, region)
    sent = post(client, TIPS, body)
    assert sent.status_code == 201, sent.content
    assert sent.json()["recipients"]["reached"]
    assert not sent.json()["is_in_danger"]
    assert post(client, TIPS, body).json()["code"] == sent.json()["code"]
    assert Tip.objects.count() == before + 1

    tip = Tip.objects.order_by("-received_at").first()
    assert tip.answers["what"] == WHAT
    assert Notice.objects.filter(event_id__in=tip.events.values("pk")).exists()
    answer_tip(tip=tip, by=scene.worker, text="You did right.", key="k")
    opened = open_receipt(client, sent.json()["code"])
    assert opened.status_code == 200, opened.content
    assert [(each["sender"], each["text"]) for each in opened.json()["messages"]] == [("unit", "You did right.")]
    assert TipMessage.objects.get().seen_at is not None
    assert WHAT not in opened.content.decode()


def test_the_form_holds_what_is_needed_to_ask_it_and_nothing_of_what_follows(client, region):
    form = get_form(client, region)
    text = json.dumps({name: form[name] for name in ("sections", "lists", "schema", "title", "intro")})
    assert form["schema"]["required"] == ["what"]
    assert {item["key"] for section in form["sections"] for item in section["items"]} >= {"what", "danger_now"}
    assert {"value", "label"} == set(form["lists"]["municipality"][0])
    for internal in ("keep_for", "keep_basis", "sensitivity", "shared_with", "writes_fact", "brief_part"):
        assert internal not in text


def test_an_addition_is_stored_once_and_not_shown_again(client, scene):
    visit = open_receipt(client, scene.receive().code).json()["visit"]
    body = {"visit": visit, "text": "It was a blue car."}
    added = [post(client, f"{RECEIPT}/messages", body) for _time in range(2)]
    assert [each.status_code for each in added] == [201, 201]
    assert TipMessage.objects.get().text == "It was a blue car."
    assert "blue" not in added[0].content.decode()
    again = post(client, f"{RECEIPT}/read", {"visit": added[0].json()["visit"]})
    assert [each["sender"] for each in again.json()["messages"]] == ["person"]


@pytest.mark.parametrize(("way", "taken_back"), [("lock", False), ("take-back", True)])
def test_a_code_that_was_locked_or_taken_back_opens_nothing_and_neither_does_its_visit(client, scene, way, taken_back):
    received = scene.receive()
    visit = open_receipt(client, received.code).json()["visit"]
    ended = post(client, f"{RECEIPT}/{way}", {"visit": visit})
    assert ended.json() == {"is_taken_back": taken_back}
    assert post(client, f"{RECEIPT}/read", {"visit": visit}).status_code == 403
    assert post(client, f"{RECEIPT}/messages", {"visit": visit, "text": "x"}).status_code == 403
    assert open_receipt(client, received.code).status_code == 404


def test_a_state_of_another_place_is_refused_and_the_answers_can_be_sent_with_a_new_one(client, scene, region):
    body = build_tip(client, region)
    before = Tip.objects.count()
    elsewhere = post(client, TIPS, {**body, "state": body["state"][:-4] + "AAAA"})
    assert (elsewhere.status_code, elsewhere.json()["type"]) == (409, "urn:vatra:problem:state-lost")
    assert Tip.objects.count() == before


def test_without_a_proof_a_moment_must_pass(client, region, settings):
    settings.ASKING_WAIT_SECONDS = 60
    body = build_tip(client, region)
    refused = post(client, TIPS, {**body, "proof": "bm90aGluZw=="})
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:vatra:problem:too-soon")
    assert post(client, TIPS, body).status_code == 201


def test_what_is_sent_from_here_counts_in_the_same_budget_as_the_pages(client, region, settings):
    settings.ASKING_PER_HOUR, settings.ASKING_DANGER_RESERVE = 2, 0
    for danger in ("no", "no", "yes"):
        assert post(client, TIPS, build_tip(client, region, danger_now=danger)).status_code == 201
    assert Tip.objects.filter(held_back=True).count() == 1
    assert get_form(client, region)["is_flooded"]


def test_each_challenge_is_good_for_one_try_of_a_code(client, scene):
    code = scene.receive().code
    given = client.get(f"{RECEIPT}/challenge").json()
    wrong = {
        "state": given["state"],
        "proof": solve(given["work"]),
        "code": "apple apple apple apple",
        "language": "en",
    }
    missing = post(client, RECEIPT, wrong)
    assert (missing.status_code, missing.json()["title"]) == (404, "There is nothing here.")
    assert rate_limits.WRONG_CODES.used() == 1
    spent = post(client, RECEIPT, {**wrong, "code": code})
    assert (spent.status_code, spent.json()["type"]) == (409, "urn:vatra:problem:state-lost")


@pytest.mark.parametrize(
    ("answers", "path", "code"),
    [({}, "/answers/what", "required"), ({"what": WHAT, "danger_now": "perhaps"}, "/answers/danger_now", None)],
)
def test_each_thing_to_correct_is_named_by_its_place_and_nothing_is_stored(client, region, answers, path, code):
    before = Tip.objects.count()
    refused = post(client, TIPS, {**build_tip(client, region), "answers": answers})
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["path"] == path
    assert code in (None, error["code"])
    assert "perhaps" not in refused.content.decode()
    assert Tip.objects.count() == before


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        ("{", "application/json", 422),
        ("[]", "application/json", 422),
        ('{"what": "SECRETWORD"}', "application/json", 422),
        ("what=SECRETWORD", "application/x-www-form-urlencoded", 415),
        ("x" * 6_000_000, "application/json", 413),
    ],
)
def test_a_body_that_cannot_be_read_is_a_problem_that_repeats_nothing(client, content, kind, status):
    for address in (TIPS, RECEIPT, f"{RECEIPT}/messages"):
        refused = client.post(address, content, content_type=kind)
        assert refused.status_code == status
        assert refused["Content-Type"] == "application/problem+json"
        assert refused["Cache-Control"] == "no-store"
        assert "SECRETWORD" not in refused.content.decode()


def test_a_failure_on_our_side_says_that_nothing_was_received_and_the_log_holds_no_word(
    client, region, monkeypatch, caplog
):
    def fail(*args, **kwargs):
        raise DatabaseError(f"cannot store {WHAT}")

    body = build_tip(client, region)
    monkeypatch.setattr(sending, "receive_tip", fail)
    with caplog.at_level(logging.DEBUG):
        refused = post(client, TIPS, body)
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:vatra:problem:not-received")
    assert WHAT not in caplog.text
    assert WHAT not in refused.content.decode()


def test_what_fails_after_it_was_stored_is_not_called_lost_and_sent_again_it_is_one(client, region, monkeypatch):
    def fail(*args, **kwargs):
        raise SealBroken(WHAT)

    body = build_tip(client, region)
    before = Tip.objects.count()
    with monkeypatch.context() as broken:
        broken.setattr(endpoints, "get_notified_recipients", fail)
        refused = post(client, TIPS, body)
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:vatra:problem:busy")
    assert WHAT not in refused.content.decode()
    assert post(client, TIPS, body).status_code == 201
    assert Tip.objects.count() == before + 1


def test_an_addition_that_fails_says_so_and_the_log_holds_no_word(client, scene, monkeypatch, caplog):
    def fail(**kwargs):
        raise DatabaseError(f"cannot store {kwargs['text']}")

    visit = open_receipt(client, scene.receive().code).json()["visit"]
    monkeypatch.setattr(endpoints, "add_message", fail)
    refused = post(client, f"{RECEIPT}/messages", {"visit": visit, "text": SECRET_WORDS})
    assert refused.status_code == 503
    assert SECRET_WORDS not in caplog.text


def test_only_the_origins_of_the_settings_may_send_and_read_the_answer(client, region, settings):
    settings.PUBLIC_API_ORIGINS = [ELSEWHERE]
    body = build_tip(client, region)
    before = Tip.objects.count()
    for origin in ("https://evil.example", "null", "https://front.example.evil.example"):
        refused = post(client, TIPS, body, origin=origin)
        assert refused.status_code == 403
        assert "Access-Control-Allow-Origin" not in refused
        assert client.options(TIPS, headers={"origin": origin}).status_code == 403
    assert Tip.objects.count() == before
    preflight = client.options(TIPS, headers={"origin": ELSEWHERE, "access-control-request-method": "POST"})
    assert (preflight.status_code, preflight["Access-Control-Allow-Origin"]) == (204, ELSEWHERE)
    assert "POST" in preflight["Access-Control-Allow-Methods"]
    sent = post(client, TIPS, body, origin=ELSEWHERE)
    assert (sent.status_code, sent["Access-Control-Allow-Origin"]) == (201, ELSEWHERE)
    assert "Access-Control-Allow-Credentials" not in sent


def test_no_answer_is_kept_by_a_cache_or_depends_on_who_is_signed_in(client, scene, region):
    client.force_login(scene.worker)
    for answer in (
        client.get(f"{TIPS}/form", {"region": region}),
        client.get(f"{RECEIPT}/challenge"),
        post(client, TIPS, build_tip(Client(), region)),
        client.get(f"{TIPS}/form", {"region": "nowhere"}),
        client.get(TIPS),
    ):
        assert answer["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer
        assert answer["Content-Type"] in ("application/json; charset=utf-8", "application/problem+json")
    entry = AuditEntry.objects.filter(action="signal.received").order_by("-number").first()
    assert entry.actor_kind == "anonymous"


@pytest.mark.parametrize("query", [{}, {"region": "nowhere"}, {"card": "7K2M9QXB"}, {"region": "x", "card": "y"}])
def test_a_place_that_is_not_there_reads_alike_whatever_is_wrong(client, scene, query):
    missing = client.get(f"{TIPS}/form", query)
    assert missing.status_code == 404
    assert missing.json() == {"type": "urn:vatra:problem:not-found", "title": missing.json()["title"], "status": 404}


def test_danger_is_said_in_the_receipt(client, region):
    sent = post(client, TIPS, build_tip(client, region, danger_now="yes"))
    assert sent.json()["is_in_danger"]


@pytest.mark.parametrize("odd", ["\\ud800", "\\u0000", "x\\ud83d"])
def test_a_text_that_no_database_stores_is_a_problem_and_nothing_is_stored(client, region, odd):
    before = Tip.objects.count()
    form = get_form(client, region)
    for body in (
        f'{{"region": "{odd}", "state": "x", "answers": {{}}}}',
        f'{{"card": "{odd}", "state": "x", "answers": {{}}}}',
        f'{{"region": "{region}", "state": "{form["state"]}", "answers": {{"what": "{odd}", "{odd}": 1}}}}',
    ):
        assert client.post(TIPS, body, content_type="application/json").status_code in (404, 409, 422)
    for address, body in (
        (RECEIPT, f'{{"state": "x", "code": "{odd}"}}'),
        (f"{RECEIPT}/messages", f'{{"visit": "x", "text": "{odd}"}}'),
    ):
        assert client.post(address, body, content_type="application/json").status_code in (403, 409, 422)
    assert Tip.objects.count() == before
