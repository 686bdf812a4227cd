from datetime import UTC, datetime, timedelta

import pytest

from ..escalation_policy import LadderUnusable, first_time, get_remaining_steps, next_time, snapshot, step_at

START = datetime(2025, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REMIND_THEN_CALL = ({"after_minutes": 10, "do": "remind"}, {"after_minutes": 20, "do": "call", "repeat_minutes": 30})


def test_every_ladder_ends_in_a_repeated_call():
    assert snapshot([])[-1] == {"after_minutes": 1440, "do": "call", "repeat_minutes": 1440}
    assert snapshot([{"after_minutes": 10, "do": "remind"}])[-1] == {
        "after_minutes": 40,
        "do": "call",
        "repeat_minutes": 60,
    }
    assert snapshot([{"after_minutes": 5, "do": "call"}]) == [{"after_minutes": 5, "do": "call", "repeat_minutes": 60}]


def test_steps_stand_in_the_order_of_time_and_only_known_words_are_kept():
    ladder = snapshot(
        [{"after_minutes": 30, "do": "call", "repeat_minutes": 15}, {"after_minutes": 1, "do": "remind", "why": "x"}]
    )
    assert ladder == [{"after_minutes": 1, "do": "remind"}, {"after_minutes": 30, "do": "call", "repeat_minutes": 15}]


@pytest.mark.parametrize(
    "step", [{}, {"do": "remind"}, {"after_minutes": -1, "do": "remind"}, {"after_minutes": "9", "do": "call"}]
)
def test_a_step_without_deed_or_time_is_refused(step):
    with pytest.raises(LadderUnusable):
        snapshot([step])


def test_times_count_from_the_notice_and_never_bunch_up():
    ladder = snapshot(
        [{"after_minutes": 10, "do": "remind"}, {"after_minutes": 20, "do": "call", "repeat_minutes": 30}]
    )
    assert first_time(ladder, START) == START + 10 * MINUTE
    assert first_time([], START) is None
    assert next_time(ladder, 1, START, START + 10 * MINUTE) == START + 20 * MINUTE
    assert next_time(ladder, 1, START, START + 90 * MINUTE) == START + 91 * MINUTE
    assert next_time(ladder, 2, START, START + 20 * MINUTE) == START + 50 * MINUTE
    assert step_at(ladder, 7)["do"] == "call"


def test_what_is_left_of_a_ladder_starts_anew():
    ladder = snapshot(
        [{"after_minutes": 10, "do": "remind"}, {"after_minutes": 20, "do": "call", "repeat_minutes": 30}]
    )
    assert get_remaining_steps(ladder, 1, START, START + 5 * MINUTE)[0]["after_minutes"] == 15
    assert get_remaining_steps(ladder, 1, START, START + 55 * MINUTE)[0]["after_minutes"] == 0
    assert get_remaining_steps(ladder, 2, START, START) == [{"after_minutes": 30, "do": "call", "repeat_minutes": 30}]
    assert ladder[1]["after_minutes"] == 20
