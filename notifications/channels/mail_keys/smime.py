"""S/MIME certificates: read, check, and encrypt (CMS EnvelopedData, AES-256-CBC, RSA with PKCS #1 v1.5).

RSA alone: `cryptography` makes no envelopes for keys on elliptic curves. Who issued a certificate isn't looked at, nor
whether it was revoked since: two people compare its fingerprint with its owner, and its owner opens a test.
"""

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .keys import BadKey, KeyKind, MailKey, Problem

BEGIN = "-----BEGIN CERTIFICATE-----"
MIN_RSA_BITS = 2048
FOR_MAIL = frozenset({ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})


def read(content: bytes) -> MailKey:
    """Read one certificate, PEM or DER. Raises BadKey."""
    try:
        if content.lstrip().startswith(b"-----BEGIN"):
            found = x509.load_pem_x509_certificates(content)
        else:
            found = [x509.load_der_x509_certificate(content)]
        if len(found) > 1:
            raise BadKey(Problem.SEVERAL)
        (certificate,) = found
        if not isinstance(certificate.public_key(), rsa.RSAPublicKey):
            raise BadKey(Problem.NOT_RSA)
        return MailKey(
            kind=KeyKind.SMIME,
            fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
            addresses=_read_addresses(certificate),
            expires_at=certificate.not_valid_after_utc,
            text=certificate.public_bytes(Encoding.PEM).decode(),
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey(Problem.UNREADABLE) from None


def find_problem(text: str, at: datetime) -> Problem | None:
    """Return why this certificate can't be encrypted to at this time; None where it can."""
    try:
        return _find_problem(_load(text), at)
    except BadKey as bad:
        return bad.problem


def encrypt_to(text: str, content: bytes, at: datetime) -> bytes:
    """Encrypt to a certificate; DER. Raises BadKey."""
    certificate = _load(text)
    if problem := _find_problem(certificate, at):
        raise BadKey(problem)
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(content).add_recipient(certificate)
    builder = builder.set_content_encryption_algorithm(algorithms.AES256)
    try:
        # Binary: the lines of what is encrypted end as mail's do already.
        return builder.encrypt(Encoding.DER, [pkcs7.PKCS7Options.Binary])
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey(Problem.UNREADABLE) from None


def _load(text: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(text.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey(Problem.UNREADABLE) from None


def _find_problem(certificate: x509.Certificate, at: datetime) -> Problem | None:
    try:
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            return Problem.NOT_RSA
        if key.key_size < MIN_RSA_BITS:
            return Problem.TOO_WEAK
        if certificate.not_valid_after_utc <= at:
            return Problem.EXPIRED
        if certificate.not_valid_before_utc > at:
            return Problem.NOT_YET
        return None if _may_encrypt(certificate) else Problem.NO_ENCRYPTION
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return Problem.UNREADABLE


def _may_encrypt(certificate: x509.Certificate) -> bool:
    """Tell whether its issuer lets it be encrypted to, for mail. Where it says nothing, it may."""
    extensions = certificate.extensions
    try:
        if not extensions.get_extension_for_class(x509.KeyUsage).value.key_encipherment:
            return False
    except x509.ExtensionNotFound:
        pass
    try:
        return bool(FOR_MAIL & set(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value))
    except x509.ExtensionNotFound:
        return True


def _read_addresses(certificate: x509.Certificate) -> tuple[str, ...]:
    found = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)]
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found += names.get_values_for_type(x509.RFC822Name)
    except x509.ExtensionNotFound:
        pass
    return tuple(dict.fromkeys(each.lower() for each in found))
