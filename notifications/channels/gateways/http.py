"""Ask one gateway over HTTP to take a message, and read from its answer what became of it."""

import json
from urllib.parse import urlencode

from django.conf import settings

from access.languages import DEFAULT_LANGUAGE

from ..base import Message, RecipientRefused, Taken, Unreached
from .client import Answer, Client
from .description import HttpGateway, fill
from .loading import Loaded
from .paths import find_text

LONGEST_ID = 100
OF_THE_MESSAGE = frozenset({400, 409, 413, 422})  # the gateway is up, and has something against this one message


class TryNext(RecipientRefused):
    """This gateway doesn't serve the number; the next one may."""


class Resting(Unreached):
    """The gateway asks not to be asked before `wait` seconds are over."""


class NotThisOne(Unreached):
    """The gateway answers, and takes others: it isn't down."""


class HttpTransport:
    """One gateway, with its connection."""

    def __init__(self, loaded: Loaded, gateway: HttpGateway) -> None:
        self.name = gateway.name
        self._gateway, self._headers = gateway, loaded.headers
        self._client = Client()

    def send(self, message: Message, *, seconds: float) -> Taken:
        """Hand it over. Raises RecipientRefused, TryNext, Resting, Unreached."""
        gateway = self._gateway
        if message.rehearses and gateway.recordings and not gateway.drill_recordings:
            # What it plays would call somebody to a real case.
            raise NotThisOne("no_drill_recording", connection_lost=False)
        content, kind = build_body(gateway, message)
        headers = {**self._headers, "Content-Type": kind, "Accept": "application/json"}
        if gateway.idempotency_header and message.reference:
            headers[gateway.idempotency_header] = message.reference
        return self._read(self._client.request(gateway.method, gateway.url, headers, content, seconds=seconds))

    def close(self) -> None:
        self._client.close()

    def _read(self, answer: Answer) -> Taken:
        gateway = self._gateway
        # Refusals first: some gateways answer 200 and say in the body that the number is none.
        for rule in gateway.refused:
            if rule.matches(answer.status, answer.body):
                error = TryNext if rule.try_next else RecipientRefused
                raise error(f"refused_{answer.status}")
        if any(rule.matches(answer.status, answer.body) for rule in gateway.success):
            return Taken(gateway.name, self._find_id(answer))
        if answer.wait is not None:
            raise Resting(f"http_{answer.status}", connection_lost=False, wait=answer.wait)
        if answer.status in OF_THE_MESSAGE:
            raise NotThisOne(f"http_{answer.status}", connection_lost=False)
        raise Unreached(f"http_{answer.status}")

    def _find_id(self, answer: Answer) -> str:
        """Return the gateway's id; "" where it names none that could be stored: its reference is known all the same."""
        where = self._gateway.id
        if where is None:
            return ""
        if where.path:
            return find_text(answer.body, where.path, longest=LONGEST_ID)
        found = answer.headers.get(where.header.lower(), "").strip()
        return found if len(found) <= LONGEST_ID else ""


def build_body(gateway: HttpGateway, message: Message) -> tuple[bytes, str]:
    """Return the body of a request and its content type."""
    language = message.language or DEFAULT_LANGUAGE
    recordings = gateway.drill_recordings if message.rehearses else gateway.recordings
    values = {
        "number": message.address,
        "text": recordings.get(language) or recordings.get(DEFAULT_LANGUAGE, message.text),
        "reference": message.reference,
        "language": gateway.languages.get(language, language),
        "callback": build_callback(gateway),
    }
    filled = fill(gateway.body.content, values)
    if gateway.body.format == "form":
        return urlencode(filled).encode(), "application/x-www-form-urlencoded"
    return json.dumps(filled, ensure_ascii=False).encode(), "application/json"


def build_callback(gateway: HttpGateway) -> str:
    """Return the address at which this gateway reports: pressed keys of a call, receipts of an SMS."""
    return f"{settings.PUBLIC_URL}/hooks/gateway/{gateway.name}/{'key' if gateway.keys else 'receipt'}/"
