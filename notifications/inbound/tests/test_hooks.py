"""The addresses at which gateways report: what isn't proved gets the answer of nothing, and has no effect."""

import json
import random
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEntry
from notifications.outbox.models import Dispatch, Notice, Reply
from tests.examples import FACTOR
from tests.world.phones import NUMBER, add_way

from ..checks import gateways_can_be_used
from ..models import InboundRecord
from ..views import FORGED
from .conftest import SMS_GATEWAY, Hooks

pytestmark = pytest.mark.django_db

TRIES = max(500, round(10_000 * FACTOR))


def test_a_receipt_sets_delivered_once(hooks: Hooks) -> None:
    notice = hooks.notify()
    dispatch = Dispatch.objects.get()

    assert hooks.post("phones/receipt", {"id": dispatch.provider_id, "status": "sent"}) == 200
    assert Dispatch.objects.get().state == "taken"
    for _time in range(3):
        assert hooks.post("phones/receipt", {"id": dispatch.provider_id, "status": "ok"}) == 200

    notice.refresh_from_db()
    assert notice.delivered_at is not None
    assert Dispatch.objects.get().state == "delivered"
    assert AuditEntry.objects.filter(action="notice.delivered").count() == 1


def test_a_receipt_may_name_our_reference_instead(hooks: Hooks) -> None:
    hooks.notify()
    reference = Dispatch.objects.get().reference.hex

    assert hooks.post("phones/receipt", {"ref": reference, "status": "lost"}) == 200

    dispatch = Dispatch.objects.get()
    assert (dispatch.state, dispatch.error_code) == ("failed", "not_delivered")


def test_what_is_not_proved_gets_the_answer_of_what_is_not_there(hooks: Hooks) -> None:
    notice = hooks.notify()
    good = {"messages": [{"id": "1", "from": NUMBER, "text": f"{notice.code} PO"}]}
    body = json.dumps(good)
    answers = [
        hooks.client.post(f"/hooks/gateway/{path}/", body, "application/json", headers=headers)
        for path, headers in (
            ("phones/reply", {}),
            ("phones/reply", {"X-Token": "what only the gateway knew"}),
            ("nobody/reply", {"X-Token": "what only the gateway knows"}),
            ("calls/reply", {"X-Token": "what only the gateway knows"}),  # genuine, but it reports no SMS
            ("phones/key", {"X-Token": "what only the gateway knows"}),
        )
    ]
    answers.append(
        hooks.client.post(
            "/hooks/gateway/phones/reply/",
            body + " " * 70_000,
            "application/json",
            headers={"X-Token": "what only the gateway knows"},
        )
    )

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, b"")}
    assert Reply.objects.count() == 0
    assert hooks.client.get("/hooks/gateway/phones/reply/").status_code == 405


def test_it_takes_no_cookie_and_sets_none(hooks: Hooks) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(
        "/hooks/gateway/phones/reply/", "{}", "application/json", headers={"X-Token": "what only the gateway knows"}
    )

    assert answer.status_code == 200
    assert answer.cookies == {}
    assert answer["Cache-Control"] == "no-store"


def test_forged_reports_are_recorded_up_to_a_bound_without_what_they_say(hooks: Hooks) -> None:
    for number in range(FORGED.most + 5):
        hooks.sms(f"fjala {number}", token="wrong")

    entries = AuditEntry.objects.filter(action="inbound.forged")
    assert entries.count() == FORGED.most
    assert all(set(entry.detail) == {"network"} for entry in entries)
    assert InboundRecord.objects.count() == 0
    # The gateway itself is taken all the same, from whatever network.
    assert hooks.sms(f"{hooks.notify().code} PO") == 200
    assert Reply.objects.count() == 1


