"""What is sealed stands nowhere outside its seal: one word is put wherever people write, and looked for everywhere.

Real channels against other sides on loopback that take, refuse, repeat what they were sent, or answer nonsense; then
all that left this process, every row as it is stored, every queued task, every line of the log, and every page that
needs no PIN is searched. What the other sides say in their own words is looked for as well.
"""

import io
import logging
import os
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import http_ece
import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from access.models import StaffRole
from case_forms.cases.models import Case
from case_forms.cases.notes.actions import add_note
from config import logs
from notifications.briefs.replies import answer
from notifications.briefs.talk.actions import write_as_recipient, write_as_unit
from notifications.channels import vapid
from notifications.channels.gateways.sms import downs
from notifications.channels.gateways.tests.server import Asked, Script, serve
from notifications.channels.tests.test_email import Script as SmtpScript
from notifications.directory.models import Contact, ContactWay
from notifications.escalation.clock import advance
from notifications.escalation.digest import send_digests
from notifications.inbound.tests.conftest import SECRET, SMS_GATEWAY, VOICE_GATEWAY
from notifications.outbox.actions import mark_opened
from notifications.outbox.bounces.actions import take_report
from notifications.outbox.bounces.return_path import build_token
from notifications.outbox.bounces.tests.made import ADDRESS, report
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Attempt, Dispatch, Notice, ReplyKind
from notifications.outbox.sweep import sweep
from notifications.outbox.ways.planning import ring
from notifications.outbox.ways.sending import send_due_ways
from tests.queues import all_waiting_tasks
from tests.rows import read_everything
from tests.world.offices import PIN
from tests.world.places import make_coordinator
from tests.world.scene import Scene, make_scene
from vault.fields import SealedField

pytestmark = pytest.mark.django_db

WORD = "KanarinaVerdhe7319"  # what somebody wrote, in letters that no encoding of text changes
THEIRS = "FjalaETjetrit5528"  # what another side says in its own words
KEY = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoyMzQ1Njc="
# How another side can answer: (status of HTTP, SMTP's answer to a recipient).
MOODS = {
    "takes": (200, "250 ok"),
    "refuses": (422, f"550 5.1.1 {THEIRS}"),
    "is_away": (503, f"451 4.3.0 {THEIRS}"),
    "is_gone": (410, f"554 {THEIRS}"),
}


