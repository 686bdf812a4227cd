"""A coordinator tries a procedure, saves the story as a scenario, and is stopped by it when a change breaks it.

Real Chromium. Set FIELD_PICTURES to a folder for pictures.
"""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from access.models import User
from audit.models import AuditEntry
from case_forms.cases.models import Case
from case_forms.procedures.models import Procedure
from case_forms.simulation.models import Scenario
from case_forms.simulation.seeding import seed_scenarios
from notifications.outbox.models import Notice
from tests.seeds import lay_down_demo

from .pictures import picture
from .test_procedure_editor import part
from .test_what_a_form_sets_in_motion import DESK, PHONE, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TITLE = "Friday 23:40, nobody answers"
SLOW = 300_000  # twenty-five scenarios, the first time, on a busy machine


def lay_down_scenarios() -> None:
    """The first twenty-five that are shipped: all of them take a page longer than a browser waits."""
    seed_scenarios()
    Scenario.objects.filter(position__gte=25).delete()


def set_minutes(page: Page, steps: dict[int, str]) -> None:
    """Change when silent police are reminded (step 0), and a coordinator is asked to call (step 2)."""
    ladder = part(page, "ladder-police")
    ladder.get_by_role("button", name="Change").click()
    for number, minutes in steps.items():
        ladder.locator(f"[data-at='/{number}/after_minutes']").get_by_role("spinbutton").fill(minutes)
    expect(page.locator(".proc-tools__state")).to_have_text("All changes are saved in the draft.")
    ladder.get_by_role("button", name="Change").click()


@pytest.mark.main
def test_a_scenario_that_no_longer_holds_keeps_the_procedure_from_being_submitted(
    transactional_db: Any, live_server: Any, chromium: Browser
) -> None:
    lay_down_demo()
    lay_down_scenarios()
    system, ana = str(live_server.url), User.objects.get(username="koordinator")
    procedure = Procedure.objects.get()
    base = f"{system}/cms/procedures/{procedure.pk}"
    with signed_in(chromium, system, ana, "en", DESK) as page:
        page.set_default_timeout(SLOW)  # a press that saves also waits for the page that comes
        page.goto(f"{base}/try/")
        page.get_by_label("Municipality", exact=True).select_option("vlore")
        page.get_by_label("It is sent").select_option("friday")
        page.get_by_role("button", name="Run the story").click()
        timeline = page.locator("#timeline")
        expect(timeline).to_contain_text("a coordinator is asked to call")
        expect(timeline).to_contain_text("23:40")
        timeline.get_by_text("What they would read").first.click()
        assert not Case.objects.exists()
        assert not Notice.objects.exists()
        assert page.url.split("#")[0] == f"{base}/try/"
        page.get_by_role("button", name="Save as a scenario").click()
        page.get_by_label("English").fill(TITLE)
        page.get_by_role("button", name="Save the scenario").click()
        expect(page.get_by_text("All 26 hold")).to_be_visible(timeout=SLOW)
        assert Scenario.objects.get(key="scenario-1").story["at"].endswith("+01:00")
        assert AuditEntry.objects.filter(action="scenario.created").count() == 1

        page.goto(f"{system}/cms/procedures/edit/{procedure.pk}/")
        panel = page.locator("[data-panel]")
        expect(panel).to_contain_text("All 26 scenarios hold", timeout=SLOW)
        set_minutes(page, {2: "90"})
        expect(panel).to_contain_text("scenarios don't hold", timeout=SLOW)
        expect(page.locator(".proc-findings")).to_contain_text(TITLE, timeout=SLOW)
        expect(page.locator(".proc-findings")).to_contain_text("Notify the police")
        picture(page, "simulator-red-en-desk")
        submit(page)
        expect(page.get_by_text("The procedure is saved, but not submitted.")).to_be_visible(timeout=SLOW)
        expect(page.get_by_role("heading", name="Awaiting approval")).to_have_count(0)

        # mended, with another change that does no harm
        set_minutes(page, {0: "9", 2: "30"})
        expect(panel).to_contain_text("All 26 scenarios hold", timeout=SLOW)
        submit(page)
        expect(page.get_by_role("heading", name="Awaiting approval")).to_be_visible(timeout=SLOW)


