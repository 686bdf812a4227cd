"""Attack: markup of somebody's gets into a page of /cms/, and its script acts in an editor's name. No script inside a
page runs there (docs/adr/0079). The policy is held here word for word; what the installed packages write, in
test_cms_inline.py; that editors' and coordinators' work goes under it, in tests/browser/test_cms_policy.py."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.urls import ResolverMatch
from wagtail.images import get_image_model

from access.tests.test_policy_table import ROUTES
from config.admin_policy import CMS_POLICY, STYLE_ATTRIBUTES, cms_policy, digest
from content.models import Hotline
from content.tests.editors import Editor, EditorsTest

STYLES = " ".join(map(digest, STYLE_ATTRIBUTES))
SCREEN = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "style-src-elem 'self' 'nonce-…'",
    f"style-src-attr 'unsafe-hashes' {STYLES}",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    "frame-ancestors 'none'",
    "form-action 'self'",
    "base-uri 'none'",
}
PREVIEW = (SCREEN - {"frame-ancestors 'none'"}) | {"frame-ancestors 'self'"}
PICTURE = SCREEN | {f"script-src-attr 'unsafe-hashes' {digest('return;')}"}
IS_INLINE = re.compile(
    r"<script(?![^>]*(?:\bsrc=|application/json))[^>]*>|<style\b|\son[a-z]+=[\"']|javascript:", re.IGNORECASE
)
NONCE = re.compile(r"'nonce-([^']+)'")


def without_nonce(policy: set[str]) -> set[str]:
    """Of an answer in which no page of the admin stands, such as data."""
    return policy - {"style-src-elem 'self' 'nonce-…'"} | {"style-src-elem 'self'"}


def directives(answer: Any) -> set[str]:
    return set(NONCE.sub("'nonce-…'", answer["Content-Security-Policy"]).split("; "))


class TestHeaders(EditorsTest):
    ana: Editor

    def test_every_screen_has_the_narrow_policy(self):
        page = self.article.pk
        for path in (
            "/cms/",
            "/cms/pages/",
            f"/cms/pages/{page}/edit/",
            f"/cms/pages/{page}/history/",
            "/cms/snippets/content/hotline/",
            "/cms/images/",
            "/cms/documents/multiple/add/",
            "/cms/redirects/add/",
            "/cms/choose-page/",
            "/cms/reports/site-history/",
            "/cms/reports/aging-pages/",
            "/cms/guides/",
            "/cms/api/main/pages/",
            "/cms/jsi18n/",
        ):
            answer = self.ana.client.get(path)
            is_page = b"<html" in answer.content
            assert directives(answer) == (SCREEN if is_page else without_nonce(SCREEN)), path

    def test_so_have_refusals_errors_and_the_way_to_the_sign_in(self):
        assert self.client.get("/cms/").status_code == 302
        for client, path in (
            (self.client, "/cms/"),
            (self.ana.client, "/cms/staff/"),
            (self.ana.client, "/cms/nothing/"),
        ):
            assert "unsafe-inline" not in client.get(path)["Content-Security-Policy"]
            assert {"script-src 'self'", "frame-ancestors 'none'"} <= directives(client.get(path))

    def test_a_preview_that_fails_may_be_shown_in_the_editors_frame(self):
        answer = self.ana.client.get(f"/cms/pages/{self.article.pk}/edit/preview/?mode=nothing")
        assert directives(answer) == without_nonce(PREVIEW)

    def test_the_screen_where_a_picture_is_cropped_is_allowed_one_handler_that_does_nothing(self):
        picture = get_image_model().objects.first()
        assert directives(self.ana.client.get(f"/cms/images/{picture.pk}/")) == PICTURE

    def test_a_nonce_is_new_for_each_page_and_stands_at_one_script_of_ours(self):
        found = []
        for _ in range(2):
            answer = self.ana.client.get("/cms/")
            (nonce,) = NONCE.findall(answer["Content-Security-Policy"])
            html = answer.content.decode()
            assert html.count(nonce) == 1
            assert re.search(rf'<script type="module" src="[^"]*js/cms/start[^"]*" nonce="{re.escape(nonce)}"', html)
            assert "no-store" in answer["Cache-Control"]
            found.append(nonce)
        assert found[0] != found[1]

    def test_no_page_holds_a_script_a_handler_or_a_style_of_its_own(self):
        paths = [
            f"/cms/pages/{self.article.pk}/edit/",
            "/cms/redirects/add/",
            "/cms/snippets/content/searchanswer/add/",
            f"/cms/snippets/content/hotline/edit/{Hotline.objects.first().pk}/",
            "/cms/images/multiple/add/",
            "/cms/public/reports/changes/",
            f"/cms/localize/submit/page/{self.article.pk}/",
        ]
        for path in paths:
            answer = self.ana.client.get(path)
            assert answer.status_code == 200, path
            assert not IS_INLINE.findall(answer.content.decode()), path


def test_these_views_and_no_others_are_allowed_more():
    """Each route under /cms/ by its name: a new one that needs more has to be written down here."""
    more: dict[str, set[str]] = {}
    for name, route in ROUTES:
        if route.startswith("cms/"):
            *namespaces, url_name = name.split(":")
            policy = cms_policy(ResolverMatch(print, (), {}, url_name, namespaces=namespaces))
            differ = {key for key in policy if policy[key] != CMS_POLICY.get(key)}
            if differ:
                more[name] = differ
    framed = {name for name, differ in more.items() if differ == {"frame-ancestors"}}
    assert set(more) - framed == {"wagtailimages:edit"}
    assert more["wagtailimages:edit"] == {"script-src-attr"}
    assert {name.rpartition(":")[2] for name in framed} == {
        "preview_on_add",
        "preview_on_edit",
        "wagtailadmin_block_preview",
    }


@pytest.mark.parametrize(
    "policy", [settings.CONTENT_SECURITY_POLICY["DIRECTIVES"], settings.PUBLIC_CONTENT_SECURITY_POLICY]
)
def test_the_other_policies_hold_nothing_unsafe(policy):
    assert "unsafe" not in str(policy)
