"""What is known about a person, on a phone: a referral begins with it, one tick confirms it, the case shows it.

FIELD_PICTURES=folder keeps pictures of the pages.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from access.models import User
from case_forms.cases.facts.reading import get_known_values
from case_forms.cases.models import Case
from case_forms.form_builder.models import CaseFactType, FormDefinition
from case_forms.submissions.models import Draft
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from case_forms.submissions.tests.test_facts import IDENTIFIED, NOW, send
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close
from .test_field import PHONE, fits, press, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
DESKTOP = {"width": 1280, "height": 900}
CONTACT = {"safe_contact_how": ["call"], "safe_contact_phone": "+355691234567", "safe_contact_when": "pas orës 18"}


@pytest.fixture
def case(transactional_db: Any) -> Case:
    lay_down_demo()
    User.objects.update(language="en")
    worker = User.objects.get(username="lezhe1")
    found = send(worker, at=NOW, **{**IDENTIFIED, **CONTACT, "last_name": "Përparimi-Hoxhallari"}).case
    assert found is not None
    return found


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def phone(request: pytest.FixtureRequest, chromium: Browser, case: Case) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=PHONE, locale="en-GB", java_script_enabled=request.param)  # type: ignore[arg-type]
    yield context
    close(context)


def accessible(page: Page) -> None:
    found = Axe().run(page, options=RULES).response["violations"]
    assert not found, [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found]


def test_a_referral_begins_with_what_is_known_and_one_tick_confirms_it(
    phone: BrowserContext, case: Case, live_server: Any, request: pytest.FixtureRequest
) -> None:
    page = phone.new_page()
    has_script = "without" not in request.node.name
    if has_script:
        sign_in(page, live_server.url)
    else:
        page.goto(f"{live_server.url}/field/")
        page.fill("#id_login", "lezhe1")
        page.fill("#id_password", DEMO_PASSWORD)
        page.click("main button")
    page.goto(f"{live_server.url}/field/cases/{case.reference}/")
    expect(page.locator(".known-head")).to_contain_text("Ela")
    fits(page)
    picture(page, f"case-phone-{has_script}")
    page.evaluate("document.querySelector('form[action*=\"/referral/\"]').requestSubmit()") if has_script else None
    if not has_script:
        page.locator("details:has(form[action*='/referral/']) > summary").last.click()
        page.locator("form[action*='/referral/'] button.btn-begin").click()
    expect(page.locator("form#section")).to_be_visible()
    draft = Draft.objects.get()
    draft.answers = {**draft.answers, "content_shared": ["name", "age_and_gender", "language"]}
    draft.save()
    about = draft.form_version.parsed_form.by_key["first_name"].section.key
    page.goto(f"{live_server.url}/field/drafts/{draft.pk}/{about}/")
    expect(page.locator("#q-first_name")).to_have_value("Ela")
    expect(page.locator("#q-first_name-known")).to_contain_text("Known from")
    expect(page.locator(".known-holds")).to_contain_text("answers on this page were filled in")
    fits(page)
    picture(page, f"filled-phone-{has_script}")
    if has_script:
        accessible(page)
    page.fill("#q-first_name", "Elona")
    page.check("#known")
    if has_script:
        press(page)
    else:
        page.click(".bottom-bar .btn-next")
    draft.refresh_from_db()
    assert draft.answers["first_name"] == "Elona"
    assert draft.filled["gender"]["confirmed"] is True
    page.goto(f"{live_server.url}/field/drafts/{draft.pk}/")
    picture(page, f"review-phone-{has_script}")
    page.goto(f"{live_server.url}/field/cases/{case.reference}/known/")
    fits(page)
    picture(page, f"known-phone-{has_script}")
    page.goto(f"{live_server.url}/field/cases/{case.reference}/known/phone/")
    fits(page)
    picture(page, f"fact-phone-{has_script}")
    if has_script:
        accessible(page)
    page.locator("details summary", has_text="nothing else is known").click()
    page.click("text=Note that it is no longer known")
    expect(page.locator("main")).to_contain_text("no longer known")
    assert "phone" not in get_known_values(case)


def test_on_a_desktop_in_albanian_and_what_coordinators_see(chromium: Browser, case: Case, live_server: Any) -> None:
    User.objects.filter(username="lezhe1").update(language="sq")
    context = chromium.new_context(viewport=DESKTOP, locale="sq-AL")  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, live_server.url)
    page.goto(f"{live_server.url}/field/cases/{case.reference}/")
    expect(page.locator(".known-head")).to_contain_text("Çfarë dihet për personin")
    accessible(page)
    picture(page, "case-desktop-sq")
    close(context)
    context = chromium.new_context(viewport=DESKTOP, locale="en-GB")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{live_server.url}/accounts/login/?next=/cms/case-facts/")
    page.fill("#id_login", "koordinator")
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    page.wait_for_url("**/cms/case-facts/")
    fact = CaseFactType.objects.get(key="language")
    page.goto(f"{live_server.url}/cms/case-facts/")
    picture(page, "catalogue-desktop")
    expect(page.locator("main")).to_contain_text("Language spoken best")
    page.goto(f"{live_server.url}/cms/case-facts/edit/{fact.pk}/")
    page.locator("input[name=receivers][value=school]").check()
    page.locator("form[data-edit-form] button[type=submit]").first.click()
    expect(page.locator("#waits")).to_be_visible()
    picture(page, "catalogue-entry-desktop")
    referral = FormDefinition.objects.get(key="referral")
    page.goto(f"{live_server.url}/cms/forms/edit/{referral.pk}/")
    page.locator(".vo-line__open", has=page.get_by_text("First name", exact=True)).first.click()
    page.locator("[data-focus='group.privacy']").click()
    expect(page.locator("[data-focus='/writes_fact']")).to_have_value("first_name")
    page.locator("[data-focus='/writes_fact']").scroll_into_view_if_needed()
    picture(page, "editor-desktop")
    close(context)
