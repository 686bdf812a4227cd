"""OpenPGP keys, over Sequoia (pysequoia): read, check, encrypt.

Sequoia decides what is sound (hashes, lengths, signatures); but it encrypts to an expired or revoked key when it is
asked to, so both are looked at here each time. Its errors carry a trace of its own and are dropped.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from pysequoia import ArmorKind, Cert, armor, encrypt
from pysequoia.packet import Packet, PacketPile, SignatureType, Tag

from .keys import BadKey, KeyKind, MailKey, Problem

BEGIN = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
SECRET_TAGS = (Tag.SecretKey, Tag.SecretSubkey)
KEY_TAGS = (Tag.PublicKey, Tag.PublicSubkey)
REVOKES_A_KEY = (SignatureType.KeyRevocation, SignatureType.SubkeyRevocation)

NEVER = datetime.min.replace(tzinfo=UTC)  # a signature without a time is the oldest

Result = TypeVar("Result")


@dataclass
class _Component:
    """A primary key or subkey with the signatures that follow it."""

    packets: list[Packet]
    others: list[Packet] = field(default_factory=list)  # of the primary key: user ids and what belongs to them

    @property
    def is_revoked(self) -> bool:
        return any(each.signature_type in REVOKES_A_KEY for each in self.packets)

    @property
    def newest_binding(self) -> Packet | None:
        found = [each for each in self.packets if each.signature_type == SignatureType.SubkeyBinding]
        return max(found, key=lambda each: each.signature_created or NEVER, default=None)

    @property
    def may_encrypt(self) -> bool:
        flags = self.newest_binding.key_flags if self.newest_binding else None
        return flags is not None and (flags.transport_encryption or flags.storage_encryption)

    @property
    def expires_at(self) -> datetime | None:
        created = self.packets[0].key_created
        binding = self.newest_binding
        valid_for = binding.key_validity_period if binding else None
        return created + valid_for if created is not None and valid_for else None


def read(content: bytes) -> MailKey:
    """Read one public key, binary or armoured. Raises BadKey."""
    if any(packet.tag in SECRET_TAGS for packet in _read_packets(content)):
        raise BadKey(Problem.PRIVATE)
    certs = _guard(Cert.split_bytes, content)
    if not certs:
        raise BadKey(Problem.UNREADABLE)
    if len(certs) > 1:
        raise BadKey(Problem.SEVERAL)
    (cert,) = certs
    return MailKey(
        kind=KeyKind.OPENPGP,
        fingerprint=cert.fingerprint.lower(),
        addresses=tuple(_read_addresses(cert)),
        expires_at=_read_end(cert),
        # Not Sequoia's own text of a key, which quotes its user ids in comments.
        text=_guard(armor, bytes(cert), ArmorKind.PublicKey),
    )


def find_problem(text: str, at: datetime) -> Problem | None:
    """Return why this key can't be encrypted to at this time; None where it can."""
    try:
        cert = _guard(Cert.from_bytes, text.encode())
    except BadKey as bad:
        return bad.problem
    return _find_problem(cert, at)


def encrypt_to(text: str, content: bytes, at: datetime) -> bytes:
    """Encrypt to a key; armoured, without a signature. Raises BadKey."""
    cert = _guard(Cert.from_bytes, text.encode())
    if problem := _find_end(cert, at):
        raise BadKey(problem)
    return _encrypt(_without_unusable(cert, at), content)


def _find_problem(cert: Cert, at: datetime) -> Problem | None:
    if problem := _find_end(cert, at):
        return problem
    try:
        _encrypt(_without_unusable(cert, at), b"")
    except BadKey:
        # Nothing of it may encrypt, or what may is weaker than Sequoia's policy accepts (RSA below 2048).
        return Problem.TOO_WEAK if _get_encrypting(cert) else Problem.NO_ENCRYPTION
    return None


def _find_end(cert: Cert, at: datetime) -> Problem | None:
    """Return why it isn't used any more, without trying whether it works."""
    if cert.is_revoked:
        return Problem.REVOKED
    try:
        ends = cert.expiration
    except RuntimeError:  # Sequoia's policy refuses the primary key itself
        return Problem.TOO_WEAK
    if ends is not None and ends <= at:
        return Problem.EXPIRED
    subkeys = _get_encrypting(cert)
    if subkeys and all(each.expires_at is not None and each.expires_at <= at for each in subkeys):
        return Problem.EXPIRED
    return None


def _get_encrypting(cert: Cert) -> list[_Component]:
    return [each for each in _split(cert)[1:] if each.may_encrypt and not each.is_revoked]


def _read_end(cert: Cert) -> datetime | None:
    """Return when nothing of it can be encrypted to any more; None: never."""
    try:
        primary = cert.expiration
    except RuntimeError:
        return None  # too weak for any use; `find_problem` says so
    ends = [each.expires_at for each in _get_encrypting(cert)]
    last = None if not ends or None in ends else max(end for end in ends if end is not None)
    return min((end for end in (primary, last) if end is not None), default=None)


def _without_unusable(cert: Cert, at: datetime) -> Cert:
    """Return the key without subkeys that are revoked or over, so that none of them can be chosen."""
    primary, *subkeys = _split(cert)
    kept = [each for each in subkeys if not each.is_revoked and (each.expires_at is None or each.expires_at > at)]
    packets = [*primary.packets, *primary.others, *(packet for each in kept for packet in each.packets)]
    return _guard(Cert.from_packets, packets)


def _split(cert: Cert) -> list[_Component]:
    found: list[_Component] = []
    is_about_key = True
    for packet in _read_packets(bytes(cert)):
        if packet.tag in KEY_TAGS:
            found.append(_Component([packet]))
            is_about_key = True
        elif packet.tag == Tag.Signature and is_about_key:
            found[-1].packets.append(packet)
        else:
            is_about_key = False
            found[-1].others.append(packet)
    return found


def _read_packets(content: bytes) -> list[Packet]:
    return _guard(lambda: list(PacketPile.from_bytes(content)))


def _read_addresses(cert: Cert) -> Iterator[str]:
    for packet in _split(cert)[0].others:
        if packet.tag == Tag.UserID and packet.user_id_email:
            yield packet.user_id_email.lower()


def _encrypt(cert: Cert, content: bytes) -> bytes:
    return _guard(lambda: encrypt(recipients=[cert], bytes=content))


def _guard(call: Callable[..., Result], *arguments: object) -> Result:
    """Call Sequoia, and turn whatever it raises into BadKey."""
    try:
        return call(*arguments)
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    # A panic in Rust is no Exception, and would take the whole batch of notices with it.
    except BaseException:  # noqa: BLE001
        raise BadKey(Problem.UNREADABLE) from None
