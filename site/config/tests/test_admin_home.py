"""The admin's first page, its help, and the way between the two halves of the system."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from access.languages import LANGUAGES
from access.models import StaffRole, User
from notifications.directory.models import Leave
from notifications.outbox.models import Notice
from tests.world.places import make_coordinator, make_place, make_user
from tests.world.scene import Scene, make_scene

from ..guides.catalogue import GUIDES
from ..guides.markdown import render

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def signed_in(user: User, *, admin: bool = True) -> Client:
    if admin:
        user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, address: str = "/cms/") -> str:
    response = client.get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_two_halves_link_to_each_other_for_whoever_may_use_both(scene: Scene) -> None:
    coordinator = signed_in(make_coordinator(scene.place))
    assert 'href="/cms/"' in page(coordinator, "/field/")
    assert "/field/" in page(coordinator)


def test_nobody_is_led_into_a_half_that_is_not_theirs(scene: Scene) -> None:
    worker = signed_in(scene.worker, admin=False)
    assert 'href="/cms/"' not in page(worker, "/field/")
    assert 'href="/field/"' not in page(signed_in(make_user(StaffRole.EDITOR)))


def test_the_first_page_says_what_waits(scene: Scene) -> None:
    scene.send(age_stated=None)
    notice = Notice.objects.get(role="police")
    Notice.objects.filter(pk=notice.pk).update(
        contact=None, recipient_key="nobody", state="failed", reason="no_contact", next_attempt_at=timezone.now()
    )
    html = page(signed_in(make_coordinator(scene.place)))
    assert "state__exact=failed" in html
    assert "vatra-waiting__loud" in html
    elsewhere = page(signed_in(make_coordinator(make_place())))
    assert "state__exact=failed" not in elsewhere


def test_the_first_page_names_the_offices_with_hours_in_which_nobody_is_on_duty(scene: Scene) -> None:
    client = signed_in(make_coordinator(scene.place))
    police = scene.offices["police"]
    address = f"/cms/dutyshift/?partner={police.pk}"
    assert address not in page(client)
    now = timezone.now()
    for contact in police.contacts.all():
        Leave.objects.create(contact=contact, starts_at=now, ends_at=now + timedelta(hours=5))
    html = page(client)
    assert address in html
    assert police.name in html


def test_when_nothing_waits_it_says_so(scene: Scene) -> None:
    editor = page(signed_in(make_user(StaffRole.EDITOR)))
    assert "vatra-waiting__loud" not in editor
    assert 'id="waiting-section"' in editor
    assert "icon-check" in editor


def test_only_editors_are_offered_a_search_of_pages(scene: Scene) -> None:
    assert 'role="search"' not in page(signed_in(make_coordinator(scene.place)))
    assert 'role="search"' in page(signed_in(make_user(StaffRole.EDITOR)))


@pytest.mark.parametrize("role", [StaffRole.EDITOR, StaffRole.OPERATOR, StaffRole.COORDINATOR])
def test_help_leads_to_our_guides_and_to_no_other_site(scene: Scene, role: str) -> None:
    user = make_coordinator(scene.place) if role == StaffRole.COORDINATOR else make_user(role)
    html = page(signed_in(user))
    assert "/cms/guides/" in html
    assert "guide.wagtail.org" not in html
    assert "whats-new-in-wagtail" not in html


def test_each_role_reads_its_own_guides_in_both_languages(scene: Scene) -> None:
    coordinator, editor = signed_in(make_coordinator(scene.place)), signed_in(make_user(StaffRole.EDITOR))
    operator = signed_in(make_user(StaffRole.OPERATOR))
    seen = {
        guide.slug: [
            name
            for name, client in (("coordinator", coordinator), ("editor", editor), ("operator", operator))
            if client.get(f"/cms/guides/{guide.slug}/").status_code == 200
        ]
        for guide in GUIDES
    }
    assert seen == {
        "coordinator": ["coordinator"],
        "roster": ["coordinator", "operator"],
        "worker": ["coordinator"],
        "editor": ["editor"],
        "operator": ["operator"],
    }
    assert 'lang="sq"' in page(coordinator, "/cms/guides/coordinator/sq/")
    assert 'lang="en"' in page(coordinator, "/cms/guides/coordinator/en/")
    assert coordinator.get("/cms/guides/coordinator/xx/").status_code == 404
    assert signed_in(scene.worker, admin=False).get("/cms/guides/worker/").status_code == 404


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.slug)
def test_each_part_of_a_guide_can_be_jumped_to(guide) -> None:
    for language in LANGUAGES:
        parts = guide.parts(language)
        html = guide.html(language)
        assert html.count("<h2 ") == len(parts)
        assert len({part for part, _words in parts}) == len(parts)
        for part, words in parts:
            assert f'<h2 id="{part}">{words}</h2>' in html


def test_a_guide_lists_its_parts_in_its_own_language(scene: Scene) -> None:
    editor = signed_in(make_user(StaffRole.EDITOR))
    assert '<a href="#dy-gjuhe">Dy gjuhë</a>' in page(editor, "/cms/guides/editor/sq/")
    assert '<a href="#two-languages">Two languages</a>' in page(editor, "/cms/guides/editor/en/")


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.slug)
def test_every_guide_stands_in_both_languages_with_the_same_parts(guide) -> None:
    for language in LANGUAGES:
        text = guide.path(language).read_text(encoding="utf-8")
        assert text.startswith("# ")
        html = guide.html(language)
        assert "**" not in html
        assert not re.search(r"<p>\s*[-|]", html)
    assert guide.path("sq").read_text() != guide.path("en").read_text()
    assert str(settings.ROOT) not in guide.html("sq")


@pytest.mark.parametrize("address", ["api/main/images/", "api/main/documents/", "reports/site-history/"])
def test_what_belongs_to_the_public_pages_opens_for_editors_only(scene: Scene, address: str) -> None:
    assert signed_in(make_coordinator(scene.place)).get(f"/cms/{address}").status_code == 404
    assert signed_in(make_user(StaffRole.OPERATOR)).get(f"/cms/{address}").status_code == 404
    assert signed_in(make_user(StaffRole.EDITOR)).get(f"/cms/{address}").status_code != 404


def test_the_account_page_offers_no_time_zone_that_a_browser_refuses(scene: Scene) -> None:
    assert "localtime" not in page(signed_in(make_coordinator(scene.place)), "/cms/account/")


def test_an_operator_reads_how_many_notices_reach_nobody_and_of_no_case(scene: Scene) -> None:
    scene.send(age_stated=None)
    notice = Notice.objects.get(role="police")
    Notice.objects.filter(pk=notice.pk).update(
        contact=None, recipient_key="nobody", state="failed", reason="no_contact", next_attempt_at=timezone.now()
    )
    html = page(signed_in(make_user(StaffRole.OPERATOR)))
    assert "vatra-waiting__loud" in html
    assert notice.case_reference not in html
    assert "/cms/outbox/notice/" not in html


def test_markdown_is_escaped_and_links_lead_nowhere_else() -> None:
    html = render('# A <b>\n\nx <script>1</script> [w](javascript:alert(1)) [d](adr/1.md) [e](https://e.example/"x)')
    assert "<script" not in html
    assert "<b>" not in html
    assert "javascript" not in re.findall(r'href="([^"]*)"', html)
    assert "adr/1.md" not in html


def test_markdown_knows_lists_tables_code_and_marks() -> None:
    lists = "Before:\n\n- a **b**\n  goes on\n- *c* `d*e*f`\n\n1. one\n2. two\n\n"
    html = render(lists + "| h | i |\n|---|---|\n| j | k |\n\n```\n<x>\n```\n")
    assert "<ul><li>a <strong>b</strong> goes on</li><li><em>c</em> <code>d*e*f</code></li></ul>" in html
    assert "<ol><li>one</li><li>two</li></ol>" in html
    assert "<tr><td>j</td><td>k</td></tr>" in html
    assert "<pre><code>&lt;x&gt;</code></pre>" in html


def test_a_guide_is_read_in_the_default_language_where_there_is_none_in_ones_own() -> None:
    for guide in GUIDES:
        assert guide.path("it") == guide.path(LANGUAGES[0])


def find_addresses(part: Any) -> Iterator[str]:
    """Find what the sidebar links to, however deep: Wagtail hands its items to the page's script as JSON."""
    if isinstance(part, dict):
        yield from (value for name, value in part.items() if name == "url" and isinstance(value, str))
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from find_addresses(each)


@pytest.mark.parametrize("role", [role for role in StaffRole if role is not StaffRole.WORKER])
def test_each_link_of_the_admins_menu_opens_for_whom_it_is_shown_to(scene: Scene, role: StaffRole) -> None:
    user = make_coordinator(scene.place) if role is StaffRole.COORDINATOR else make_user(role)
    client = signed_in(user)
    html = client.get("/cms/").content.decode()
    (props,) = re.findall(r'<script id="wagtail-sidebar-props" type="application/json">(.*?)</script>', html, re.DOTALL)
    addresses = {each for each in find_addresses(json.loads(props)) if each.startswith("/")}
    assert len(addresses) >= 3
    closed = {each: client.get(each).status_code for each in addresses if "logout" not in each}
    assert {each: status for each, status in closed.items() if status not in (200, 302)} == {}
