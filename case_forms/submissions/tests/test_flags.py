"""A flag that a form touched, when the form goes to another case or is corrected.

Moved, it is what all others have made of it, in their order. Corrected, it stays, and the case says so.
"""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from access.models import User
from case_forms.cases.models import Case
from case_forms.cases.notes.actions import change_flag
from case_forms.procedures.models import ProcedureVersion
from tests.world.places import make_user
from tests.world.procedures import enact, rule, small_procedure
from tests.world.scene import Scene, make_scene

from ..models import Submission
from ..moving.actions import agree_to_move, propose_move
from .test_correcting import correct

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english", "own_data_keys")]

ASKS: dict[str, dict[str, Any]] = {"set": {"assessed": True}, "clear": {"new_status": "at_risk"}}


@pytest.fixture
def scene() -> Scene:
    """Its follow-up sets the flag where it says that the person was assessed, and clears it with a new status."""
    scene = make_scene()
    procedure = small_procedure()
    procedure["flags"] = {"danger": {"label": {"sq": "rrezik", "en": "danger"}}}
    about: dict[str, Any] = {"form": "small_follow_up", "words": "The flag changes."}
    marks = [
        rule("mark", "Mark", when={"var": "assessed"}, then=[{"do": "set_flag", "flag": "danger"}], **about),
        rule(
            "unmark",
            "Unmark",
            when={"answered": ["new_status"]},
            then=[{"do": "clear_flag", "flag": "danger"}],
            **about,
        ),
    ]
    enact({**procedure, "rules": [*procedure["rules"], *marks]}, since=timezone.now())
    return scene


def mark_what_is_opened() -> None:
    """From now on a rule that responds to an opened case sets the flag, too."""
    version = ProcedureVersion.objects.in_force()
    opened = {
        "key": "opened",
        "title": {"sq": "Hapet", "en": "Opened"},
        "words": {"sq": "U hap.", "en": "It was opened."},
        "on": "case_opened",
        "then": [{"do": "set_flag", "flag": "danger"}],
    }
    definition = {**version.definition, "rules": [*version.definition["rules"], opened]}
    enact(definition, since=timezone.now())


@pytest.fixture
def mate(scene: Scene) -> User:
    return make_user("worker", unit=scene.unit)


def open_case(scene: Scene) -> Case:
    case = scene.send().submission.case
    assert case is not None
    return case


def get_page(client: Client, scene: Scene, case: Case) -> str:
    client.force_login(scene.worker)
    return client.get(f"/field/cases/{case.reference}/").content.decode()


def do(scene: Scene, case: Case, step: str) -> Submission | None:
    """Do one step; return the form of it."""
    by_hand, _dash, what = step.rpartition("-")
    if by_hand:
        change_flag(case=case, key="danger", is_set=what == "set", reason="As I saw it.", by=scene.worker)
        return None
    return scene.follow(case.reference, **ASKS[what]).submission


def move(sent: Submission | None, target: Case, scene: Scene, mate: User) -> None:
    assert sent is not None
    agree_to_move(move=propose_move(submission=sent, target=target, reason="Her sister.", by=scene.worker), by=mate)


def has_flag(case: Case) -> bool:
    case.refresh_from_db()
    return "danger" in case.flags


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("*set", False),
        ("set *set", True),
        ("set *clear", True),
        ("set *clear clear", False),
        ("hand-set *clear", True),
        ("hand-set *clear hand-set hand-clear", False),
        ("hand-set clear *set", False),
        ("set hand-clear *set", False),
        ("set hand-clear set *clear", True),
        ("*set hand-clear hand-set", True),
        ("*set hand-clear set", True),
    ],
)
def test_it_is_what_the_other_forms_and_those_who_set_it_by_hand_made_of_it(
    scene: Scene, mate: User, steps: str, expected: bool
) -> None:
    wrong, right = open_case(scene), open_case(scene)
    moved = None
    for step in steps.split():
        done = do(scene, wrong, step.removeprefix("*"))
        moved = done if step.startswith("*") else moved
    move(moved, right, scene, mate)
    assert has_flag(wrong) is expected
    assert has_flag(right) is ("*set" in steps)


