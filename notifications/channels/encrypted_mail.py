"""An e-mail that only the holder of a key can read: PGP/MIME (RFC 3156) or S/MIME (RFC 8551).

What is encrypted is the whole text and the subject; outside stands a subject that is the same for every such mail. The
true one is inside twice, so that every program shows it somewhere: as a protected header (RFC 9788, `hp="cipher"`, and
the older `protected-headers="v1"`), and, for programs that know of neither (Outlook), as the text's first line, which
those that do leave out (`hp-legacy-display`).

There is no signature: what a mail says is looked up behind a PIN, whoever wrote it.
"""

from datetime import datetime
from email import encoders, policy
from email.message import EmailMessage as StandardMessage
from email.mime.nonmultipart import MIMENonMultipart
from typing import Any

from django.core import mail
from django.core.mail.message import MIMEMixin, SafeMIMEMultipart
from django.utils import translation
from django.utils.translation import gettext as _

from .mail_keys import openpgp, smime
from .mail_keys.keys import KeyKind
from .mail_keys.reading import get_kind

PROTECTED = ("From", "To", "Date", "Message-ID", "In-Reply-To", "References")
OF_THE_BODY = ("content-type", "content-transfer-encoding", "mime-version")


class _Part(MIMEMixin, MIMENonMultipart):  # type: ignore[misc]  # Django's mixin, which writes lines as SMTP wants them
    """A part that isn't text, written as Django's own parts are."""


class EncryptedEmail(mail.EmailMessage):
    """Django's e-mail, encrypted by `encrypt`, which raises BadKey. One that isn't encrypted can't be written."""

    def __init__(self, *, key: str, language: str, at: datetime, **given: Any) -> None:
        super().__init__(**given)
        self.key, self.language, self.at = key, language, at
        self._encrypted: Any = None

    def message(self, **_given: Any) -> Any:
        assert self._encrypted is not None
        return self._encrypted

    def encrypt(self) -> None:
        """Encrypt what it says now, once: what is sent is what was encrypted."""
        plain = super().message()
        with translation.override(self.language or None):
            cover = _("Encrypted message")
        inner = self._build_inner(plain, cover)
        is_smime = get_kind(self.key) == KeyKind.SMIME
        outer = _wrap_smime(self.key, inner, self.at) if is_smime else _wrap_openpgp(self.key, inner, self.at)
        for name, value in plain.items():
            if name.lower() not in OF_THE_BODY:
                outer[name] = cover if name.lower() == "subject" else value
        self._encrypted = outer

    def _build_inner(self, plain: Any, cover: str) -> bytes:
        """Build what is encrypted: a text of its own, with the headers that it vouches for."""
        inner = StandardMessage(policy=policy.SMTP)
        shown = {name: str(plain[name]) for name in PROTECTED if plain[name]}
        inner["Subject"] = self.subject
        for name, value in shown.items():
            inner[name] = value
        for name, value in {**shown, "Subject": cover}.items():
            inner["HP-Outer"] = f"{name}: {value}"
        label = "Subject"  # a header's name, which no program translates in a text either
        inner.set_content(f"{label}: {self.subject}\n\n{self.body}", cte="base64")
        inner.set_param("hp", "cipher")
        inner.set_param("hp-legacy-display", "1")
        inner.set_param("protected-headers", "v1")
        return inner.as_bytes()


def _wrap_openpgp(key: str, inner: bytes, at: datetime) -> Any:
    outer = SafeMIMEMultipart(_subtype="encrypted", protocol="application/pgp-encrypted")
    version = _Part("application", "pgp-encrypted")
    version.set_payload("Version: 1\n")
    content = _Part("application", "octet-stream", name="encrypted.asc")
    content["Content-Disposition"] = 'inline; filename="encrypted.asc"'
    content.set_payload(openpgp.encrypt_to(key, inner, at).decode("ascii"))
    outer.attach(version)
    outer.attach(content)
    return outer


def _wrap_smime(key: str, inner: bytes, at: datetime) -> Any:
    outer = _Part("application", "pkcs7-mime", name="smime.p7m")
    outer.set_param("smime-type", "enveloped-data")
    outer["Content-Disposition"] = 'attachment; filename="smime.p7m"'
    outer.set_payload(smime.encrypt_to(key, inner, at))
    encoders.encode_base64(outer)
    return outer
