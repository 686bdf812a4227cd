"""Reports of non-delivery as servers write them, and an IMAP server on loopback that holds some."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

ADDRESS = "kthim+{token}@vatra.example"


def report(to: str, *, action: str = "failed", status: str = "5.1.1", kind: str = "delivery-status") -> bytes:
    """A report as Postfix writes one."""
    return f"""\
Return-Path: <>
Delivered-To: {to}
From: MAILER-DAEMON@mx.partner.example (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary="AB12/mx.partner.example"

--AB12/mx.partner.example
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--AB12/mx.partner.example
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.partner.example
Arrival-Date: Sat, 28 Nov 2026 02:00:00 +0100 (CET)

Final-Recipient: rfc822; officer@partner.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <officer@partner.example>: Recipient address rejected

--AB12/mx.partner.example
Content-Type: text/rfc822-headers

From: Vatra <njoftime@vatra.example>
Subject: Vatra: njoftim

--AB12/mx.partner.example--
""".replace("\n", "\r\n").encode()


@dataclass
class Box:
    """An IMAP server with one folder. `seen`: which mails (from 1) are marked."""

    mails: list[bytes]
    password: str = "secret"
    seen: set[int] = field(default_factory=set)
    port: int = 0
    hang_after: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"imap://box:{self.password}@127.0.0.1:{self.port}/INBOX"


@contextmanager
def imap_server(*mails: bytes) -> Iterator[Box]:
    box = Box(list(mails))
    listener = socket.create_server(("127.0.0.1", 0))
    box.port = listener.getsockname()[1]

    def serve() -> None:
        while True:
            try:
                peer, _address = listener.accept()
            except OSError:
                return
            with peer, peer.makefile("rb") as lines, suppress(OSError):
                _talk(box, peer, lines)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        box.over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _talk(box: Box, peer: socket.socket, lines) -> None:
    peer.sendall(b"* OK [CAPABILITY IMAP4rev1] here\r\n")
    for line in lines:
        tag, _space, said = line.decode().strip().partition(" ")
        word = said.upper()
        if box.hang_after and word.startswith(box.hang_after):
            box.over.wait(20)
            return
        if word.startswith("CAPABILITY"):
            peer.sendall(b"* CAPABILITY IMAP4rev1\r\n")
        elif word.startswith("LOGIN") and f'"{box.password}"' not in said:
            peer.sendall(f"{tag} NO wrong\r\n".encode())
            continue
        elif word.startswith("SELECT"):
            peer.sendall(f"* {len(box.mails)} EXISTS\r\n".encode())
        elif word.startswith("UID SEARCH"):
            unseen = [str(number) for number in range(1, len(box.mails) + 1) if number not in box.seen]
            peer.sendall(f"* SEARCH {' '.join(unseen)}\r\n".encode())
        elif found := re.match(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", said):
            number, content = int(found[1]), box.mails[int(found[1]) - 1][: int(found[2])]
            head = f"* {number} FETCH (UID {number} BODY[]<0> {{{len(content)}}}\r\n".encode()
            peer.sendall(head + content + b")\r\n")
        elif found := re.match(r"UID STORE (\d+) \+FLAGS \(\\Seen\)", said):
            box.seen.add(int(found[1]))
        elif word.startswith("LOGOUT"):
            peer.sendall(f"* BYE\r\n{tag} OK\r\n".encode())
            return
        peer.sendall(f"{tag} OK done\r\n".encode())
