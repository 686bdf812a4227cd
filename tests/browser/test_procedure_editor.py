"""A coordinator changes what happens, another approves, and the next submission acts on it. Real Chromium.

Set FIELD_PICTURES to a folder for pictures.
"""

import uuid
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from access.models import Region, User
from case_forms.cases.models import CaseEvent
from case_forms.form_builder.models import FormVersion
from case_forms.procedures.models import Procedure, ProcedureVersion
from case_forms.submissions.actions import receive_submission
from case_forms.submissions.drill import drill_answers, get_seat, unit_and_worker
from notifications.outbox.models import Notice
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import follow
from .test_what_a_form_sets_in_motion import DESK, PHONE, signed_in
from .wagtail_page import count_watching, until_it_watches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RULE = "shtetas_i_huaj_tavolina_konsullore"
# Nothing stands beside the screen.
NARROW = "() => document.scrollingElement.scrollWidth <= window.innerWidth"
SAVED = "All changes are saved in the draft."


def part(page: Page, key: str) -> Locator:
    return page.locator(f"[id='{key}']")


def test_the_procedure_is_read_and_edited_where_it_stands(
    transactional_db: Any, live_server: Any, chromium: Browser
) -> None:
    lay_down_demo()
    system, ana = str(live_server.url), User.objects.get(username="koordinator")
    procedure = Procedure.objects.get()
    for language in ("sq", "en"):
        for name, viewport in (("phone", PHONE), ("desk", DESK)):
            with signed_in(chromium, system, ana, language, viewport) as page:
                page.goto(f"{system}/cms/procedures/")
                picture(page, f"procedures-list-{language}-{name}")
                page.goto(f"{system}/cms/procedures/{procedure.pk}/")
                assert page.evaluate(NARROW)
                picture(page, f"procedure-read-{language}-{name}")
                page.goto(f"{system}/cms/procedures/edit/{procedure.pk}/#rule-tell_police")
                rule = part(page, "rule-tell_police")
                rule.get_by_role("button").first.click()
                expect(rule.locator(".vo-condition").first).to_be_visible()
                assert page.evaluate(NARROW)
                picture(page, f"procedure-edit-{language}-{name}")


def saved(page: Page) -> None:
    expect(page.locator(".proc-tools__state")).to_have_text(SAVED)


def write_the_rule(page: Page) -> None:
    """A foreign national: notify the Responsible Authority for the consular desk within 24 hours. From nothing."""
    page.get_by_role("button", name="Add a rule").click()
    rule = page.locator(".proc-part.is-open")
    rule.get_by_label("Albanian").first.fill("Shtetas i huaj: tavolina konsullore")
    rule.get_by_label("English").first.fill("Foreign national: the consular desk")
    rule.get_by_label("Initial identification form", exact=True).check()
    when = rule.locator(".vo-condition").first
    when.get_by_label("Only when …").check()
    rows = when.locator(".vo-cond__row")
    rows.first.get_by_label("What", exact=True).select_option("var:citizenship_known")
    rows.first.get_by_label("Comparison").select_option("one_of")
    rows.first.get_by_label("Another, or more than one").check()
    rows.first.get_by_label("Stateless").check()
    when.get_by_role("button", name="Add a condition").click()
    rows.nth(1).get_by_label("What", exact=True).select_option("var:worker_decision")
    rows.nth(1).get_by_label("Comparison").select_option("one_of")
    rows.nth(1).get_by_label("Potential victim").first.check()
    rule.get_by_label("Add what is done").select_option("notify")
    done = rule.locator(".proc-parameters")
    done.get_by_label("Who is notified").select_option("responsible_authority")
    done.get_by_label("What happens while nobody answers").select_option("responsible_authority")
    within = done.locator("[data-at='/then/0/answer_minutes']")
    within.get_by_role("spinbutton").fill("24")
    within.get_by_role("combobox").select_option("60")
    rule.get_by_label("Albanian").last.fill("Autoriteti Përgjegjës njoftohet brenda 24 orëve.")
    rule.get_by_label("English").last.fill("The Responsible Authority is notified within 24 hours.")


