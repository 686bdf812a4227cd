"""What comes in from outside and isn't genuine: 10,000 tries over every address that takes something, and none changes
a state; what is genuine counts once, and again as often as it is replayed not at all.

Gateways' own reports are tried by themselves in notifications/inbound/tests/test_hooks.py; here everything is mixed,
as whoever attacks would, and the whole database is compared.
"""

import importlib.util
import json
import random
import statistics
import string
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from audit.verification import verify_chain
from notifications.channels import vapid
from notifications.directory.models import ContactWay
from notifications.directory.own_duty import calendar
from notifications.directory.own_duty.links import get_address
from notifications.inbound.tests.conftest import SECRET, SMS_GATEWAY, VOICE_GATEWAY
from notifications.outbox.bounces.return_path import build_token
from notifications.outbox.bounces.tests.made import ADDRESS, report
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Attempt, Dispatch, Notice
from notifications.outbox.ways.planning import ring
from notifications.outbox.ways.sending import send_due_ways
from tests.examples import FACTOR
from tests.rows import read_everything
from tests.world.notices import StaffedCountry, notify_officer, postbox, staffed
from tests.world.offices import PIN
from tests.world.phones import NUMBER, Phones, add_way, phones

__all__ = ["phones", "postbox", "staffed"]
pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
TRIES = max(400, round(10_000 * FACTOR))
RELAY_TOKEN = "what only the relay knows"
# The record grows by what was tried, limits count it, and what came in is remembered so that it counts once.
GROWS = (
    *("audit_auditentry", "audit_chainhead", "access_ratecount", "access_ratelimit"),
    *("inbound_inboundrecord", "vault_lastingkey"),
)
TOKEN_LETTERS = string.ascii_letters + string.digits + "-_"


