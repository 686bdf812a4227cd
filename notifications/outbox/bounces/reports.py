"""Read a report of non-delivery (RFC 3464, inside multipart/report of RFC 6522) with the standard library.

Only one question is asked of it: has a server given up (`Action: failed`), or is it still trying? What a person typed,
an automatic reply and what some server writes in prose are no reports. Nothing of its text goes anywhere.
"""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

MAX_BYTES = 256 * 1024  # a report repeats at most the mail, which has a few kB
MAX_PARTS = 50
MAX_RECIPIENTS = 50
# Where the address stands to which the report was sent: our return path.
ADDRESSED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")


@dataclass(frozen=True)
class Report:
    """What a mail says: to which addresses it was sent, and whether a server has given up."""

    addresses: tuple[str, ...]
    has_failed: bool


def read_report(content: bytes) -> Report:
    """Read a mail. Never raises, whatever its bytes are: what can't be read says that nothing has failed."""
    try:
        mail = message_from_bytes(content[:MAX_BYTES], policy=compat32)
        addresses = tuple(str(value)[:1000] for name in ADDRESSED for value in mail.get_all(name, [])[:20])
        return Report(addresses, _has_failed(mail))
    except Exception:  # noqa: BLE001  # email's parser is lenient, but its list of what it raises has no end
        return Report((), has_failed=False)


def _has_failed(mail: Message) -> bool:
    if mail.get_content_type() != "multipart/report" or _get_kind(mail) != "delivery-status":
        return False
    # The parts of the report itself only. The mail that came back stands inside as a part of its own, and what a
    # sender once attached to that one is no report.
    parts = mail.get_payload()
    own = [part for part in parts if isinstance(part, Message)][:MAX_PARTS] if isinstance(parts, list) else []
    reports = [part for part in own if part.get_content_type() == "message/delivery-status"]
    return any(_names_failure(part) for part in reports)


def _get_kind(mail: Message) -> str:
    kind = mail.get_param("report-type", "")
    return str(kind[2] if isinstance(kind, tuple) else kind).strip().lower()


def _names_failure(part: Message) -> bool:
    """Tell whether the report says of a recipient that a server has given up. Each group of fields is a Message."""
    groups = part.get_payload()
    if not isinstance(groups, list):
        return False
    actions = [str(each.get("action", "")) for each in groups[:MAX_RECIPIENTS] if isinstance(each, Message)]
    # Some servers write a comment behind it.
    return any(action.partition("(")[0].strip().lower() == "failed" for action in actions)
