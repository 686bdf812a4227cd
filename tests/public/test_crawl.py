"""Every public address, asked for by nobody in particular, in both languages: what an anonymous visitor gets."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone

from access.models import User
from content.models import ArticlePage, HomePage, Hotline, SearchPage, public_pages
from content.page_cache.version import cache_version
from content.pictures import make_missing_sizes
from content.printable_catalog import ALL_PRINTABLES
from outreach_pages.models import InformativeSession
from outreach_pages.records.demo import seed_demo_sessions
from tests.seeds import lay_down_demo

from .looking import RECORDS_OF_READING, changed_since, rows, walk
from .visitor import Seen, crawl, look, own_path, visitor

pytestmark = pytest.mark.django_db

STARTS = [
    "/",
    "/en/",
    "/k/",
    "/en/k/",
    "/sitemap.xml",
    "/feed.xml",
    "/en/feed.xml",
    "/robots.txt",
    "/app.webmanifest",
    "/sw.js",
    "/pa-rrjet/",
    "/en/pa-rrjet/",
    "/api/openapi.json",
    "/api/v2/hotlines/",
    "/api/v2/pages/?limit=100&fields=*",
    "/api/v2/pages/?limit=100&fields=*&offset=100",
    "/api/v2/sessions/",
    "/api/v2/regions/?limit=100",
    "/api/v2/glossary/?limit=100",
]
OF_EVERY_PAGE = {
    "content-security-policy",
    "referrer-policy",
    "x-content-type-options",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cache-control",
}
CSP = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "media-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}
STAFF = ("/field/", "/cms/", "/accounts/", "/sandbox/")
DRAFT = "Kanarina e papublikuar"


@pytest.fixture(scope="module")
def seen(django_db_setup: Any, django_db_blocker: Any) -> Iterator[dict[str, Seen]]:
    """The whole crawl, once: {path: answer}. Beside the seeds stand a draft and the page of a session."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        lay_down_demo()
        seed_demo_sessions()
        make_missing_sizes()  # as after the seeding's commit
        _hide_some()
        starts, before = [*STARTS, *_cards()], rows()
        found = {each.path: each for each in crawl(visitor(), starts)}
        assert changed_since(before) == set(), "reading changed something"
        yield found
        transaction.set_rollback(True)


def _hide_some() -> None:
    home = HomePage.objects.get(locale__language_code="sq")
    draft = home.add_child(instance=ArticlePage(title=DRAFT, slug="kanarina", live=False, locale=home.locale))
    draft.save_revision()


def _cards() -> list[str]:
    """Opens a held session's page as its unit's worker does, and returns the card's addresses."""
    session = InformativeSession.objects.filter(state__in=("held", "reported")).order_by("date").last()
    assert session is not None, "the demo seeds hold a session that was held"
    worker = User.objects.filter(assignments__unit=session.unit).first()
    client = Client()
    client.force_login(worker)
    session.card_expires_on = timezone.localdate() + timedelta(days=90)
    session.save(update_fields=["card_expires_on"])
    made = client.post(f"/field/sessions/{session.pk}/page/")
    assert made.status_code in (200, 302), made.status_code
    return [f"/k/{session.card_code}/", f"/en/k/{session.card_code}/"]


@pytest.fixture(scope="module")
def a_month_later(seen: dict[str, Seen]) -> dict[str, Seen]:
    """Everything asked for once more when nobody has called a line for too long. Nothing was saved in between."""
    later = timezone.localdate() + timedelta(days=settings.HOTLINE_TEST_DAYS + 1)
    client = visitor()
    own = [path for path in seen if not path.startswith("/static/")]
    searches = [f"{page.url}?q=116111" for page in SearchPage.objects.live()]
    with mock.patch("django.utils.timezone.localdate", return_value=later):
        cache_version.refresh()
        found = {path: look(client, path) for path in [*own, *searches, "/nuk-ka/", "/en/nothing/", "/k/ZZZZZZZZ/"]}
    cache_version.refresh()
    return found


@pytest.mark.parametrize(
    ("name", "start"),
    [("vlore1", "/field/"), ("koordinator", "/field/"), ("koordinator", "/cms/forms/"), ("redaktor", "/cms/")],
)
def test_whatever_staff_look_at_changes_nothing_but_the_record_of_it(
    seen: dict[str, Seen], name: str, start: str
) -> None:
    from django.db import transaction

    client = Client()
    client.force_login(User.objects.get(username=name))
    before = rows()
    with transaction.atomic():
        looked_at = walk(client, start)
        changed = changed_since(before)
        transaction.set_rollback(True)
    assert len(looked_at) >= 6
    assert {status for status in looked_at.values() if status >= 500} == set()
    assert changed <= RECORDS_OF_READING


def pages(seen: dict[str, Seen]) -> list[Seen]:
    return [each for each in seen.values() if each.is_page and each.response.status_code == 200]


def test_the_crawl_reaches_every_listed_page_in_both_languages(seen: dict[str, Seen]) -> None:
    listed = {page.url for page in public_pages()}
    assert listed - {path.partition("?")[0] for path in seen} == set()
    assert len([path for path in listed if path.startswith("/en/")]) >= 25
    assert len([path for path in listed if not path.startswith("/en/")]) >= 25


def test_no_link_is_broken_and_nothing_fails(seen: dict[str, Seen]) -> None:
    wrong = {path: each.response.status_code for path, each in seen.items() if not _is_well(path, each)}
    assert wrong == {}