def test_a_form_that_came_from_a_third_case_counts_from_when_it_came(scene: Scene, mate: User) -> None:
    third, wrong, right = open_case(scene), open_case(scene), open_case(scene)
    early = do(scene, third, "set")
    do(scene, wrong, "hand-set")
    do(scene, wrong, "hand-clear")
    move(early, wrong, scene, mate)
    assert has_flag(wrong)
    cleared = do(scene, wrong, "clear")
    assert not has_flag(wrong)
    move(cleared, right, scene, mate)
    assert has_flag(wrong)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (["set"], "The flag “danger” is cleared: without that form the case would not have it."),
        (["hand-set", "clear"], "The flag “danger” is set again: without that form the case would have it."),
    ],
)
def test_the_page_of_the_case_that_it_left_says_so(
    scene: Scene, mate: User, client: Client, steps: list[str], said: str
) -> None:
    wrong, right = open_case(scene), open_case(scene)
    moved = [do(scene, wrong, step) for step in steps][-1]
    move(moved, right, scene, mate)
    assert said in get_page(client, scene, wrong)
    assert said not in get_page(client, scene, right)


STAYS = "An earlier version of this form set the flag “danger”, the corrected one does not. It stays:"
STAYS_CLEARED = (
    "An earlier version of this form cleared the flag “danger”, the corrected one does not. It stays cleared:"
)


@pytest.mark.parametrize(
    ("steps", "answers", "said"),
    [
        ("*set", {"assessed": None}, STAYS),
        ("*set", {"service": ["legal"]}, None),
        ("set *set", {"assessed": None}, None),
        ("*set hand-clear hand-set", {"assessed": None}, None),
        ("*set hand-clear", {"assessed": None}, None),
        ("hand-set *clear", {"new_status": None}, STAYS_CLEARED),
        ("set *clear", {"new_status": None}, STAYS_CLEARED),
        ("*clear", {"new_status": None}, None),
        ("set *clear", {"new_status": None, "assessed": True}, None),
    ],
)
def test_after_a_correction_it_stays_and_the_page_says_where_the_form_would_have_it_otherwise(
    scene: Scene, client: Client, steps: str, answers: dict[str, Any], said: str | None
) -> None:
    case = open_case(scene)
    sent = None
    for step in steps.split():
        done = do(scene, case, step.removeprefix("*"))
        sent = done if step.startswith("*") else sent
    before = has_flag(case)
    assert sent is not None
    correct(sent, scene.worker, **answers)
    assert has_flag(case) is (before or answers.get("assessed") is True)
    page = get_page(client, scene, case)
    assert [words for words in (STAYS, STAYS_CLEARED) if words in page] == ([said] if said else [])


def test_a_flag_that_the_first_correction_left_is_said_of_the_second_too(scene: Scene, client: Client) -> None:
    case = open_case(scene)
    sent = do(scene, case, "set")
    assert sent is not None
    second = correct(sent, scene.worker, assessed=None).submission
    correct(second, scene.worker, service=["legal"])
    assert get_page(client, scene, case).count(STAYS) == 2
    do(scene, case, "hand-clear")
    assert not has_flag(case)


def test_a_flag_that_a_rule_set_because_the_case_was_opened_stays_when_another_form_that_set_it_goes(
    scene: Scene, mate: User
) -> None:
    mark_what_is_opened()
    wrong, right = open_case(scene), open_case(scene)
    assert has_flag(wrong)
    move(do(scene, wrong, "set"), right, scene, mate)
    assert has_flag(wrong)


def test_a_correction_of_the_form_that_opened_the_case_says_nothing_of_a_flag_that_the_opening_set(
    scene: Scene, client: Client
) -> None:
    mark_what_is_opened()
    sent = scene.send().submission
    assert sent.case is not None
    correct(sent, scene.worker, age_stated=30)
    assert has_flag(sent.case)
    page = get_page(client, scene, sent.case)
    assert STAYS not in page
    assert "“danger”" not in page
