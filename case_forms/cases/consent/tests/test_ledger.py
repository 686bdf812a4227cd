"""The ledger against a reference rule that is written otherwise: random sequences of answers, in any order."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_forms.procedures.events.consents import PURPOSES
from notifications.directory.models import Partner, Role

from ..ledger import Recipient, find_standing, sort_entries
from ..models import ConsentEntry, ConsentPurpose
from ..recording import ANSWERS
from ..rules import needs_consent

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHELTER, DOCTOR = Partner(pk=1, slug="shelter"), Partner(pk=2, slug="doctor")
ASKED = [
    Recipient("health"),
    Recipient("health", DOCTOR),
    Recipient("psychologist"),
    Recipient("protection_service", SHELTER),
    Recipient("protection_service", Partner(pk=3)),
    Recipient("social_service"),
]
WHOM: list[tuple[str, int | None]] = [
    ("", None), ("health", None), ("psychologist", None), ("protection_service", None), ("", 1), ("", 2),
]  # fmt: skip

rows = st.fixed_dictionaries(
    {
        "whom": st.sampled_from(WHOM),
        "answer": st.sampled_from(["given", "given", "refused", "withdrawn", "not_able"]),
        "kind": st.sampled_from(["consent", "assent", "representative", "duty_without_consent"]),
        "until": st.sampled_from([None, NOON - timedelta(days=1), NOON + timedelta(days=1)]),
    }
)
acts = st.fixed_dictionaries(
    {
        "hours": st.integers(-40, 0),
        "rows": st.lists(rows, min_size=0, max_size=4),
        "representative": st.sampled_from(["", "cpu", "parent"]),
        "involved": st.sampled_from(["", "yes", "no", "unknown"]),
    }
)
histories = st.lists(acts, max_size=5, unique_by=lambda act: act["hours"])


def write(history: list[dict[str, Any]]) -> list[ConsentEntry]:
    """The entries, recorded in the order of the list whatever they are about: forms that came late among them."""
    entries = []
    for number, act in enumerate(history):
        key = uuid.uuid4()
        common = {
            "act": key,
            "occurred_at": NOON + timedelta(hours=act["hours"]),
            "recorded_at": NOON + timedelta(seconds=number),
            "representative": act["representative"],
            "may_be_involved": act["involved"],
            "purpose": "refer_to",
        }
        if not act["rows"]:
            entries.append(ConsentEntry(**{**common, "purpose": ""}, answer="unreadable"))
        for row in act["rows"]:
            role, partner = row["whom"]
            own = {key: row[key] for key in ("answer", "kind", "until")}
            entries.append(ConsentEntry(**common, role=role, partner_id=partner, **own))
    return entries


def is_covered(history: list[dict[str, Any]], to: Recipient, *, is_child: bool) -> bool:
    """The rule in words: the newest form with anything about this office decides; every yes in it, none else."""
    for act in sorted(history, key=lambda each: -each["hours"]):
        if not act["rows"]:
            return False
        office = [row for row in act["rows"] if row["whom"][1] is not None and row["whom"][1] == to.partner_id]
        role = [row for row in act["rows"] if row["whom"] == (to.role, None)]
        nobody = [row for row in act["rows"] if row["whom"] == ("", None)]
        if to.role in ("protection_service", "social_service"):
            nobody = [row for row in nobody if row["answer"] != "given"]
        own = office + role
        if not own and not nobody:
            continue
        if any(row["answer"] != "given" for row in own or nobody):
            return False
        deciding = office or role or nobody
        if any(row["until"] and row["until"] <= NOON for row in deciding):
            return False
        ways = set()
        for row in deciding:
            if row["kind"] == "consent":
                ways.add("consent_form")
            if row["kind"] == "assent" and act["representative"] == "cpu":
                ways.add("assent_and_cpu")
            unsafe = act["involved"] in ("yes", "unknown")
            if row["kind"] == "representative" and not unsafe and (is_child or act["representative"]):
                ways.add("representative")
        return bool(ways & ({"assent_and_cpu", "representative"} if is_child else {"consent_form", "representative"}))
    return False


@given(histories, st.sampled_from(ASKED), st.booleans(), st.randoms())
def test_the_ledger_says_what_the_rule_says(
    history: list[dict[str, Any]], to: Recipient, is_child: bool, random: Any
) -> None:
    entries = write(history)
    random.shuffle(entries)
    standing = find_standing(sort_entries(entries), to, at=NOON, is_child=is_child)
    assert standing.counts(is_child=is_child) is is_covered(history, to, is_child=is_child)


def test_nothing_written_is_no_consent() -> None:
    assert not find_standing([], Recipient("health"), at=NOON, is_child=False).counts(is_child=False)


def test_a_consent_counts_until_its_day_and_is_known_but_does_not_count_after() -> None:
    row = {"whom": ("health", None), "answer": "given", "kind": "consent", "until": NOON + timedelta(days=1)}
    entries = write([{"hours": -2, "rows": [row], "representative": "", "involved": ""}])
    for days, state, counts in ((0, "given", True), (1, "expired", False), (2, "expired", False)):
        standing = find_standing(entries, Recipient("health"), at=NOON + timedelta(days=days), is_child=False)
        assert (standing.state, standing.counts(is_child=False)) == (state, counts)
        assert standing.ways == {"consent_form"}


def test_a_no_to_the_role_is_heard_beside_a_yes_to_the_office() -> None:
    yes = {"whom": ("", 2), "answer": "given", "kind": "consent", "until": None}
    act = {"hours": -2, "rows": [yes, {**yes, "whom": ("health", None), "answer": "refused"}]}
    for rows in (act["rows"], act["rows"][::-1]):
        entries = write([{**act, "rows": rows, "representative": "", "involved": ""}])
        assert find_standing(entries, Recipient("health", DOCTOR), at=NOON, is_child=False).state == "refused"


@pytest.mark.parametrize(
    ("kind", "representative", "involved", "of_adult", "of_child", "is_unsafe"),
    [
        ("consent", "", "", {"consent_form"}, {"consent_form"}, False),
        ("assent", "cpu", "", {"assent_and_cpu"}, {"assent_and_cpu"}, False),
        ("assent", "parent", "", set(), set(), False),
        ("representative", "parent", "no", {"representative"}, {"representative"}, False),
        ("representative", "parent", "unknown", set(), set(), True),
        # Of an adult somebody has to be named who may speak for them.
        ("representative", "", "", set(), {"representative"}, False),
        ("duty_without_consent", "", "", set(), set(), False),
    ],
)
def test_how_it_was_consented_and_whether_the_representative_is_why_it_does_not_count(
    kind: str, representative: str, involved: str, of_adult: set[str], of_child: set[str], is_unsafe: bool
) -> None:
    row = {"whom": ("health", None), "answer": "given", "kind": kind, "until": None}
    entries = write([{"hours": -2, "rows": [row], "representative": representative, "involved": involved}])
    for is_child, ways in ((False, of_adult), (True, of_child)):
        standing = find_standing(entries, Recipient("health"), at=NOON, is_child=is_child)
        assert (standing.ways, standing.is_unsafe) == (ways, is_unsafe)


def test_a_yes_that_names_nobody_is_not_about_a_shelter_and_a_no_is() -> None:
    shelter = Recipient("protection_service", SHELTER)
    row = {"whom": ("", None), "answer": "given", "kind": "consent", "until": None}
    act = {"hours": -2, "rows": [row], "representative": "", "involved": ""}
    assert find_standing(write([act]), shelter, at=NOON, is_child=False).state == "none"
    assert find_standing(write([act]), Recipient("health"), at=NOON, is_child=False).state == "given"
    named = {**act, "rows": [{**row, "whom": ("", 1)}]}
    later = {**act, "hours": -1, "rows": [{**row, "answer": "withdrawn"}]}
    assert find_standing(write([named]), shelter, at=NOON, is_child=False).state == "given"
    entries = sort_entries(write([named, later]))
    assert find_standing(entries, shelter, at=NOON, is_child=False).state == "withdrawn"


def test_the_purposes_that_rules_may_name_are_those_of_the_ledger_and_of_the_form() -> None:
    form = json.loads((files("case_forms.form_builder") / "data/forms/consent.json").read_text(encoding="utf-8"))
    rows = next(item for section in form["sections"] for item in section["items"] if item["key"] == "consents")
    questions = {item["key"]: {choice["value"] for choice in item.get("choices", ())} for item in rows["items"]}
    assert questions["purpose"] == PURPOSES == set(ConsentPurpose.values)
    assert questions["given"] == set(ANSWERS)
    by_consent = {role for role in Role.values if needs_consent(role, is_child=False)}
    assert questions["office"] == by_consent
