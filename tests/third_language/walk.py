"""Every page in a third language, run by `test_third_language.py` under settings that have one."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse

from access.languages import LANGUAGES, SPOKEN_LANGUAGES
from access.models import User
from case_forms.procedures.models import ProcedureVersion
from case_forms.submissions.seeding.demo import DEMO_PIN
from content.models import Hotline
from notifications.directory.models import Contact, Role
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice, Purpose
from tests.security.conftest import Matrix, matrix
from tests.security.route_matrix.addresses import REACHED

__all__ = ["matrix"]
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:Pagination may yield inconsistent results"),
]
ITALIAN = "it"


class _Words(HTMLParser):
    """The words that a page shows, without the names of languages and what is different each time."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.is_hidden = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.is_hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self.is_hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self.is_hidden and data.strip() and data.strip() not in ("Shqip", "English", "Italiano"):
            self.found.append(re.sub(r"\d+", "#", " ".join(data.split())))


def read_words(answer: Any) -> list[str]:
    parser = _Words()
    parser.feed(answer.content.decode())
    return parser.found


@pytest.fixture
def everybody(matrix: Matrix) -> Matrix:
    User.objects.update(language=ITALIAN)
    Contact.objects.update(language=ITALIAN)
    Notice.objects.filter(sent_at__isnull=True).update(language=ITALIAN)
    for person in matrix.people.values():
        person.client.cookies[settings.LANGUAGE_COOKIE_NAME] = ITALIAN
    return matrix


# Whoever is let in first opens the page; the others read the same words.
PEOPLE = ("coordinator", "worker", "editor", "operator", "auditor", "token that reads", "token that sends", "anonymous")


def walk_every_page_opens_in_a_language_that_nothing_is_translated_into(everybody: Matrix) -> None:
    failed, opened = [], 0
    for route in REACHED:
        path = route.path_in(everybody.world)
        row = route.row
        for name in PEOPLE:
            person = everybody.people[name]
            if row is None or not (row.is_open or person.kind.role in row.roles):
                continue  # the matrix of routes asks for what is refused
            person.client.raise_request_exception = False
            keys = {"Authorization": f"Bearer {person.token}"} if person.token else {}
            answer = person.client.get(path, headers={"accept-language": ITALIAN, **keys})
            if answer.status_code >= 500 and answer.status_code != 503:
                failed.append((path, name, answer.status_code, repr(getattr(answer, "exc_info", [None, None])[1])))
            if answer.status_code not in (302, 401, 403, 404, 405):
                opened += 1
                break
    assert failed == []
    assert opened > len(REACHED) // 2


def walk_a_language_that_is_only_in_the_settings_is_known_and_not_spoken() -> None:
    assert LANGUAGES == ("sq", "en", ITALIAN)
    assert SPOKEN_LANGUAGES == ("sq", "en")
    line = Hotline(name_sq="Linja", name_en="The line")
    assert line.get_texts("name") == {"sq": "Linja", "en": "The line", ITALIAN: "Linja"}


def walk_a_notice_its_mail_brief_and_document_say_the_default_languages_words(everybody: Matrix) -> None:
    sent = send_due()
    assert sent == len(mail.outbox) > 0
    assert not Notice.objects.exclude(reason__in=("", "no_contact")).filter(state="failed").exists()
    firsts = Notice.objects.filter(purpose=Purpose.FIRST, contact__isnull=False, case_id__isnull=False)
    for role in (Role.POLICE, Role.RESPONSIBLE_AUTHORITY, Role.CPU):
        notice = firsts.filter(role=role, sent_at__isnull=False, language=ITALIAN).first()
        assert notice is not None, role
        client, path = Client(), f"/n/{notice.link_token}/"
        assert client.post(path, {"pin": DEMO_PIN}).status_code == 303
        said = {code: read_words(client.get(path, {"lang": code})) for code in ("sq", "en", ITALIAN)}
        _assert_default_words(said[ITALIAN], said["sq"], said["en"])
        documents = [client.get(f"{path}document.pdf", {"lang": code}) for code in ("sq", ITALIAN)]
        assert len({document.status_code for document in documents}) == 1
        if role == Role.RESPONSIBLE_AUTHORITY:
            assert documents[1].getvalue()[:4] == b"%PDF"


def _assert_default_words(shown: list[str], default: list[str], english: list[str]) -> None:
    """Assert that a page says the default language's words; a few are Italian, which Django's or Wagtail's are."""
    assert len(shown) == len(default)
    other = [(mine, theirs) for mine, theirs in zip(shown, default, strict=True) if mine != theirs]
    assert len(other) < len(shown) / 5, other
    assert {mine for mine, _theirs in other} & {*english} <= {"No"}  # which is both


def walk_readers_get_pages_in_the_languages_that_have_them_and_editors_see_what_lacks(everybody: Matrix) -> None:
    client = Client(headers={"accept-language": ITALIAN})
    assert client.get("/").status_code == 200
    assert client.get(f"/{ITALIAN}/").status_code in (302, 404)
    # A field for each text of the procedure in each language, empty where it isn't written.
    version = ProcedureVersion.objects.latest("number")
    assert set(version.parsed.title) == {"sq", "en"}
    coordinator = everybody.people["coordinator of all regions"].client
    address = reverse("wagtailsnippets_procedures_procedure:edit", args=[version.procedure_id])
    assert f'"{ITALIAN}"' in coordinator.get(address).content.decode().replace("&quot;", '"')
