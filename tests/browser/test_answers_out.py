"""A coordinator takes answers out, in a real browser: at once, and in the background."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from access.models import User
from case_forms.submissions.exports import actions
from case_forms.submissions.exports.models import AnswerExport
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from tests.seeds import lay_down_demo

from .pictures import picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def coordinator(transactional_db: Any) -> User:
    lay_down_demo(with_cases=True)
    User.objects.update(language="en")
    return User.objects.get(username="koordinator")


@pytest.mark.parametrize("width", [360, 1280])
def test_answers_come_as_a_file_at_once_or_when_they_are_written(
    chromium: Any, live_server: Any, coordinator: User, monkeypatch: Any, tmp_path: Path, width: int
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800}, locale="en-GB", accept_downloads=True)
    page = context.new_page()
    page.goto(f"{live_server.url}/accounts/login/?next=/field/answers/")
    page.fill("#id_login", coordinator.username)
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    expect(page.get_by_role("heading", name="Export answers")).to_be_visible()
    picture(page, f"answers_out_{width}")
    page.get_by_label("Form").select_option("indicator_review")  # it has a group, so it comes as an archive
    page.get_by_label("CSV").check()
    page.get_by_label("Codes").check()
    rows = _rows(page, tmp_path)
    assert rows
    assert {row["_version"] for row in rows} == {"1"}

    page.get_by_label("Happened from").fill("2030-01-01")
    page.get_by_role("button", name="Create the file").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was sent in that time")
    picture(page, f"answers_out_nothing_{width}")

    monkeypatch.setattr("case_forms.submissions.exports.views.AT_ONCE", 0)
    page.get_by_label("Happened from").fill("")
    page.get_by_role("button", name="Create the file").click()
    expect(page.get_by_text("The file is being created")).to_be_visible()
    picture(page, f"answers_out_working_{width}")
    actions.run_export(str(AnswerExport.objects.get().pk))
    link = page.get_by_role("link", name="Download the file")
    expect(link).to_be_visible()  # the page renews itself
    picture(page, f"answers_out_ready_{width}")
    with page.expect_download() as waiting:
        link.click()
    waiting.value.save_as(tmp_path / "large.zip")
    assert zipfile.ZipFile(tmp_path / "large.zip").testzip() is None
    context.close()


def _rows(page: Page, tmp_path: Path) -> list[dict[str, str]]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Create the file").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    content = path.read_bytes()
    if path.suffix == ".zip":
        content = zipfile.ZipFile(io.BytesIO(content)).read("indicator_review.csv")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