def found(words: str) -> dict[str, Any]:
    finding = {"path": "", "part": "", "anchor": "", "where": "Procedure", "code": "finding", "is_blocking": False}
    return {"base": "", "problems": [], "findings": [{**finding, "message": words}]}


def test_what_the_checks_say_of_an_earlier_save_is_not_shown_any_more(
    transactional_db: Any, live_server: Any, chromium: Browser
) -> None:
    lay_down_demo()
    system, ana = str(live_server.url), User.objects.get(username="koordinator")
    held: list[Route] = []

    def answer(route: Route) -> None:
        if held:
            route.fulfill(json=found("of the later save"))
        else:
            held.append(route)

    with signed_in(chromium, system, ana, "en", DESK) as page:
        page.route("**/findings/", answer)
        with page.expect_request("**/findings/"):
            page.goto(f"{system}/cms/procedures/edit/{Procedure.objects.get().pk}/")
        set_minutes(page, {2: "90"})
        shown = page.locator(".proc-findings")
        expect(shown).to_contain_text("of the later save", timeout=SLOW)
        with page.expect_response("**/findings/"):
            held[0].fulfill(json=found("of the earlier save"))
        page.evaluate("() => new Promise((done) => setTimeout(done))")
        expect(shown).to_contain_text("of the later save")


def submit(page: Page) -> None:
    page.get_by_label("What the change rests on").fill("Decision of the board")
    page.locator(".footer [data-w-dropdown-target=toggle]").click()
    page.get_by_role("button", name="Submit for approval").click()


def test_the_simulator_is_read_on_a_phone_and_at_a_desk_in_both_languages(
    transactional_db: Any, live_server: Any, chromium: Browser
) -> None:
    lay_down_demo()
    lay_down_scenarios()
    system, ana = str(live_server.url), User.objects.get(username="koordinator")
    base = f"{system}/cms/procedures/{Procedure.objects.get().pk}"
    one = Scenario.objects.get(key="child")
    for language in ("sq", "en"):
        for name, viewport in (("phone", PHONE), ("desk", DESK)):
            with signed_in(chromium, system, ana, language, viewport) as page:
                page.goto(f"{base}/try/")
                page.select_option("#sim-when", "friday")
                page.locator(".sim-go [value=run]").click()
                expect(page.locator("#timeline")).to_be_visible()
                # Nothing is wider than the screen.
                assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
                picture(page, f"simulator-timeline-{language}-{name}")
                page.goto(f"{base}/scenarios/")
                expect(page.locator(".sim-scenarios > li")).to_have_count(25, timeout=SLOW)
                picture(page, f"simulator-scenarios-{language}-{name}")
                page.goto(f"{base}/scenarios/{one.pk}/")
                expect(page.locator(".sim-checked .sim-green").first).to_be_visible()
                assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
                picture(page, f"simulator-scenario-{language}-{name}")


def test_a_story_can_be_told_without_a_script(transactional_db: Any, live_server: Any, chromium: Browser) -> None:
    lay_down_demo()
    system, ana = str(live_server.url), User.objects.get(username="koordinator")
    with signed_in(chromium, system, ana, "en", PHONE) as page:
        cookies = page.context.cookies()
        plain = chromium.new_context(java_script_enabled=False, viewport=PHONE)  # type: ignore[arg-type]
        plain.add_cookies(cookies)  # type: ignore[arg-type]
        bare = plain.new_page()
        bare.set_default_timeout(SLOW)
        bare.goto(f"{system}/cms/procedures/{Procedure.objects.get().pk}/try/")
        bare.get_by_role("button", name="Add what somebody does").click()
        row = bare.locator("[data-row]")
        row.get_by_label("What", exact=True).select_option("accepts")
        row.get_by_label("Who", exact=True).select_option("police")
        row.get_by_label("After (minutes)").fill("8")
        bare.get_by_role("button", name="Run the story").click()
        expect(bare.locator("#timeline")).to_contain_text("accepted after 8 min")
        plain.close()