def test_one_request_may_bring_several(hooks: Hooks) -> None:
    notice = hooks.notify()
    messages = [
        {"id": "1", "from": NUMBER, "text": "?"},
        {"id": "2", "from": "+355691111111", "text": f"{notice.code} JO"},
        {"id": "3", "from": NUMBER, "text": f"{notice.code} PO"},
        {"id": "3", "from": NUMBER, "text": f"{notice.code} PO"},
        None,
        {"id": {"a": 1}, "from": [], "text": 5},
    ]

    assert hooks.post("phones/reply", {"messages": messages}) == 200

    notice.refresh_from_db()
    assert notice.state == "accepted"
    assert sorted(InboundRecord.objects.values_list("outcome", flat=True)) == ["taken", "unreadable", "wrong_sender"]


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{", b"\xff", b"[" * 5000, b'{"messages": "x"}', b'{"a": 1e999}']
)
def test_no_body_of_a_gateway_is_a_fault(hooks: Hooks, body: bytes) -> None:
    assert hooks.post("phones/reply", body) == 200
    assert hooks.post("phones/receipt", body) == 200
    assert hooks.post("calls/key", body) == 200


def _states() -> Any:
    notices = Notice.objects.order_by("pk").values("state", "answered_by", "opened_at", "accepted_at", "delivered_at")
    return list(notices), list(Dispatch.objects.order_by("pk").values()), Reply.objects.count()


def test_thousands_of_forged_and_replayed_reports_change_no_state(hooks: Hooks) -> None:
    """10,000 tries: without the secret, with wrong senders and codes, and everything genuine once more."""
    add_way(hooks.staffed.officer, "voice")
    taken, waiting = hooks.notify(), hooks.notify()
    call = hooks.call(taken)
    genuine = [
        ("phones/reply", {"messages": [{"id": "g1", "from": NUMBER, "text": f"{taken.code} PO"}]}),
        ("phones/receipt", {"id": Dispatch.objects.filter(channel="sms").first().provider_id, "status": "ok"}),
        ("calls/key", {"id": call.provider_id, "digits": "1"}),
    ]
    for path, data in genuine:
        assert hooks.post(path, data) == 200
    before = _states()
    dice = random.Random(2026)
    codes = [taken.code, waiting.code, "23456-789", "7K2M9-4XQ", "", "PO"]
    senders = ["+355691234568", "+355699999999", "Vatra", "", "0000", NUMBER[:-1]]
    words = ["PO", "JO", "RRUGE 5", "YES", "1", ""]
    references = [call.reference.hex, Dispatch.objects.first().reference.hex, "0" * 32, "id-1", ""]

    def forge() -> int:
        kind = dice.randrange(5)
        if kind == 0:
            path, data = dice.choice(genuine)
            return hooks.post(path, data)
        if kind == 1:
            path, data = dice.choice(genuine)
            return hooks.post(path, data, token=dice.choice(["", "x", "what only the gateway know"]))
        if kind == 2:
            text = f"{dice.choice(codes)} {dice.choice(words)}"
            return hooks.sms(text, sender=dice.choice(senders))
        if kind == 3:
            return hooks.post(
                "phones/receipt",
                {"id": f"no-{dice.random()}", "ref": dice.choice(["0" * 32, "", "x"]), "status": "lost"},
            )
        digits, reference = dice.choice(["2", "0", "#", "1"]), dice.choice(references)
        # "phones" took the call in these tests; `calls` reports keys of calls that it never made.
        return hooks.post("calls/key", {"ref": reference, "digits": digits})

    answers = {forge() for _try in range(TRIES)}

    assert answers <= {200, 404}
    assert _states() == before


def test_a_gateway_that_cannot_be_used_stops_the_start_with_a_sentence(hooks: Hooks, settings: Any) -> None:
    assert gateways_can_be_used(None) == []
    settings.NOTIFICATION_GATEWAYS = [{**SMS_GATEWAY, "url": "http://sms.example/"}]
    (error,) = gateways_can_be_used(None)
    assert "https://" in error.msg
    assert hooks.sms("x") == 404