def _is_well(path: str, each: Seen) -> bool:
    """Static files aren't collected for tests: it's enough that there is one of this name to collect."""
    if path.startswith("/static/"):
        return finders.find(path.removeprefix("/static/")) is not None
    return each.response.status_code in (200, 301, 302, 303)


def test_papers_pictures_and_films_are_there_and_are_what_they_say(seen: dict[str, Seen]) -> None:
    papers = {path for key in ALL_PRINTABLES for path in (f"/fleta/{key}.pdf", f"/en/fleta/{key}.pdf")}
    assert papers <= set(seen)
    for path in papers:
        headers = seen[path].response.headers
        assert headers["content-type"] == "application/pdf", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert "noindex" in headers["x-robots-tag"], path
    kinds = {each.response.headers["content-type"] for path, each in seen.items() if path.startswith("/documents/")}
    assert kinds == {"video/mp4", "text/vtt"}
    kinds = {each.response.headers["content-type"] for path, each in seen.items() if path.startswith("/media/images/")}
    assert kinds == {"image/avif", "image/webp", "image/jpeg"}


def test_no_address_sets_a_cookie_or_depends_on_one(seen: dict[str, Seen]) -> None:
    setting = [path for path, each in seen.items() if "set-cookie" in each.response.headers]
    varying = [path for path, each in seen.items() if "cookie" in each.response.headers.get("vary", "").lower()]
    assert (setting, varying) == ([], [])


def test_every_page_carries_exactly_the_public_policy_and_tells_no_referrer(seen: dict[str, Seen]) -> None:
    for each in pages(seen):
        headers = each.response.headers
        assert set(headers) >= OF_EVERY_PAGE, (each.path, OF_EVERY_PAGE - set(headers))
        assert {part.strip() for part in headers["content-security-policy"].split(";")} == CSP, each.path
        assert headers["referrer-policy"] == "no-referrer", each.path
        assert headers["x-content-type-options"] == "nosniff", each.path
        assert "server-timing" not in headers, each.path


def test_no_page_asks_another_site_for_anything_or_leads_where_staff_work(seen: dict[str, Seen]) -> None:
    for each in pages(seen):
        for element, written in each.links:
            path = own_path(each.path, written)
            if path is None:
                assert element == "a", (each.path, element, written)
            else:
                assert not path.startswith(STAFF), (each.path, written)


def test_what_is_asked_for_in_confidence_is_kept_nowhere(seen: dict[str, Seen]) -> None:
    private = [each for each in pages(seen) if each.path.startswith(("/k/", "/en/k/", "/pyet/", "/en/pyet/"))]
    assert len(private) >= 6
    for each in private:
        assert "no-store" in each.response.headers["cache-control"], each.path
        assert "noindex" in each.response.headers["x-robots-tag"], each.path


def test_no_draft_is_told_anywhere(seen: dict[str, Seen]) -> None:
    assert [path for path, each in seen.items() if DRAFT in each.response.text or "kanarina" in path] == []


def test_no_card_is_named_outside_its_own_pages(seen: dict[str, Seen]) -> None:
    codes = set(InformativeSession.objects.values_list("card_code", flat=True))
    for path, each in seen.items():
        if "/k/" in path or "/pyet/" in path:
            continue
        told = [code for code in codes if code in each.response.text]
        assert told == [], path


def test_a_line_grown_old_by_the_clock_alone_is_gone_from_every_answer(
    seen: dict[str, Seen], a_month_later: dict[str, Seen]
) -> None:
    """Pages kept whole, the page without a network, 404, cards, asking, search, feeds, JSON-LD and the API."""
    aging = Hotline.objects.published().filter(never_stale=False)
    written = {text for line in aging for text in (line.number, line.tel)}
    assert {"116 111", "116111"} <= written
    before = {path for path, each in seen.items() if any(text in each.response.text for text in written)}
    assert {"/", "/en/", "/k/", "/en/pa-rrjet/", "/api/v2/hotlines/", "/api/v2/pages/?limit=100&fields=*"} <= before
    after = {path for path, each in a_month_later.items() if _shows_one(path, each, written)}
    assert after == set()
    danger = [each for each in a_month_later.values() if each.is_page and each.response.status_code in (200, 404)]
    assert [each.path for each in danger if 'href="tel:129"' not in each.response.text] == []
    answered = a_month_later["/api/v2/hotlines/"].response.json()["items"]
    lasting = Hotline.objects.published().filter(never_stale=True)
    assert {line["key"] for line in answered} == {line.key for line in lasting}


def _shows_one(path: str, each: Seen, written: set[str]) -> bool:
    before = "tel:" if "?q=" in path else ""  # what was searched for stands in its field
    return any(f"{before}{number}" in each.response.text for number in written)


def test_the_exit_stands_on_every_page(seen: dict[str, Seen]) -> None:
    for each in pages(seen):
        assert any(own_path(each.path, written) == "/dil/" for _element, written in each.links), each.path


def test_every_page_names_its_language_and_a_listed_one_its_twin(seen: dict[str, Seen]) -> None:
    for each in pages(seen):
        language = "en" if each.path.startswith("/en/") or each.path == "/en/" else "sq"
        assert f'<html lang="{language}"' in each.response.text, each.path
    for page in public_pages():
        assert 'rel="alternate" hreflang=' in seen[page.url].response.text, page.url
