"""Which rules set off which others, through the events that their actions may cause."""

from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from case_forms import expressions
from case_forms.expressions import KindInfo

from .definition import Rule
from .events.registry import EVENTS
from .rule_actions.base import RuleAction


def get_followers(rules: Sequence[Rule], *, later: bool = False) -> dict[int, list[int]]:
    """Return, by the position of each rule, the positions of the rules that it may set off.

    A caused event has the form of the submission that began it, so rules about different forms never meet. `later`:
    also through events that come later, by what people do or by a clock.
    """
    return {
        position: [
            other
            for other, follower in enumerate(rules)
            if any(_may_set_off(action, follower, later=later) for action in rule.then) and _may_meet(rule, follower)
        ]
        for position, rule in enumerate(rules)
    }


def find_circles(rules: Sequence[Rule], *, later: bool = False) -> Iterator[list[int]]:
    """Yield circles of rules that set each other off, by their positions, the smallest first in each.

    Not every circle that could be drawn: when those that are named are broken, there is none left. `later`: as in
    `get_followers`.
    """
    followers = get_followers(rules, later=later)
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


def _may_set_off(action: RuleAction, follower: Rule, *, later: bool) -> bool:
    if follower.on not in action.causes():
        return False
    if not EVENTS[follower.on].is_later:
        return True
    if not later:
        return False
    # What the event will be about is known: a rule about declining police isn't set off by a notice to a coordinator.
    known = [{"==": [{"var": name}, value]} for name, value in action.subject().items()]
    kinds = {name: KindInfo("choice") for name in action.subject()}
    # What isn't in the language is reported elsewhere; any name may be one.
    if any(not each.startswith("unknown_reference") for each in expressions.problems(follower.when, known=())):
        return True
    return expressions.can_hold({"and": [follower.when, *known]}, kinds) is not False


def _may_meet(rule: Rule, follower: Rule) -> bool:
    # Of notices and tasks that no case is behind, nothing is heard by rules.
    if rule.on in EVENTS and not EVENTS[rule.on].has_case:
        return False
    return not rule.forms or not follower.forms or bool({*rule.forms} & {*follower.forms})
