"""The folder of received mail: one file each, named by its time of arrival.

Imports no Django: the sink doesn't load it.
"""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path

KEPT = 5000
KEY_LENGTH = len("00000000000000000000-01234567")


@dataclass(frozen=True)
class Letter:
    """A received mail. `copies` counts how many had this Message-ID; the newest stands for all."""

    key: str
    sender: str
    recipients: str
    subject: str
    message_id: str
    received: datetime
    copies: int = 1


def store_mail(folder: Path, *, sender: str, recipients: list[str], content: bytes) -> Path:
    """Store one mail; the envelope's headers go before its own."""
    path = folder / f"{time.time_ns():020d}-{secrets.token_hex(4)}.eml"
    envelope = f"X-Envelope-From: {sender}\r\nX-Envelope-To: {', '.join(recipients)}\r\n"
    # Under another name first: the pages read *.eml while mail arrives.
    fresh = path.with_suffix(".new")
    fresh.write_bytes(envelope.encode() + content)
    fresh.replace(path)
    return path


def delete_old_mails(folder: Path) -> None:
    """Delete all but the newest KEPT mails."""
    for path in sorted(folder.glob("*.eml"))[:-KEPT]:
        path.unlink(missing_ok=True)


def get_newest_letters(folder: Path, *, limit: int = 100) -> list[Letter]:
    """Return the newest mails, one for each Message-ID, newest first."""
    found: dict[str, Letter] = {}
    parser = BytesHeaderParser(policy=default)
    for path in sorted(folder.glob("*.eml"), reverse=True):
        with path.open("rb") as file:
            letter = _letter(path, parser.parse(file))
        known = found.get(letter.message_id)
        if known is not None:
            found[letter.message_id] = Letter(**{**vars(known), "copies": known.copies + 1})
        elif len(found) == limit:
            break
        else:
            found[letter.message_id] = letter
    return list(found.values())


def read_letter(folder: Path, key: str) -> tuple[Letter, str] | None:
    """Return one mail with its text, or None when there is none of this key."""
    path = folder / f"{key}.eml"
    # The key comes from the address: nothing that could lead out of the folder passes.
    if len(key) != KEY_LENGTH or not key.replace("-", "").isalnum() or not path.is_file():
        return None
    mail = message_from_bytes(path.read_bytes(), policy=default)
    body = mail.get_body(preferencelist=("plain",))
    return _letter(path, mail), body.get_content() if body is not None else ""


def _letter(path: Path, mail: EmailMessage) -> Letter:
    return Letter(
        key=path.stem,
        sender=str(mail.get("X-Envelope-From", "")),
        recipients=str(mail.get("X-Envelope-To", "")),
        subject=str(mail.get("Subject", "")),
        message_id=str(mail.get("Message-ID", path.stem)).strip(),
        received=datetime.fromtimestamp(int(path.stem[:20]) / 1e9, tz=UTC),
    )
