"""Read a key of either kind, and use one that is stored."""

import re
from datetime import datetime

from . import openpgp, smime
from .keys import MAX_KEY_BYTES, BadKey, KeyKind, MailKey, Problem

# PGP, PKCS #1, PKCS #8 (encrypted or not), EC, OpenSSH: each says so in its first line.
_PRIVATE = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY", re.IGNORECASE)
_DER_SEQUENCE, _DER_INTEGER = 0x30, 0x02
_OPENPGP_SECRET_TAGS = (5, 7)


def read_key(content: bytes) -> MailKey:
    """Read what somebody pasted or uploaded: one public key of either kind. Raises BadKey."""
    if is_private(content):
        raise BadKey(Problem.PRIVATE)
    if len(content) > MAX_KEY_BYTES:
        raise BadKey(Problem.TOO_LARGE)
    if b"-----BEGIN CERTIFICATE" in content or content[:1] == bytes([_DER_SEQUENCE]):
        return smime.read(content[content.find(b"-----BEGIN ") :] if b"-----BEGIN " in content else content)
    return openpgp.read(content)


def is_private(content: bytes) -> bool:
    """Tell whether there is a private key in it, by its beginning or its armour, without decoding it."""
    return bool(_PRIVATE.search(content)) or _is_private_der(content) or _is_private_openpgp(content)


def _is_private_der(content: bytes) -> bool:
    """Match PKCS #1, #8 and #12: each is a sequence that begins with its version; a certificate's doesn't."""
    if len(content) < 4 or content[0] != _DER_SEQUENCE:
        return False
    length_bytes = content[1] & 0x7F if content[1] & 0x80 else 0
    return content[2 + length_bytes : 3 + length_bytes] == bytes([_DER_INTEGER])


def _is_private_openpgp(content: bytes) -> bool:
    """Match a binary key whose first packet is a secret one, in the old and the new format of packets."""
    first = content[0] if content else 0
    if not first & 0x80:
        return False
    tag = first & 0x3F if first & 0x40 else (first >> 2) & 0x0F
    return tag in _OPENPGP_SECRET_TAGS


def get_kind(text: str) -> KeyKind:
    """Return of which kind a stored key is."""
    return KeyKind.SMIME if text.startswith(smime.BEGIN) else KeyKind.OPENPGP


def find_problem(text: str, at: datetime) -> Problem | None:
    """Return why a stored key can't be encrypted to at this time; None where it can."""
    return (smime if get_kind(text) == KeyKind.SMIME else openpgp).find_problem(text, at)
