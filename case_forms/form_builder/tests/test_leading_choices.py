"""What stands first in long lists: the places of one's own region, Albania, Albanian."""

from typing import Any

import pytest

from case_forms.form_builder.sources import Lists, leading_in
from case_forms.form_builder.templatetags.questions import parted
from tests.world.scene import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


def test_the_own_region_stands_first_for_a_worker_and_a_coordinator(world: World) -> None:
    for person, first in ((world.worker, "vlore"), (world.stranger, "lezhe"), (world.other_coordinator, "lezhe")):
        municipalities = [value for value, _label in Lists(person).choices("municipalities", "sq")]
        assert municipalities[0] == first
        assert len(municipalities) == 2


def test_without_a_person_a_list_is_in_the_order_of_the_alphabet(world: World) -> None:
    labels = [label for _value, label in Lists().choices("municipalities", "sq")]
    assert labels == sorted(labels)


@pytest.mark.parametrize(
    ("name", "language", "first", "next_one"),
    [("countries", "sq", ["AL", "XK"], "AF"), ("countries", "en", ["AL", "XK"], "AF"), ("languages", "sq", None, None)],
)
def test_what_is_answered_most_stands_first(name: str, language: str, first: Any, next_one: Any) -> None:
    lists = Lists()
    leading = leading_in(lists, name)
    values = [value for value, _label in lists.choices(name, language)]
    assert set(values[: len(leading)]) == leading
    assert leading <= set(values)
    if first:
        assert values[: len(first)] == first
        assert values[len(first)] == next_one


@pytest.mark.parametrize(("leading", "names"), [(0, [""]), (2, ["first", "others"]), (3, [""]), (None, [""])])
def test_a_list_is_parted_only_where_both_parts_have_something(leading: int | None, names: list[str]) -> None:
    assert [name for name, _part in parted([("a", "A"), ("b", "B"), ("c", "C")], leading)] == names


def test_two_queries_find_the_own_region_however_often_a_list_is_asked_for(
    world: World, django_assert_max_num_queries: Any
) -> None:
    lists = Lists(world.worker)
    with django_assert_max_num_queries(4):
        for language in ("sq", "en"):
            lists.choices("municipalities", language)
            lists.leading("municipalities")
