"""On what basis each role may receive data of a case: `data/sharing.json`, read once."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

OWN_PEOPLE = "own_people"
LEGAL_DUTY = "legal_duty"
CONSENT = "consent"
EVERYONE = "everyone"
CHILD = "child"


@cache
def get_rules() -> Mapping[str, Any]:
    """Return the whole file."""
    text = files(__package__).joinpath("data/sharing.json").read_text(encoding="utf-8")
    rules: Mapping[str, Any] = json.loads(text)
    return rules


def get_role_rule(role: str) -> Mapping[str, Any] | None:
    """Return what holds for this role; None for one that the file doesn't name: nothing is shared with it."""
    rule: Mapping[str, Any] | None = get_rules()["roles"].get(role)
    return rule


def get_road_rule(road: str) -> Mapping[str, Any] | None:
    """Return what holds for a road on which data leave otherwise than as a notice; None for one that isn't named."""
    rule = get_rules()["roads"].get(road)
    return rule if isinstance(rule, dict) else None


def needs_consent(role: str, *, is_child: bool) -> bool:
    """Say whether this role receives data of such a case only with consent, or in an emergency."""
    rule = get_role_rule(role)
    if rule is None:
        return True
    if rule["basis"] == OWN_PEOPLE:
        return False
    return rule["basis"] != LEGAL_DUTY or (rule["for"] == CHILD and not is_child)


@cache
def roles_by_consent() -> frozenset[str]:
    """Return the roles for which consent can be what decides, in some case."""
    return frozenset(role for role in get_rules()["roles"] if needs_consent(role, is_child=False))


@cache
def roles_in_emergencies() -> frozenset[str]:
    """Return the roles for which a vital interest may take the place of consent."""
    return frozenset(role for role, rule in get_rules()["roles"].items() if rule.get("vital_interest"))


@cache
def roles_despite_restriction() -> frozenset[str]:
    """Return the roles for which it may also where the person asked that their data aren't used (ADR 133)."""
    return frozenset(role for role in roles_in_emergencies() if get_rules()["roles"][role].get("despite_restriction"))


def must_be_named(role: str) -> bool:
    """Say whether a consent that names no office leaves this role out."""
    rule = get_role_rule(role)
    return rule is None or bool(rule.get("must_be_named")) or rule["basis"] != CONSENT


def is_of_a_state(role: str) -> bool:
    """Say whether a consent for this role counts only for the state that it names."""
    rule = get_role_rule(role)
    return rule is not None and bool(rule.get("of_a_state"))


def read_state(answers: Mapping[str, Any]) -> str:
    """Return the state (a country code) whose office these answers name, where the person was asked about it first.

    "" where none is named, or the person fears it, wants asylum, or wasn't asked.
    """
    rule = get_rules()["another_state"]
    state = answers.get(rule["question"])
    return state if isinstance(state, str) and answers.get(rule["asked_first"]) == rule["answer"] else ""


def which_count(*, is_child: bool) -> frozenset[str]:
    """Return the ways of consenting that count, as requests call them (`consent_basis`)."""
    return frozenset(get_rules()["counts"]["child" if is_child else "adult"])
