"""A form's whole life in a real browser: built from nothing, tried, submitted, published by another coordinator, filled
by a worker, its answers taken out. Set FIELD_PICTURES to a folder for pictures of each step."""

import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from access.models import User
from case_forms.form_builder.models import FormDefinition, FormVersion
from case_forms.submissions.models import Draft, Submission
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import leave

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
TITLE = "Takim në terren"


@pytest.fixture
def system(transactional_db: Any, live_server: Any) -> str:
    lay_down_demo()
    User.objects.update(language="en")
    return str(live_server.url)


@contextmanager
def signed_in(chromium: Browser, system: str, name: str, to: str, viewport: dict[str, int]) -> Iterator[Page]:
    """A person at their own machine. Whatever the console complains of fails the test."""
    context: BrowserContext = chromium.new_context(
        viewport=viewport,  # type: ignore[arg-type]
        locale="en-GB",
        timezone_id="Europe/Tirane",
        accept_downloads=True,
    )
    page, complaints = context.new_page(), list[str]()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(f"{said.text} {said.location}") if said.type == "error" else None)
    page.goto(f"{system}/accounts/login/?next={to}")
    page.fill("#id_login", name)
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    page.wait_for_url(f"**{to}")
    yield page
    heard = [said for said in complaints if "422" not in said]
    leave(page, system)
    assert heard == []


# ---- building ----


def begin(page: Page) -> None:
    """A new form in Albanian, from the list of forms."""
    page.get_by_role("link", name="Add").first.click()
    page.get_by_label("Main language").select_option("sq")
    page.get_by_label("Title").fill(TITLE)
    page.get_by_label("Kind").select_option(label="Outreach")
    picture(page, "story_01_begin")
    page.get_by_role("button", name="Create the form").click()
    expect(page.locator(".vo-toolbar")).to_be_visible()


