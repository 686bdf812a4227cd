import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone, translation
from pypdf import PdfReader

from access.models import StaffRole
from audit.models import AuditEntry
from notifications.outbox.delivery import send_due
from tests.world.notices import notify_officer
from tests.world.places import make_user

from .. import checking
from ..models import CountState, OfficeAsked
from ..quarters import Quarter
from ..views import word_minutes

pytestmark = pytest.mark.django_db


def this_quarter() -> str:
    return Quarter.of(timezone.localdate()).key


@pytest.fixture
def client(staffed: Any, postbox: Any) -> Client:
    user = make_user(StaffRole.COORDINATOR, region=staffed.country.vlore.region, language="en")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    found = Client()
    found.force_login(user)
    return found


@pytest.fixture
def notified(staffed: Any, postbox: Any) -> None:
    notify_officer(staffed)
    send_due()


def test_the_page_names_the_office_and_how_often_it_was_notified(client, notified, staffed):
    page = client.get("/cms/silence/").content.decode()
    assert staffed.officer.partner.name in page
    assert "<svg" in page


def test_the_page_of_an_empty_quarter_says_so(client):
    assert client.get("/cms/silence/").status_code == 200


def test_the_page_says_when_stored_figures_differed_from_the_record_and_when_they_were_compared(client, notified):
    checking.each_minute()
    page = client.get("/cms/silence/").content.decode()
    assert "Last compared with the whole record" in page
    assert "differed" not in page
    OfficeAsked.objects.all().delete()
    CountState.objects.update(compared_at=None)
    checking.each_minute()
    for address in ("/cms/silence/", "/cms/silence/?as=pdf"):
        response = client.get(address)
        assert response.status_code == 200
    assert "stored figures differed from the record" in client.get("/cms/silence/").content.decode()


@pytest.mark.parametrize("asked", ["1999-1", "2026-5", "x", "../..", "2026-4%00"])
def test_a_quarter_that_there_is_not_is_a_404(client, asked):
    assert client.get("/cms/silence/", {"quarter": asked}).status_code == 404
    assert client.get("/cms/silence/", {"quarter": this_quarter(), "as": asked}).status_code == 404


def test_the_csv_has_a_line_for_each_office_and_its_download_is_recorded(client, notified, staffed):
    response = client.get("/cms/silence/", {"quarter": this_quarter(), "as": "csv"})
    rows = list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == [staffed.officer.partner.name]
    assert {len(row) for row in rows} == {14}
    assert AuditEntry.objects.get(action="silence.exported").target_id == this_quarter()


def test_the_pdf_says_the_same(client, notified, staffed):
    response = client.get("/cms/silence/", {"quarter": this_quarter(), "as": "pdf"})
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages)
    assert staffed.officer.partner.name in " ".join(text.split())


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(None, "–"), (0.2, "1 minute"), (59, "59 minutes"), (90, "1.5 h"), (2 * 24 * 60, "2 days")],
)
def test_spans_are_said_as_people_say_them(minutes, words):
    with translation.override("en"):
        assert word_minutes(minutes) == words
