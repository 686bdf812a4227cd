from datetime import UTC, datetime, timedelta

import pytest

from ..escalation_policy import (
    LadderUnusable,
    get_first_step_time,
    get_next_step_time,
    get_remaining_steps,
    get_step,
    snapshot_ladder,
)

START = datetime(2025, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REMIND_THEN_CALL = ({"after_minutes": 10, "do": "remind"}, {"after_minutes": 20, "do": "call", "repeat_minutes": 30})


def test_every_ladder_ends_in_a_repeated_call():
    assert snapshot_ladder([])[-1] == {"after_minutes": 1440, "do": "call", "repeat_minutes": 1440}
    assert snapshot_ladder([{"after_minutes": 10, "do": "remind"}])[-1] == {
        "after_minutes": 40,
        "do": "call",
        "repeat_minutes": 60,
    }
    assert snapshot_ladder([{"after_minutes": 5, "do": "call"}]) == [
        {"after_minutes": 5, "do": "call", "repeat_minutes": 60}
    ]


def test_steps_stand_in_the_order_of_time_and_only_known_words_are_kept():
    ladder = snapshot_ladder(
        [{"after_minutes": 30, "do": "call", "repeat_minutes": 15}, {"after_minutes": 1, "do": "remind", "why": "x"}]
    )
    assert ladder == [{"after_minutes": 1, "do": "remind"}, {"after_minutes": 30, "do": "call", "repeat_minutes": 15}]


@pytest.mark.parametrize(
    "step", [{}, {"do": "remind"}, {"after_minutes": -1, "do": "remind"}, {"after_minutes": "9", "do": "call"}]
)
def test_a_step_without_deed_or_time_is_refused(step):
    with pytest.raises(LadderUnusable):
        snapshot_ladder([step])


def test_times_count_from_the_notice_and_never_bunch_up():
    ladder = snapshot_ladder(
        [{"after_minutes": 10, "do": "remind"}, {"after_minutes": 20, "do": "call", "repeat_minutes": 30}]
    )
    assert get_first_step_time(ladder, START) == START + 10 * MINUTE
    assert get_first_step_time([], START) is None
    assert get_next_step_time(ladder, 1, START, START + 10 * MINUTE) == START + 20 * MINUTE
    assert get_next_step_time(ladder, 1, START, START + 90 * MINUTE) == START + 91 * MINUTE
    assert get_next_step_time(ladder, 2, START, START + 20 * MINUTE) == START + 50 * MINUTE
    assert get_step(ladder, 7)["do"] == "call"


def test_what_is_left_of_a_ladder_starts_anew():
    ladder = snapshot_ladder(
        [{"after_minutes": 10, "do": "remind"}, {"after_minutes": 20, "do": "call", "repeat_minutes": 30}]
    )
    assert get_remaining_steps(ladder, 1, START, START + 5 * MINUTE)[0]["after_minutes"] == 15
    assert get_remaining_steps(ladder, 1, START, START + 55 * MINUTE)[0]["after_minutes"] == 0
    assert get_remaining_steps(ladder, 2, START, START) == [{"after_minutes": 30, "do": "call", "repeat_minutes": 30}]
    assert ladder[1]["after_minutes"] == 20
