"""The type checker: what an expression does with its variables must fit their kinds.

A text is no number, a date isn't added up.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from .operators import get_arguments
from .types import (
    ANY,
    KindInfo,
    Scope,
    found_in,
    get_entries,
    is_constant,
    kind_of_constant,
    list_of,
    readings,
    readings_of_constant,
    scope_of_entry,
    variable_in,
)
from .values import number_text
from .wording import DEFAULT_LANGUAGE, TYPE_MESSAGES, get_words

__all__ = ["ANY", "KindInfo", "kind_problems"]

KindProblem = tuple[str, str, str]

NUMBERS = frozenset({"+", "-", "*", "/", "%", "min", "max", "round", "floor", "ceil", "abs"})
ORDERED = frozenset({"<", "<=", ">", ">="})
EQUAL = frozenset({"==", "!=", "===", "!=="})
RESULTS: dict[str, KindInfo] = {
    **dict.fromkeys(NUMBERS, KindInfo("number")),
    **dict.fromkeys(("length", "count", "sum", "days_between", "date_part", "age_on"), KindInfo("number")),
    **dict.fromkeys(ORDERED | EQUAL | {"!", "!!", "in", "matches", "answered"}, KindInfo("boolean")),
    **dict.fromkeys(("some", "all", "none"), KindInfo("boolean")),
    **dict.fromkeys(("cat", "substr", "join"), KindInfo("text")),
    **dict.fromkeys(("today", "add_days"), KindInfo("date")),
    **dict.fromkeys(("missing", "missing_some", "merge"), list_of(ANY)),
}


def kind_problems(
    expression: Any,
    kinds: Mapping[str, KindInfo],
    *,
    labels: Mapping[str, str] | None = None,
    language: str = DEFAULT_LANGUAGE,
) -> list[KindProblem]:
    """List what doesn't fit, each as (code, words, variable); empty when all fits.

    `expression` must be in the language. Codes: `type_mismatch`; `unknown_choice_value`, a constant that is none of the
    variable's choices; `no_value`, a comparison with nothing. `variable` is the key concerned, "" when it isn't about
    one.
    The words name variables by `labels`, or their key. A variable without a kind is taken for any.
    """
    checker = _Checker(labels or {}, get_words(TYPE_MESSAGES, language))
    checker.kind(expression, kinds)
    # A variable that stands in several places may be wrong in the same way in each.
    return list(dict.fromkeys(checker.found))


class _Checker:
    """A walk over an expression, once, from the inside out; each part gives the kind of its value."""

    def __init__(self, labels: Mapping[str, str], words: Mapping[str, str]) -> None:
        self.labels = labels
        self.words = words
        self.found: list[KindProblem] = []

    # ---- reporting ----

    def report(self, word: str, part: Any, info: KindInfo, other: str = "", code: str = "type_mismatch") -> None:
        name = variable_in(part)
        shown = self.words["quote"].format(self.labels.get(name, name)) if name else self.words["this"]
        text = self.words[word].format(shown, self.words.get(info.kind, info.kind), other)
        self.found.append((code, f"{text[:1].upper()}{text[1:]}", name))

    def constant(self, value: Any) -> str:
        shown = number_text(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
        return self.words["quote"].format(shown)

    # ---- kinds ----

    def kind(self, expression: Any, scope: Scope) -> KindInfo:
        if isinstance(expression, list):
            return list_of(_common([self.kind(part, scope) for part in expression]))
        if not isinstance(expression, dict):
            return kind_of_constant(expression)
        operator, given = next(iter(expression.items()))
        arguments = get_arguments(operator, given)
        if operator in SPECIAL:
            return SPECIAL[operator](self, arguments, scope)
        infos = [self.kind(argument, scope) for argument in arguments]
        for check in CHECKS.get(operator, ()):
            check(self, operator, arguments, infos)
        return RESULTS.get(operator, ANY)

    def _var(self, arguments: list[Any], scope: Scope) -> KindInfo:
        for argument in arguments[1:]:
            self.kind(argument, scope)
        return found_in(scope, arguments[0] if arguments else "")

    def _either(self, arguments: list[Any], scope: Scope) -> KindInfo:
        """Return the kind of and, or, coalesce: that of one of their arguments."""
        return _common([self.kind(argument, scope) for argument in arguments])

    def _if(self, arguments: list[Any], scope: Scope) -> KindInfo:
        infos = [self.kind(argument, scope) for argument in arguments]
        return _common(infos[1::2] + (infos[-1:] if len(infos) % 2 else [])) if infos else ANY

    def _loop(self, arguments: list[Any], scope: Scope) -> tuple[KindInfo, KindInfo]:
        """Return the kinds of the source and of the body."""
        source = self.kind(arguments[0], scope)
        self.need("not_a_list", "list", arguments[0], source)
        return source, self.kind(arguments[1], scope_of_entry(get_entries(source)))

    def _map(self, arguments: list[Any], scope: Scope) -> KindInfo:
        return list_of(self._loop(arguments, scope)[1])

    def _filter(self, arguments: list[Any], scope: Scope) -> KindInfo:
        return self._loop(arguments, scope)[0]

    def _asked(self, arguments: list[Any], scope: Scope) -> KindInfo:
        """Return the kind of some, all, none."""
        self._loop(arguments, scope)
        return KindInfo("boolean")

    def _reduce(self, arguments: list[Any], scope: Scope) -> KindInfo:
        source = self.kind(arguments[0], scope)
        self.need("not_a_list", "list", arguments[0], source)
        self.kind(arguments[2], scope)
        # The body of `reduce` sees these two names only, no answer.
        return self.kind(arguments[1], {"current": _as_object(get_entries(source)), "accumulator": ANY})

    def _row(self, arguments: list[Any], scope: Scope) -> KindInfo:
        source, position = (self.kind(argument, scope) for argument in arguments)
        self.need("not_a_list", "list", arguments[0], source)
        self.need("not_a_number", "number", arguments[1], position)
        return get_entries(source)

    # ---- checks ----

    def need(self, word: str, reading: str, part: Any, info: KindInfo, *others: str) -> None:
        """Report a problem unless the part can be read as one of these."""
        had = readings_of_constant(part) if is_constant(part) else readings(info)
        if not had & {reading, "any", *others}:
            self.report(word, part, info)

    def numbers(self, operator: str, arguments: list[Any], infos: list[KindInfo]) -> None:
        parts = sorted(zip(arguments, infos, strict=True), key=lambda part: not variable_in(part[0]))
        reported = len(self.found)
        for part, info in parts:  # what is about a question first; then the rest speaks for itself
            if variable_in(part) or len(self.found) == reported:
                self.need("not_a_number", "number", part, info, "boolean")

    def dates(self, operator: str, arguments: list[Any], infos: list[KindInfo]) -> None:
        of = {"date_part": [1], "add_days": [0]}.get(operator, [0, 1])
        for position in of:
            self.need("not_a_date", "date", arguments[position], infos[position])
        if operator == "add_days":
            self.need("not_a_number", "number", arguments[1], infos[1])

    def lists(self, operator: str, arguments: list[Any], infos: list[KindInfo]) -> None:
        self.need("not_a_list", "list", arguments[0], infos[0])
        entry = get_entries(infos[0])
        if operator == "sum" and not readings(entry) & {"number", "boolean", "any"}:
            self.report("not_a_number", arguments[0], entry)
        if operator == "join" and entry.kind == "row":
            self.report("not_a_text", arguments[0], entry)

    def texts(self, operator: str, arguments: list[Any], infos: list[KindInfo]) -> None:
        also = {"length": ("number", "list"), "matches": ("number", "date", "time")}
        parts = list(zip(arguments, infos, strict=True))
        for part, info in parts if operator == "cat" else parts[:1]:
            allowed = also.get(operator, ("number", "date", "time", "boolean", "list"))
            self.need("not_a_text", "text", part, info, *allowed)
            if operator != "length" and info.kind == "rows":
                self.report("not_a_text", part, info)

    def ordered(self, operator: str, arguments: list[Any], infos: list[KindInfo]) -> None:
        parts = list(zip(arguments, infos, strict=True))
        # Nothing is read as 0 in an ordering, so "less than nothing" would be true of negative numbers (ADR 15).
        if any(is_constant(part) and part in (None, "") for part in arguments):
            return self.without_value(arguments, infos)
        can_be = []
        for part, info in parts:
            had = readings_of_constant(part) if is_constant(part) else readings(info)
            if not had & {"number", "date", "time", "any"}:
                return self.report("not_ordered", part, info)
            can_be.append(had)
        for (left, left_info), (right, right_info) in pairwise(parts):
            self.comparable(left, left_info, right, right_info, among={"number", "date", "time"})
        return None

    def equal(self, operator: str, arguments: list[Any], infos: list[KindInfo]) -> None:
        (left, right), (left_info, right_info) = arguments, infos
        if "" in (left, right):
            return self.without_value(arguments, infos)
        for part, info, other in ((left, left_info, right), (right, right_info, left)):
            # A list never equals one value: the question to ask is whether it includes it.
            if info.kind == "choices" and is_constant(other) and isinstance(other, str | int | float):
                return self.report("several", part, info)
            self.known_choices(part, info, other)
        strict = operator in ("===", "!==")
        return self.comparable(left, left_info, right, right_info, strict=strict)

    def comparable(
        self,
        left: Any,
        left_info: KindInfo,
        right: Any,
        right_info: KindInfo,
        *,
        among: set[str] | None = None,
        strict: bool = False,
    ) -> None:
        """Report a problem unless both can be read as something alike."""
        lefts, rights = (
            (_exact(part, info) if strict else readings_of_constant(part))
            if is_constant(part)
            else _readings_in_equality(info, strict)
            for part, info in ((left, left_info), (right, right_info))
        )
        # Nothing is known of one side: the checker reports only what is sure.
        if "any" in lefts | rights:
            return
        if not (lefts & rights if among is None else lefts & rights & among):
            part, info, other, other_info = left, left_info, right, right_info
            if not variable_in(part):
                part, info, other, other_info = other, other_info, part, info
            shown = self.constant(other) if is_constant(other) else self.words.get(other_info.kind, other_info.kind)
            self.report("not_comparable", part, info, shown)

    def known_choices(self, part: Any, info: KindInfo, constant: Any) -> None:
        """Report each constant that is none of the part's choices."""
        if info.choices is None or not is_constant(constant):
            return
        for value in constant if isinstance(constant, list) else [constant]:
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                continue
            written = value if isinstance(value, str) else number_text(value)
            if written not in info.choices:
                self.report("unknown_choice_value", part, info, self.constant(value), code="unknown_choice_value")

    def contained(self, operator: str, arguments: list[Any], infos: list[KindInfo]) -> None:
        (needle, haystack), (needle_info, haystack_info) = arguments, infos
        if (is_constant(needle) and needle in (None, "")) or haystack in ([], ""):
            return self.without_value(arguments, infos)
        if is_constant(haystack):
            if isinstance(haystack, list):
                self.one_of(needle, needle_info, haystack)
            return None
        if haystack_info.kind in ("list", "any", "text"):
            return None
        if haystack_info.kind != "choices":
            return self.report("not_several", haystack, haystack_info)
        self.known_choices(haystack, haystack_info, needle)
        if not is_constant(needle) and not readings(needle_info) & {"text", "any"}:
            self.report("not_comparable", needle, needle_info, self.words["choices"])
        return None

    def one_of(self, needle: Any, info: KindInfo, values: list[Any]) -> None:
        if info.kind == "choices":
            return self.report("several", needle, info)
        self.known_choices(needle, info, values)
        for value in values:
            if is_constant(value) and value is not None and not is_constant(needle):
                had = _exact(value, kind_of_constant(value))
                if not had & _readings_in_equality(info, strict=True) and "any" not in had | _readings_in_equality(
                    info, strict=True
                ):
                    return self.report("not_comparable", needle, info, self.constant(value))
        return None

    def without_value(self, arguments: list[Any], infos: list[KindInfo]) -> None:
        for part, info in zip(arguments, infos, strict=True):
            if variable_in(part):
                return self.report("no_value", part, info, code="no_value")
        return None


