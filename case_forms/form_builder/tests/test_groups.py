"""Every shipped form has its place among what workers look for, and a coordinator's own form one by its kind."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ..groups import GROUPS, HELP, REPORTS, SAFETY, get_group, grouped

FILES = sorted((Path(__file__).parent.parent / "data" / "forms").glob("*.json"))


def version(definition: dict[str, Any]) -> Any:
    return SimpleNamespace(
        form=SimpleNamespace(key=definition["key"]), definition=definition, title=definition["title"]["en"]
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_form_for_staff_stands_in_a_group_by_its_key(path: Path) -> None:
    definition = json.loads(path.read_text())
    if definition.get("audience") == "public":
        return
    assert definition["key"] in {key for _label, keys in GROUPS.values() for key in keys}


def own(kind: str, *types: str) -> Any:
    items = [{"item": "question", "key": f"q{number}", "type": name} for number, name in enumerate(types)]
    return version(
        {"key": "our_own", "kind": kind, "title": {"en": "Our own"}, "sections": [{"key": "a", "items": items}]}
    )


@pytest.mark.parametrize(
    ("form", "group"),
    [
        (own("assessment", "text"), SAFETY),
        (own("report", "case_reference"), HELP),
        (own("report", "text"), REPORTS),
        (own("something_new", "text"), REPORTS),
    ],
)
def test_a_form_that_coordinators_made_comes_after_the_shipped_ones_of_its_kind(form: Any, group: str) -> None:
    assert get_group(form) == (group, len(GROUPS[group][1]))


def test_groups_come_in_the_order_of_an_encounter_and_empty_ones_are_left_out() -> None:
    forms = [version(json.loads(path.read_text())) for path in FILES if path.stem in ("referral", "consent", "refusal")]
    found = grouped([*forms, own("referral", "case_reference")])
    assert [(group.key, [each.form.key for each in group.versions]) for group in found] == [
        ("consent", ["consent", "refusal"]),
        ("help", ["referral", "our_own"]),
    ]