@dataclass
class Others:
    """The machines of others: one speaks HTTP (gateways, a push service, an institution's system), one SMTP."""

    http: Script
    smtp: SmtpScript
    folder: Path
    private_key: ec.EllipticCurvePrivateKey
    auth: bytes
    status: int = 200
    pages: list[str] = field(default_factory=list)

    def answer(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        """Whatever was sent is repeated, and something is said to it."""
        headers = {"Retry-After": "1", "X-Said": THEIRS, "Content-Type": "application/json"}
        return self.status, headers, b'{"error": "' + THEIRS.encode() + b'", "you sent": ' + repr(asked.body).encode()

    def be(self, mood: str) -> None:
        self.status, self.smtp.answers["RCPT"] = MOODS[mood]
        downs.__init__()  # type: ignore[misc]  # as a minute later

    def came(self) -> Iterator[str]:
        """All that reached them, in clear where only they can read it."""
        for asked in self.http.asked:
            yield f"{asked.path} {asked.headers}"
            yield asked.body.decode(errors="replace")
            if asked.path == "/push":
                keys = {"private_key": self.private_key, "auth_secret": self.auth}
                yield http_ece.decrypt(asked.body, version="aes128gcm", **keys).decode()
        yield from self.smtp.lines
        yield from (text.decode(errors="replace") for text in self.smtp.texts)
        for path in self.folder.rglob("*"):
            if path.is_file():
                yield f"{path.name} {path.read_bytes().decode('utf-16', errors='replace')}"


@pytest.fixture
def others(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Others]:
    monkeypatch.setenv("GATEWAY_PHONES", SECRET)
    smtp = SmtpScript({})
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp.port
    settings.EMAIL_BOUNCE_ADDRESS = ADDRESS
    with serve(lambda asked: found.answer(asked)) as http:
        found = Others(http, smtp, tmp_path, ec.generate_private_key(ec.SECP256R1()), os.urandom(16))
        address = http.url.removesuffix("/send")
        # The first is asked first; what it doesn't take goes to the spool of a SIM card.
        folders = {name: tmp_path / name for name in ("outbox", "sent", "error", "inbox")}
        for folder in folders.values():
            folder.mkdir()
        settings.NOTIFICATION_GATEWAYS = [
            {**SMS_GATEWAY, "url": f"{address}/sms"},
            {**VOICE_GATEWAY, "url": f"{address}/call"},
            {"by": "gammu", "name": "sim", **{name: str(folder) for name, folder in folders.items()}},
        ]
        settings.NOTIFICATION_CHANNELS = {
            **settings.NOTIFICATION_CHANNELS,
            "sms": "notifications.channels.gateways.sms.SmsChannel",
            "voice": "notifications.channels.gateways.sms.VoiceChannel",
        }
        yield found
    smtp.close()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The log as the running service writes it, down to the least of it."""
    before = (sys.excepthook, threading.excepthook, logging.getLogger().handlers[:], structlog.get_config())
    logs.configure({"level": "DEBUG", "keep_loggers": False})
    stream = io.StringIO()
    logging.getLogger().handlers[0].setStream(stream)  # type: ignore[attr-defined]
    yield stream
    sys.excepthook, threading.excepthook = before[:2]
    logging.getLogger().handlers[:] = before[2]
    structlog.configure(**before[3])


def give_ways(contact: Contact, others: Others) -> None:
    point = others.private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    address = others.http.url.removesuffix("/send")
    now = timezone.now()
    subscription = {"endpoint": f"{address}/push", "p256dh": vapid.encode(point), "auth": vapid.encode(others.auth)}
    ways = {
        "sms": ("+355691234567", None),
        "voice": ("+355691234567", None),
        "push": ("phone", subscription),
        "webhook": (f"{address}/hook", {"keys": [{"key": KEY, "since": now.isoformat(), "until": None}]}),
    }
    for channel, (where, secret) in ways.items():
        way = ContactWay.objects.create(contact=contact, channel=channel, address=where, confirmed_at=now)
        way.secret = secret
        way.save()


def write_everywhere(scene: Scene) -> Case:
    """The word wherever somebody types: in a form, a note, a conversation, an answer."""
    received = scene.send(
        story=WORD,
        first_name=WORD,
        danger="yes",
        companions=[{"companion_name": WORD, "companion_child": "yes", "companion_note": WORD}],
    )
    case = Case.objects.get(reference=received.receipt["case"])
    add_note(case=case, text=WORD, by=scene.worker)
    notice = Notice.objects.get(case_id=case.pk, role="police")
    send_due()
    mark_opened(notice=notice, at=timezone.now())
    answer(notice=notice, kind=ReplyKind.ACCEPTED)
    write_as_recipient(notice=notice, text=WORD, key=uuid.uuid4(), wants_answer=True)
    write_as_unit(root=notice, text=WORD, key=uuid.uuid4(), by=scene.worker)
    answer(notice=notice, kind=ReplyKind.OUTCOME, reason="other", note=WORD)
    return case


def get_sealed_with_the_word() -> set[str]:
    """The sealed columns that hold the word, opened: "outbox.Notice.brief"."""
    found = set()
    for model in apps.get_models():
        for column in (each for each in model._meta.concrete_fields if isinstance(each, SealedField)):
            for row in model._base_manager.all():
                with suppress(Exception):
                    if WORD in str(getattr(row, column.name)):
                        found.add(f"{model._meta.label}.{column.name}")
    return found


def fail_with_the_word(*args: Any, **kwargs: Any) -> Any:
    raise RuntimeError(f"while {WORD} was being sent")


def go_wrong(scene: Scene, others: Others) -> None:
    """Each fault of ours that may carry what was being dealt with: rendering, an adapter, the network, a step."""
    places = (
        "notifications.outbox.delivery.build_message",
        "notifications.outbox.ways.sending.build_way_message",
        "notifications.channels.email.EmailChannel.send",
        "notifications.channels.push.encrypt",
        "notifications.channels.webhook.build_body",
        "notifications.channels.gateways.sms.SmsChannel.send",
        "notifications.channels.outgoing_http._resolve",
        "notifications.escalation.clock.plan_next_step",
        "notifications.escalation.digest.find_coordinator",
    )
    for place in places:
        write_again(scene, others)
        with mock.patch(place, fail_with_the_word):
            pass_once(timezone.now())
            pass_once(timezone.now() + timedelta(hours=26))


def write_again(scene: Scene, others: Others) -> Notice:
    received = scene.send(story=WORD, first_name=WORD, danger="yes")
    case = Case.objects.get(reference=received.receipt["case"])
    notice = Notice.objects.get(case_id=case.pk, role="police")
    ring([notice], at=notice.owed_at)
    return notice


def pass_once(now: Any) -> None:
    """The sweeper and a worker, now or at another time; a fault that a process would die of is logged as there."""
    with mock.patch("django.utils.timezone.now", return_value=now):
        for part in (advance, sweep, send_digests):
            try:
                part(now)
            except RuntimeError:
                logging.getLogger("sweeper").exception("pass_failed")
        for send in (send_due, send_due_ways):
            try:
                send()
            except RuntimeError:
                logging.getLogger("worker").exception("task_failed")


def report_back(others: Others) -> None:
    """What comes in with the word in it: a mail that came back and quotes, SMS in prose, receipts with odd codes."""
    mail = Attempt.objects.filter(dispatch=None, outcome="accepted").latest("pk")
    quoting = report(ADDRESS.replace("{token}", build_token(mail.pk))).replace(b"Recipient address", WORD.encode())
    take_report(quoting, at=timezone.now())
    client = Client()
    sms = Dispatch.objects.filter(channel="sms").exclude(provider_id="").first()
    reports = [
        ("phones/reply", {"messages": [{"id": "1", "from": "+355691234567", "text": f"{WORD} PO"}]}),
        ("phones/reply", {"messages": [{"id": WORD, "from": WORD, "text": WORD}]}),
        ("phones/receipt", {"id": sms.provider_id if sms else WORD, "status": WORD, "ref": WORD}),
        ("calls/key", {"id": WORD, "digits": WORD}),
        (WORD, {WORD: WORD}),
    ]
    for path, data in reports:
        for token in (SECRET, WORD):
            client.post(f"/hooks/gateway/{path}/", data, "application/json", headers={"X-Token": token})
    client.post("/hooks/came-back/", WORD, "message/rfc822", headers={"Authorization": f"Bearer {WORD}"})


def read_pages(scene: Scene) -> Iterator[str]:
    """What needs no PIN: the probes, the sandbox, each notice before its PIN; and lists of staff that hold no case."""
    anybody, coordinator = Client(), Client()
    user = make_coordinator(scene.place)
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    coordinator.force_login(user)
    for path in ("/healthz", "/readyz", "/sandbox/inbox/", "/sandbox/phones/", "/sandbox/push/"):
        yield _read(anybody, path)
    for notice in Notice.objects.all():
        yield _read(anybody, f"/n/{notice.link_token}/")
    for path in ("/cms/silence/", "/cms/silence/?form=csv", "/cms/on-duty/"):
        yield _read(coordinator, path)
    assert StaffRole.COORDINATOR in {each.role for each in user.assignments.all()}


def _read(client: Client, path: str) -> str:
    answered = client.get(path)
    # Something is wrong in this world on purpose, and /readyz says so; some links have ended.
    assert answered.status_code in (200, *((503,) if path == "/readyz" else ()), *((404,) if "/n/" in path else ())), (
        path
    )
    return answered.content.decode(errors="replace")


def run_commands() -> str:
    said = io.StringIO()
    for words in (["check_readiness"], ["audit_ladders"]):
        with suppress(CommandError, SystemExit):
            call_command(*words, stdout=said, stderr=said)
    return said.getvalue()


def test_what_somebody_wrote_stands_in_no_message_row_task_log_or_page(
    others: Others, log: io.StringIO, capfd: Any
) -> None:
    scene = make_scene()
    for contact in Contact.objects.filter(partner__role__in=("police", "coordinator"))[:3]:
        if not contact.ways.exists():
            give_ways(contact, others)
    write_everywhere(scene)
    for mood in MOODS:
        others.be(mood)
        write_again(scene, others)
        pass_once(timezone.now())
        pass_once(timezone.now() + timedelta(hours=26))
        # A way whose other side said that it is no more is given back for the next mood.
        ContactWay.objects.update(is_active=True, ended_at=None, end_reason="")
    others.be("takes")
    go_wrong(scene, others)
    report_back(others)

    # Where it belongs it is, and each channel was really used, and failed in its own way.
    assert get_sealed_with_the_word() >= {
        *("intake.Submission.answers", "outbox.Notice.brief", "outbox.Reply.note", "briefs.TalkMessage.text"),
        *("cases.CaseNote.text",),
    }
    assert {asked.path for asked in others.http.asked} == {"/sms", "/call", "/push", "/hook"}
    assert others.smtp.texts
    assert list((others.folder / "outbox").iterdir())
    outcomes = set(Attempt.objects.values_list("channel", "outcome"))
    assert {name for name, outcome in outcomes if outcome == "accepted"} >= {"email", "sms", "push", "webhook"}
    assert {"refused", "unreached", "unsendable"} <= {outcome for _name, outcome in outcomes}

    printed = capfd.readouterr()
    outputs = {
        "messages": list(others.came()),
        "rows": [f"{table}: {row}" for table, rows in read_everything().items() for row in rows],
        "tasks": [str(task) for task in all_waiting_tasks()],
        "log": log.getvalue().splitlines(),
        "printed": [printed.out, printed.err],
        "pages": list(read_pages(scene)),
        "commands": [run_commands()],
    }
    assert all(outputs[name] for name in ("messages", "rows", "log", "pages"))
    leaks = {name: [text[:400] for text in texts if WORD in text][:3] for name, texts in outputs.items()}
    assert {name: found for name, found in leaks.items() if found} == {}
    # And the same search finds it where it may stand: with the PIN, on the recipient's page.
    reader, newest = Client(), Notice.objects.filter(role="police", link_revoked_at=None).latest("owed_at")
    reader.post(f"/n/{newest.link_token}/", {"pin": PIN})
    assert WORD in _read(reader, f"/n/{newest.link_token}/")
    said = {
        name: [text[:400] for text in outputs[name] if THEIRS in text][:3] for name in outputs if name != "messages"
    }
    assert {name: found for name, found in said.items() if found} == {}
