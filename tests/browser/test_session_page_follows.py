"""An editor updates a kit's quiz, a second one approves it: a page that follows shows it, one that keeps doesn't.

And an editor turns a page to a kit that was made of the program's texts.
"""

import io
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from wagtail.models import Locale
from wagtail.models import Page as TreePage

from access.models import User
from outreach_pages.feedback.models import FeedbackCount
from outreach_pages.handouts import render_handout
from outreach_pages.kits.models import KitPage, KitVersion, MaterialLibraryPage, MaterialPage
from outreach_pages.kits.tests.kit_world import build_stream
from outreach_pages.models import InformativeSession, SessionPage
from outreach_pages.pages.actions import make_session_page
from outreach_pages.records.actions import record_session
from outreach_pages.tests import places
from outreach_pages.tests.test_page_and_kit import NEXT, QUESTION, build_quiz, build_words
from tests.public.test_for_everybody import what_axe_finds
from tests.seeds import lay_down_demo

from .quiet import close, follow
from .test_cms_policy import Desk
from .test_kits_in_the_field import open_as
from .test_outreach import look
from .wagtail_page import until_it_watches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class World:
    """A kit with a quiz; the page of a session that follows it, one that keeps it, and one made before the kit."""

    def __init__(self) -> None:
        self.locale = Locale.objects.get(language_code="sq")
        KitPage.objects.update(live=False)
        worker = User.objects.get(username="vlore1")
        unit = worker.units()[0]
        today = timezone.localdate()
        self.follows, self.keeps, self.before = (
            places.session(worker, unit, audience="grade_9", date=today) for _number in range(3)
        )
        make_session_page(session=self.before, by=worker)
        library = TreePage.get_first_root_node().add_child(
            instance=MaterialLibraryPage(title="Biblioteka e provës", slug="biblioteka-e-proves", locale=self.locale)
        )
        self.quiz = MaterialPage(
            title="Kuizi", kind="quiz", audiences=["grade_9"], body=build_stream(build_quiz()), live=False
        )
        library.add_child(instance=self.quiz)
        self.quiz.save_revision().publish()
        kit = KitPage(
            title="Klasa e nëntë", audience="grade_9", body=build_words(), live=False,
            parts=build_stream(("material", self.quiz.pk)),
        )  # fmt: skip
        library.add_child(instance=kit)
        kit.save_revision().publish()
        # Two more versions before today's: what was held last month names the third.
        for title in ("Kuizi i dytë", "Kuizi i tretë"):
            self.quiz.title = title
            self.quiz.save_revision().publish()
        version = KitVersion.objects.newest(kit.pk)
        assert version is not None
        assert version.number == 3
        planned = places.session(worker, unit, audience="grade_9", date=today - timedelta(days=30), kit_version=version)
        self.held = record_session(session=planned, by=worker, values={}, counts={("female", "15_17"): 20})
        for session in (self.follows, self.keeps):
            make_session_page(session=session, by=worker)
        SessionPage.objects.filter(session=self.keeps).update(follows=False)

    def page(self, session: InformativeSession) -> SessionPage:
        return SessionPage.objects.get(session=session, locale=self.locale)


@pytest.fixture
def world(transactional_db: Any, live_server: Any) -> World:
    lay_down_demo()
    User.objects.update(language="en")
    return World()


def submit(page: Page) -> None:
    page.locator("footer [data-w-dropdown-target=toggle]").click()
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.locator(".messages .success")).to_be_visible()


def approve(chromium: Browser, system: str, page: Any) -> None:
    other = Desk(chromium, system, "redaktor2")
    state = page.current_workflow_task_state
    assert state is not None
    other.open(f"/cms/public/review/{state.pk}/")
    with other.page.expect_navigation():
        other.page.locator("button[name=action][value=approve]").click()
    assert other.leave() == []