class Builder:
    """The outline, as a person works it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def panel(self) -> Locator:
        return self.page.locator(".vo-panel")

    def section(self, title: str, *, first: bool = False) -> None:
        """A section at the end; the first is there already and gets its title."""
        if not first:
            self.page.get_by_role("button", name="Add a section").last.click()
        else:
            self.page.locator(".vo-section__title").click()
        self.panel.get_by_label("Title", exact=True).fill(title)
        self.close()

    def add(self, kind: str, label: str, *, to: str) -> None:
        """A question at the end of a section or group; its panel stays open."""
        section = self.page.locator(".vo-section", has=self.page.locator(".vo-section__title", has_text=to))
        into = section.get_by_role("button", name="Add a question")
        into.or_(self.page.get_by_role("button", name=f"Add to “{to}”")).last.click()
        self.page.locator(f'.vo-type[data-type="{kind}"]').click()
        expect(self.panel).to_have_count(1)
        self.page.keyboard.type(label)

    def group(self, name: str) -> Locator:
        details = self.panel.locator(f'[data-group="{name}"]')
        if details.get_attribute("open") is None:
            details.locator("summary").first.click()
        return details

    def rule(self, name: str) -> Locator:
        return self.group("logic").get_by_role("group", name=name).first

    def required(self) -> None:
        self.rule("Must be answered").get_by_label("Always").check()

    def close(self) -> None:
        self.page.keyboard.press("Escape")
        expect(self.panel).to_have_count(0)


def build(builder: Builder) -> None:
    """Three sections: a cascade; a group with a question under a condition in its rows; a calculation, and a question
    under nested conditions."""
    builder.section("Vendi", first=True)
    builder.add("select_one", "Qarku", to="Vendi")
    builder.panel.get_by_label("Choices come from").select_option(label="Regions")
    builder.required()
    builder.close()
    builder.add("select_one", "Bashkia", to="Vendi")
    builder.panel.get_by_label("Choices come from").select_option(label="Municipalities")
    only = builder.rule("Only choices for which")
    only.get_by_role("button", name="Add a condition").click()
    only.get_by_label("What").select_option(label="The choice's region")
    only.get_by_label("Compared with").select_option(label="Qarku")
    builder.required()
    builder.close()
    picture(builder.page, "story_02_cascade")

    builder.section("Personat")
    builder.add("repeat", "Personi", to="Personat")
    builder.close()
    builder.add("text", "Nofka", to="Personi")
    builder.required()
    builder.close()
    builder.add("integer", "Mosha", to="Personi")
    builder.close()
    builder.add("text", "Kujdestari", to="Personi")
    shown = builder.rule("Shown")
    shown.get_by_label("Only when").check()
    shown.get_by_label("What").select_option(label="Mosha")
    shown.get_by_label("Comparison").select_option(label="is less than")
    shown.get_by_label("Value").fill("18")
    picture(builder.page, "story_03_row_condition")
    builder.close()

    builder.section("Përmbledhje")
    builder.add("calculated", "Persona gjithsej", to="Përmbledhje")
    builder.rule("Calculation").get_by_label("What").select_option(label="“Personi”: number of rows")
    builder.close()
    builder.add("long_text", "Pse kërkohet ndjekje?", to="Përmbledhje")
    shown = builder.rule("Shown")
    shown.get_by_label("Only when").check()
    shown.get_by_label("What").select_option(label="Qarku")
    shown.get_by_label("Value").select_option(label="Lezhë")
    shown.get_by_role("button", name="Add a group of conditions").click()
    inner = shown.get_by_role("group", name="Group of conditions")
    inner.get_by_label("What").select_option(label="“Personi”: at least one row")
    row = inner.get_by_role("group", name="where")
    row.get_by_label("What").select_option(label="Mosha")
    row.get_by_label("Comparison").select_option(label="is less than")
    row.get_by_label("Value").fill("18")
    inner.get_by_role("button", name="Add a condition").last.click()
    inner.get_by_label("What").last.select_option(label="Persona gjithsej")
    inner.get_by_label("Comparison").last.select_option(label="is more than")
    inner.get_by_label("Value").last.fill("2")
    picture(builder.page, "story_04_nested_condition")
    builder.required()
    builder.close()


# ---- trying it out ----


def try_out(page: Page) -> None:
    """Fills the form in the preview with invented answers, and reads what the rules did."""
    page.get_by_role("button", name="Preview").click()
    form = page.frame_locator("[data-tried-frame]")
    report = page.locator("[data-tried-report]")
    form.get_by_label("Qarku").select_option(label="Lezhë")
    expect(form.get_by_label("Bashkia").locator("option", has_text="Vlorë")).to_have_count(0)
    form.get_by_label("Bashkia").select_option(label="Lezhë")
    expect(report.locator(".tried-rule", has_text="Bashkia")).to_contain_text("of 61 choices")
    form.get_by_role("button", name="Continue").last.click()
    expect(form.locator("h1")).to_have_text("Personat")
    form.get_by_role("button", name="Add").click()
    form.get_by_label("Nofka").fill("Provë")
    form.get_by_label("Mosha").fill("15")
    expect(form.get_by_label("Kujdestari")).to_be_visible()
    expect(report.locator(".tried-rule", has_text="Personi 1 › Kujdestari").locator(".tried-outcome")).to_have_text(
        "applies"
    )
    picture(page, "story_06_preview_rows")
    form.get_by_role("button", name="Continue").last.click()
    expect(form.locator("h1")).to_have_text("Përmbledhje")
    expect(form.get_by_label("Pse kërkohet ndjekje?")).to_be_visible()
    expect(report.locator(".tried-rule", has_text="Persona gjithsej").first).to_contain_text("1")
    picture(page, "story_07_preview_nested")
    page.get_by_role("button", name="Preview").click()


# ---- two pairs of eyes ----


def submit(page: Page) -> None:
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator(".messages .success")).to_be_visible()
    picture(page, "story_08_saved")
    page.locator(".footer [data-w-dropdown-target=toggle]").click()
    page.locator("button[name=action-submit]").click()
    expect(page.get_by_role("heading", name="Awaiting approval")).to_be_visible()
    expect(page.get_by_text("Another coordinator approves it.")).to_be_visible()
    picture(page, "story_09_submitted")


def approve(page: Page) -> None:
    page.get_by_role("link", name=TITLE).first.click()
    expect(page.get_by_role("button", name="Approve and publish")).to_be_visible()
    picture(page, "story_10_to_approve")
    page.get_by_role("button", name="Approve and publish").click()
    expect(page.get_by_text("Version 1 is in use")).to_be_visible()
    picture(page, "story_11_published")


# ---- the field ----


def fill(page: Page) -> None:
    """A worker on a phone."""
    if not page.get_by_role("button", name=TITLE).is_visible():
        page.get_by_text("More forms").click()
        page.locator("details.form-group", has=page.locator("button", has_text=TITLE)).locator("summary").click()
    page.get_by_role("button", name=TITLE).click()
    page.get_by_label("Qarku").select_option(label="Lezhë")
    expect(page.get_by_label("Bashkia").locator("option", has_text="Vlorë")).to_have_count(0)
    page.get_by_label("Bashkia").select_option(label="Mirditë")
    picture(page, "story_12_cascade")
    page.get_by_role("button", name="Continue").last.click()
    expect(page.locator("h1")).to_have_text("Personat")
    for number, (alias, age) in enumerate([("Dritë", "34"), ("Hënë", "15")]):
        page.get_by_role("button", name="Add").click()
        expect(page.locator(f"#q-personi-{number}")).to_be_visible()
        page.get_by_label("Nofka").nth(number).fill(alias)
        page.get_by_label("Mosha").nth(number).fill(age)
    expect(page.get_by_label("Kujdestari").nth(0)).to_be_hidden()
    page.get_by_label("Kujdestari").nth(1).fill("Gjyshja")
    picture(page, "story_13_rows")
    page.get_by_role("button", name="Continue").last.click()
    expect(page.locator("h1")).to_have_text("Përmbledhje")
    expect(page.locator('[data-item="persona_gjithsej"]')).to_contain_text("2")
    page.get_by_label("Pse kërkohet ndjekje?").fill("Një e mitur pa dokumente.")
    picture(page, "story_14_calculation")
    page.get_by_role("button", name="Check your answers").last.click()
    expect(page.locator("h1")).to_have_text("Check your answers")
    picture(page, "story_15_review")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("It is recorded that you opened this.")).to_be_visible()
    picture(page, "story_16_sent")


# ---- answers out ----


def taken_out(page: Page, kind: str, folder: Path) -> bytes:
    page.get_by_label("Form").select_option(label=TITLE)
    page.get_by_label(kind).check()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Create the file").click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path.read_bytes()


def tables_in(csv_zip: bytes) -> dict[str, list[dict[str, str]]]:
    """{name of the file: its rows} of the zipped CSV tables."""
    with zipfile.ZipFile(io.BytesIO(csv_zip)) as archive:
        return {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline="")))
            for name in archive.namelist()
        }


def test_a_form_from_nothing_to_its_answers(chromium: Browser, system: str, tmp_path: Path) -> None:
    with signed_in(chromium, system, "koordinator", "/cms/forms/", DESK) as page:
        begin(page)
        build(Builder(page))
        picture(page, "story_05_built")
        try_out(page)
        assert not Draft.objects.exists()
        submit(page)
    form = FormDefinition.objects.get(key="takim_ne_terren")
    assert form.newest_version() is None

    with signed_in(chromium, system, "koordinator2", "/cms/forms/", DESK) as page:
        approve(page)
    version = FormVersion.objects.get(form=form)
    assert version.published_by == User.objects.get(username="koordinator2")

    with signed_in(chromium, system, "lezhe1", "/field/", PHONE) as page:
        fill(page)
    submission = Submission.objects.get(form_version=version)
    assert submission.answers == {
        "qarku": "lezhe",
        "bashkia": "mirdite",
        "personi": [{"nofka": "Dritë", "mosha": 34}, {"nofka": "Hënë", "mosha": 15, "kujdestari": "Gjyshja"}],
        "persona_gjithsej": 2,
        "pse_kerkohet_ndjekje": "Një e mitur pa dokumente.",
    }

    with signed_in(chromium, system, "koordinator", "/field/answers/", DESK) as page:
        tables = tables_in(taken_out(page, "CSV", tmp_path))
        picture(page, "story_17_answers_out")
        workbook = openpyxl.load_workbook(io.BytesIO(taken_out(page, "XLSX", tmp_path)))
    assert sorted(len(rows) for rows in tables.values()) == [1, 2]
    assert len(workbook.sheetnames) >= 2
