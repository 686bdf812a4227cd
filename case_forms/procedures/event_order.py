"""Which rules set off which others, through the events that their actions may cause."""

from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from .definition import Rule


def get_followers(rules: Sequence[Rule]) -> dict[int, list[int]]:
    """Return, by the position of each rule, the positions of the rules that it may set off.

    A caused event has the form of the submission that began it, so rules about different forms never meet.
    """
    return {
        position: [
            other
            for other, follower in enumerate(rules)
            if any(follower.on in action.causes() for action in rule.then) and _may_meet(rule, follower)
        ]
        for position, rule in enumerate(rules)
    }


def find_circles(rules: Sequence[Rule]) -> Iterator[list[int]]:
    """Yield circles of rules that set each other off, by their positions, the smallest first in each.

    Not every circle that could be drawn: when those that are named are broken, there is none left.
    """
    followers = get_followers(rules)
    while True:
        try:
            TopologicalSorter(followers).prepare()
        except CycleError as found:
            # graphlib reads our graph as "comes after", and names the first one of the circle again at its end.
            circle = list(reversed(found.args[1][:-1]))
            start = circle.index(min(circle))
            circle = circle[start:] + circle[:start]
            yield circle
            # Without this link the circle is none any more, and graphlib names the next.
            followers[circle[-1]] = [each for each in followers[circle[-1]] if each != circle[0]]
        else:
            return


def _may_meet(rule: Rule, follower: Rule) -> bool:
    return not rule.forms or not follower.forms or bool({*rule.forms} & {*follower.forms})
