"""After an upgrade a coordinator reads which rules the release has that the changed procedure lacks, and takes one.

Real Chromium. Set FIELD_PICTURES to a folder for pictures.
"""

import copy
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from access.models import User
from case_forms.procedures.actions import publish_procedure, save_procedure
from case_forms.procedures.models import DeclinedRule, Procedure
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import follow
from .test_what_a_form_sets_in_motion import DESK, PHONE, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ALARM = "phone_alarm_police"
NEW = (ALARM, "session_report_asked")
REMOVED = "data_breach_open"
OURS = {"include": [["main"]], "exclude": [[".messages"]]}  # Wagtail's messages are pale while they fade in


def lay_down_what_an_upgrade_leaves(by: User) -> Procedure:
    """A procedure that never had two of the shipped rules, and from whose draft another is gone; one ladder is its own.

    Versions never change, so it is laid down under the key of the shipped one by giving that one another.
    """
    shipped = Procedure.objects.get()
    definition = copy.deepcopy(shipped.working_copy())
    Procedure.objects.filter(pk=shipped.pk).update(key="before")
    definition["rules"] = [each for each in definition["rules"] if each["key"] not in NEW]
    definition["ladders"]["police"][0]["after_minutes"] += 1
    procedure = save_procedure(key=definition["key"], definition=definition, by=by)
    publish_procedure(procedure=procedure, in_force_from=timezone.now(), by=by, submitted_by=by)
    without = [each for each in definition["rules"] if each["key"] != REMOVED]
    return save_procedure(key=definition["key"], definition={**definition, "rules": without}, by=by)


def look(page: Page, name: str) -> None:
    """Nothing for axe, and nothing wider than the screen."""
    found = Axe().run(page, context=OURS).response["violations"]
    assert found == [], [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    picture(page, name)


def test_a_rule_of_the_release_goes_into_the_draft_and_another_is_not_for_us(
    transactional_db: Any, live_server: Any, chromium: Browser
) -> None:
    lay_down_demo()
    system, ana = str(live_server.url), User.objects.get(username="koordinator")
    procedure = lay_down_what_an_upgrade_leaves(ana)
    base = f"{system}/cms/procedures"
    with signed_in(chromium, system, ana, "sq", PHONE) as page:
        page.goto(f"{base}/{procedure.pk}/release/")
        look(page, "release-360-sq")
    with signed_in(chromium, system, ana, "en", DESK) as page:
        page.goto(f"{base}/{procedure.pk}/")
        picture(page, "release-read-1280-en")
        follow(page, page.get_by_role("link", name="Read them and decide"))
        look(page, "release-1280-en")
        follow(page, page.get_by_role("button", name="Add the chosen rules to the draft"))
        expect(page.get_by_role("alert").first).to_contain_text("Choose at least one rule.")
        page.get_by_role("button", name="Not for us").scroll_into_view_if_needed()
        picture(page, "release-wrong-1280-en")
        page.get_by_role("checkbox").first.check()
        title = page.locator(".proc-offer label").first.inner_text()
        page.get_by_label("Or are the chosen rules not for you?").fill("We ask for reports by phone.")
        follow(page, page.get_by_role("button", name="Not for us"))
        assert DeclinedRule.objects.get().by == ana
        expect(page.locator(".proc-offer").filter(has_text=title)).to_contain_text("We ask for reports by phone.")
        page.locator(".proc-offers").last.scroll_into_view_if_needed()
        look(page, "release-answered-1280-en")
        page.locator(f"#offer-{ALARM}").check()
        follow(page, page.get_by_role("button", name="Add the chosen rules to the draft"))
        expect(page.locator(f"#rule-{ALARM}")).to_be_visible()
        assert ALARM in [each["key"] for each in Procedure.objects.get(pk=procedure.pk).working_copy()["rules"]]
