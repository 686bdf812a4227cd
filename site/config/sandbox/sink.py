"""A real SMTP server on the loopback interface that stores what it gets and forwards nothing.

`python -m config.sandbox.sink`: listens on the socket that the supervisor left in SINK_SOCKET, or on SINK_PORT (1025).
Mail goes to DATA_DIR/inbox. Beside it the gateway for SMS and calls (`phones`) runs in threads of the same process.
"""

import asyncio
import os
import signal
import socket
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from .phones import start_phones
from .store import delete_old_mails, store_mail

SIZE_LIMIT = 20 * 1024 * 1024


class Keeper:
    """aiosmtpd's handler: stores each mail in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        store_mail(self.folder, sender=envelope.mail_from or "", recipients=envelope.rcpt_tos, content=content)
        return "250 2.0.0 kept"


def _listener() -> socket.socket:
    if "SINK_SOCKET" in os.environ:
        return socket.socket(fileno=int(os.environ["SINK_SOCKET"]))
    return socket.create_server(("127.0.0.1", int(os.environ.get("SINK_PORT", "1025"))))


async def serve(folder: Path, listener: socket.socket) -> None:
    """Receive mail until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    keeper = Keeper(folder)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="sandbox.invalid", data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=True, loop=loop),
        sock=listener,
    )
    await stop.wait()
    server.close()


def main() -> None:
    data = Path(os.environ.get("DATA_DIR", "var"))
    folder = data / "inbox"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    delete_old_mails(folder)
    start_phones(data / "phones")
    asyncio.run(serve(folder, _listener()))


if __name__ == "__main__":
    main()