def send_foreign_national(case: str = "") -> Any:
    """Send an identification of a foreign national, as a unit of Vlorë does; `case`: the one that it continues."""
    region = Region.objects.get(slug="vlore")
    unit, worker = unit_and_worker(region)
    version = FormVersion.objects.newest().get(form__key="initial_identification")
    given = {
        "worker_decision": "potential_victim",
        "age_in_doubt": "no",
        "age_basis": "stated",
        "age_stated": 30,
        "immediate_danger": "no",
        "police_contact_consent": "yes",
        "signs_heard": ["other"],
        "citizenship_known": "stateless",
        **({"case_ref": case} if case else {}),
    }
    now = timezone.now()
    place = get_seat(region).slug
    script = {"answers": given, "text": "synthetic"}
    answers = drill_answers(version.parsed_form, script, municipality=place, occurred_at=now)
    return receive_submission(
        uuid=uuid.uuid4(),
        form_key="initial_identification",
        version=version.number,
        occurred_at=now,
        answers=answers,
        user=worker,
        unit=unit,
    )


def rules_of(received: Any) -> set[str]:
    """Return the keys of the rules that a submission set off, as its case keeps them."""
    events = CaseEvent.objects.filter(submission_id=received.receipt["submission"])
    return {each["rule"] for event in events for each in event.explanation or () if "rule" in each}


def minutes_for_police(received: Any) -> int:
    """Return within how many minutes the police are to answer."""
    notice = Notice.objects.get(pk__in=[each["id"] for each in received.receipt["notices"]], role="police")
    return round((notice.answer_by - notice.owed_at).total_seconds() / 60)


@pytest.mark.main
def test_a_rule_from_nothing_is_approved_by_another_and_acts_on_the_next_submission(
    transactional_db: Any, live_server: Any, chromium: Browser
) -> None:
    lay_down_demo()
    system = str(live_server.url)
    ana, other = User.objects.get(username="koordinator"), User.objects.get(username="koordinator2")
    procedure = Procedure.objects.get()
    edit = f"{system}/cms/procedures/edit/{procedure.pk}/"
    older = send_foreign_national()
    with signed_in(chromium, system, ana, "en", DESK) as page:
        count_watching(page)
        page.goto(f"{system}/cms/procedures/")
        page.get_by_role("link", name="SOP (DCM 499/2018)").first.click()
        page.get_by_role("link", name="Edit the draft").click()
        until_it_watches(page)
        police = part(page, "rule-tell_police")
        # 30 minutes become 20: open, write, done
        police.get_by_role("button", name="Change").click()
        police.locator("[data-at='/then/0/answer_minutes']").get_by_role("spinbutton").fill("20")
        saved(page)
        expect(police.locator(".proc-action").first).to_contain_text("answer within 20 minutes")
        police.scroll_into_view_if_needed()
        picture(page, "procedure-police-open-en")
        police.get_by_role("button", name="Change").click()
        write_the_rule(page)
        saved(page)
        expect(part(page, f"rule-{RULE}")).to_be_visible()
        picture(page, "procedure-rule-new-en")
        page.get_by_label("What the change rests on").fill("Vienna Convention on Consular Relations, Art. 36")
        picture(page, "procedure-before-submitting-en")
        page.locator(".footer [data-w-dropdown-target=toggle]").click()
        page.get_by_role("button", name="Submit for approval").click()
        expect(page.get_by_role("heading", name="Awaiting approval")).to_be_visible()
        picture(page, "procedure-waiting-en")
    assert ProcedureVersion.objects.count() == 1
    with signed_in(chromium, system, other, "en", DESK) as page:
        page.goto(edit)
        page.get_by_role("link", name="See what changed").click()
        expect(page.get_by_text("Foreign national: the consular desk").first).to_be_visible()
        picture(page, "procedure-changes-en")
        page.goto(edit)
        page.get_by_role("button", name="Approve and publish").click()
        expect(page.get_by_text("Version 2 is approved.")).to_be_visible()
        follow(page, page.get_by_role("link", name="All versions"))
        picture(page, "procedure-versions-en")
    version = ProcedureVersion.objects.in_force()
    assert (version.number, version.published_by, version.submitted_by) == (2, other, ana)
    continued = send_foreign_national(case=older.receipt["case"])
    newer = send_foreign_national()
    assert RULE in rules_of(newer)
    assert minutes_for_police(newer) == 20
    assert RULE not in rules_of(continued)


