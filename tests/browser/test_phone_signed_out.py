"""A phone whose sign-in is over says so, with the way to sign in, and opens with its PIN all the same."""

import pytest
from playwright.sync_api import expect

from access.models import FieldToken, User

from .pocket import Pocket
from .test_phone_that_stores import is_for_everybody

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("language", "words", "way"),
    [("en", "Signed out", "Sign in and renew"), ("sq", "Keni dalë nga llogaria", "Hyni dhe përtërijeni")],
)
def test_the_start_page_says_signed_out_and_leads_to_signing_in(
    pocket: Pocket, language: str, words: str, way: str
) -> None:
    User.objects.update(language=language)
    pocket.language = language
    pocket.set_up()
    page = pocket.page
    FieldToken.objects.filter(scope=FieldToken.Scope.PACK).update(expires_at="2020-01-01T00:00:00Z")
    page.goto("about:blank")
    pocket.open()
    network = page.locator("[data-part=network]")
    expect(network).to_contain_text(words)
    expect(page.locator("[data-part=first] button").first).to_be_visible()  # what is on the phone opens
    is_for_everybody(page, f"{language}-signed-out")
    pocket.context.set_offline(True)
    expect(network).not_to_contain_text(words)
    pocket.context.set_offline(False)
    expect(network).to_contain_text(words)
    page.get_by_role("link", name=way).click()
    page.wait_for_url("**/field/phone/set-up/")
