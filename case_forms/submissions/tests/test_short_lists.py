"""What the start page shows the beginning of: it says of how many, and leads to all of them, one's own alone."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from access.models import User
from access.short_lists import ShortList
from case_forms.cases.finding import home as between
from case_forms.cases.finding import merging
from case_forms.cases.finding.tests.scenes import client_of, make_two
from case_forms.submissions import dashboard
from case_forms.submissions.models import Submission
from case_forms.submissions.views import home as home_page
from tests.world.places import make_place, make_unit_with_worker
from tests.world.scene import make_scene

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def read(client: Client, address: str = "/field/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def count_forms(page: str) -> int:
    return page.partition('id="sent"')[2].count("line-link") if 'id="sent"' in page else page.count("line-link")


def test_what_was_sent_is_paged_to_the_first_form_each_on_one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = make_scene()
    for number in range(5):
        scene.send(first_name=f"A{number}")
    monkeypatch.setattr(dashboard, "MAX_SENT", 2)
    monkeypatch.setattr(dashboard, "SENT_ON_A_PAGE", 2)
    client = client_of(scene.worker)
    start = read(client)
    assert count_forms(start) == 2
    assert "The newest 2 are listed here." in start
    address, seen = "/field/?list=sent", []
    for _page in range(3):
        answer = client.get(address)
        seen += [each.pk for each in answer.context["sent"]]
        address = f"/field/?list=sent&after={answer.context['places'].older.replace('+', '%2B')}"
    assert sorted(seen) == sorted(Submission.objects.values_list("pk", flat=True))
    assert not answer.context["places"].older
    assert answer.context["places"].newer


def test_another_regions_worker_sees_none_of_it() -> None:
    scene = make_scene()
    scene.send(first_name="A")
    _unit, other = make_unit_with_worker(make_place("vlore"))
    User.objects.filter(pk=other.pk).update(language="en")
    for name in home_page.HEADINGS:
        page = read(client_of(other), f"/field/?list={name}")
        assert "Nothing is here." in page
        assert str(Submission.objects.get().pk) not in page


@pytest.mark.parametrize(
    "query", ["?list=", "?list=x", "?list=sent&after=x&before=~", "?list=merges&page=9999999", "?list=a%00"]
)
def test_a_strange_address_shows_a_page(query: str) -> None:
    scene = make_scene()
    read(client_of(scene.worker), f"/field/{query}")


def test_what_waits_between_units_says_of_how_many_and_all_of_them_can_be_decided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two = make_two()
    names = ("Ana", "Drita", "Mira", "Vera")
    one, other, third, fourth = (two.send(two.worker, first_name=name, last_name=name) for name in names)
    merges = [merging.propose_merge(kept=a, duplicate=b, by=two.worker) for a, b in ((one, other), (third, fourth))]
    mate = client_of(two.mate)
    assert "are listed here" not in read(mate)
    monkeypatch.setattr(between, "MAX_SHOWN", 1)
    start = read(mate)
    assert "1 of 2 are listed here." in start
    assert 'href="/field/?list=merges"' in start
    whole = read(mate, "/field/?list=merges")
    assert all(reverse("finding:merge", args=[merge.pk]) in whole for merge in merges)
    # Whoever proposed decides none of them.
    assert "Nothing is here." in read(client_of(two.worker), "/field/?list=merges")


def test_a_short_list_counts_what_it_hides() -> None:
    shown: ShortList[Any] = ShortList([1, 2], 5)
    assert (list(shown), len(shown), shown.hidden, bool(shown)) == ([1, 2], 2, 3, True)
    assert not ShortList()