def look_for_something(page: Page) -> None:
    """Search: what isn't looked for is away with its headings, is counted, and is there again when it is jumped to."""
    search = page.get_by_role("searchbox")
    search.fill("zzz")
    expect(page.locator(".proc-tools")).to_contain_text("0 found")
    expect(page.locator("#ladders")).to_be_hidden()
    page.evaluate("location.hash = 'ladder-police'")
    expect(part(page, "ladder-police")).to_be_focused()
    expect(part(page, "ladder-cpu")).to_be_hidden()
    search.fill("")
    expect(part(page, "ladder-cpu")).to_be_visible()


def test_every_kind_of_part_is_added_changed_copied_and_removed(
    transactional_db: Any, live_server: Any, chromium: Browser
) -> None:
    lay_down_demo()
    system, ana = str(live_server.url), User.objects.get(username="koordinator")
    procedure = Procedure.objects.get()
    before = procedure.working_copy()
    with signed_in(chromium, system, ana, "en", DESK) as page:
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        count_watching(page)
        page.goto(f"{system}/cms/procedures/edit/{procedure.pk}/")
        until_it_watches(page)
        for group in ("rules", "deadlines", "ladders", "facts", "settings", "chains", "calendars"):
            parts = page.locator(f"#{group} .proc-part")
            count = parts.count()
            page.locator(f"#{group} .proc-add button").click()
            expect(parts).to_have_count(count + 1)
            added = page.locator(f"#{group} .proc-part.is-open")
            expect(added.locator(".proc-part__panel :is(input, select)").first).to_be_visible()
            added.get_by_role("button", name="Change").click()
            added = parts.nth(count)
            added.locator("[aria-haspopup=menu]").click()
            page.get_by_role("menuitem", name="Copy").click()
            expect(parts).to_have_count(count + 2)
            page.locator(f"#{group} .proc-part.is-open").get_by_role("button", name="Change").click()
        saved(page)
        look_for_something(page)
        ladder = part(page, "ladder-police")
        ladder.get_by_role("button", name="Change").click()
        ladder.get_by_role("button", name="Add a step").click()
        expect(ladder.locator(".proc-step")).to_have_count(4)
        ladder.get_by_role("button", name="Delete this step").nth(2).click()
        expect(ladder.locator(".proc-step")).to_have_count(3)
        ladder.locator("[aria-haspopup=menu]").click()
        page.get_by_role("menuitem", name="Remove").click()
        expect(page.get_by_role("dialog")).to_contain_text("Notify the police")
        picture(page, "procedure-removing-en")
        page.get_by_role("button", name="Remove it").click()
        expect(ladder).to_have_count(0)
        page.locator(".vo-toast").get_by_role("button", name="Undo").click()
        expect(ladder).to_have_count(1)
        saved(page)
        expect(page.locator(".proc-problems summary")).to_contain_text("problems keep this procedure")
        page.locator(".proc-problems summary").click()
        page.locator(".proc-problems li a").first.click()
        expect(page.locator(".proc-part.is-open [aria-invalid]").first).to_be_visible()
        picture(page, "procedure-problem-en")
        assert faults == []
    after = Procedure.objects.get().working_copy()
    assert len(after["rules"]) == len(before["rules"]) + 2
    assert after["ladders"]["police"] == before["ladders"]["police"]
    assert len(after["calendars"]) == 2