def _readings_in_equality(info: KindInfo, strict: bool) -> frozenset[str]:
    """Return the readings that count in an equality.

    Strict equality compares no number with a text, so numeric choices are texts only.
    """
    return frozenset({"text"}) if strict and info.kind == "choice" else readings(info)


def _exact(value: Any, info: KindInfo) -> frozenset[str]:
    had = readings_of_constant(value)
    return had - {"number"} if isinstance(value, str) else had - {"boolean"} if info.kind == "number" else had


def _common(infos: list[KindInfo]) -> KindInfo:
    """Return the kind when all agree; null (any) says nothing against it, but then it isn't sure."""
    first = infos[0] if infos else ANY
    return first if all(info == first for info in infos) else ANY


def _as_object(info: KindInfo) -> KindInfo:
    return KindInfo("object", rows=info.rows) if info.kind == "row" else info


Check = Callable[[_Checker, str, list[Any], list[KindInfo]], None]
CHECKS: dict[str, tuple[Check, ...]] = {
    **dict.fromkeys(NUMBERS, (_Checker.numbers,)),
    **dict.fromkeys(ORDERED, (_Checker.ordered,)),
    **dict.fromkeys(EQUAL, (_Checker.equal,)),
    **dict.fromkeys(("age_on", "days_between", "add_days", "date_part"), (_Checker.dates,)),
    **dict.fromkeys(("count", "sum", "join"), (_Checker.lists,)),
    **dict.fromkeys(("cat", "substr", "length", "matches"), (_Checker.texts,)),
    "in": (_Checker.contained,),
}
SPECIAL: dict[str, Callable[[_Checker, list[Any], Scope], KindInfo]] = {
    "var": _Checker._var,
    **dict.fromkeys(("and", "or", "coalesce"), _Checker._either),
    **dict.fromkeys(("if", "?:"), _Checker._if),
    "map": _Checker._map,
    "filter": _Checker._filter,
    **dict.fromkeys(("some", "all", "none"), _Checker._asked),
    "reduce": _Checker._reduce,
    "row": _Checker._row,
}
