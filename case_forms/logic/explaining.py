"""An expression read back as a sentence, so that people can see what a rule says."""

from collections.abc import Callable, Mapping
from typing import Any

from .evaluating import check_expression
from .operators import LOOPS, arguments_of
from .values import number_text
from .words import WORDS

SAME_WORDS = {"===": "==", "!==": "!=", "?:": "if"}


def explain(
    expression: Any,
    *,
    labels: Mapping[str, str],
    values: Mapping[str, Mapping[str, str]] | None = None,
    language: str = "sq",
) -> str:
    """The expression as one sentence in this language ("sq" or "en").

    `labels` names the variables by key, `values` their values ({"result": {"at_risk": "Person at risk"}}); what has no
    label is shown by its key. Raises LogicError for an expression that isn't in the language.
    """
    check_expression(expression)
    reader = _Reader(labels, values or {}, WORDS.get(language, WORDS["sq"]))
    sentence = reader.condition(expression)
    return f"{sentence[:1].upper()}{sentence[1:]}."


class _Reader:
    def __init__(
        self, labels: Mapping[str, str], values: Mapping[str, Mapping[str, str]], words: Mapping[str, str]
    ) -> None:
        self.labels = labels
        self.values = values
        self.words = words

    def say(self, word: str, *parts: str) -> str:
        return self.words[word].format(*parts)

    def condition(self, expression: Any) -> str:
        """The expression where its truth is what matters."""
        if isinstance(expression, bool):
            return self.words["always" if expression else "never"]
        if isinstance(expression, dict) and next(iter(expression)) in ("var", "!!"):
            operator, given = next(iter(expression.items()))
            inner = arguments_of(operator, given)[:1]
            if operator == "!!":
                return self.condition(inner[0])
            return self.say("is_true", self.variable(inner[0] if inner else ""))
        return self.value(expression)

    def value(self, expression: Any, of: str = "") -> str:
        """The expression where its value matters. `of` is the variable whose values a constant should be named by."""
        if isinstance(expression, list):
            return ", ".join(self.value(part, of) for part in expression) or self.words["nothing"]
        if not isinstance(expression, dict):
            return self.constant(expression, of)
        operator, given = next(iter(expression.items()))
        return self.operation(SAME_WORDS.get(str(operator), str(operator)), arguments_of(operator, given))

    def constant(self, value: Any, of: str) -> str:
        if isinstance(value, str) and value in self.values.get(of, {}):
            return self.say("quote", self.values[of][value])
        if isinstance(value, bool):
            return self.words["yes" if value else "no"]
        if isinstance(value, int | float):
            return number_text(value)
        return value if isinstance(value, str) and value else self.words["nothing"]

    def variable(self, name: Any) -> str:
        if isinstance(name, dict | list):
            return self.value(name)
        key = _key(name)
        first, _dot, rest = key.partition(".")
        if not key:
            return self.words["entry"]
        if key in self.labels or first in self.labels:
            label = self.labels.get(key) or self.labels.get(rest) or self.labels[first]
            return self.say("quote", label)
        if first == "choice" and rest:
            return self.words["choice"] if rest == "value" else self.say("choice_part", rest)
        if first in ("current", "accumulator"):
            return self.variable(rest) if rest else self.words[first]
        return self.words.get(key, key) if key.startswith("_") else self.say("quote", key)

    def operation(self, operator: str, arguments: list[Any]) -> str:
        if operator in SPECIAL:
            return SPECIAL[operator](self, operator, arguments)
        return self.say(operator, *(self.value(argument) for argument in arguments))

    def _variable(self, operator: str, arguments: list[Any]) -> str:
        return self.variable(arguments[0] if arguments else "")

    def _joined(self, operator: str, arguments: list[Any]) -> str:
        parts = []
        for argument in arguments:
            part = self.condition(argument)
            several = isinstance(argument, dict) and next(iter(argument)) in ("and", "or", "if", "?:", *LOOPS)
            parts.append(f"({part})" if several and len(arguments) > 1 else part)
        return self.words[operator].join(parts)

    def _compared(self, operator: str, arguments: list[Any]) -> str:
        """Two sides (or three); a constant is named as a value of the variable on the other side."""
        if len(arguments) == 3:
            return self.say("between" if operator == "<" else "within", *(self.value(a) for a in arguments))
        left, right = arguments
        if operator in ("==", "!=") and (left is None or right is None):
            asked = self.value(right if left is None else left)
            return self.say("unanswered" if operator == "==" else "answered", asked)
        return self.say(operator, self.value(left, _variable_in(right)), self.value(right, _variable_in(left)))

    def _negated(self, operator: str, arguments: list[Any]) -> str:
        inner = arguments[0]
        if isinstance(inner, dict):
            name, given = next(iter(inner.items()))
            if name == "answered" and len(arguments_of(name, given)) == 1:
                return self.say("unanswered", self.variable(arguments_of(name, given)[0]))
        return self.say("not", self.condition(inner))

    def _truth(self, operator: str, arguments: list[Any]) -> str:
        return self.condition(arguments[0])

    def _answered(self, operator: str, arguments: list[Any]) -> str:
        if len(arguments) == 1:
            return self.say("answered", self.variable(arguments[0]))
        return self.say("all_answered", ", ".join(map(self.variable, arguments)))

    def _missing(self, operator: str, arguments: list[Any]) -> str:
        keys = arguments[0] if arguments and isinstance(arguments[0], list) else arguments
        return self.say("missing", ", ".join(map(self.variable, keys)))

    def _missing_some(self, operator: str, arguments: list[Any]) -> str:
        keys = arguments[1] if isinstance(arguments[1], list) else [arguments[1]]
        return self.say("missing_some", self.value(arguments[0]), ", ".join(map(self.variable, keys)))

    def _contained(self, operator: str, arguments: list[Any]) -> str:
        needle, haystack = arguments
        if isinstance(haystack, list):
            return self.say("one_of", self.value(needle), self.value(haystack, _variable_in(needle)))
        return self.say("includes", self.value(needle, _variable_in(haystack)), self.value(haystack))

    def _choice(self, operator: str, arguments: list[Any]) -> str:
        if len(arguments) < 2:
            return self.value(arguments[0]) if arguments else self.words["nothing"]
        text = ""
        for position in range(0, len(arguments) - 1, 2):
            word = "else_if" if text else "if"
            text += self.say(word, self.condition(arguments[position]), self.value(arguments[position + 1]))
        return text + (self.say("else", self.value(arguments[-1])) if len(arguments) % 2 else "")

    def _chained(self, operator: str, arguments: list[Any]) -> str:
        if len(arguments) == 1:
            return self.say("negative", self.value(arguments[0])) if operator == "-" else self.value(arguments[0])
        text = self.value(arguments[0])
        for argument in arguments[1:]:
            text = self.say(operator, text, self.value(argument))
        return text

    def _listed(self, operator: str, arguments: list[Any]) -> str:
        return self.say(operator, ", ".join(self.value(argument) for argument in arguments))

    def _pattern(self, operator: str, arguments: list[Any]) -> str:
        return self.say("matches", self.value(arguments[0]), self.say("quote", arguments[1]))

    def _separated(self, operator: str, arguments: list[Any]) -> str:
        separator = arguments[1]
        between = self.say("quote", separator) if isinstance(separator, str) else self.value(separator)
        return self.say("join", self.value(arguments[0]), between)

    def _rounded(self, operator: str, arguments: list[Any]) -> str:
        word = "round_to" if len(arguments) > 1 else "round"
        return self.say(word, *(self.value(argument) for argument in arguments))

    def _day_apart(self, operator: str, arguments: list[Any]) -> str:
        day, days = self.value(arguments[0]), arguments[1]
        if days in (1, -1) and not isinstance(days, bool):
            return self.say("day_after" if days == 1 else "day_before", day)
        if isinstance(days, int | float) and days < 0:
            return self.say("days_before", day, number_text(-days))
        return self.say("add_days", day, self.value(days))

    def _part_of_date(self, operator: str, arguments: list[Any]) -> str:
        return self.say(f"part_{arguments[0]}", self.value(arguments[1]))

    def _counted(self, operator: str, arguments: list[Any]) -> str:
        rows = _rows_of(arguments[0])
        if rows is None or rows[1] is None:
            return self.say("count", self.value(arguments[0]))
        return self.say("count_where", self.value(rows[0]), self.condition(rows[1]))

    def _summed(self, operator: str, arguments: list[Any]) -> str:
        name, parts = _opened(arguments[0])
        rows = _rows_of(parts[0]) if name == "map" and len(parts) == 2 else None
        if rows is None:
            return self.say("sum", self.value(arguments[0]))
        if rows[1] is None:
            return self.say("sum_of", self.value(parts[1]), self.value(rows[0]))
        return self.say("sum_where", self.value(parts[1]), self.value(rows[0]), self.condition(rows[1]))

    def _looped(self, operator: str, arguments: list[Any]) -> str:
        body = self.value if operator in ("map", "reduce") else self.condition
        rest = [self.value(argument) for argument in arguments[2:]]
        return self.say(operator, self.value(arguments[0]), body(arguments[1]), *rest)


