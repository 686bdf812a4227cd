"""Deadlines that would do nothing when it matters are named, and may still be published."""

from typing import Any

import pytest
from django.utils import timezone
from structlog.testing import capture_logs

from case_forms.submissions.seeding.reference import procedure_files
from tests.world.procedures import deadline, enact, small_procedure
from tests.world.scene import make_scene

from ..clocks import OF_REFERRALS
from ..deadline_warnings import find_warnings, get_started
from ..definition import parse_procedure


def warnings(definition: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each.path.removeprefix("/deadlines/"), each.code) for each in find_warnings(parse_procedure(definition))}


def test_a_deadline_beside_a_notice_wakes_its_recipient_and_one_of_its_own_nobody() -> None:
    assert warnings(small_procedure()) == {("assessment", "wakes_nobody")}


def test_a_deadline_that_no_rule_starts_or_that_never_ends_is_named() -> None:
    procedure = small_procedure()
    procedure["deadlines"] |= {"idle": deadline("Idle", red_minutes=5), "endless": deadline("Endless")}
    procedure["rules"][0]["then"].append({"do": "deadline", "key": "endless"})
    assert warnings(procedure) - {("assessment", "wakes_nobody")} == {
        ("idle", "never_starts"),
        ("endless", "never_ends"),
    }


def test_a_deadline_that_wakes_somebody_in_one_rule_only_is_named() -> None:
    procedure = small_procedure()
    procedure["rules"][1]["then"].append({"do": "deadline", "key": "police_report"})
    assert ("police_report", "wakes_nobody") in warnings(procedure)


def test_to_meet_a_deadline_does_not_start_it() -> None:
    procedure = small_procedure()
    procedure["rules"][1]["then"].pop()
    assert warnings(procedure) == {("assessment", "never_starts")}


def test_a_deadline_with_an_owner_and_steps_wakes_them_and_one_that_nothing_meets_is_named() -> None:
    procedure = small_procedure()
    procedure["deadlines"]["assessment"] |= {"owner": "mobile_unit", "ladder": "quick"}
    assert warnings(procedure) == set()
    procedure["rules"][4]["then"].pop(0)
    assert warnings(procedure) == {("assessment", "never_met")}
    procedure["deadlines"]["assessment"]["form"] = "small_follow_up"
    assert warnings(procedure) == set()


def test_every_deadline_of_the_shipped_procedure_is_alive() -> None:
    for definition in procedure_files():
        procedure = parse_procedure(definition)
        assert warnings(definition) == set()
        beside_a_notice = {key for key, wakes in get_started(procedure).items() if wakes}
        for key, written in procedure.deadlines.items():
            # Beside a notice its recipient owns it and accepting meets it; else somebody is named, and what to do.
            # Those of referrals are met by a referral's steps.
            is_met = written.form or key in OF_REFERRALS
            assert key in beside_a_notice or (written.is_chased and is_met and written.next_step), key


@pytest.mark.django_db
def test_a_procedure_with_warnings_is_published_and_the_log_names_them() -> None:
    make_scene()
    procedure = small_procedure()
    procedure["deadlines"]["idle"] = deadline("Idle", red_minutes=5)
    with capture_logs() as logs:
        assert enact(procedure, since=timezone.now()).number == 2
    named = [
        (one["path"], one["code"]) for each in logs if each["event"] == "procedure_warnings" for one in each["found"]
    ]
    assert ("/deadlines/idle", "never_starts") in named
