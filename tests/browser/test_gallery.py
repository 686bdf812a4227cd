"""The gallery of the screens' parts: each group in both languages, light, dark and with forced colours, on a phone and
on a desktop. FIELD_PICTURES=folder keeps pictures.
"""

import itertools
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser, Page

from config.sandbox.gallery import GROUPS, TEXTS
from config.templatetags.ui import STATES

from .pictures import picture
from .quiet import close

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LANGUAGES = [code for code, _name in settings.LANGUAGES]
SCHEMES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced": {"color_scheme": "dark", "forced_colors": "active"},
}
# What a part that is set apart by its ground alone keeps when every ground is the same: a border.
EDGED = (
    ".btn:not(.btn-quiet), .badge, .panel, .card, .input, .q-input, .note, .repeat-row, article.line, .error-summary"
)
WITHOUT_EDGE = """nodes => nodes.filter((node) => {
  const style = getComputedStyle(node);
  return ["Top", "Right", "Bottom", "Left"].every((side) => parseFloat(style[`border${side}Width`]) === 0);
}).map((node) => node.className)"""


@pytest.fixture
def page(chromium: Browser) -> Any:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    yield context.new_page()
    close(context)


def found_by_axe(page: Page, scheme: str) -> list[Any]:
    """Contrast is the browser's own business where it forces the colours."""
    options = {**RULES, "rules": {"color-contrast": {"enabled": scheme != "forced"}}}
    violations = Axe().run(page, options=options).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in violations]


@pytest.mark.parametrize(("group", "language"), list(itertools.product(GROUPS, LANGUAGES)))
def test_each_part_passes_axe_and_fits_in_every_scheme(page: Page, live_server: Any, group: str, language: str) -> None:
    page.goto(live_server.url + reverse("sandbox:gallery_group", args=[group]) + f"?lang={language}")
    assert page.locator("html").get_attribute("lang") == language
    assert TEXTS["title"][language] in page.locator("h1").inner_text()
    assert page.locator("main section, main form").count() >= 3
    for (scheme, media), width in itertools.product(SCHEMES.items(), (360, 1280)):
        page.emulate_media(**media)
        page.set_viewport_size({"width": width, "height": 740})
        picture(page, f"gallery-{group}-{language}-{scheme}-{width}")
        assert found_by_axe(page, scheme) == [], (scheme, width)
        assert page.evaluate(WIDER) <= 0, (scheme, width)
        assert page.locator(EDGED).count() > 0
        assert page.locator(EDGED).evaluate_all(WITHOUT_EDGE) == [], (scheme, width)


def test_every_state_is_shown_once_with_a_sign_and_a_word(page: Page, live_server: Any) -> None:
    page.goto(live_server.url + reverse("sandbox:gallery"))
    badges = page.locator("[data-states] .badge")
    assert badges.count() == len(STATES)
    assert all(word.strip() for word in badges.all_inner_texts())
    assert page.locator("[data-states] .badge > svg.icon").count() == len(STATES)


def test_what_can_be_pressed_is_large_enough_for_a_thumb(page: Page, live_server: Any) -> None:
    for group in GROUPS:
        page.goto(live_server.url + reverse("sandbox:gallery_group", args=[group]))
        heights = page.locator("main .btn, main .input, main .q-input, main .tabs a, header .btn").evaluate_all(
            "nodes => nodes.map((node) => node.getBoundingClientRect().height)"
        )
        assert heights
        assert min(heights) >= 44, group
