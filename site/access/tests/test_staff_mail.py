"""A mail that can't be sent is said and stops nothing."""

from smtplib import SMTPRecipientsRefused

import pytest
from django.core.mail import EmailMessage

from ..staff_mail import send_staff_mail


def refused(message: EmailMessage) -> int:
    raise SMTPRecipientsRefused({message.to[0]: (550, b"no such user")})


@pytest.mark.parametrize("address", ["ana@example.org\nBcc: x@example.org", "refused@example.org"])
def test_an_address_that_takes_no_mail_is_logged_without_it_and_stops_no_other(
    address: str, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as away:
        if "\n" not in address:
            away.setattr(EmailMessage, "send", refused)
        assert not send_staff_mail("Subject", "Body", address, "duty_mail_failed", user=7)
    assert send_staff_mail("Subject", "Body", "besa@example.org", "duty_mail_failed", user=8)
    assert [each.to for each in mailoutbox] == [["besa@example.org"]]
    said = caplog.text
    assert "duty_mail_failed" in said
    assert "example.org" not in said
