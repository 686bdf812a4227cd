"""What the outline posts, read."""

import json
from typing import Any

import pytest

from ..edits import EditRefused, Overtaken, compute_sha, edited
from .samples import sample


def posted(**more: Any) -> str:
    return json.dumps({"base": compute_sha(sample()), **more})


def test_changes_are_applied_to_the_base_they_were_made_on() -> None:
    new = edited(sample(), posted(changes=[{"op": "replace", "path": "/title/en", "value": "Other"}]))

    assert new["title"]["en"] == "Other"


def test_the_whole_definition_can_be_sent_instead() -> None:
    assert edited(sample(), posted(definition=sample() | {"kind": "tip"}))["kind"] == "tip"


def test_another_base_means_that_somebody_else_has_saved() -> None:
    for base in ("", "0" * 64, None, 5):
        with pytest.raises(Overtaken):
            edited(sample(), posted(base=base, changes=[]))


def test_a_half_done_form_can_be_kept() -> None:
    half_done = sample()
    half_done["sections"][0]["items"][0] |= {"label": {}, "type": "", "choices": [{"value": "", "label": {"sq": ""}}]}

    assert edited(sample(), posted(definition=half_done)) == half_done


def test_rows_in_rows_can_be_kept() -> None:
    child = {"item": "question", "key": "child_age", "type": "integer"}
    nested = sample()
    nested["sections"][0]["items"].append(
        {"item": "repeat", "key": "households", "items": [{"item": "repeat", "key": "children", "items": [child]}]}
    )

    assert edited(sample(), posted(definition=nested)) == nested


@pytest.mark.parametrize(
    "sent", ["", "no JSON", "5", "[]", "{}", '{"base": "x"}', '{"base": NaN, "changes": []}', "[" * 9999]
)
def test_what_holds_no_changes_is_refused(sent: str) -> None:
    with pytest.raises(EditRefused):
        edited(sample(), sent)


@pytest.mark.parametrize(
    "bent",
    [
        [],
        {},
        sample() | {"key": "other"},
        sample() | {"format": 2},
        sample() | {"title": "Sample"},
        sample() | {"title": {"sq": 5}},
        sample() | {"languages": "sq"},
        sample() | {"sections": {}},
        sample() | {"sections": [5]},
        sample() | {"sections": [{"items": []}]},
        sample() | {"sections": [{"key": "a", "items": [{"key": 5}]}]},
        sample()
        | {
            "sections": [
                {
                    "key": "a",
                    "items": [{"key": "b", "items": [{"key": "c", "items": [{"key": "d", "items": [{"key": "e"}]}]}]}],
                }
            ]
        },
        sample() | {"lists": []},
        sample() | {"lists": {"a": []}},
        sample() | {"intro": {"sq": "x" * 2_100_000}},
    ],
)
def test_what_readers_rely_on_stays(bent: Any) -> None:
    with pytest.raises(EditRefused):
        edited(sample(), posted(definition=bent))


def test_a_change_that_does_not_fit_is_refused() -> None:
    with pytest.raises(EditRefused):
        edited(sample(), posted(changes=[{"op": "remove", "path": "/nothing"}]))


@pytest.mark.parametrize("warnings", ["x", [1], [{"when": True}], {"key": "w"}])
def test_a_working_copys_questions_before_sending_can_be_walked_through(warnings: Any) -> None:
    now = sample()
    with pytest.raises(EditRefused):
        edited(now, json.dumps({"base": compute_sha(now), "definition": {**now, "warnings": warnings}}))
