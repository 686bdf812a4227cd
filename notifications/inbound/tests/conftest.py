"""A staffed country whose officer has a phone, and a gateway of each kind that reports for it."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from notifications.directory.models import ContactWay
from notifications.outbox.models import Dispatch, Notice
from notifications.outbox.ways.planning import ring
from notifications.outbox.ways.sending import send_due_ways
from tests.world.notices import StaffedCountry, notify_officer, postbox, staffed
from tests.world.phones import NUMBER, Phones, add_way, phones

__all__ = ["phones", "postbox", "staffed"]

SECRET = "what only the gateway knows"
# The name is that under which the channels of `tests.world.phones` say that they took something.
SMS_GATEWAY: dict[str, Any] = {
    "by": "http",
    "name": "phones",
    "kind": "sms",
    "url": "https://sms.example/send",
    "body": {"content": {"to": "{number}", "text": "{text}"}},
    "success": [{"status": [200]}],
    "incoming": {"by": "token", "header": "X-Token", "secrets_env": ["GATEWAY_PHONES"]},
    "receipts": {"id": "id", "reference": "ref", "status": "status", "delivered": ["ok"], "failed": ["lost"]},
    "replies": {"each": "messages", "id": "id", "sender": "from", "text": "text"},
}
VOICE_GATEWAY: dict[str, Any] = {
    **{key: value for key, value in SMS_GATEWAY.items() if key != "replies"},
    "name": "calls",
    "kind": "voice",
    "keys": {"key": "digits", "id": "id", "reference": "ref"},
}


@dataclass
class Hooks:
    """Reports to the service as its gateways, or as somebody who knows no secret."""

    staffed: StaffedCountry
    phones: Phones
    way: ContactWay
    client: Client = field(default_factory=Client)
    count: int = 0

    def notify(self, **changes: Any) -> Notice:
        """Create a notice that goes out by SMS."""
        notice = notify_officer(self.staffed, **changes)
        assert send_due_ways() == 1
        return notice

    def call(self, notice: Notice) -> Dispatch:
        ring([notice], at=notice.owed_at)
        assert send_due_ways() == 1
        return Dispatch.objects.get(channel="voice")

    def post(self, path: str, data: Any, *, token: str = SECRET) -> int:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        answer = self.client.post(f"/hooks/gateway/{path}/", body, "application/json", headers={"X-Token": token})
        assert answer.content == b"" or answer.status_code == 404
        return answer.status_code

    def sms(self, text: str, *, sender: str = NUMBER, id: str = "", token: str = SECRET) -> int:
        self.count += 1
        message = {"id": id or f"sms-{self.count}", "from": sender, "text": text}
        return self.post("phones/reply", {"messages": [message]}, token=token)


@pytest.fixture
def hooks(staffed: StaffedCountry, phones: Phones, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Hooks:
    monkeypatch.setenv("GATEWAY_PHONES", SECRET)
    settings.NOTIFICATION_GATEWAYS = [SMS_GATEWAY, VOICE_GATEWAY]
    return Hooks(staffed, phones, add_way(staffed.officer))
