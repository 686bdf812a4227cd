"""Procedures as typed nodes: what is stored comes back byte for byte, and what is damaged still parses."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from case_forms.form_builder import canonical
from case_forms.submissions.seeding.reference import procedure_files
from case_forms.tips.tests.scene import tip_rules
from tests.world.procedures import small_procedure, world_procedure

from ..actions import save_procedure
from ..definition import Procedure, parse_canonical, parse_procedure
from ..rule_actions.base import UnknownAction
from ..rule_actions.cases import OpenCase
from ..rule_actions.notices import Notify

ROOMS = Path(__file__).resolve().parents[2]
LANDED = ROOMS / "submissions" / "tests" / "data" / "before_the_order_of_an_encounter.json"
# The sha256 of procedures that were published somewhere: their versions must go on standing for the same text.
LANDED_SHA256 = "a28c5a2ac0bc0c12323d0185c6f86bf886d91692e1bdd77c49225c24e02989e7"
STORED: dict[str, Any] = {
    **{definition["key"]: definition for definition in procedure_files()},
    "landed before": json.loads(LANDED.read_text(encoding="utf-8"))["procedure"],
    "small procedure": small_procedure(),
    "world procedure": world_procedure(),
    "tips": {**small_procedure(), "rules": tip_rules()},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize("name", STORED)
def test_a_stored_procedure_comes_back_with_the_same_sha256(name: str) -> None:
    text = canonical.dump(STORED[name])
    parsed = parse_canonical(text)
    assert canonical.dump(parsed.to_json()) == text
    assert canonical.dump(parsed.stored) == text
    assert parse_canonical(text) is parsed
    assert parse_procedure(parsed) is parsed


def test_the_procedure_that_landed_before_has_the_sha256_that_it_had() -> None:
    text = canonical.dump(parse_procedure(STORED["landed before"]).to_json())
    assert canonical.compute_sha256(text) == LANDED_SHA256


@pytest.mark.django_db
def test_a_published_version_reads_as_what_was_published() -> None:
    procedure = save_procedure(key="small_procedure", definition={**small_procedure(), "rules": []})
    version = procedure.versions.create(
        number=1, canonical=canonical.dump(procedure.definition), sha256="", in_force_from=timezone.now()
    )
    assert version.parsed.to_json() == version.definition == procedure.definition
    assert version.parsed is parse_canonical(version.canonical)


def spots(part: Any) -> list[tuple[Any, Any]]:
    """Every (container, name or position) of a JSON value."""
    entries = list(part.items()) if isinstance(part, dict) else list(enumerate(part)) if isinstance(part, list) else []
    return [(part, name) for name, _inner in entries] + [spot for _name, inner in entries for spot in spots(inner)]


@settings(max_examples=150, deadline=None)
@given(st.data(), JSON)
def test_a_damaged_procedure_parses_and_loses_nothing(data: st.DataObject, odd: Any) -> None:
    damaged = copy.deepcopy(STORED[data.draw(st.sampled_from(["small procedure", "tips"]))])
    container, name = data.draw(st.sampled_from(spots(damaged)))
    container[name] = odd
    for came in (damaged, odd):
        assert canonical.dump(parse_procedure(came).to_json()) == canonical.dump(came)


def test_an_entry_that_is_no_part_keeps_its_position() -> None:
    damaged = small_procedure()
    damaged["facts"].insert(0, 3)
    damaged["rules"][0]["then"].insert(0, {"do": "delete_all"})
    damaged["ladders"]["quick"].insert(0, "soon")
    parsed = parse_procedure(damaged)
    assert [fact.key for fact in parsed.facts] == ["", "age", "child"]
    assert [type(action) for action in parsed.rules[0].then] == [UnknownAction, OpenCase, Notify, Notify]
    assert parsed.rules[0].then[0].stored == {"do": "delete_all"}
    assert [step.after_minutes for step in parsed.ladders["quick"].steps] == [0, 10, 20, 30]


def test_what_is_not_stored_reads_as_its_default_and_what_is_stored_by_its_type() -> None:
    parsed = parse_procedure(small_procedure())
    police, authority = parsed.rules[0].then[1:]
    assert isinstance(police, Notify)
    assert isinstance(authority, Notify)
    assert (police.answer_minutes, authority.answer_minutes) == (30, None)
    assert (police.document, authority.document) == (False, True)
    assert (police.has("document"), authority.has("document")) == (False, True)
    assert parsed.deadlines["assessment"].minutes == {"breach_minutes": 1440}
    assert parsed.chains == {}


def test_a_node_is_never_changed() -> None:
    parsed = parse_procedure(small_procedure())
    with pytest.raises(ValidationError):
        parsed.rules[0].key = "other"  # type: ignore[misc]
    taken = parsed.to_json()
    taken["rules"].clear()
    assert len(parsed.rules) == len(parsed.to_json()["rules"]) == 6


def test_rules_are_found_by_event_and_form_in_their_order() -> None:
    parsed = parse_procedure({**small_procedure(), "rules": [*small_procedure()["rules"], *tip_rules()]})
    about = [rule.key for rule in parsed.rules_about("submission_received", "small_identification")]
    assert about == ["tell", "tell_cpu"]
    assert parsed.rules_about("submission_received", "another_form") == []
    assert all(rule.on == "signal_received" for rule in parsed.rules_about("signal_received", "any"))
    assert all(
        rule.listens_to(event, form) == (rule in parsed.rules_about(event, form))
        for rule in parsed.rules
        for event in ("submission_received", "signal_received")
        for form in ("small_identification", "small_follow_up", "other")
    )


def test_parsing_a_version_is_remembered_by_its_text() -> None:
    text = canonical.dump(small_procedure())
    assert isinstance(parse_canonical(text), Procedure)
    assert parse_canonical(text) is not parse_canonical(canonical.dump(world_procedure()))


@pytest.mark.parametrize("module", ["definition", "events.registry", "rule_actions.registry", "organisation_settings"])
def test_what_deciding_stands_on_imports_nothing_of_django(module: str) -> None:
    check = f"import sys, case_forms.procedures.{module}; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
