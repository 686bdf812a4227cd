"""The fast way to write a notice's e-mail says what Django's own would."""

from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from django.core import mail
from django.core.mail.message import BadHeaderError
from hypothesis import given
from hypothesis import strategies as st

from ..plain_mail import PlainEmail, encode_words

LINES = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=200)
TEXTS = st.lists(LINES, min_size=1, max_size=6).map("\n".join)


def build(kind: type[mail.EmailMessage], subject: str, body: str, to: str = "d@partner.example") -> mail.EmailMessage:
    headers = {
        "From": "Vatra <n@vatra.example>",
        "Message-ID": "<a.3@vatra.example>",
        "Auto-Submitted": "auto-generated",
        "References": f"<{'a' * 60}@vatra.example>",
        "Date": "Sat, 28 Nov 2026 10:00:00 -0000",
    }
    return kind(subject, body, "back+1@vatra.example", [to], headers=headers)


def read(email: mail.EmailMessage) -> tuple[dict[str, str], str]:
    """Return headers and text as a mail program reads them."""
    parsed = message_from_bytes(email.message().as_bytes(linesep="\r\n"), policy=policy.default)
    # Folding is how a header is written, not what it says.
    headers = {name: " ".join(str(value).split()) for name, value in parsed.items() if name != "Date"}
    return headers, parsed.get_content()


@given(subject=LINES, body=TEXTS)
def test_a_mail_program_reads_what_django_would_have_written(subject: str, body: str) -> None:
    headers, text = read(build(PlainEmail, subject, body))
    expected, expected_text = read(build(mail.EmailMessage, subject, body))
    assert headers.pop("Subject").split() == expected.pop("Subject").split()
    assert headers == expected
    assert text.splitlines() == expected_text.splitlines()


@given(text=st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=300))
def test_encoded_words_are_whole_letters_on_short_lines_and_say_the_text(text: str) -> None:
    written = encode_words(text)
    assert str(make_header(decode_header(written))) == text
    lines = f"Subject: {written}".split("\n")
    assert max(len(line) for line in lines) <= 76
    for line in lines:
        make_header(decode_header(line.removeprefix("Subject: ").strip()))  # each is readable by itself


def test_every_line_ends_as_smtp_wants_it_and_long_ones_are_shortened() -> None:
    written = build(PlainEmail, "Vatra: ç", "ë" * 2000 + "\nFrom there\n.\n").message().as_bytes(linesep="\r\n")
    assert written.count(b"\n") == written.count(b"\r\n") == written.count(b"\r")
    assert max(len(line) for line in written.splitlines()) <= 998
    assert b"\r\nFrom there\r\n" in written


def test_an_address_with_other_letters_is_written_as_django_writes_it() -> None:
    headers, _text = read(build(PlainEmail, "a", "b", to="zyra@çamëria.example"))
    assert headers["To"] == read(build(mail.EmailMessage, "a", "b", to="zyra@çamëria.example"))[0]["To"]


@pytest.mark.parametrize("subject", ["Vatra\nBcc: x@evil.example", "Vatrë\r\nBcc: x@evil.example", "ë\n"])
def test_a_subject_of_several_lines_is_refused(subject: str) -> None:
    with pytest.raises(BadHeaderError):
        build(PlainEmail, subject, "b").message()


def test_a_header_of_several_lines_is_refused() -> None:
    email = build(PlainEmail, "a", "b")
    email.extra_headers["Notice-Chain"] = "1:a\nBcc: x@evil.example"
    with pytest.raises(BadHeaderError):
        email.message()