class World:
    """An officer with each way, two notices on their way, and what is genuine."""

    def __init__(self, staffed: StaffedCountry, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GATEWAY_PHONES", SECRET)
        settings.NOTIFICATION_GATEWAYS = [SMS_GATEWAY, VOICE_GATEWAY]
        settings.EMAIL_BOUNCE_ADDRESS, settings.EMAIL_BOUNCE_HOOK_TOKEN = ADDRESS, RELAY_TOKEN
        self.staffed, self.client, self.dice = staffed, Client(), random.Random(2026)
        staffed.officer.set_pin(PIN)
        staffed.officer.save()
        for channel in ("sms", "voice", "push"):
            add_way(staffed.officer, channel)
        self.answered, self.waiting = notify_officer(staffed), notify_officer(staffed)
        ring([self.waiting], at=self.waiting.owed_at)
        send_due()
        send_due_ways()
        self.duty = get_address(staffed.officer).rpartition("/n/")[2].strip("/")
        self.calendar = calendar.make_address(staffed.officer).rpartition("/n/")[2].strip("/")

    def post(self, path: str, data: Any = b"", **headers: str) -> int:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        return self.client.post(path, body, "application/json", headers=headers).status_code

    def report(self, path: str, data: Any, token: str = SECRET) -> int:
        return self.post(f"/hooks/gateway/{path}/", data, **{"X-Token": token})

    def give_back(self, content: bytes, token: str = RELAY_TOKEN) -> int:
        return self.post("/hooks/came-back/", content, Authorization=f"Bearer {token}")

    def return_path(self, token: str) -> str:
        return ADDRESS.replace("{token}", token)

    def twist(self, text: str) -> str:
        """The same with one letter changed, added or left out."""
        at, letter = self.dice.randrange(len(text)), self.dice.choice(TOKEN_LETTERS)
        kind = self.dice.randrange(3)
        if kind == 0:
            return text[:at] + letter + text[at + 1 :] if text[at] != letter else text + letter
        return text[:at] + letter + text[at:] if kind == 1 else text[:at] + text[at + 1 :]


@pytest.fixture
def world(staffed: StaffedCountry, phones: Phones, settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(staffed, settings, monkeypatch)


def make_genuine(world: World) -> list[Callable[[], int]]:
    """What really comes in, each once: an answer, a receipt, a key, a mail that came back."""
    sms = Dispatch.objects.get(notice=world.waiting, channel="sms")
    call = Dispatch.objects.get(notice=world.waiting, channel="voice")
    mail = Attempt.objects.get(notice=world.waiting, dispatch=None)
    message = {"id": "g1", "from": NUMBER, "text": f"{world.answered.code} PO"}
    return [
        lambda: world.report("phones/reply", {"messages": [message]}),
        lambda: world.report("phones/receipt", {"id": sms.provider_id, "status": "ok"}),
        lambda: world.report("phones/receipt", {"ref": sms.reference.hex, "status": "ok"}),
        lambda: world.report("phones/receipt", {"ref": call.reference.hex, "status": "lost"}),
        lambda: world.give_back(report(world.return_path(build_token(mail.pk)))),
    ]


def make_forgeries(world: World) -> dict[str, Callable[[], int]]:
    """Each kind of thing that somebody sends who has no secret, or who knows one and forges what it is about."""
    dice, link = world.dice, world.waiting.link_token
    others = [str(row.pk) for row in Attempt.objects.exclude(notice=world.waiting)]
    sms = Dispatch.objects.get(notice=world.waiting, channel="sms")
    mail = Attempt.objects.get(notice=world.waiting, dispatch=None)
    genuine_path = world.return_path(build_token(mail.pk))
    phone = make_subscription()
    visitor_of_another = Client()
    assert visitor_of_another.post(f"/n/{world.answered.link_token}/", {"pin": PIN}).status_code == 303
    opened = {name: cookie.value for name, cookie in visitor_of_another.cookies.items()}
    assert opened

    def wrong_token() -> str:
        return dice.choice(["", "x", world.twist(SECRET), SECRET.upper(), f"{SECRET}s"])

    def bounce_by_wrong_hash() -> int:
        key = dice.choice([str(mail.pk), *others, str(dice.randrange(10**9))])
        letters = "".join(dice.choices("abcdefghijklmnopqrstuvwxyz234567", k=20))
        return world.give_back(report(world.return_path(f"{key}-{letters}")))

    def bounce_with_twisted_token() -> int:
        return world.give_back(report(world.return_path(world.twist(build_token(mail.pk)))))

    def report_that_is_none() -> int:
        how = dice.choice([{"action": "delayed"}, {"action": "relayed"}, {"kind": "disposition-notification"}])
        return world.give_back(report(genuine_path, **how))

    def bounce_by_somebody_else() -> int:
        return world.give_back(report(genuine_path), token=dice.choice(["", "x", world.twist(RELAY_TOKEN)]))

    def report_without_secret() -> int:
        path, data = dice.choice(
            [
                ("phones/reply", {"messages": [{"id": "n", "from": NUMBER, "text": f"{world.waiting.code} PO"}]}),
                ("phones/receipt", {"id": sms.provider_id, "status": "lost"}),
                ("calls/key", {"ref": sms.reference.hex, "digits": "1"}),
            ]
        )
        return world.report(path, data, token=wrong_token())

    def spoofed_sms() -> int:
        # Only with other digits: our own number without its "+", as some gateways write it, is our own number.
        other = NUMBER[:5] + f"{(int(NUMBER[5:]) + dice.randrange(1, 10**7)) % 10**8:08}"
        sender = dice.choice([other, "Vatra", "", f"{NUMBER}0"])
        words = f"{dice.choice([world.waiting.code, world.twist(world.waiting.code)])} PO"
        return world.report("phones/reply", {"messages": [{"id": f"f{dice.random()}", "from": sender, "text": words}]})

    def receipt_for_nothing() -> int:
        name = dice.choice([{"id": world.twist(sms.provider_id + "x")}, {"ref": world.twist(sms.reference.hex)}, {}])
        return world.report("phones/receipt", {**name, "status": dice.choice(["ok", "lost", "read"])})

    def key_of_no_call() -> int:
        return world.report("calls/key", {"ref": f"{dice.getrandbits(128):032x}", "digits": "1"})

    def phone_without_pin() -> int:
        token = dice.choice([link, world.twist(link)])
        return world.client.post(f"/n/{token}/phones/", {"name": "mine", **phone}).status_code

    def answer_without_pin() -> int:
        # Whoever has the whole link may say that it isn't meant for them (not-me): that ends the link, and no more.
        path, token = dice.choice([("reply", link), ("step", link), ("talk", link), ("not-me", world.twist(link))])
        given = {"kind": "accepted", "text": "x", "step": "arrived"}
        return world.client.post(f"/n/{token}/{path}/", given).status_code

    def forged_visit() -> int:
        """With a cookie of one's own making, twisted from one that is genuine for another notice."""
        visitor = Client()
        for name, value in opened.items():
            visitor.cookies[name] = dice.choice([value, world.twist(value)])
        return visitor.post(f"/n/{link}/reply/", {"kind": "accepted"}).status_code

    def calendar_of_nobody() -> int:
        return world.client.get(f"/n/k.{world.twist(world.calendar[2:])}/").status_code

    def duty_of_nobody() -> int:
        given = {"do": dice.choice(["calendar", "leave", "confirm"]), "pin": PIN}
        return world.client.post(f"/n/d.{world.twist(world.duty[2:])}/", given).status_code

    kinds = (
        *(bounce_by_wrong_hash, bounce_with_twisted_token, report_that_is_none, bounce_by_somebody_else),
        *(report_without_secret, spoofed_sms, receipt_for_nothing, key_of_no_call),
        *(phone_without_pin, answer_without_pin, forged_visit, calendar_of_nobody, duty_of_nobody),
    )
    return {kind.__name__: kind for kind in kinds}


def make_subscription() -> dict[str, str]:
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    encoded = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {
        "endpoint": "https://push.attacker.example/1",
        "p256dh": vapid.encode(encoded),
        "auth": vapid.encode(b"x" * 16),
    }


def test_of_thousands_of_forged_and_replayed_things_none_changes_a_state(world: World, record_property: Any) -> None:
    genuine = make_genuine(world)
    for each in genuine:
        before = read_everything(without=GROWS)
        assert each() in (200, 204)
    # Each of them counted: what was sent has arrived, and the mail that came back moved the ladder on.
    world.answered.refresh_from_db()
    assert world.answered.answered_by == "sms"
    assert Attempt.objects.filter(outcome="bounced").count() == 1
    assert set(Dispatch.objects.filter(channel="sms", notice=world.waiting).values_list("state", flat=True)) == {
        "delivered"
    }
    forgeries = make_forgeries(world)
    before = read_everything(without=GROWS)
    took: dict[str, list[float]] = defaultdict(list)
    answers: dict[str, set[int]] = defaultdict(set)

    for number in range(TRIES):
        name, forge = world.dice.choice(list(forgeries.items()))
        if number % 10 == 0:
            name, forge = "replayed", world.dice.choice(genuine)
        began = time.perf_counter()
        answers[name].add(forge())
        took[name].append(time.perf_counter() - began)
        if number % max(1, TRIES // 10) == 0:
            assert find_changes(before) == {}, name

    assert find_changes(before) == {}
    assert all(status < 500 for statuses in answers.values() for status in statuses), answers
    assert set(took) == {*forgeries, "replayed"}
    assert verify_chain().ok
    medians = {name: statistics.median(times) for name, times in took.items()}
    record_property("milliseconds", {name: round(1000 * each, 1) for name, each in medians.items()})
    # None costs us more than what is genuine by far: nobody slows the service down by forging.
    assert max(medians.values()) < 10 * medians["replayed"] + 0.05, medians


def find_changes(before: dict[str, list[str]]) -> dict[str, list[str]]:
    """{table: the rows that are there now and weren't, and those that were}."""
    now = read_everything(without=GROWS)
    return {table: [*(set(now[table]) ^ set(before[table]))] for table in now if now[table] != before[table]}


def load_receiver() -> ModuleType:
    spec = importlib.util.spec_from_file_location("webhook_receiver", ROOT / "docs" / "webhook_receiver.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_institution_that_begins_from_our_receiver_takes_no_forged_or_old_webhook(
    world: World, tmp_path: Path
) -> None:
    receiver, dice, key = load_receiver(), world.dice, "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoyMzQ1Njc="
    store, now = receiver.Store(str(tmp_path / "received.sqlite3")), timezone.now()
    body = json.dumps({"type": "notice.waiting", "data": {"code": "7K2M9-4XQ", "link": "x", "drill": False}})

    def sign(at: Any, *, by: str = key, name: str = "msg_1", content: str = body) -> dict[str, str]:
        signature = Webhook(by).sign(name, at, content)
        return {"webhook-id": name, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}

    good = sign(now)
    assert receiver.verify([key], body.encode(), good) is not None
    assert store.add("msg_1", body.encode()) is True
    for _try in range(TRIES):
        headers, content = dict(good), body
        match dice.randrange(6):
            case 0:
                headers["webhook-signature"] = "v1," + world.twist(good["webhook-signature"][3:-1])
            case 1:
                content = world.twist(body)
            case 2:
                headers = sign(now - timedelta(minutes=dice.choice([6, 60, 60 * 24])))
            case 3:
                headers = sign(now, by="whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoyMzQ1Njg=")
            case 4:
                headers["webhook-id"] = world.twist("msg_1")
            case _:
                headers.pop(dice.choice(list(headers)))
        assert receiver.verify([key], content.encode(), headers) is None, (headers, content)
    # What was really ours, replayed within its five minutes, is the same notice again and wakes nobody.
    assert receiver.verify([key], body.encode(), good) is not None
    assert store.add("msg_1", body.encode()) is False


def test_the_attacks_above_meet_what_they_are_meant_for(world: World) -> None:
    """The same with the secret, the PIN, the right number does change something: they fail for what they lack."""
    visitor, link = Client(), world.waiting.link_token
    assert visitor.post(f"/n/{link}/", {"pin": PIN}).status_code == 303
    assert visitor.post(f"/n/{link}/phones/", {"name": "mine", **make_subscription()}).status_code in (302, 303)
    assert ContactWay.objects.filter(channel="push", address="mine").exists()
    assert world.client.get(f"/n/{world.calendar}/").status_code == 200
    assert Notice.objects.get(pk=world.waiting.pk).opened_at is not None
