"""Lines of minutes: the steps of a ladder with the people on it, and the marks of a deadline. Drawn as SVG.

Places are percentages of the line's width, so that the drawing fits every screen while its words keep their size.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from case_forms.procedures.definition import Deadline, Ladder
from case_forms.procedures.descriptions import DAY, describe_ladder, describe_minutes

EVENLY = 0.85
# In pixels: how wide a line is on a phone of 360, and a letter of its words, on average; what stays between two words.
PHONE, LETTER, GAP = 286, 6.6, 10
LEFT, RIGHT = 12.0, 87.0  # per cent; the words of the first and the last point need room beside them


@dataclass(frozen=True)
class Point:
    """A point of a line. `who`: which figure stands there: person, deputy, caller, or a mark's colour.

    `again`: how often it is done from then on; "" when once. `is_low`: its words stand a line deeper on a phone, where
    they would touch its neighbours'.
    """

    at: float
    minutes: str
    words: str
    who: str
    again: str = ""
    is_low: bool = False


@dataclass(frozen=True)
class Drawing:
    """A line with its points. `words` say all of it, for who can't see it."""

    points: tuple[Point, ...]
    words: str

    @property
    def has_more(self) -> bool:
        """Whether a point needs a third line of words."""
        return any(point.again for point in self.points)

    @property
    def has_low(self) -> bool:
        """Whether the words of some points stand a line deeper on a phone."""
        return any(point.is_low for point in self.points)

    @property
    def start(self) -> float:
        return self.points[0].at

    @property
    def end(self) -> float:
        return self.points[-1].at


def draw_ladder(ladder: Ladder) -> Drawing:
    """Draw the steps of a ladder. Who is notified first is said beside it: a phone has no room for a name."""
    minutes = [0, *(max(step.after_minutes, 0) for step in ladder.steps)]
    said = [_("notified"), *(_step_words(step.do) for step in ladder.steps)]
    figures = ["person", *(_figure(step.do) for step in ladder.steps)]
    repeats = [
        "",
        *(f" ↻ {short_minutes(step.repeat_minutes)}" if step.repeat_minutes else "" for step in ladder.steps),
    ]
    places = _spread(minutes)
    points = (
        Point(at, short_minutes(after), words, figure, again, is_low)
        for at, after, again, words, figure, is_low in zip(
            places, minutes, repeats, said, figures, _lower(places, said), strict=True
        )
    )
    return Drawing(tuple(points), describe_ladder(ladder))


def draw_deadline(deadline: Deadline) -> Drawing | None:
    """Draw the marks of a deadline; None when it has none."""
    marks = deadline.minutes
    if not marks:
        return None
    words = {"amber_minutes": _("soon due"), "red_minutes": _("late"), "breach_minutes": _("missed")}
    minutes = [0, *(max(after, 0) for after in marks.values())]
    said = [_("starts"), *(words[mark] for mark in marks)]
    figures = ["start", *(mark.removesuffix("_minutes") for mark in marks)]
    told = ", ".join(f"{words[mark]}: {describe_minutes(after)}" for mark, after in marks.items())
    places = _spread(minutes)
    points = (
        Point(at, short_minutes(after), words, figure, is_low=is_low)
        for at, after, words, figure, is_low in zip(places, minutes, said, figures, _lower(places, said), strict=True)
    )
    return Drawing(tuple(points), told)


def short_minutes(minutes: int) -> str:
    """Return minutes as short as a drawing needs them: 30 min, 4 h, 3 d."""
    if minutes and not minutes % DAY and minutes > DAY:
        return pgettext("short span", "%(count)s d") % {"count": minutes // DAY}
    if minutes and not minutes % 60:
        return pgettext("short span", "%(count)s h") % {"count": minutes // 60}
    return pgettext("short span", "%(count)s min") % {"count": minutes}


def _spread(minutes: Sequence[int]) -> list[float]:
    """Return where the points stand: mostly evenly, so that no words lie on others, and a little by their minutes."""
    last, longest = max(len(minutes) - 1, 1), max(*minutes, 1)
    width = RIGHT - LEFT
    return [
        round(LEFT + width * (EVENLY * index / last + (1 - EVENLY) * after / longest), 1)
        for index, after in enumerate(minutes)
    ]


def _lower(places: Sequence[float], words: Sequence[str]) -> list[bool]:
    """Say whose words stand a line deeper on a phone: every second point's, where any two neighbours' would touch."""

    def needed(first: int, second: int) -> float:
        return (len(words[first]) + len(words[second])) / 2 * LETTER + GAP

    room = [(places[index + 1] - places[index]) / 100 * PHONE for index in range(len(places) - 1)]
    is_tight = any(needed(index, index + 1) > space for index, space in enumerate(room))
    return [is_tight and index % 2 == 1 for index in range(len(places))]


def _step_words(do: str) -> str:
    return {"remind": _("reminder"), "deputy": _("deputy"), "call": _("call")}.get(do, do)


def _again(minutes: int | None) -> str:
    return f"↻ {short_minutes(minutes)}" if minutes else ""


def _figure(do: str) -> str:
    return {"deputy": "deputy", "call": "caller"}.get(do, "person")
