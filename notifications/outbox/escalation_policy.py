"""The escalation policy of a notice: the steps that are taken when nobody answers. They never end in silence.

A step is {"after_minutes": minutes after the notice was created, "do": "remind" | "deputy" | "call"}; the last one is
always a call with "repeat_minutes", repeated until somebody has answered.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

REMIND = "remind"
DEPUTY = "deputy"
CALL = "call"
STEPS = (REMIND, DEPUTY, CALL)

# For steps that end without a repeated call.
CALL_AFTER_MINUTES = 30
REPEAT_MINUTES = 60
# For a notice without any steps: a day, then a call each day.
DEFAULT_LADDER = ({"after_minutes": 1440, "do": CALL, "repeat_minutes": 1440},)
# A late clock catches up one step at a time: nobody gets three e-mails in one second.
MIN_STEP_INTERVAL = timedelta(minutes=1)
# How long calls are repeated as the steps say; then one list a day names to each coordinator what has no answer.
FIRST_DAY = timedelta(days=1)

Step = dict[str, Any]


class LadderUnusable(ValueError):
    """Raised for a step with an unknown action or no time. The text names the step's position."""


def snapshot_ladder(ladder: Iterable[Mapping[str, Any]]) -> list[Step]:
    """Return the steps as they are stored on a notice: checked, in the order of time, ending in a repeated call.

    Raises LadderUnusable.
    """
    checked_steps = [_check_step(position, step) for position, step in enumerate(ladder, start=1)]
    steps = sorted(checked_steps, key=lambda step: step["after_minutes"])
    if not steps:
        return [dict(step) for step in DEFAULT_LADDER]
    last = steps[-1]
    if last["do"] != CALL:
        steps.append(
            {
                "after_minutes": last["after_minutes"] + CALL_AFTER_MINUTES,
                "do": CALL,
                "repeat_minutes": REPEAT_MINUTES,
            }
        )
    elif "repeat_minutes" not in last:
        last["repeat_minutes"] = REPEAT_MINUTES
    return steps


def _check_step(position: int, step: Mapping[str, Any]) -> Step:
    minutes, repeat = step.get("after_minutes"), step.get("repeat_minutes")
    if step.get("do") not in STEPS or not isinstance(minutes, int | float) or minutes < 0:
        raise LadderUnusable(f"step {position} of the ladder has an unknown action or no time")
    checked: Step = {"after_minutes": minutes, "do": step["do"]}
    if isinstance(repeat, int | float) and repeat > 0:
        checked["repeat_minutes"] = repeat
    return checked


def get_step(ladder: list[Step], index: int) -> Step:
    """Return the step with this index; beyond the end the last one is taken again and again."""
    return ladder[min(index, len(ladder) - 1)]


def get_call_minutes(ladder: list[Step], index: int) -> float:
    """Return how long a coordinator has for the call of this step: until the next step, or until it is repeated."""
    step = get_step(ladder, index)
    if index + 1 < len(ladder):
        return float(ladder[index + 1]["after_minutes"] - step["after_minutes"])
    return float(step["repeat_minutes"])


def get_first_step_time(ladder: list[Step], owed_at: datetime) -> datetime | None:
    """Return when the first step is due; None for a notice that has no steps of its own."""
    return owed_at + timedelta(minutes=ladder[0]["after_minutes"]) if ladder else None


def get_next_step_time(ladder: list[Step], index: int, owed_at: datetime, now: datetime) -> datetime:
    """Return when the step with this index is due, once the one before it was taken `now`.

    Never closer than MIN_STEP_INTERVAL.
    """
    if index >= len(ladder):
        again = now + max(timedelta(minutes=ladder[-1]["repeat_minutes"]), MIN_STEP_INTERVAL)
        # After the first day the daily list takes the place of the calls.
        return max(again, now + FIRST_DAY) if is_daily(ladder, index, owed_at, again) else again
    return max(owed_at + timedelta(minutes=ladder[index]["after_minutes"]), now + MIN_STEP_INTERVAL)


def is_daily(ladder: list[Step], index: int, owed_at: datetime, now: datetime) -> bool:
    """Tell whether the step with this index is a repetition of the last call, and the first day is over."""
    return bool(ladder) and index >= len(ladder) and now - owed_at >= FIRST_DAY


def get_remaining_steps(ladder: list[Step], index: int, owed_at: datetime, now: datetime) -> list[Step]:
    """Return the steps from this index on, counted from `now`; at the end, the repeated call."""
    if index >= len(ladder):
        return [{**ladder[-1], "after_minutes": ladder[-1]["repeat_minutes"]}]
    passed = (now - owed_at).total_seconds() / 60
    rest = [dict(step) for step in ladder[index:]]
    for step in rest:
        step["after_minutes"] = max(round(step["after_minutes"] - passed, 2), 0)
    return rest
