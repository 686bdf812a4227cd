"""A notice's e-mail as plain text: what Django writes, without its way through `email.generator` and `email.header`.

Those look at each line for what a notice never holds (attachments, folded addresses, letters in several alphabets),
which took a fifth of a worker's time. `tests/test_plain_mail.py` holds the two together.
"""

import base64
import re
from email.mime.text import MIMEText
from email.utils import formatdate
from typing import Any

from django.conf import settings
from django.core import mail
from django.core.mail.message import SafeMIMEText

WORD_BYTES = 36  # 48 letters in base64, which with its marks and "Subject: " leaves a line below 76 (RFC 2047)
LINE_END = re.compile(rb"\r\n|\r|\n")


class PlainEmail(mail.EmailMessage):
    """Django's e-mail of one text to one address, with the headers that the channel gives it."""

    def message(self, **_given: Any) -> Any:
        """Return what is sent. Raises BadHeaderError for a header of several lines, ValueError for a bad address."""
        text = _Text(str(self.body), self.content_subtype, self.encoding or settings.DEFAULT_CHARSET)
        text["Subject"] = self.subject
        text["To"] = ", ".join(self.to)
        text["Date"] = formatdate(localtime=settings.EMAIL_USE_LOCALTIME)
        for name, value in self.extra_headers.items():
            text[name] = value
        return text


class _Text(SafeMIMEText):
    def __setitem__(self, name: str, value: Any) -> None:
        if name == "Subject" and not value.isascii() and not {"\n", "\r"} & {*value}:
            MIMEText.__setitem__(self, name, encode_words(value))
        else:
            super().__setitem__(name, value)

    def as_bytes(self, unixfrom: bool = False, linesep: Any = "\n") -> bytes:
        """Return headers and text. Each header was checked, and encoded, when it was set."""
        head = "".join(f"{name}: {value}\n" for name, value in self.raw_items())
        whole = f"{head}\n{self.get_payload()}".encode(errors="replace")
        return linesep.encode().join(LINE_END.split(whole))


def encode_words(text: str) -> str:
    """Return the text as encoded words (RFC 2047), one a line."""
    words, word = [], b""
    for letter in text:
        encoded = letter.encode()
        if len(word) + len(encoded) > WORD_BYTES:
            words.append(word)
            word = b""
        word += encoded
    return "\n ".join(f"=?utf-8?b?{base64.b64encode(each).decode()}?=" for each in [*words, word])
