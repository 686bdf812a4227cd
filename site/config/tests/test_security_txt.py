"""To whom a weakness is reported: what the installation says, or nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ..security_txt import check_security_txt

ADDRESS = "/.well-known/security.txt"
IN_A_MONTH = str(timezone.localdate() + timedelta(days=30))


@pytest.fixture
def said(settings):
    def say(contacts=("mailto:siguria@vatra.example", "https://vatra.example/raporto"), expires=IN_A_MONTH):
        settings.SECURITY_CONTACTS, settings.SECURITY_TXT_EXPIRES = list(contacts), expires
        settings.PUBLIC_URL = "https://vatra.example"

    return say


@pytest.mark.django_db
def test_it_says_who_until_when_and_in_which_languages(client, said):
    said()
    answer = client.get(ADDRESS)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert answer.content.decode().splitlines() == [
        "Contact: mailto:siguria@vatra.example",
        "Contact: https://vatra.example/raporto",
        f"Expires: {IN_A_MONTH}T23:59:59Z",
        "Preferred-Languages: sq, en",
        "Canonical: https://vatra.example/.well-known/security.txt",
    ]
    assert check_security_txt(None) == []
    assert client.head(ADDRESS).status_code == 200
    assert client.post(ADDRESS).status_code == 405


@pytest.mark.django_db
def test_without_settings_there_is_no_such_page_and_nothing_to_complain_of(client, said):
    said(contacts=(), expires="")
    assert client.get(ADDRESS).status_code == 404
    assert check_security_txt(None) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("contacts", "expires", "words"),
    [
        (("mailto:a@vatra.example",), "", "needed both"),
        ((), IN_A_MONTH, "needed both"),
        (("a@vatra.example",), IN_A_MONTH, "begins with none"),
        (("http://vatra.example/",), IN_A_MONTH, "begins with none"),
        (("mailto:a@vatra.example\nContact: mailto:evil@example.org",), IN_A_MONTH, "begins with none"),
        (("mailto:a@vatra.example",), "30.06.2027", "no day"),
        (("mailto:a@vatra.example",), "2026-01-01", "is over"),
        (("mailto:a@vatra.example",), "2999-01-01", "more than a year"),
    ],
)
def test_what_can_not_be_used_is_not_shown_and_the_operator_reads_why(client, said, contacts, expires, words):
    said(contacts, expires)
    assert client.get(ADDRESS).status_code == 404
    (warning,) = check_security_txt(None)
    assert words in warning.msg
