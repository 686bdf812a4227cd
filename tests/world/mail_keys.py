"""Keys of contacts, made when a test asks for one; and mail programs that open what was encrypted to them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pysequoia import Tsk, decrypt

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Opened:
    """What a mail program shows of an encrypted mail: outside, and once it was decrypted."""

    outer: Any
    inner: EmailMessage

    @property
    def text(self) -> str:
        return str(self.inner.get_content())


def make_openpgp(address: str = "artan@asp.example", *, seconds: int | None = None, **how: Any) -> Tsk:
    return Tsk.generate(f"Artan <{address}>", validity_seconds=seconds, **how)


def get_public(key: Tsk) -> bytes:
    return str(key.extract_certificate()).encode()


def open_openpgp(raw: bytes, key: Tsk) -> Opened:
    outer = message_from_bytes(raw, policy=policy.default)
    version, content = outer.iter_parts()
    assert (outer.get_content_type(), outer.get_param("protocol")) == (
        "multipart/encrypted",
        "application/pgp-encrypted",
    )
    assert version.get_content_type() == "application/pgp-encrypted"
    assert version.get_content().strip() == b"Version: 1"
    found = decrypt(decryptor=key.decryptor(), bytes=str(content.get_payload()).encode()).bytes
    assert found is not None
    return Opened(outer, message_from_bytes(found, policy=policy.default))


@cache
def make_rsa(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@dataclass(frozen=True)
class Smime:
    key: Any
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def private_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def private_der(self) -> bytes:
        return self.key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())

    @property
    def bundle(self) -> bytes:
        return pkcs12.serialize_key_and_certificates(
            b"x", self.key, self.certificate, None, BestAvailableEncryption(b"x")
        )


def make_smime(
    address: str = "artan@asp.example",
    *,
    bits: int = 2048,
    curve: bool = False,
    begins: datetime | None = None,
    ends: datetime | None = None,
    may_encipher: bool | None = True,
    is_for_mail: bool | None = True,
) -> Smime:
    """Make a certificate that signs itself. `may_encipher`, `is_for_mail`: None leaves the extension out."""
    key: Any = ec.generate_private_key(ec.SECP256R1()) if curve else make_rsa(bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Artan")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins or now - 700 * DAY)
        .not_valid_after(ends or now + 365 * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(address)]), critical=False)
    )
    if may_encipher is not None:
        usage = dict.fromkeys(
            ("data_encipherment", "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False
        )
        made = made.add_extension(
            x509.KeyUsage(digital_signature=True, content_commitment=False, key_encipherment=may_encipher, **usage),
            critical=True,
        )
    if is_for_mail is not None:
        use = ExtendedKeyUsageOID.EMAIL_PROTECTION if is_for_mail else ExtendedKeyUsageOID.SERVER_AUTH
        made = made.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    return Smime(key, made.sign(key, hashes.SHA256()))


def open_smime(raw: bytes, smime: Smime) -> Opened:
    outer = message_from_bytes(raw, policy=policy.default)
    assert (outer.get_content_type(), outer.get_param("smime-type")) == ("application/pkcs7-mime", "enveloped-data")
    content = outer.get_payload(decode=True)
    assert isinstance(content, bytes)
    found = pkcs7.pkcs7_decrypt_der(content, smime.certificate, smime.key, [])
    return Opened(outer, message_from_bytes(found, policy=policy.default))
