"""Whatever was answered here, on the phone, and before: no answer is lost, and nothing is taken over in silence."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from case_forms.form_builder.definition import Question, Repeat

from ..drafts.merging import MINE, THEIRS, Chosen, compute_marks, leaves
from ..drafts.phone_merge import PhoneMerge, compare

ROW = (Question(key="name", type="text"), Question(key="note", type="text"))
ITEMS = (
    Question(key="story", type="text"),
    Question(key="needs", type="select_many"),
    Question(key="signs", type="indicators"),
    Repeat(key="people", items=ROW, max=5),
)
words = st.sampled_from(["", "a", "b", "c"])
rows = st.fixed_dictionaries({"name": words, "note": words}).map(lambda row: {k: v for k, v in row.items() if v})
answers = st.fixed_dictionaries(
    {
        "story": words,
        "needs": st.lists(st.sampled_from(["x", "y"]), unique=True, max_size=2),
        "signs": st.dictionaries(st.sampled_from(["one", "two"]), st.sampled_from(["yes", "no"]), max_size=2),
        "people": st.lists(rows.filter(bool), max_size=3),
    }
).map(lambda found: {key: value for key, value in found.items() if value})


def flat(given: dict[str, Any]) -> dict[tuple[Any, ...], Any]:
    return dict(leaves(ITEMS, given))


@given(start=answers, here=answers, phone=answers)
def test_nothing_that_is_answered_is_lost_or_replaced_unless_the_phone_alone_changed_it(start, here, phone):
    merge = PhoneMerge("salt", compute_marks("salt", ITEMS, start), {})
    made = merge.made(ITEMS, here, phone)
    asked = [each.path for each in merge.differences]
    before, kept, there, began = flat(here), flat(made), flat(phone), flat(start)
    for path, value in before.items():
        assert path in kept, path
        if kept[path] != value and path[0] != "signs":
            assert (kept[path], value) == (there.get(path), began.get(path))
    for path, value in there.items():
        # what the phone changed is in the draft, or asked about
        if value != began.get(path) and kept.get(path) != value and path[0] != "signs":
            assert any(path[: len(each)] == each for each in asked), path
    met = compare(ITEMS, here, made, phone, merge)
    assert {path for path in kept if kept[path] != before.get(path)} <= {*met.taken, *asked}


@given(start=answers, here=answers, phone=answers, side=st.sampled_from([MINE, THEIRS]))
def test_once_chosen_nothing_is_asked_again(start, here, phone, side):
    marks = compute_marks("salt", ITEMS, start)
    first = PhoneMerge("salt", marks, {})
    made = first.made(ITEMS, here, phone)
    beside = first.get_marks_beside(ITEMS, phone)
    again = PhoneMerge("salt", beside, {})
    assert again.made(ITEMS, made, phone) == made
    assert [each.name for each in again.differences] == [each.name for each in first.differences]
    chosen = {each.name: Chosen(side, each.seen) for each in again.differences}
    last = PhoneMerge("salt", beside, chosen)
    result = last.made(ITEMS, made, phone)
    assert last.differences == []
    for each in again.differences:
        if len(each.path) == 1:
            assert (result.get(each.name) or None) == ((each.mine if side == MINE else each.theirs) or None)


@given(start=answers, here=answers)
def test_a_phone_that_changed_nothing_asks_nothing_and_takes_nothing(start, here):
    merge = PhoneMerge("salt", compute_marks("salt", ITEMS, start), {})
    assert merge.made(ITEMS, here, start) == here
    assert merge.differences == []
