"""A receiver of Vatra's webhooks, to begin from: `python webhook_receiver.py 8080 received.sqlite3 keys.txt`.

Needs `pip install standardwebhooks`. keys.txt holds one key (whsec_...) a line: while a key is being changed, both.
Put it behind a web server that speaks HTTPS. docs/webhooks.md says what comes in, and what to answer.

1. Verify the signature over the bytes that came, before anything is parsed.
2. Store by `webhook-id`: the same id again is the same notice, sent again because our answer was lost.
3. Answer 204 once it is stored, and only then; wake somebody afterwards. Whatever isn't 2xx is sent again.
"""

import json
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standardwebhooks import Webhook, WebhookVerificationError

MAX_BYTES = 20_000
NOT_VERIFIED = (WebhookVerificationError, ValueError)  # the library raises ValueError for a header that it can't read


def verify(keys: list[str], content: bytes, headers: dict[str, str]) -> dict | None:
    """Return the body if one of our keys signed it within the last five minutes, else None."""
    for key in keys:
        try:
            return Webhook(key).verify(content, headers)
        except NOT_VERIFIED:
            continue
    return None


class Store:
    """What was received, in one table; a table beside your own would do."""

    def __init__(self, path: str) -> None:
        self.path = path
        with self.open() as rows:
            rows.execute("CREATE TABLE IF NOT EXISTS received (id TEXT PRIMARY KEY, body TEXT NOT NULL)")

    def open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=3)

    def add(self, message_id: str, content: bytes) -> bool:
        """Store it; return False when this id was stored before."""
        rows = self.open()
        try:
            with rows:
                done = rows.execute("INSERT OR IGNORE INTO received VALUES (?, ?)", (message_id, content.decode()))
            return done.rowcount == 1
        finally:
            rows.close()


def wake(body: dict) -> None:
    """Do here what your institution does: an alarm on the duty desk, a message to the officer. Here it is a line."""
    data = body["data"]
    drill = " (drill)" if data["drill"] else ""
    sys.stdout.write(f"Notice {data['code']}{drill}: {data['link']}\n")
    sys.stdout.flush()


def make_handler(store: Store, read_keys) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            length = self.headers.get("content-length", "")
            if not length.isdigit() or int(length) > MAX_BYTES:
                self.answer(413)
                return
            content = self.rfile.read(int(length))
            body = verify(read_keys(), content, dict(self.headers.items()))
            if body is None:
                self.answer(401)
                return
            is_new = store.add(self.headers["webhook-id"], content)
            self.answer(204)
            if is_new:
                wake(body)

        def answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args) -> None:
            """Say nothing: the link must stand in no log."""

    return Handler


def main() -> None:
    port, database, key_file = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    # Read anew each time, so that a key is changed without a restart.
    handler = make_handler(Store(database), lambda: key_file.read_text().split())
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        sys.stdout.write(json.dumps({"port": server.server_port}) + "\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