def _key(name: Any) -> str:
    """The name of a variable as a text; numbers and truths as JSON writes them."""
    if isinstance(name, bool):
        return "true" if name else "false"
    if isinstance(name, int | float):
        return number_text(name)
    return name or ""


def _opened(expression: Any) -> tuple[str, list[Any]]:
    """The operator and its arguments; ("", []) of what is no operation."""
    if not isinstance(expression, dict):
        return "", []
    operator, given = next(iter(expression.items()))
    return str(operator), arguments_of(str(operator), given)


def _rows_of(expression: Any) -> tuple[Any, Any] | None:
    """A list that is a variable, and the condition its rows must meet (None: all rows); None for any other list."""
    operator, arguments = _opened(expression)
    if operator == "var":
        return expression, None
    if operator == "filter" and len(arguments) == 2 and _opened(arguments[0])[0] == "var":
        return arguments[0], arguments[1]
    return None


def _variable_in(expression: Any) -> str:
    """The key of an expression that is just a variable, else ""."""
    if isinstance(expression, dict) and next(iter(expression)) == "var":
        name = arguments_of("var", expression["var"])[:1]
        return name[0].rpartition(".")[2] if name and isinstance(name[0], str) else ""
    return ""


SPECIAL: dict[str, Callable[[_Reader, str, list[Any]], str]] = {
    "var": _Reader._variable,
    "and": _Reader._joined,
    "or": _Reader._joined,
    "==": _Reader._compared,
    "!=": _Reader._compared,
    "<": _Reader._compared,
    "<=": _Reader._compared,
    ">": _Reader._compared,
    ">=": _Reader._compared,
    "!": _Reader._negated,
    "!!": _Reader._truth,
    "answered": _Reader._answered,
    "missing": _Reader._missing,
    "missing_some": _Reader._missing_some,
    "in": _Reader._contained,
    "if": _Reader._choice,
    "+": _Reader._chained,
    "-": _Reader._chained,
    "*": _Reader._chained,
    "min": _Reader._listed,
    "max": _Reader._listed,
    "cat": _Reader._listed,
    "count": _Reader._counted,
    "sum": _Reader._summed,
    "merge": _Reader._listed,
    "substr": _Reader._listed,
    "coalesce": _Reader._listed,
    "matches": _Reader._pattern,
    "join": _Reader._separated,
    "round": _Reader._rounded,
    "add_days": _Reader._day_apart,
    "date_part": _Reader._part_of_date,
    **dict.fromkeys(LOOPS, _Reader._looped),
}
