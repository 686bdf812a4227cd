"""The check whether a condition can ever hold, whatever is answered within the kinds of its variables.

Variables, and what is worked out from them, are terms. First the condition is looked at with every term as wide as its
kind (abstract_interpreter.py); when that doesn't refute it, terms that stand in more than one place are split at the
constants they are compared with, and so are pairs compared more than once, one after the other, as long as nothing
refutes them. Only a refutation of every case is a proof; whatever can't be decided counts as possible.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Any

from .abstract_interpreter import Budget, BudgetExhausted, Evaluator, get_key, is_term, relation_key
from .domains import IS, Domain, Domains, Lists, Numbers, Texts, cut_numbers, cut_texts
from .operators import LOOPS, get_arguments
from .sample_answers import known_to_hold
from .types import KindInfo, Scope

MAX_STEPS = 12_000
MAX_MEMBERS = 5  # choices of a list whose being in it is split
COMPARISONS = frozenset({"==", "!=", "===", "!==", "<", "<=", ">", ">="})
READ = frozenset({"answered", "missing"})


def can_hold(expression: Any, kinds: Mapping[str, KindInfo]) -> bool | None:
    """Return False when it is proven that no answers make the condition true.

    True when some are known; None when neither. Each variable is taken to be within its kind or unanswered, one
    without a
    kind to be anything. `expression` must be in the language. The time is bounded, some milliseconds for a usual
    condition.
    """
    try:
        if refuted(expression, kinds, Budget(MAX_STEPS)):
            return False
    # No proof within the bound is no statement: it may still hold.
    except BudgetExhausted:
        pass
    return True if known_to_hold(expression, kinds) else None


def refuted(expression: Any, kinds: Scope, budget: Budget) -> bool:
    """Return whether it is proven that the expression is never true. Raises BudgetExhausted."""
    evaluator = Evaluator(kinds, budget, refuted)
    if not evaluator.bits(expression) & IS:
        return True
    splits = list(_splits(expression, evaluator))
    return bool(splits) and _every_case_refuted(expression, evaluator, splits)


@dataclass
class _Term:
    """A term, how often it is used, and what it is compared with."""

    expression: Any
    uses: int = 0
    cuts: list[Any] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    ordered: bool = False
    with_terms: set[str] = field(default_factory=set)


_Split = tuple[dict[str, Any], str, list[Any]]


def _splits(expression: Any, evaluator: Evaluator) -> Iterator[_Split]:
    """Yield (where to set, under which key, to which cells one after the other)."""
    terms: dict[str, _Term] = {}
    pairs: dict[str, int] = {}
    _gather(expression, terms, pairs)
    _share_cuts(terms)
    # The most used first: it is the likeliest to refute a case, and every further split multiplies what is left.
    for key, term in sorted(terms.items(), key=lambda item: -item[1].uses):
        # A term in one place only can't contradict itself.
        if term.uses + len(term.with_terms) > 1:
            cells = list(_split(evaluator.cells(term.expression), term))
            if len(cells) > 1:
                yield evaluator.given, key, cells
    for pair, uses in pairs.items():
        if uses > 1:
            yield evaluator.relations, pair, [-1, 0, 1]


def _gather(expression: Any, terms: dict[str, _Term], pairs: dict[str, int]) -> None:
    """Gather every term outside of loops' bodies."""
    if isinstance(expression, list):
        for part in expression:
            _gather(part, terms, pairs)
    if not isinstance(expression, dict):
        return
    operator, given = next(iter(expression.items()))
    arguments = get_arguments(operator, given)
    if is_term(expression):
        terms.setdefault(get_key(expression), _Term(expression)).uses += 1
    if operator in READ:
        arguments = [{"var": key} for key in arguments if isinstance(key, str)]
    elif operator in COMPARISONS:
        for left, right in pairwise(arguments):
            _compared(operator, left, right, terms, pairs)
    elif operator == "in":
        _among(arguments, terms)
    _gather(arguments[:1] + arguments[2:] if operator in LOOPS else arguments, terms, pairs)


def _compared(operator: str, left: Any, right: Any, terms: dict[str, _Term], pairs: dict[str, int]) -> None:
    for part, other in ((left, right), (right, left)):
        if not is_term(part):
            continue
        term = terms.setdefault(get_key(part), _Term(part))
        term.ordered |= operator in ("<", "<=", ">", ">=")
        if is_term(other):
            term.with_terms.add(get_key(other))
        elif not isinstance(other, dict | list):
            term.cuts.append(other)
    if isinstance(left, dict) and isinstance(right, dict):
        key = relation_key(left, right)
        pairs[key] = pairs.get(key, 0) + 1


def _among(arguments: list[Any], terms: dict[str, _Term]) -> None:
    needle, haystack = arguments
    if is_term(needle) and isinstance(haystack, list):
        term = terms.setdefault(get_key(needle), _Term(needle))
        term.cuts += [value for value in haystack if not isinstance(value, dict | list)]
    if is_term(haystack) and isinstance(needle, str):
        term = terms.setdefault(get_key(haystack), _Term(haystack))
        if needle not in term.members:
            term.members.append(needle)


def _share_cuts(terms: dict[str, _Term]) -> None:
    """Share cuts: terms that are compared with each other are split at each other's constants too."""
    # Constants pass on along a < b < c; a round less would only lose precision.
    for _ in range(3):
        for term in terms.values():
            for other in term.with_terms:
                term.ordered |= terms[other].ordered
                terms[other].cuts += [cut for cut in term.cuts if cut not in terms[other].cuts]


def _split(cells: Domains, term: _Term) -> Iterator[Domain]:
    for cell in cells:
        match cell:
            case Numbers():
                cuts = [float(cut) for cut in term.cuts if isinstance(cut, int | float)]
                yield from cut_numbers(cell, [*cuts, *map(float, filter(_is_numeric, term.cuts)), 0.0])
            case Texts():
                texts = [cut for cut in term.cuts if isinstance(cut, str)]
                yield from cut_texts(cell, texts, ordered=term.ordered)
            case Lists():
                yield from _lists(cell, term.members[:MAX_MEMBERS])
            case _:
                yield cell


def _is_numeric(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 300


def _lists(cell: Lists, members: list[str]) -> Iterator[Domain]:
    """Yield the lists with and without each of these members."""
    for has in product((True, False), repeat=len(members)):
        inside = frozenset(member for member, is_in in zip(members, has, strict=True) if is_in)
        lacks = frozenset(members) - inside
        left = cell.most if cell.among is None else min(cell.most, len(cell.among - lacks))
        fewest = max(cell.fewest, len(inside))
        if fewest <= left and (cell.among is None or inside <= cell.among):
            yield Lists(fewest, left, inside, lacks, cell.among)


def _every_case_refuted(expression: Any, evaluator: Evaluator, splits: list[_Split]) -> bool:
    """Set each cell of the first split in turn, and go on splitting where that alone refutes nothing."""
    (where, key, cells), *rest = splits
    for cell in cells:
        where[key] = cell
        open_case = evaluator.bits(expression) & IS
        if open_case and not (rest and _every_case_refuted(expression, evaluator, rest)):
            del where[key]
            return False
        del where[key]
    return True
