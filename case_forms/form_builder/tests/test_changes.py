"""Changes to a definition, as the editor sends them."""

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .. import canonical
from ..changes import MAX_CHANGES, ChangeRefused, apply_changes
from .differ import changes_between
from .samples import sample

keys = st.text("abc/~01", max_size=3)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0]) | st.text("ab~/", max_size=3),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)
documents = st.dictionaries(keys, values, max_size=5)


def same(one: Any, other: Any) -> bool:
    return canonical.dump(one) == canonical.dump(other)


@given(documents, documents)
def test_the_changes_between_two_documents_make_the_one_of_the_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    before = copy.deepcopy(old)

    result = apply_changes(old, json.loads(json.dumps(changes_between(old, new))))

    assert same(result, new)
    assert same(old, before)


@given(
    documents,
    st.lists(st.fixed_dictionaries({"op": st.sampled_from(["add", "remove", "replace", "move"])}), max_size=3),
    st.data(),
)
def test_whatever_is_sent_gives_a_document_or_a_refusal(
    document: dict[str, Any], operations: Any, data: st.DataObject
) -> None:
    pointers = st.lists(keys | st.integers(0, 4).map(str) | st.just("-"), max_size=4).map(
        lambda s: "".join(f"/{x}" for x in s)
    )
    for operation in operations:
        operation["path"] = data.draw(pointers)
        if operation["op"] == "move":
            operation["from"] = data.draw(pointers)
        elif operation["op"] != "remove":
            operation["value"] = data.draw(values)
    with contextlib.suppress(ChangeRefused):
        assert isinstance(apply_changes(document, operations), dict)


@pytest.mark.parametrize(
    "changes",
    [
        "none",
        {"op": "remove", "path": "/title"},
        [None],
        [{"op": "copy", "from": "/title", "path": "/intro"}],
        [{"op": "test", "path": "/key", "value": "sample"}],
        [{"op": "add", "path": "/intro"}],
        [{"op": "remove", "path": "/title", "value": 1}],
        [{"op": "remove", "path": "title"}],
        [{"op": "remove", "path": ""}],
        [{"op": "remove", "path": "/nothing"}],
        [{"op": "remove", "path": "/title/~2"}],
        [{"op": "replace", "path": "/sections/00/key", "value": "x"}],
        [{"op": "replace", "path": "/sections/-1/key", "value": "x"}],
        [{"op": "replace", "path": "/sections/-/key", "value": "x"}],
        [{"op": "replace", "path": "/sections/99", "value": {}}],
        [{"op": "add", "path": "/sections/99", "value": {}}],
        [{"op": "add", "path": "/key/deeper", "value": 1}],
        [{"op": "move", "from": "/sections/0", "path": "/sections/0/items/0"}],
        [{"op": "move", "from": "/nothing", "path": "/nothing"}],
        [{"op": "replace", "path": "", "value": ["no object"]}],
        [{"op": "add", "path": "/x", "value": 10**40}],
        [{"op": "add", "path": "/x", "value": "\ud800"}],
        [{"op": "add", "path": "/" + "/".join("x" * 50), "value": 1}],
        [{"op": "remove", "path": "/title"}] * (MAX_CHANGES + 1),
    ],
)
def test_what_cannot_be_applied_is_refused(changes: Any) -> None:
    with pytest.raises(ChangeRefused):
        apply_changes(sample(), changes)


def test_a_question_moves_to_another_section() -> None:
    moved = apply_changes(sample(), [{"op": "move", "from": "/sections/0/items/1", "path": "/sections/1/items/0"}])

    assert [item["key"] for item in moved["sections"][0]["items"]] == ["municipality", "minutes"]
    assert moved["sections"][1]["items"][0]["key"] == "seen_on"


def test_a_refusal_names_the_change_and_repeats_nothing_of_it() -> None:
    with pytest.raises(ChangeRefused) as refused:
        apply_changes(sample(), [{"op": "remove", "path": "/intro2"}, {"op": "remove", "path": "/kind"}])

    assert refused.value.position == 0
    assert "intro2" not in str(refused.value)