@pytest.mark.clock
def test_an_approved_quiz_is_before_readers_within_a_second(chromium: Browser, world: World, live_server: Any) -> None:
    system = str(live_server.url)
    phone = chromium.new_context(viewport={"width": 360, "height": 800}, java_script_enabled=False)
    reader = phone.new_page()
    reader.goto(f"{system}/k/{world.follows.card_code}/")
    expect(reader.locator("legend")).to_have_text(QUESTION)

    editor = Desk(chromium, system, "redaktor")
    page = editor.open(f"/cms/pages/{world.quiz.pk}/edit/")
    until_it_watches(page)
    expect(page.get_by_text("1 page follows its updates")).to_be_visible()
    page.locator("[name=body-0-value-questions-0-value-question]").fill(NEXT)
    submit(page)
    reader.reload()
    expect(reader.locator("legend")).to_have_text(QUESTION)

    approve(chromium, system, MaterialPage.objects.get(pk=world.quiz.pk))
    started = time.perf_counter()
    reader.reload()
    expect(reader.locator("legend")).to_have_text(NEXT)
    assert time.perf_counter() - started < 1
    signs = reader.locator(".signs li").first.inner_text()
    printed = PdfReader(io.BytesIO(render_handout(world.follows, "leaflet", "sq"))).pages
    assert signs in " ".join(" ".join(each.extract_text() for each in printed).split())

    reader.locator(".session-jumps summary").click()
    expect(reader.locator(".session-jumps li").first).to_be_visible()
    reader.locator(".session-ways a[href='#quiz']").click()
    expect(reader.locator("#quiz")).to_be_in_viewport()
    reader.goto(f"{system}/k/{world.keeps.card_code}/")
    expect(reader.locator("legend")).to_have_text(QUESTION)

    # What is counted is each session's own: the new words where nobody has begun, those of version 3 last month.
    reader.goto(f"{system}/k/{world.follows.card_code}/mendimi/para/")
    expect(reader.locator("legend").first).to_contain_text(NEXT)
    reader.goto(f"{system}/k/{world.held.card_code}/mendimi/pas/")
    expect(reader.locator("legend").first).to_contain_text(QUESTION)
    reader.locator("label", has_text="Jo").first.click()
    follow(reader, reader.get_by_role("button", name="Dërgo"))
    expect(reader.get_by_text("Mjafton ajo që patë.")).to_be_visible()
    [row] = FeedbackCount.objects.all()
    assert row.kit_version is not None
    assert (row.kit_version.number, row.is_right) == (3, True)
    phone.close()

    assert KitVersion.objects.latest("pk").number == 4
    context, unit, complaints = open_as(chromium, live_server, "vlore1")
    unit.goto(f"{system}/field/sessions/{world.held.pk}/")
    expect(unit.locator("#facts + dl")).to_contain_text("version 3")
    assert complaints == []
    close(context)
    assert editor.leave() == []


def test_an_editor_turns_an_older_page_to_a_kit(chromium: Browser, world: World, live_server: Any) -> None:
    system = str(live_server.url)
    before = world.page(world.before)
    assert "signs" in [block.block_type for block in before.body]
    editor = Desk(chromium, system, "redaktor")
    page = editor.open(f"/cms/pages/{before.pk}/edit/")
    until_it_watches(page)
    version = KitVersion.objects.latest("pk")
    page.locator("#id_kit_version").select_option(value=str(version.pk))
    submit(page)
    approve(chromium, system, SessionPage.objects.get(pk=before.pk))
    turned = world.page(world.before)
    assert turned.kit_version == version
    assert next(block.block_type for block in turned.body) == "kit_words"
    assert "signs" not in [block.block_type for block in turned.body]
    assert editor.leave() == []

    phone = chromium.new_context(viewport={"width": 360, "height": 800}, locale="sq-AL")
    reader = phone.new_page()
    reader.goto(f"{system}/k/{world.before.card_code}/")
    expect(reader.locator(".quiz")).to_have_count(1)
    reader.locator(".session-jumps summary").click()
    assert what_axe_finds(reader) == []
    reader.set_viewport_size({"width": 320, "height": 800})
    assert reader.evaluate("document.documentElement.scrollWidth") <= 320
    look(reader, "session-page")
    close(phone)
