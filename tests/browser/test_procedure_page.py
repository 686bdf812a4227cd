"""The page of a procedure on a phone, and that looking at a rule changes nothing. Real Chromium."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Request, expect

from access.models import User
from case_forms.procedures.models import Procedure
from tests.seeds import lay_down_demo

from .pictures import picture
from .test_what_a_form_sets_in_motion import DESK, PHONE, signed_in
from .wagtail_page import count_watching, until_it_watches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LEAST_GAP = 4  # pixels between two words of a line
# The least distance between two words that stand on one line of a drawing, and which they are.
CLOSEST = """() => {
  let closest = [Infinity, ""];
  for (const drawing of document.querySelectorAll(".proc-line")) {
    const words = [...drawing.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
    for (const [first, one] of words)
      for (const [second, other] of words) {
        const apart = one.bottom <= other.top + 2 || other.bottom <= one.top + 2;
        if (one === other || !one.width || !other.width || apart) continue;
        const gap = Math.max(other.left - one.right, one.left - other.right);
        if (gap < closest[0]) closest = [gap, `${first} | ${second}`];
      }
  }
  return closest;
}"""
# What Wagtail compares, after each change of the page, to know whether there is something to save.
SENT_WITH_FORM = "() => JSON.stringify([...new FormData(document.getElementById('w-editor-form')).entries()])"


def test_words_of_a_drawing_do_not_touch_on_a_phone(transactional_db: Any, live_server: Any, chromium: Browser) -> None:
    lay_down_demo()
    system, ana = str(live_server.url), User.objects.get(username="koordinator")
    procedure = Procedure.objects.get()
    for language in ("sq", "en"):
        with signed_in(chromium, system, ana, language, PHONE) as page:
            page.goto(f"{system}/cms/procedures/{procedure.pk}/")
            expect(page.locator(".proc-line").first).to_be_visible()
            gap, words = page.evaluate(CLOSEST)
            page.locator(".proc-line--deep, .proc-line").first.scroll_into_view_if_needed()
            picture(page, f"procedure-lines-{language}-phone")
            assert gap >= LEAST_GAP, (language, words, gap)


def test_opening_a_rule_saves_nothing(transactional_db: Any, live_server: Any, chromium: Browser) -> None:
    lay_down_demo()
    system, ana = str(live_server.url), User.objects.get(username="koordinator")
    procedure = Procedure.objects.get()
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and "/procedures/edit/" in request.url:
            sent.append(request.url)

    with signed_in(chromium, system, ana, "en", DESK) as page:
        page.on("request", note)
        count_watching(page)
        page.goto(f"{system}/cms/procedures/edit/{procedure.pk}/")
        until_it_watches(page)
        rule = page.locator("[id='rule-tell_police']")
        before = page.evaluate(SENT_WITH_FORM)
        rule.get_by_role("button").first.click()
        expect(rule.locator(".vo-condition").first).to_be_visible()
        assert rule.locator("input[type=radio]").count() > 0
        assert page.evaluate(SENT_WITH_FORM) == before
        expect(page.get_by_text("Saving…")).not_to_be_visible()
        assert sent == []
        # What is changed there is saved as before, once: opening it has saved nothing meanwhile.
        rule.get_by_label("English").first.fill("Tell the police on duty")
        expect(page.locator(".proc-tools__state")).to_have_text("All changes are saved in the draft.")
        assert len(sent) == 1
